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
    assert_eq!(problems(table), "");
}

#[test]
fn what_s3_would_refuse_or_not_do_is_said_before() {
    insta::assert_snapshot!(problems(json!({
        "bucket": "acme-data", "versioning": false, "kms_key": "arn:aws:kms:us-east-1:123456789012:key/1",
        "replication": { "rules": [
            { "id": "a", "destination": { "bucket": "arn:aws:s3:::acme-data" } },
            { "id": "a", "object_tags": { "keep": "yes" }, "delete_marker_replication": true, "destination": {
                "bucket": "arn:aws:s3:::acme-replica", "kms_key": "arn:aws:kms:us-west-2:123456789012:key/1",
                "replication_time": true, "metrics": false,
            } },
        ] },
    })), @r"
    /versioning: S3 replicates only versioned buckets (leave `versioning` unset, here and on the destination)
    /replication/role: the rules need a role that S3 copies with (set it to the ARN of a role)
    /replication/rules/0/destination/bucket: a bucket cannot replicate to itself (name another bucket)
    /replication/rules/0/destination/kms_key: objects that are encrypted with a KMS key are not copied without a key for the replicas (set it to a key in the destination's region)
    /replication/rules/1/id: there are two rules of the id `a` (give each its own id)
    /replication/rules/1/priority: there are two rules of the priority 0 (give each its own priority)
    /replication/rules/1/delete_marker_replication: a delete marker has no tags (use a rule without `object_tags`, or leave `delete_marker_replication` unset)
    /replication/rules/1/destination/metrics: `replication_time` needs the metrics (leave `metrics` unset)
    ");
    insta::assert_snapshot!(problems(json!({ "bucket": "acme-data", "replication": { "role": ROLE } })), @"/replication/rules: a role does nothing without rules (add a rule)");
}
