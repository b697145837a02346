use serde_json::{Value, json};

use crate::s3_bucket::S3Bucket;
use crate::testing::spec;

const ROLE: &str = "arn:aws:iam::123456789012:role/replication";

fn problems(table: Value) -> String {
    let problems = spec::<S3Bucket>(table).problems().into_iter();
    let lines = problems.map(|one| format!("{}: {} ({})", one.pointer, one.message, one.help.unwrap_or_default()));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_rule_needs_nothing_but_an_id_and_a_destination() {
    let table = json!({ "bucket": "acme-data", "replication": {
        "role": ROLE, "rules": [{ "id": "all", "destination": { "bucket": "arn:aws:s3:::acme-replica" } }],
    }});
    assert_eq!(problems(table.clone()), "");
    assert_eq!(spec::<S3Bucket>(table).replication.rules[0].destination.bucket, "acme-replica");
}

#[test]
fn what_s3_would_refuse_or_not_do_is_said_before() {
    insta::assert_snapshot!(problems(json!({
        "bucket": "acme-data", "versioning": false, "kms_key": "arn:aws:kms:us-east-1:123456789012:key/1",
        "replication": { "rules": [
            { "id": "a", "destination": { "bucket": "acme-data" } },
            { "id": "a", "object_tags": { "keep": "yes" }, "delete_marker_replication": true, "destination": {
                "bucket": "acme-replica", "kms_key": "arn:aws:kms:us-west-2:123456789012:key/1",
                "replication_time": true, "metrics": false,
            } },
        ] },
    })), @"");
    insta::assert_snapshot!(problems(json!({ "bucket": "acme-data", "replication": { "role": ROLE } })), @"");
}
