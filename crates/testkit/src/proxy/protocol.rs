//! Which AWS call an HTTP request is. Each of AWS's protocols has a file of its own.
//!
//! <https://smithy.io/2.0/aws/protocols/index.html>

mod json;
mod lambda;
mod query;
mod rpc;
mod s3;
mod scope;

use hyper::Method;
use hyper::http::request::Parts;
use percent_encoding::percent_decode_str;

use scope::Scope;

/// An HTTP request, taken apart as far as the protocols need.
pub(super) struct Request<'a> {
    parts: &'a Parts,
    body: &'a [u8],
    query: Vec<(String, String)>,
}

/// What a protocol makes of a request.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Operation {
    /// `PutBucketEncryption`
    pub(super) name: String,
    /// The part of the IAM action after the colon, where it is not the name.
    pub(super) permission: Option<String>,
    /// What it is about.
    pub(super) resource: Option<String>,
    /// Asked only whether it would be permitted.
    pub(super) dry_run: bool,
}

/// Which AWS call a request is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Recognised {
    pub(super) service: String,
    pub(super) operation: String,
    pub(super) action: String,
    pub(super) mutating: bool,
    pub(super) resource: Option<String>,
    pub(super) region: Option<String>,
    pub(super) access_key: Option<String>,
}

impl<'a> Request<'a> {
    pub(super) fn new(parts: &'a Parts, body: &'a [u8]) -> Self {
        let query = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
        Self { parts, body, query }
    }

    fn method(&self) -> &str {
        self.parts.method.as_str()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.parts.headers.get(name)?.to_str().ok()
    }

    /// The value of a query parameter, which may be empty.
    fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The path without its first slash, as it came: still encoded.
    fn path(&self) -> &str {
        self.parts.uri.path().trim_start_matches('/')
    }
}

/// Finds out which AWS call this is.
pub(super) fn recognise(request: &Request<'_>) -> Recognised {
    let scope = Scope::of(request);
    let by_protocol = json::recognise(request)
        .or_else(|| rpc::recognise(request))
        .or_else(|| query::recognise(request))
        .or_else(|| match scope.service.as_str() {
            "lambda" => lambda::recognise(request),
            // Unsigned requests without any other mark can only be S3's, for objects that are public.
            "s3" | "" => s3::recognise(request),
            _ => None,
        });
    let operation = by_protocol.unwrap_or_else(|| Operation {
        name: "Unknown".to_owned(),
        resource: Some(format!("{} /{}", request.method(), request.path())),
        ..Operation::default()
    });
    let service = if scope.service.is_empty() { "s3".to_owned() } else { scope.service };
    let mutating = match operation.name.as_str() {
        "Unknown" => !matches!(request.parts.method, Method::GET | Method::HEAD),
        name => is_mutating(name) && !operation.dry_run,
    };
    Recognised {
        action: format!("{service}:{}", operation.permission.as_deref().unwrap_or(&operation.name)),
        service,
        operation: operation.name,
        mutating,
        resource: operation.resource,
        region: scope.region,
        access_key: scope.access_key,
    }
}

/// How the names of operations begin that change nothing. Making credentials, and using a key, changes nothing.
const READING: &[&str] = &[
    "Assume",
    "BatchGet",
    "Check",
    "Decode",
    "Decrypt",
    "Describe",
    "Encrypt",
    "Estimate",
    "Filter",
    "GenerateData",
    "GenerateMac",
    "GenerateRandom",
    "Get",
    "Head",
    "List",
    "Lookup",
    "Preview",
    "Query",
    "ReEncrypt",
    "Scan",
    "Search",
    "Select",
    "Sign",
    "Simulate",
    "Test",
    "TransactGet",
    "Validate",
    "Verify",
];

fn is_mutating(operation: &str) -> bool {
    !READING.iter().any(|prefix| operation.strip_prefix(prefix).is_some_and(ends_a_word))
}

/// Whether a word has ended before this rest of a name: `Get` begins `GetItem`, but `Test` does not begin `Testify`.
fn ends_a_word(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with(|c: char| c.is_ascii_uppercase())
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// One line for a request, to compare with.
    pub(in super::super) fn told(method: &str, uri: &str, headers: &[(&str, &str)], body: &str) -> String {
        let mut request = hyper::Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let told = recognise(&Request::new(&parts, body.as_bytes()));
        let mark = if told.mutating { "!" } else { "" };
        format!("{}{mark} {} {}", told.operation, told.action, told.resource.unwrap_or_default()).trim_end().to_owned()
    }

    pub(in super::super) fn signed(service: &str) -> String {
        format!(
            "AWS4-HMAC-SHA256 Credential=712345678901/20260101/eu-west-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
        )
    }

    #[test]
    fn what_changes_something() {
        for reading in
            ["GetItem", "ListKeys", "DescribeVpcs", "HeadBucket", "GenerateDataKeyWithoutPlaintext", "Decrypt", "Query"]
        {
            assert!(!is_mutating(reading), "{reading}");
        }
        for mutating in
            ["PutItem", "CreateKey", "Invoke", "RunInstances", "TransactWriteItems", "Testify", "BatchWriteItem"]
        {
            assert!(is_mutating(mutating), "{mutating}");
        }
    }

    #[test]
    fn what_nobody_knows_is_shown_as_it_came() {
        let headers = [("authorization", signed("eks"))];
        let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
        assert_eq!(told("POST", "/clusters", &headers, "{}"), "Unknown! eks:Unknown POST /clusters");
        assert_eq!(told("GET", "/clusters", &headers, ""), "Unknown eks:Unknown GET /clusters");
    }

    #[test]
    fn where_it_was_signed_for() {
        let request = hyper::Request::builder().uri("/").header("authorization", signed("monitoring"));
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let told = recognise(&Request::new(&parts, b""));
        assert_eq!(told.service, "cloudwatch");
        assert_eq!(told.region.as_deref(), Some("eu-west-1"));
        assert_eq!(told.access_key.as_deref(), Some("712345678901"));
    }
}
