//! Buckets that replicate into another region, and what is done to them by hand.

use std::fmt::Write as _;
use std::sync::Arc;

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{
    BucketLoggingStatus, BucketVersioningStatus, ReplicationRuleStatus, ServerSideEncryption, VersioningConfiguration,
};
use provision_reconciler::diff::Difference;
use provision_reconciler::{Differences, ErrorClass, Kind, Progress};
use provision_resources::aws::Clients;
use provision_resources::s3_bucket::{Call, Replication, ReplicationRule, S3Bucket};
use provision_resources::{KmsKey, KmsReplicaKey};
use serde_json::{Value, json};

use crate::driver::{Driver, Resource};
use crate::retries::run_on;

const NONE: [&str; 0] = [];

/// A source in us-east-1 that replicates to us-west-2, each with a key of its region, and logs into the log bucket.
struct Pair {
    source: Resource<S3Bucket>,
    table: Value,
    replica: Resource<S3Bucket>,
    replica_table: Value,
    source_key: String,
    replica_key: String,
    here: Arc<Clients>,
    there: Arc<Clients>,
}

impl Pair {
    async fn new(driver: &Driver) -> Self {
        let west = driver.in_region("us-west-2");
        let name = |name: &str| format!("{name}-{}", driver.account);

        let mut key = driver.resource::<KmsKey>("data");
        key.apply(json!({ "multi_region": true })).await;
        let source_key = arn(&key).await;
        let mut copy = west.resource::<KmsReplicaKey>("data");
        copy.apply(json!({ "primary_key_arn": source_key })).await;
        let replica_key = source_key.replace("us-east-1", "us-west-2");

        let mut replica = west.resource::<S3Bucket>("replica");
        let replica_table = json!({ "bucket": name("replica"), "kms_key": replica_key });
        replica.apply(replica_table.clone()).await;
        let mut logs = driver.resource::<S3Bucket>("logs");
        logs.apply(json!({ "bucket": name("logs"), "receives_access_logs": true })).await;

        let mut source = driver.resource::<S3Bucket>("source");
        let table = json!({
            "bucket": name("source"), "kms_key": source_key,
            "logging": { "bucket": name("logs"), "prefix": "source/" },
            "lifecycle_rules": [{ "id": "old", "noncurrent_version_expiration_days": 30 }],
            "replication": {
                "role": format!("arn:aws:iam::{}:role/replication", driver.account),
                "rules": [{
                    "id": "all", "delete_marker_replication": true,
                    "destination": {
                        "bucket": format!("arn:aws:s3:::{}", name("replica")), "kms_key": replica_key,
                        "replication_time": true,
                    },
                }],
            },
        });
        let actions = source.apply(table.clone()).await;
        assert_eq!(actions.last(), Some(&"s3:PutReplicationConfiguration"), "once all else is there");
        let (here, there) = (driver.aws.region("us-east-1").await, driver.aws.region("us-west-2").await);
        Self { source, table, replica, replica_table, source_key, replica_key, here, there }
    }
}

async fn arn(key: &Resource<KmsKey>) -> String {
    key.read(None).await.unwrap().unwrap().outputs.arn
}

/// How live differs from the table, a line for each field, and then what mends it.
async fn mended(bucket: &mut Resource<S3Bucket>, table: &Value) -> String {
    let desired = bucket.spec(table.clone());
    let live = bucket.read(Some(&desired)).await.unwrap().unwrap();
    let differences = bucket.differences(&live, &desired);
    assert!(Differences(differences.clone()).0.iter().all(|one| one.cause == provision_reconciler::diff::Cause::Drift));
    let mut lines = String::new();
    for Difference { path, live, desired, .. } in differences {
        let (live, desired) = if path.contains("role") || live.is_object() || desired.is_object() {
            (String::from("…"), String::from("…"))
        } else {
            (live.to_string(), desired.to_string())
        };
        writeln!(lines, "{path}: {live} -> {desired}").unwrap();
    }
    lines + &bucket.apply(table.clone()).await.join("\n")
}

#[tokio::test]
async fn an_object_appears_in_the_replica_encrypted_with_its_key() {
    let driver = Driver::new().await;
    let mut pair = Pair::new(&driver).await;
    assert_eq!(pair.source.apply(pair.table.clone()).await, NONE, "a second apply does nothing");

    let (source, replica) = (pair.source.id.clone().unwrap(), pair.replica.id.clone().unwrap());
    put(pair.here.s3(), &source, "a").await;
    let head = pair.here.s3().head_object().bucket(&source).key("a").send().await.unwrap();
    assert_eq!(head.replication_status().map(|status| status.as_str()), Some("COMPLETED"));
    assert_eq!(head.ssekms_key_id(), Some(pair.source_key.as_str()));
    let copy = pair.there.s3().get_object().bucket(&replica).key("a").send().await.unwrap();
    assert_eq!(copy.replication_status().map(|status| status.as_str()), Some("REPLICA"));
    assert_eq!(copy.server_side_encryption(), Some(&ServerSideEncryption::AwsKms));
    assert_eq!(copy.ssekms_key_id(), Some(pair.replica_key.as_str()));
    assert_eq!(copy.body.collect().await.unwrap().to_vec(), b"content");

    // Paused: nothing is copied.
    let mut paused = pair.table.clone();
    paused["replication"]["rules"][0]["enabled"] = json!(false);
    assert_eq!(pair.source.apply(paused).await, ["s3:PutReplicationConfiguration"]);
    put(pair.here.s3(), &source, "b").await;
    let copies = pair.there.s3().list_object_versions().bucket(&replica).send().await.unwrap();
    assert_eq!(copies.versions().iter().filter_map(|one| one.key()).collect::<Vec<_>>(), ["a"]);
}

async fn put(s3: &Client, bucket: &str, key: &str) {
    s3.put_object().bucket(bucket).key(key).body(b"content".to_vec().into()).send().await.unwrap();
}

#[tokio::test]
async fn what_is_done_by_hand_is_named_and_mended_by_one_call() {
    let driver = Driver::new().await;
    let mut pair = Pair::new(&driver).await;
    let (here, there) = (pair.here.s3(), pair.there.s3());
    let source = pair.source.id.clone().unwrap();

    let configuration = || async {
        let answer = here.get_bucket_replication().bucket(&source).send().await.unwrap();
        answer.replication_configuration.unwrap()
    };
    let mut paused = configuration().await;
    paused.rules[0].status = ReplicationRuleStatus::Disabled;
    here.put_bucket_replication().bucket(&source).replication_configuration(paused).send().await.unwrap();
    insta::assert_snapshot!(mended(&mut pair.source, &pair.table).await, @r#"
    replication.rules["all"].enabled: false -> true
    s3:PutReplicationConfiguration
    "#);
    assert_eq!(configuration().await.rules[0].status, ReplicationRuleStatus::Enabled);

    here.delete_bucket_replication().bucket(&source).send().await.unwrap();
    insta::assert_snapshot!(mended(&mut pair.source, &pair.table).await, @r#"
    replication.role: … -> …
    replication.rules["all"]: … -> …
    s3:PutReplicationConfiguration
    "#);

    let suspended = VersioningConfiguration::builder().status(BucketVersioningStatus::Suspended).build();
    let replica = pair.replica.id.clone().unwrap();
    there.put_bucket_versioning().bucket(&replica).versioning_configuration(suspended).send().await.unwrap();
    insta::assert_snapshot!(mended(&mut pair.replica, &pair.replica_table).await, @r"
    versioning: false -> true
    s3:PutBucketVersioning
    ");

    let ended = BucketLoggingStatus::builder().build();
    here.put_bucket_logging().bucket(&source).bucket_logging_status(ended).send().await.unwrap();
    let logged = mended(&mut pair.source, &pair.table).await.replace(&driver.account, "ACCOUNT");
    insta::assert_snapshot!(logged, @r#"
    logging.bucket: "" -> "logs-ACCOUNT"
    logging.prefix: "" -> "source/"
    s3:PutBucketLogging
    "#);

    here.delete_bucket_lifecycle().bucket(&source).send().await.unwrap();
    insta::assert_snapshot!(mended(&mut pair.source, &pair.table).await, @r#"
    lifecycle_rules["old"]: … -> …
    s3:PutLifecycleConfiguration
    "#);
}

#[tokio::test]
async fn a_bucket_stops_replicating_before_it_stops_keeping_versions() {
    let driver = Driver::new().await;
    let mut pair = Pair::new(&driver).await;
    let mut without = pair.table.clone();
    without.as_object_mut().unwrap().remove("replication");
    without["versioning"] = json!(false);
    let off = ["s3:PutReplicationConfiguration", "s3:PutBucketVersioning"];
    assert_eq!(pair.source.apply(without).await, off);
    let on = ["s3:PutBucketVersioning", "s3:PutReplicationConfiguration"];
    assert_eq!(pair.source.apply(pair.table.clone()).await, on);
    assert_eq!(pair.source.delete(true).await, ["s3:DeleteObjectVersion", "s3:DeleteBucket"]);
}

fn replicate() -> Call {
    let rules = vec![ReplicationRule::named("all", "arn:aws:s3:::replica")];
    Call::PutBucketReplication(Replication { role: "arn:aws:iam::1:role/new".to_owned(), rules })
}

const DONE: (u16, &str) = (200, "");
const UNKNOWN_ROLE: (u16, &str) = (
    400,
    "<Error><Code>InvalidRequest</Code><Message>The IAM role specified does not exist or cannot be assumed</Message></Error>",
);
const NOT_VERSIONED: (u16, &str) = (
    400,
    "<Error><Code>InvalidRequest</Code><Message>Destination bucket must have versioning enabled.</Message></Error>",
);
const NOT_PASSED: (u16, &str) = (
    403,
    "<Error><Code>AccessDenied</Code><Message>User: ann is not authorized to perform: iam:PassRole on resource: role/new</Message></Error>",
);
const NO_GRANTS: (u16, &str) = (
    400,
    "<Error><Code>InvalidTargetBucketForLogging</Code><Message>The target bucket does not have the appropriate grants</Message></Error>",
);

#[tokio::test]
async fn a_role_or_a_destination_that_is_too_new_is_tried_again() {
    let (result, requests) = run_on::<S3Bucket>(Some("data"), replicate(), &[UNKNOWN_ROLE, NOT_VERSIONED, DONE]).await;
    assert!(result.is_ok());
    assert_eq!(requests, 3);
    let logging = Call::PutBucketLogging(serde_json::from_value(json!({ "bucket": "logs" })).unwrap());
    let (result, requests) = run_on::<S3Bucket>(Some("data"), logging, &[NO_GRANTS, DONE]).await;
    assert!(result.is_ok());
    assert_eq!(requests, 2);
}

#[tokio::test]
async fn a_role_that_may_not_be_handed_over_is_refused_at_once() {
    let (result, requests) = run_on::<S3Bucket>(Some("data"), replicate(), &[NOT_PASSED, DONE]).await;
    let error = result.err().unwrap();
    assert_eq!((error.class, requests), (ErrorClass::Denied, 1));
    assert_eq!(error.hint.as_deref(), Some("allow `iam:PassRole` on the replication role to the caller"));
}

#[tokio::test]
async fn a_replica_key_is_waited_for_until_it_is_there() {
    const STATES: &[(u16, &str)] = &[
        (400, r#"{"__type":"NotFoundException","message":"no such key"}"#),
        (200, r#"{"KeyMetadata":{"KeyId":"mrk-1","KeyState":"Creating"}}"#),
        (200, r#"{"KeyMetadata":{"KeyId":"mrk-1","KeyState":"Enabled"}}"#),
    ];
    let (aws, requests) = crate::retries::answering(STATES).await;
    let scope = Driver::new().await.in_region("us-west-2").scope::<KmsReplicaKey>("data");
    let call = json!({ "replicate_key": {
        "primary_key_arn": "arn:aws:kms:us-east-1:1:key/mrk-1", "description": "", "policy": null, "tags": {},
    }});
    let mut progress = Progress { id: Some("mrk-1".to_owned()), ..Progress::default() };
    KmsReplicaKey::settle(&aws, &scope, &serde_json::from_value(call).unwrap(), &mut progress).await.unwrap();
    assert_eq!(requests.load(std::sync::atomic::Ordering::SeqCst), 3);
}
