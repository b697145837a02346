//! The credential scope of a request's signature: `KEY/DATE/REGION/SERVICE/aws4_request`.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use super::Request;

/// Who signed, for which service and region.
#[derive(Debug, Default)]
pub(super) struct Scope {
    /// The service by the name of its IAM actions; empty for an unsigned request.
    pub(super) service: String,
    pub(super) region: Option<String>,
    pub(super) access_key: Option<String>,
}

impl Scope {
    pub(super) fn of(request: &Request<'_>) -> Self {
        let header = request.header("authorization").and_then(|header| {
            let (_, credential) = header.split_once("Credential=")?;
            credential.split([',', ' ']).next()
        });
        // A presigned request has it in its query.
        let Some(credential) = header.or_else(|| request.parameter("X-Amz-Credential")) else { return Self::default() };
        let parts: Vec<_> = credential.split('/').collect();
        let [access_key, _, region, service, _] = parts.as_slice() else { return Self::default() };
        Self {
            service: prefix(service).to_owned(),
            region: Some((*region).to_owned()),
            access_key: Some((*access_key).to_owned()),
        }
    }
}

/// The prefix of a service's IAM actions, which for a few is not its signing name.
fn prefix(signing_name: &str) -> &str {
    match signing_name {
        "monitoring" => "cloudwatch",
        "tagging" => "tag",
        "email" => "ses",
        "s3express" => "s3",
        name => name,
    }
}
