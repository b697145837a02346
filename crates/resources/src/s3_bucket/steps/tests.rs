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
    }))), @r"
    s3:CreateBucket: create the bucket acme-data
    s3:PutBucketPublicAccessBlock: block public access in part
    s3:PutEncryptionConfiguration: encrypt with the KMS key, through a bucket key
    s3:PutBucketVersioning: turn on versioning
    s3:PutBucketPolicy: set the bucket policy, and deny requests without HTTPS
    s3:PutBucketLogging: log requests to acme-logs/data/
    s3:PutLifecycleConfiguration: set the lifecycle rule: old
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
