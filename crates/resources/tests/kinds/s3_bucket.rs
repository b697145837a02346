//! The life of an S3 bucket.

use aws_sdk_s3::types::{
    BucketVersioningStatus, CreateBucketConfiguration, PublicAccessBlockConfiguration, VersioningConfiguration,
};
use provision_reconciler::{Change, ErrorClass, Kind};
use provision_resources::s3_bucket::S3Bucket;
use serde_json::json;

use crate::driver::Driver;

const NONE: [&str; 0] = [];

/// Names of buckets are shared by all accounts, so the account is part of each.
fn name(driver: &Driver, name: &str) -> String {
    format!("{name}-{}", driver.account)
}

#[tokio::test]
async fn a_bucket_with_defaults_is_private_versioned_encrypted_and_https_only() {
    let driver = Driver::new().await;
    let mut bucket = driver.resource::<S3Bucket>("data");
    let table = json!({ "bucket": name(&driver, "defaults"), "tags": { "Project": "pipeline" } });
    let steps = [
        "s3:CreateBucket",
        "s3:PutBucketPublicAccessBlock",
        "s3:PutEncryptionConfiguration",
        "s3:PutBucketVersioning",
        "s3:PutBucketPolicy",
    ];
    assert_eq!(bucket.apply(table.clone()).await, steps);
    assert_eq!(bucket.apply(table).await, NONE, "a second apply does nothing");
    assert_eq!(bucket.delete(false).await, ["s3:DeleteBucket"]);
}

#[tokio::test]
async fn every_setting_is_set_changed_and_returned_to_its_default() {
    let driver = Driver::new().await;
    let mut logs = driver.resource::<S3Bucket>("logs");
    let logs_name = name(&driver, "settings-logs");
    let logging_policy = json!({ "Version": "2012-10-17", "Statement": [{
        "Sid": "Logs", "Effect": "Allow", "Principal": { "Service": "logging.s3.amazonaws.com" },
        "Action": "s3:PutObject", "Resource": format!("arn:aws:s3:::{logs_name}/*"),
    }]});
    logs.apply(json!({ "bucket": logs_name, "policy": logging_policy })).await;

    let key = format!("arn:aws:kms:us-east-1:{}:key/4a0f1c0e-0000-4000-8000-0123456789ab", driver.account);
    let bucket_name = name(&driver, "settings");
    let full = json!({
        "bucket": bucket_name,
        "kms_key": key,
        "bucket_key_enabled": false,
        "block_sse_c": false,
        "versioning": false,
        "public_access_block": { "block_public_policy": false },
        "object_ownership": "BucketOwnerPreferred",
        "https_only": false,
        "policy": { "Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Principal": { "AWS": driver.account },
            "Action": "s3:GetObject", "Resource": format!("arn:aws:s3:::{bucket_name}/*"),
        }},
        "logging": { "bucket": logs_name, "prefix": "settings/" },
        "lifecycle_rules": [
            { "id": "everything", "abort_incomplete_multipart_upload_days": 7,
              "noncurrent_version_expiration_days": 30, "newer_noncurrent_versions": 3 },
            { "id": "logs", "prefix": "logs/", "expiration_days": 365,
              "transitions": [
                  { "days": 30, "storage_class": "STANDARD_IA" },
                  { "days": 90, "storage_class": "GLACIER" },
              ],
              "noncurrent_version_transitions": [{ "days": 30, "storage_class": "STANDARD_IA" }] },
            { "id": "large", "enabled": false, "prefix": "large/", "object_tags": { "keep": "no" },
              "object_size_greater_than": 1_048_576, "expiration_date": "2031-01-31" },
        ],
        "tags": { "Project": "pipeline" },
    });
    let created = [
        "s3:CreateBucket",
        "s3:PutBucketPublicAccessBlock",
        "s3:PutEncryptionConfiguration",
        "s3:PutBucketPolicy",
        "s3:PutBucketLogging",
        "s3:PutLifecycleConfiguration",
    ];
    let mut bucket = driver.resource::<S3Bucket>("data");
    assert_eq!(bucket.apply(full.clone()).await, created);
    assert_eq!(bucket.apply(full.clone()).await, NONE, "a second apply does nothing");

    let every = [
        "s3:PutBucketTagging",
        "s3:PutBucketPublicAccessBlock",
        "s3:PutBucketOwnershipControls",
        "s3:PutEncryptionConfiguration",
        "s3:PutBucketVersioning",
        "s3:PutBucketPolicy",
        "s3:PutBucketLogging",
        "s3:PutLifecycleConfiguration",
    ];
    assert_eq!(bucket.apply(json!({ "bucket": bucket_name })).await, every);
    assert_eq!(bucket.apply(full).await, every);

    let mut no_policy = json!({ "bucket": bucket_name, "https_only": false });
    bucket.apply(json!({ "bucket": bucket_name })).await;
    assert_eq!(bucket.apply(no_policy.clone()).await, ["s3:DeleteBucketPolicy"]);
    no_policy["versioning"] = json!(false);
    assert_eq!(bucket.apply(no_policy).await, ["s3:PutBucketVersioning"]);
}

#[tokio::test]
async fn a_log_bucket_logs_into_itself() {
    let driver = Driver::new().await;
    let logs = name(&driver, "self-logs");
    let mut bucket = driver.resource::<S3Bucket>("logs");
    let mut table = json!({
        "bucket": logs, "receives_access_logs": true,
        "logging": { "bucket": logs, "prefix": "self/", "partition_date_source": "DeliveryTime" },
    });
    let actions = bucket.apply(table.clone()).await;
    assert_eq!(actions[4..], ["s3:PutBucketPolicy", "s3:PutBucketLogging"], "the policy lets the logs in first");
    assert_eq!(bucket.apply(table.clone()).await, NONE, "a second apply does nothing");
    table["logging"]["partition_date_source"] = json!("None");
    assert_eq!(bucket.apply(table.clone()).await, ["s3:PutBucketLogging"]);
    table.as_object_mut().unwrap().remove("logging");
    table["receives_access_logs"] = json!(false);
    assert_eq!(bucket.apply(table).await, ["s3:PutBucketPolicy", "s3:PutBucketLogging"]);
}

#[tokio::test]
async fn changes_by_hand_are_seen_and_mended() {
    let driver = Driver::new().await;
    let mut bucket = driver.resource::<S3Bucket>("data");
    let name = name(&driver, "by-hand");
    let table = json!({ "bucket": name });
    bucket.apply(table.clone()).await;
    let clients = driver.aws.region("us-east-1").await;
    let s3 = clients.s3();

    let suspended = VersioningConfiguration::builder().status(BucketVersioningStatus::Suspended).build();
    s3.put_bucket_versioning().bucket(&name).versioning_configuration(suspended).send().await.unwrap();
    assert_eq!(bucket.apply(table.clone()).await, ["s3:PutBucketVersioning"]);

    let replaced = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "AWS": format!("arn:aws:iam::{}:root", driver.account) },
        "Action": "s3:GetObject", "Resource": format!("arn:aws:s3:::{name}/*"),
    }]});
    s3.put_bucket_policy().bucket(&name).policy(replaced.to_string()).send().await.unwrap();
    let desired = bucket.spec(table.clone());
    let live = bucket.read(Some(&desired)).await.unwrap().unwrap();
    let paths: Vec<_> = bucket.differences(&live, &desired).into_iter().map(|one| one.path).collect();
    assert_eq!(paths, ["https_only", "policy"]);
    assert_eq!(bucket.apply(table.clone()).await, ["s3:PutBucketPolicy"]);

    s3.delete_bucket_policy().bucket(&name).send().await.unwrap();
    assert_eq!(bucket.apply(table.clone()).await, ["s3:PutBucketPolicy"]);

    let open = PublicAccessBlockConfiguration::builder().block_public_acls(true).build();
    s3.put_public_access_block().bucket(&name).public_access_block_configuration(open).send().await.unwrap();
    assert_eq!(bucket.apply(table.clone()).await, ["s3:PutBucketPublicAccessBlock"]);

    s3.delete_public_access_block().bucket(&name).send().await.unwrap();
    assert_eq!(bucket.apply(table.clone()).await, ["s3:PutBucketPublicAccessBlock"]);

    s3.delete_bucket_tagging().bucket(&name).send().await.unwrap();
    let live = bucket.read(Some(&desired)).await.unwrap().unwrap();
    assert!(live.tags.is_empty());
    bucket
        .run(S3Bucket::steps(Change::Update {
            live: &live.spec,
            desired: &desired,
            differences: &provision_reconciler::Differences(bucket.differences(&live, &desired)),
        }))
        .await
        .unwrap();
    let live = bucket.read(Some(&desired)).await.unwrap().unwrap();
    assert_eq!(bucket.differences(&live, &desired), []);
}

#[tokio::test]
async fn a_bucket_with_versions_is_deleted_only_when_it_may_be_emptied() {
    let driver = Driver::new().await;
    let mut bucket = driver.resource::<S3Bucket>("data");
    let name = name(&driver, "full");
    bucket.apply(json!({ "bucket": name })).await;
    let clients = driver.aws.region("us-east-1").await;
    let s3 = clients.s3();
    for version in ["one", "two"] {
        for key in ["a", "b/c"] {
            s3.put_object().bucket(&name).key(key).body(version.as_bytes().to_vec().into()).send().await.unwrap();
        }
    }
    s3.delete_object().bucket(&name).key("a").send().await.unwrap();

    let live = bucket.read(None).await.unwrap().unwrap();
    let refused = bucket.run(S3Bucket::steps(Change::Delete { live: &live.spec, empty: false })).await.unwrap_err();
    assert_eq!(refused.code.as_deref(), Some("BucketNotEmpty"));
    assert!(refused.hint.unwrap().contains("--empty-buckets"));

    assert_eq!(bucket.delete(true).await, ["s3:DeleteObjectVersion", "s3:DeleteBucket"]);
}

#[tokio::test]
async fn a_bucket_of_another_account_is_refused() {
    let (ours, theirs) = (Driver::new().await, Driver::new().await);
    let table = json!({ "bucket": name(&theirs, "taken") });
    theirs.resource::<S3Bucket>("data").apply(table.clone()).await;

    let mut bucket = ours.resource::<S3Bucket>("data");
    let desired = bucket.spec(table);
    let refused = bucket.read(Some(&desired)).await.unwrap_err();
    assert_eq!(refused.class, ErrorClass::Denied, "{refused}");
    assert!(refused.hint.unwrap().contains("belongs to another account"));

    let refused = bucket.run(S3Bucket::steps(Change::Create { desired: &desired })).await.unwrap_err();
    assert_eq!(refused.code.as_deref(), Some("BucketAlreadyExists"), "{refused}");
    assert!(refused.hint.unwrap().contains("choose another name"));
}

#[tokio::test]
async fn a_bucket_of_another_region_is_made_there_and_refused_here() {
    let here = Driver::new().await;
    let there = here.in_region("eu-west-1");
    let table = json!({ "bucket": name(&here, "elsewhere") });
    let mut bucket = there.resource::<S3Bucket>("data");
    bucket.apply(table.clone()).await;
    assert_eq!(bucket.apply(table.clone()).await, NONE);

    let bucket = here.resource::<S3Bucket>("data");
    let refused = bucket.read(Some(&bucket.spec(table))).await.unwrap_err();
    assert_eq!(refused.class, ErrorClass::Refused, "{refused}");
    assert!(refused.hint.as_deref().unwrap_or_default().contains("another region"), "{refused:?}");
    assert!(refused.message.contains("eu-west-1"), "{refused}");
}

#[tokio::test]
async fn a_bucket_made_by_this_operation_is_adopted_and_another_is_not() {
    let driver = Driver::new().await.in_region("eu-west-1");
    let clients = driver.aws.region("eu-west-1").await;
    let table = json!({ "bucket": name(&driver, "adopted") });
    let mut bucket = driver.resource::<S3Bucket>("data");
    let desired = bucket.spec(table);
    let create = || S3Bucket::steps(Change::Create { desired: &desired });
    bucket.run(create()).await.unwrap();
    bucket.run(create()).await.unwrap();

    let by_hand = name(&driver, "theirs");
    let configuration = CreateBucketConfiguration::builder().location_constraint("eu-west-1".into()).build();
    let request = clients.s3().create_bucket().bucket(&by_hand).create_bucket_configuration(configuration);
    request.send().await.unwrap();
    let mut bucket = driver.resource::<S3Bucket>("theirs");
    let desired = bucket.spec(json!({ "bucket": by_hand }));
    let refused = bucket.run(S3Bucket::steps(Change::Create { desired: &desired })).await.unwrap_err();
    assert_eq!(refused.code.as_deref(), Some("BucketAlreadyOwnedByYou"));
    assert!(refused.hint.unwrap().contains("provision import"));
}

#[tokio::test]
async fn a_bucket_is_found_by_its_tags() {
    let driver = Driver::new().await;
    let mut bucket = driver.resource::<S3Bucket>("data");
    driver.resource::<S3Bucket>("other").apply(json!({ "bucket": name(&driver, "other") })).await;
    assert_eq!(S3Bucket::find(&driver.aws, &bucket.scope).await.unwrap(), None);
    bucket.apply(json!({ "bucket": name(&driver, "found") })).await;
    assert_eq!(S3Bucket::find(&driver.aws, &bucket.scope).await.unwrap(), bucket.id);
    let elsewhere = driver.in_region("us-west-2").scope::<S3Bucket>("data");
    assert_eq!(S3Bucket::find(&driver.aws, &elsewhere).await.unwrap(), None);
}
