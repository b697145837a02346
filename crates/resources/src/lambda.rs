//! What the kinds of AWS Lambda share: which errors pass by themselves, what to do about the others, and tags.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_lambda::Client;
use provision_reconciler::{CloudError, ErrorClass};

use crate::Aws;
use crate::tags::Tags;

pub(crate) const LIST_TAGS: &str = "lambda:ListTags";

/// How long to wait for an earlier change of the same function or mapping.
pub(crate) const BUSY: Duration = Duration::from_secs(10 * 60);
/// How long what IAM or KMS was just told (a new role, its policies, a key's policy) may take to be known to Lambda.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency>
const PROPAGATION: Duration = Duration::from_secs(60);

/// What Lambda says of a role, a role's policy, a key or a principal that it does not know (yet), and what is to be done if
/// that does not pass.
const UNKNOWN_YET: &[(&str, &str)] = &[
    (
        "cannot be assumed by Lambda",
        "the trust policy of the role must let `lambda.amazonaws.com` assume it (`sts:AssumeRole`)",
    ),
    (
        "execution role does not have permissions",
        "allow the action that the message names in the role's policies: X-Ray for `tracing_mode = \"Active\"`, network \
         interfaces for `vpc`, sending for a destination",
    ),
    ("ensure the role can perform", "allow the actions that the message names in the role's policies"),
    ("KMS key is invalid for CreateGrant", "the key's policy must let the caller and the function's role use the key"),
    ("provided principal was invalid", "the principal must exist: a service, an account or a role's ARN"),
];

/// Whether an error passes by itself, seen after so long: an earlier change that is under way, or IAM and KMS being
/// eventually consistent.
pub(crate) fn passes(error: &CloudError, elapsed: Duration) -> bool {
    match error.code.as_deref().unwrap_or_default() {
        "ResourceConflictException" => elapsed < BUSY && !is_taken(error),
        "ResourceInUseException" => elapsed < BUSY,
        "InvalidParameterValueException" => elapsed < PROPAGATION && unknown_yet(error).is_some(),
        _ => false,
    }
}

/// Whether a conflict is that there is such a thing already: a function of that name, a permission of that statement id, a
/// mapping of that source to that function. (`Function already exist: …` is how Lambda spells it.)
pub(crate) fn is_taken(error: &CloudError) -> bool {
    error.code.as_deref() == Some("ResourceConflictException") && error.message.contains("already exist")
}

fn unknown_yet(error: &CloudError) -> Option<&'static str> {
    UNKNOWN_YET.iter().find(|(message, _)| error.message.contains(message)).map(|(_, hint)| *hint)
}

/// The same error with what to do next, where Lambda's own message does not say it.
pub(crate) fn explain(error: CloudError) -> CloudError {
    let hint = match error.code.as_deref().unwrap_or_default() {
        "InvalidParameterValueException" if error.message.contains("UnreservedConcurrentExecution") => {
            Some("reserve less, or raise the quota `Concurrent executions` of Lambda in Service Quotas")
        }
        "InvalidParameterValueException" => unknown_yet(&error),
        "CodeStorageExceededException" => {
            Some("delete old versions of functions and layers, or raise the quota of code storage in Service Quotas")
        }
        "PolicyLengthExceededException" => Some(
            "a function's policy has at most 20 kB: allow a whole account or organization instead of many principals",
        ),
        "RequestTooLargeException" | "RequestEntityTooLargeException" => Some(
            "Lambda takes packages of up to 50 MB; exclude files in .lambdaignore, or move dependencies into a layer",
        ),
        _ => None,
    };
    match hint {
        Some(hint) if error.hint.is_none() => error.with_hint(hint),
        _ => error,
    }
}

/// The tags of a function or mapping.
pub(crate) async fn tags(aws: &Aws, client: &Client, arn: String) -> Result<Tags, CloudError> {
    let answer = aws.call(LIST_TAGS, client.list_tags().resource(arn).send()).await?;
    Ok(from_sdk(answer.tags()))
}

/// Tags as Lambda gives them.
pub(crate) fn from_sdk(tags: Option<&HashMap<String, String>>) -> Tags {
    tags.into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// Tags as Lambda takes them.
pub(crate) fn to_sdk(tags: &Tags) -> HashMap<String, String> {
    tags.iter().map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// `None` where there is no such thing.
pub(crate) fn found<T>(answer: Result<T, CloudError>) -> Result<Option<T>, CloudError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.class == ErrorClass::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The error for an SDK request that could not be built, which the schema rules out.
pub(crate) fn unbuilt(action: &str, error: &impl ToString) -> CloudError {
    CloudError::new(action, ErrorClass::Refused, error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: &str, message: &str) -> CloudError {
        let error = CloudError::new("lambda:CreateFunction", ErrorClass::Refused, message);
        CloudError { code: Some(code.to_owned()), ..error }
    }

    #[test]
    fn what_passes_by_itself_is_told_from_what_does_not() {
        let (soon, late, later) = (Duration::from_secs(1), Duration::from_secs(2 * 60), Duration::from_secs(30 * 60));
        let update = "The operation cannot be performed at this time. An update is in progress for resource: …";
        let role = "The role defined for the function cannot be assumed by Lambda.";
        let xray = "The provided execution role does not have permissions to call PutTraceSegments on XRAY";
        let stream =
            "Cannot access stream arn:… . Please ensure the role can perform the GetRecords, … Actions on your stream";
        for (code, message, at, expected) in [
            ("ResourceConflictException", update, late, true),
            ("ResourceConflictException", update, later, false),
            ("ResourceConflictException", "Function already exist: a", soon, false),
            ("ResourceConflictException", "The statement id (a) provided already exists.", soon, false),
            ("ResourceInUseException", "it is Updating", late, true),
            ("InvalidParameterValueException", role, soon, true),
            ("InvalidParameterValueException", role, late, false),
            ("InvalidParameterValueException", xray, soon, true),
            ("InvalidParameterValueException", stream, soon, true),
            ("InvalidParameterValueException", "The runtime is no longer supported", soon, false),
            ("AccessDeniedException", role, soon, false),
            ("ResourceNotFoundException", "Function not found", soon, false),
        ] {
            assert_eq!(passes(&error(code, message), at), expected, "{code} {message} {at:?}");
        }
    }

    #[test]
    fn what_did_not_pass_is_explained() {
        let role = error("InvalidParameterValueException", "The role defined … cannot be assumed by Lambda.");
        let hint = explain(role).hint;
        assert!(hint.is_some_and(|hint| hint.contains("trust policy")));
        assert_eq!(explain(error("InvalidParameterValueException", "Unsupported handler")).hint, None);
    }
}
