//! From an SDK error to a [`CloudError`]: what it means, and what to do next.

use std::error::Error;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use provision_reconciler::{CloudError, ErrorClass};

/// The headers in which services give the id of a request.
const REQUEST_ID_HEADERS: [&str; 3] = ["x-amzn-requestid", "x-amz-request-id", "x-amzn-request-id"];

pub(super) fn from_sdk<E>(action: &str, error: SdkError<E, HttpResponse>) -> CloudError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let response = error.raw_response();
    let status = response.map(|response| response.status().as_u16());
    let request_id = response
        .and_then(|response| REQUEST_ID_HEADERS.iter().find_map(|name| response.headers().get(*name)))
        .map(str::to_owned);
    let code = error.code().map(str::to_owned);
    let class = match &error {
        // Elsewhere too many changes at once; in KMS a quota, which waiting does not mend.
        SdkError::ServiceError(_)
            if action.starts_with("kms:") && code.as_deref() == Some("LimitExceededException") =>
        {
            ErrorClass::Refused
        }
        SdkError::ServiceError(_) => classify(code.as_deref(), status),
        SdkError::ConstructionFailure(_) => ErrorClass::Refused,
        // The request may have reached the service: a lost answer is not a failure.
        _ => ErrorClass::Ambiguous,
    };
    let message = match error.message() {
        Some(message) => message.to_owned(),
        None => match &error {
            SdkError::ServiceError(service) => format!("{} (HTTP {})", service.err(), status.unwrap_or_default()),
            other => DisplayErrorContext(other).to_string(),
        },
    };
    // Of a bucket in another region, S3 tells the region in a header only.
    let message = match response.and_then(|response| response.headers().get("x-amz-bucket-region")) {
        Some(region) if matches!(status, Some(301 | 307 | 400)) => format!("{message} (the bucket is in {region})"),
        _ => message,
    };
    let hint = hint(code.as_deref(), class, action, &message);
    CloudError { action: action.to_owned(), code, message, request_id, hint, class }
}

/// What a service's error code and HTTP status mean.
///
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html> and each service's list of errors.
pub fn classify(code: Option<&str>, status: Option<u16>) -> ErrorClass {
    match code.unwrap_or_default() {
        "AccessDenied"
        | "AccessDeniedException"
        | "AuthFailure"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "IncompleteSignature"
        | "InvalidAccessKeyId"
        | "InvalidClientTokenId"
        | "InvalidSignatureException"
        | "MissingAuthenticationToken"
        | "NotAuthorized"
        | "OptInRequired"
        | "RequestExpired"
        | "SignatureDoesNotMatch"
        | "UnauthorizedOperation"
        | "UnrecognizedClientException" => ErrorClass::Denied,
        "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "RequestLimitExceeded"
        | "TooManyRequestsException"
        | "SlowDown"
        | "BandwidthLimitExceeded"
        | "ProvisionedThroughputExceededException"
        | "PriorRequestNotComplete" => ErrorClass::Throttled,
        // For DynamoDB and Kinesis `LimitExceededException` means too many control-plane operations at once.
        "ConcurrentModification"
        | "ConcurrentModificationException"
        | "ConflictException"
        | "DependencyViolation"
        | "LimitExceededException"
        | "OperationAborted"
        | "ResourceConflictException"
        | "ResourceInUseException"
        | "TableInUseException" => ErrorClass::Busy,
        "AlreadyExistsException"
        | "BucketAlreadyExists"
        | "BucketAlreadyOwnedByYou"
        | "EntityAlreadyExists"
        | "EntityAlreadyExistsException"
        | "FlowLogAlreadyExists"
        | "InvalidGroup.Duplicate"
        | "ResourceAlreadyExistsException"
        | "ResourceExistsException"
        | "TableAlreadyExistsException" => ErrorClass::AlreadyExists,
        // Answered with 500, yet nothing was made.
        "InsufficientAddressCapacity" | "InsufficientInstanceCapacity" | "InsufficientVolumeCapacity" => {
            ErrorClass::Refused
        }
        code if code.starts_with("NoSuch")
            || code.ends_with("NotFound")
            || code.ends_with("NotFoundError")
            || code.ends_with("NotFoundException") =>
        {
            ErrorClass::NotFound
        }
        _ => match status {
            Some(404) => ErrorClass::NotFound,
            Some(401 | 403) => ErrorClass::Denied,
            Some(429) => ErrorClass::Throttled,
            Some(500..) => ErrorClass::Ambiguous,
            _ => ErrorClass::Refused,
        },
    }
}

fn hint(code: Option<&str>, class: ErrorClass, action: &str, message: &str) -> Option<String> {
    let hint = match (code.unwrap_or_default(), class) {
        // EC2 says `RequestExpired`.
        ("ExpiredToken" | "ExpiredTokenException" | "RequestExpired", _) => {
            "the credentials have expired; sign in again (`aws sso login`) and run the same command".to_owned()
        }
        (
            "InvalidClientTokenId" | "UnrecognizedClientException" | "InvalidAccessKeyId" | "SignatureDoesNotMatch",
            _,
        ) => "the credentials are not valid; check AWS_PROFILE and `aws sts get-caller-identity`".to_owned(),
        (_, ErrorClass::Denied) => {
            format!("allow `{action}` to the caller, and see that no service control policy denies it")
        }
        (_, ErrorClass::Throttled) => {
            "AWS is throttling this account; run the same command again, it continues".to_owned()
        }
        (_, ErrorClass::Ambiguous) if message.contains("credentials") => {
            "no credentials were found; set AWS_PROFILE or AWS_ACCESS_KEY_ID, or try it locally with `--sandbox`"
                .to_owned()
        }
        (_, ErrorClass::Ambiguous) => {
            "check the network and AWS's health, then run the same command again: it continues".to_owned()
        }
        _ => return None,
    };
    Some(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_statuses_are_told_apart() {
        for (code, status, class) in [
            (Some("NoSuchBucket"), 404, ErrorClass::NotFound),
            (Some("NotFoundException"), 400, ErrorClass::NotFound),
            (None, 404, ErrorClass::NotFound),
            (Some("ThrottlingException"), 400, ErrorClass::Throttled),
            (Some("AccessDenied"), 403, ErrorClass::Denied),
            (Some("ResourceInUseException"), 400, ErrorClass::Busy),
            (Some("InternalError"), 500, ErrorClass::Ambiguous),
            (Some("InsufficientInstanceCapacity"), 500, ErrorClass::Refused),
            (Some("ValidationException"), 400, ErrorClass::Refused),
        ] {
            assert_eq!(classify(code, Some(status)), class, "{code:?} {status}");
        }
    }
}
