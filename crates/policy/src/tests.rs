use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;

/// The names of the rules that a spec breaks.
fn broken(kind: &str, spec: &Value) -> Vec<&'static str> {
    RULES.iter().filter(|rule| rule.kind == kind && !(rule.holds)(spec)).map(|rule| rule.name).collect()
}

#[test]
fn a_secure_bucket_breaks_none_and_each_weakness_is_named() {
    let secure = json!({
        "kms_key": "arn:aws:kms:us-east-1:123456789012:key/k",
        "https_only": true,
        "object_ownership": "BucketOwnerEnforced",
        "versioning": true,
        "public_access_block": {
            "block_public_acls": true, "block_public_policy": true,
            "ignore_public_acls": true, "restrict_public_buckets": true,
        },
    });
    assert!(broken("s3_bucket", &secure).is_empty());
    for (pointer, value, rule) in [
        ("/kms_key", json!("AES256"), "s3-bucket-encryption"),
        ("/https_only", json!(false), "s3-bucket-https-only"),
        ("/object_ownership", json!("ObjectWriter"), "s3-bucket-no-acls"),
        ("/versioning", json!(false), "s3-bucket-versioning"),
        ("/public_access_block/block_public_acls", json!(false), "s3-bucket-public-access"),
    ] {
        let mut weak = secure.clone();
        *weak.pointer_mut(pointer).expect("a field") = value;
        assert_eq!(broken("s3_bucket", &weak), [rule]);
    }
}

#[test]
fn only_keys_that_can_rotate_must() {
    assert_eq!(broken("kms_key", &json!({ "key_spec": "SYMMETRIC_DEFAULT" })), ["kms-key-rotation"]);
    assert!(broken("kms_key", &json!({ "key_spec": "RSA_2048", "enable_key_rotation": false })).is_empty());
}

#[test]
fn keeping_logs_for_ever_is_long_enough() {
    let days = |days: i64| broken("logs_log_group", &json!({ "kms_key": "arn:aws:kms:k", "retention_in_days": days }));
    assert!(days(0).is_empty() && days(365).is_empty());
    assert_eq!(days(30), ["logs-log-group-retention"]);
}

#[test]
fn names_are_unique_and_sorted() {
    let names: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().into_iter().copied().collect::<Vec<_>>(), names);
}
