//! From an SDK error to a [`CloudError`], told apart only as finely as a lock and one object need it.

use std::error::Error;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use provision_reconciler::{CloudError, ErrorClass};

/// The headers in which S3 and DynamoDB give the id of a request.
const REQUEST_ID_HEADERS: [&str; 2] = ["x-amzn-requestid", "x-amz-request-id"];

pub(crate) fn from_sdk<E>(action: &str, error: &SdkError<E, HttpResponse>) -> CloudError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let response = error.raw_response();
    let status = response.map_or(0, |response| response.status().as_u16());
    let class = match error {
        SdkError::ServiceError(_) => classify(error.code().unwrap_or_default(), status),
        SdkError::ConstructionFailure(_) => ErrorClass::Refused,
        // The request may have reached the service: a lost answer is not a failure.
        _ => ErrorClass::Ambiguous,
    };
    let message = match (error.message(), error) {
        (Some(message), _) => message.to_owned(),
        (None, SdkError::ServiceError(_)) => format!("HTTP {status}"),
        (None, other) => DisplayErrorContext(other).to_string(),
    };
    CloudError {
        action: action.to_owned(),
        code: error.code().map(str::to_owned),
        message,
        request_id: response
            .and_then(|response| REQUEST_ID_HEADERS.iter().find_map(|name| response.headers().get(*name)))
            .map(str::to_owned),
        hint: hint(error.code().unwrap_or_default(), class, action),
        class,
    }
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html> and
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html>.
fn classify(code: &str, status: u16) -> ErrorClass {
    match code {
        "ProvisionedThroughputExceededException" | "RequestLimitExceeded" | "SlowDown" | "ThrottlingException" => {
            ErrorClass::Throttled
        }
        // A conditional S3 write met another one under way; S3's advice is to try again.
        "ConditionalRequestConflict" | "OperationAborted" => ErrorClass::Busy,
        "NoSuchBucket" | "NoSuchKey" | "ResourceNotFoundException" => ErrorClass::NotFound,
        "AccessDeniedException" | "UnrecognizedClientException" => ErrorClass::Denied,
        code if is_expiry(code) => ErrorClass::Denied,
        _ => match status {
            404 => ErrorClass::NotFound,
            401 | 403 => ErrorClass::Denied,
            429 => ErrorClass::Throttled,
            500.. => ErrorClass::Ambiguous,
            _ => ErrorClass::Refused,
        },
    }
}

/// Whether the credentials have expired. S3 says it in other words than DynamoDB.
fn is_expiry(code: &str) -> bool {
    matches!(code, "ExpiredToken" | "ExpiredTokenException")
}

fn hint(code: &str, class: ErrorClass, action: &str) -> Option<String> {
    let hint = match class {
        _ if is_expiry(code) => {
            "the credentials have expired; sign in again (`aws sso login`) and run the same command".to_owned()
        }
        // Without `s3:ListBucket`, S3 denies the reading of an object that does not exist rather than say so.
        ErrorClass::Denied if action == "s3:GetObject" => {
            "see that the credentials are valid and allow `s3:GetObject` on the object, `s3:ListBucket` on its bucket \
             and `kms:Decrypt` with its key"
                .to_owned()
        }
        ErrorClass::Denied => format!("see that the credentials are valid and allow `{action}`"),
        ErrorClass::Throttled => "AWS is throttling this account; run the same command again, it continues".to_owned(),
        ErrorClass::Ambiguous => {
            "check the network and AWS's health, then run the same command again: it continues".to_owned()
        }
        _ => return None,
    };
    Some(hint)
}
