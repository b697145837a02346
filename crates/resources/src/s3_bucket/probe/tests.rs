//! Against an S3 that only lists what it holds, and remembers what is deleted.

#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};

use aws_sdk_s3::primitives::SdkBody;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};

use super::*;
use crate::Connection;
use crate::testing::s3;

/// What it answers to a listing, and what was deleted, as `NAME VERSION`. The version `locked` is not.
#[derive(Clone, Debug)]
struct FakeS3 {
    listing: String,
    deleted: Arc<Mutex<Vec<String>>>,
}

impl HttpConnector for FakeS3 {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (path, query) = request.uri().split_once('?').unwrap();
        let (status, body) = match request.method() {
            "DELETE" => {
                let name = path.rsplit('/').next().unwrap();
                let version = query.split(['&', '=']).skip_while(|part| *part != "versionId").nth(1).unwrap();
                if version == "locked" {
                    (403, "<Error><Code>AccessDenied</Code><Message>no</Message></Error>".to_owned())
                } else {
                    self.deleted.lock().unwrap().push(format!("{name} {version}"));
                    (204, String::new())
                }
            }
            _ => (200, format!("<ListVersionsResult>{}</ListVersionsResult>", self.listing)),
        };
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body))))
    }
}

/// Of what is listed as made so many seconds ago, what is swept up; and whether that is all that was due.
async fn swept(listed: &[(&str, &str, i64)], age: Duration) -> (Vec<String>, bool) {
    let entry = |(sort, version, ago): &(&str, &str, i64)| {
        let at = Timestamp::now() - jiff::SignedDuration::from_secs(*ago);
        let key = "folder/one";
        format!("<{sort}><Key>{key}</Key><VersionId>{version}</VersionId><LastModified>{at}</LastModified></{sort}>")
    };
    let fake = FakeS3 { listing: listed.iter().map(entry).collect(), deleted: Arc::default() };
    let (aws, s3) = (Aws::new(Connection::default()), s3(fake.clone()));
    let probe = Probe { aws: &aws, s3: &s3, bucket: "acme-data", account: "123456789012", key: "folder/" };
    let outcome = probe.sweep(age).await;
    let deleted = fake.deleted.lock().unwrap().clone();
    (deleted, outcome.is_ok())
}

#[tokio::test]
async fn only_what_nobody_waits_for_any_more_is_swept_up() {
    let listed = [("Version", "old", 7300), ("Version", "young", 7100), ("DeleteMarker", "marker", 90_000)];
    let (deleted, all) = swept(&listed, Duration::from_secs(7200)).await;
    assert!(all);
    assert_eq!(deleted, ["one old", "one marker"]);
    // Nor what a clock that is ahead of ours has written.
    assert_eq!(swept(&[("Version", "later", -60)], Duration::ZERO).await, (Vec::new(), true));
}

#[tokio::test]
async fn what_stays_does_not_keep_the_rest() {
    let (deleted, all) = swept(&[("Version", "locked", 60), ("Version", "old", 60)], Duration::ZERO).await;
    assert!(!all);
    assert_eq!(deleted, ["one old"]);
}
