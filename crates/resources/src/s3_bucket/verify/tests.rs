//! Against an S3 of a few lines that is reached through HTTPS, as AWS is and the emulators are not.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::{Arc, Mutex};

use aws_sdk_s3::error::ConnectorError;
use aws_sdk_s3::primitives::SdkBody;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use provision_reconciler::verify::Outcome;
use serde_json::{Map, json};

use super::*;
use crate::Connection;
use crate::s3_bucket::S3Bucket;
use crate::testing::{s3, scope, spec};

const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/1234";

/// Its name and content.
type Object = (String, Vec<u8>);

/// A bucket with at most one object.
#[derive(Clone, Debug)]
struct FakeS3 {
    /// What plain HTTP is answered.
    plain_status: u16,
    /// What the object is encrypted with.
    key: &'static str,
    object: Arc<Mutex<Option<Object>>>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl FakeS3 {
    fn answer(&self, request: &HttpRequest) -> (u16, Vec<u8>) {
        let (scheme, rest) = request.uri().split_once("://").unwrap_or_default();
        let path = rest.split_once('/').map(|(_, path)| path).unwrap_or_default();
        let name = path.split('?').next().unwrap_or_default().to_owned();
        let mut object = self.object.lock().unwrap();
        self.requests.lock().unwrap().push(format!("{scheme} {} {rest}", request.method()));
        assert!(request.headers().get("authorization").is_some(), "signed");
        match (request.method(), &*object) {
            _ if scheme == "http" && self.plain_status != 200 => {
                let code = if self.plain_status == 403 { "AccessDenied" } else { "Teapot" };
                let body = format!("<Error><Code>{code}</Code><Message>no</Message></Error>");
                (self.plain_status, body.into_bytes())
            }
            ("PUT", _) => {
                *object = Some((name, request.body().bytes().unwrap().to_vec()));
                (200, Vec::new())
            }
            ("GET", Some((key, _))) if path.contains("versions") => {
                let version = format!("<Version><Key>{key}</Key><VersionId>v1</VersionId></Version>");
                (200, format!("<ListVersionsResult>{version}</ListVersionsResult>").into_bytes())
            }
            ("GET", Some((key, content))) if *key == name => (200, content.clone()),
            ("DELETE", Some((key, _))) if *key == name && path.contains("versionId=v1") => {
                *object = None;
                (204, Vec::new())
            }
            other => panic!("{other:?} {path}"),
        }
    }
}

impl HttpConnector for FakeS3 {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (status, body) = self.answer(&request);
        let answer: Result<HttpResponse, ConnectorError> = status
            .try_into()
            .map(|status| {
                let mut response = HttpResponse::new(status, SdkBody::from(body));
                let headers = response.headers_mut();
                headers.insert("x-amz-version-id", "v1");
                headers.insert("x-amz-server-side-encryption", "aws:kms");
                headers.insert("x-amz-server-side-encryption-aws-kms-key-id", self.key);
                response
            })
            .map_err(|error| ConnectorError::other(Box::new(error), None));
        HttpConnectorFuture::ready(answer)
    }
}

/// The tests' results, and the requests that were made.
async fn verified(plain_status: u16, key: &'static str) -> (Vec<Check>, Vec<String>) {
    let fake = FakeS3 { plain_status, key, object: Arc::default(), requests: Arc::default() };
    let verification = Verification {
        scope: scope::<S3Bucket>("data"),
        id: "acme-data".to_owned(),
        spec: spec::<S3Bucket>(json!({ "bucket": "acme-data", "kms_key": KEY })),
        outputs: Map::new(),
    };
    let checks = run(&Aws::new(Connection::default()), &s3(fake.clone()), &verification).await;
    assert_eq!(*fake.object.lock().unwrap(), None, "nothing is left behind");
    let requests = fake.requests.lock().unwrap().clone();
    (checks, requests)
}

fn failures(checks: &[Check]) -> Vec<String> {
    let failed = |check: &Check| match &check.outcome {
        Outcome::Failed { message, .. } => Some(format!("{}: {message}", check.name)),
        _ => None,
    };
    checks.iter().filter_map(failed).collect()
}

#[tokio::test]
async fn a_bucket_that_refuses_plain_http_passes() {
    let (checks, requests) = verified(403, KEY).await;
    assert_eq!(failures(&checks), [""; 0]);
    assert_eq!(checks[3], Check::passed(HTTPS_ONLY, "a signed request through http:// was denied"));
    let plain: Vec<_> = requests.iter().filter(|request| request.starts_with("http ")).collect();
    assert_eq!(plain.len(), 1, "{requests:?}");
    assert!(plain[0].starts_with("http GET acme-data.s3.us-east-1.amazonaws.com/provision-verify/"), "{plain:?}");
}

#[tokio::test]
async fn a_bucket_that_answers_plain_http_fails() {
    let (checks, _) = verified(200, KEY).await;
    assert_eq!(failures(&checks), ["plain HTTP is refused: the object can be read through plain HTTP"]);
}

#[tokio::test]
async fn an_answer_that_says_nothing_is_not_taken_for_a_refusal() {
    let (checks, _) = verified(418, KEY).await;
    assert_eq!(failures(&checks), ["plain HTTP is refused: s3:GetObject failed: Teapot: no"]);
}

#[tokio::test]
async fn another_key_fails() {
    let (checks, _) = verified(403, "arn:aws:kms:us-east-1:123456789012:key/5678").await;
    insta::assert_snapshot!(failures(&checks).join("\n"), @"encrypted with its key: it is encrypted with arn:aws:kms:us-east-1:123456789012:key/5678 instead of arn:aws:kms:us-east-1:123456789012:key/1234");
}

#[test]
fn only_https_without_a_port_can_be_tried_without_tls() {
    assert!(speaks_both("https://acme.s3.us-east-1.amazonaws.com/provision-verify/1?X-Amz-Date=1:2"));
    assert!(!speaks_both("https://localhost:9000/acme/provision-verify/1"));
    assert!(!speaks_both("http://127.0.0.1:4566/acme/provision-verify/1"));
}
