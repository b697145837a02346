use serde_json::{Value, json};

use crate::s3_bucket::S3Bucket;
use crate::testing::{self, create, spec, update};

/// A bucket with these fields besides its name.
fn bucket(fields: Value) -> Value {
    let mut table = json!({ "bucket": "acme-data" });
    if let (Some(table), Some(fields)) = (table.as_object_mut(), fields.as_object()) {
        table.extend(fields.clone());
    }
    table
}

/// To one bucket.
fn replication(enabled: bool) -> Value {
    let key = "arn:aws:kms:us-west-2:123456789012:key/1";
    json!({ "role": "arn:aws:iam::123456789012:role/replication", "rules": [{
        "id": "all", "enabled": enabled, "destination": { "bucket": "arn:aws:s3:::acme-replica", "kms_key": key },
    }] })
}

#[test]
fn creating_with_defaults() {
    insta::assert_snapshot!(create::<S3Bucket>(bucket(json!({}))), @r"
    s3:CreateBucket: create the bucket acme-data
    s3:PutBucketPublicAccessBlock: block public access
    s3:PutEncryptionConfiguration: encrypt with keys of S3's own
    s3:PutBucketVersioning: turn on versioning
    s3:PutBucketPolicy: deny requests without HTTPS
    ");
}

#[test]
fn creating_with_everything() {
    insta::assert_snapshot!(create::<S3Bucket>(bucket(json!({
        "kms_key": "arn:aws:kms:us-east-1:123456789012:key/1",
        "public_access_block": { "block_public_policy": false },
        "policy": { "Statement": { "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*" } },
        "logging": { "bucket": "acme-logs", "prefix": "data/" },
        "lifecycle_rules": [{ "id": "old", "expiration_days": 30 }],
        "replication": replication(true),
    }))), @r"
    s3:CreateBucket: create the bucket acme-data
    s3:PutBucketPublicAccessBlock: block public access in part
    s3:PutEncryptionConfiguration: encrypt with the KMS key, through a bucket key
    s3:PutBucketVersioning: turn on versioning
    s3:PutBucketPolicy: set the bucket policy, and deny requests without HTTPS
    s3:PutBucketLogging: log requests to acme-logs/data/
    s3:PutLifecycleConfiguration: set the lifecycle rule: old
    s3:PutReplicationConfiguration: replicate to acme-replica
    ");
    let bare = bucket(json!({ "versioning": false, "https_only": false }));
    insta::assert_snapshot!(create::<S3Bucket>(bare), @r"
    s3:CreateBucket: create the bucket acme-data
    s3:PutBucketPublicAccessBlock: block public access
    s3:PutEncryptionConfiguration: encrypt with keys of S3's own
    ");
}

#[test]
fn each_field_has_its_call() {
    let arn = "arn:aws:kms:us-east-1:123456789012:key/1";
    let statement = json!({ "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*" });
    for (name, changed, expected) in [
        ("nothing", json!({}), ""),
        ("tags", json!({ "tags": { "a": "b" } }), "s3:PutBucketTagging: set the tags"),
        (
            "public_access_block",
            json!({ "public_access_block": { "block_public_acls": false } }),
            "s3:PutBucketPublicAccessBlock: block public access in part",
        ),
        (
            "object_ownership",
            json!({ "object_ownership": "ObjectWriter" }),
            "s3:PutBucketOwnershipControls: set the object ownership to ObjectWriter",
        ),
        (
            "kms_key",
            json!({ "kms_key": arn }),
            "s3:PutEncryptionConfiguration: encrypt with the KMS key, through a bucket key",
        ),
        (
            "block_sse_c",
            json!({ "block_sse_c": false }),
            "s3:PutEncryptionConfiguration: encrypt with keys of S3's own",
        ),
        ("versioning", json!({ "versioning": false }), "s3:PutBucketVersioning: suspend versioning"),
        ("https_only", json!({ "https_only": false }), "s3:DeleteBucketPolicy: delete the bucket policy"),
        (
            "policy",
            json!({ "policy": { "Statement": [statement] } }),
            "s3:PutBucketPolicy: set the bucket policy, and deny requests without HTTPS",
        ),
        (
            "policy alone",
            json!({ "https_only": false, "policy": { "Statement": [statement] } }),
            "s3:PutBucketPolicy: set the bucket policy",
        ),
        (
            "receives_access_logs",
            json!({ "receives_access_logs": true }),
            "s3:PutBucketPolicy: deny requests without HTTPS, and let access logs in",
        ),
        (
            "access logs alone",
            json!({ "https_only": false, "receives_access_logs": true }),
            "s3:PutBucketPolicy: let access logs in",
        ),
        (
            "replication",
            json!({ "replication": replication(true) }),
            "s3:PutReplicationConfiguration: replicate to acme-replica",
        ),
        (
            "paused replication",
            json!({ "replication": replication(false) }),
            "s3:PutReplicationConfiguration: set the replication rules, all of which are disabled",
        ),
        ("logging", json!({ "logging": { "bucket": "logs" } }), "s3:PutBucketLogging: log requests to logs/"),
        (
            "lifecycle_rules",
            json!({ "lifecycle_rules": [{ "id": "a", "expiration_days": 1 }, { "id": "b", "expiration_days": 1 }] }),
            "s3:PutLifecycleConfiguration: set the lifecycle rules: a, b",
        ),
    ] {
        assert_eq!(update::<S3Bucket>(bucket(json!({})), bucket(changed)), expected, "{name}");
    }
}

#[test]
fn what_the_file_no_longer_says_goes_back_to_its_default() {
    let everything = bucket(json!({
        "kms_key": "arn:aws:kms:us-east-1:123456789012:key/1",
        "versioning": false,
        "policy": { "Statement": [{ "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*" }] },
        "logging": { "bucket": "acme-logs", "prefix": "data/" },
        "lifecycle_rules": [{ "id": "old", "expiration_days": 30 }],
        "tags": { "a": "b" },
    }));
    insta::assert_snapshot!(update::<S3Bucket>(everything, bucket(json!({}))), @r"
    s3:PutBucketTagging: set the tags
    s3:PutEncryptionConfiguration: encrypt with keys of S3's own
    s3:PutBucketVersioning: turn on versioning
    s3:PutBucketPolicy: deny requests without HTTPS
    s3:PutBucketLogging: stop logging requests
    s3:PutLifecycleConfiguration: delete the lifecycle rules
    ");
}

#[test]
fn replication_ends_before_versioning_does_and_begins_after_it() {
    let replicates = bucket(json!({ "replication": replication(true) }));
    let unversioned = bucket(json!({ "versioning": false }));
    insta::assert_snapshot!(update::<S3Bucket>(replicates.clone(), unversioned.clone()), @r"
    s3:PutReplicationConfiguration: stop replicating
    s3:PutBucketVersioning: suspend versioning
    ");
    insta::assert_snapshot!(update::<S3Bucket>(unversioned, replicates), @r"
    s3:PutBucketVersioning: turn on versioning
    s3:PutReplicationConfiguration: replicate to acme-replica
    ");
}

#[test]
fn a_statement_in_the_policy_that_lets_access_logs_in_is_the_field() {
    let policy = json!({ "policy": { "Statement": [{
        "Effect": "Allow", "Principal": { "Service": "logging.s3.amazonaws.com" }, "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::acme-data/*",
        "Condition": {
            "StringEquals": { "aws:SourceAccount": "123456789012" }, "ArnLike": { "aws:SourceArn": "arn:aws:s3:::*" },
        },
    }]}});
    assert_eq!(update::<S3Bucket>(bucket(json!({ "receives_access_logs": true })), bucket(policy)), "");
}

#[test]
fn a_rule_that_changes_inside_is_a_change_of_the_rules() {
    let rule = |days: i32| bucket(json!({ "lifecycle_rules": [{ "id": "old", "expiration_days": days }] }));
    assert_eq!(update::<S3Bucket>(rule(30), rule(30)), "");
    assert_eq!(update::<S3Bucket>(rule(30), rule(60)), "s3:PutLifecycleConfiguration: set the lifecycle rule: old");
}

#[test]
fn deleting_empties_only_if_told_to() {
    let live = spec::<S3Bucket>(bucket(json!({})));
    insta::assert_snapshot!(testing::delete::<S3Bucket>(&live, false), @"s3:DeleteBucket: delete the bucket");
    insta::assert_snapshot!(testing::delete::<S3Bucket>(&live, true), @r"
    s3:DeleteObjectVersion: delete all objects and versions
    s3:DeleteBucket: delete the bucket
    ");
    let into_itself = spec::<S3Bucket>(bucket(json!({ "logging": { "bucket": "acme-data", "prefix": "self/" } })));
    insta::assert_snapshot!(testing::delete::<S3Bucket>(&into_itself, true), @r"
    s3:PutBucketLogging: stop logging requests
    s3:DeleteObjectVersion: delete all objects and versions
    s3:DeleteBucket: delete the bucket
    ");
}

#[test]
fn the_https_only_statement_is_not_part_of_the_policy_however_it_is_written() {
    let deny = json!({ "policy": { "Statement": [{
        "Effect": "Deny", "Principal": "*", "Action": "s3:*",
        "Resource": ["arn:aws:s3:::acme-data", "arn:aws:s3:::acme-data/*"],
        "Condition": { "Bool": { "aws:SecureTransport": "false" } },
    }]}});
    assert_eq!(update::<S3Bucket>(bucket(json!({})), bucket(deny)), "");
}
