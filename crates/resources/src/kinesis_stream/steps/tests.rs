#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use provision_config::unknown;
use provision_reconciler::diff::{diff, overlay};
use provision_reconciler::fields_of;
use serde_json::{Value, json};

use super::*;

fn stream(fields: Value) -> StreamSpec {
    let mut stream = json!({ "name": "events" });
    stream.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    serde_json::from_value(stream).unwrap()
}

/// What the engine would plan, a line for each step.
fn update(live: Value, desired: Value) -> String {
    let (live, desired) = (stream(live), stream(desired));
    let value = |spec: &StreamSpec| serde_json::to_value(spec).unwrap();
    let fields = fields_of::<StreamSpec>();
    let found = diff(&fields, &value(&live), &value(&desired), None);
    let full = serde_json::from_value(overlay(&fields, &value(&live), &value(&desired))).unwrap();
    lines(steps(Change::Update { live: &live, desired: &full, differences: &Differences(found) }))
}

fn lines(steps: Vec<Step<Call>>) -> String {
    let line = |step: Step<Call>| format!("{} {}", step.action, step.summary);
    let lines = steps.into_iter().map(line).collect::<Vec<_>>().join("\n");
    lines.replace(unknown::OPEN, "<").replace(unknown::CLOSE, ">")
}

#[test]
fn a_stream_is_made_encrypted_and_with_a_week_of_retention() {
    let steps = steps(Change::Create { desired: &stream(json!({})) });
    let idempotency: Vec<_> = steps.iter().map(|step| step.idempotency).collect();
    assert_eq!(idempotency, [Idempotency::Token, Idempotency::Natural, Idempotency::Natural]);
    insta::assert_snapshot!(lines(steps), @r"
    kinesis:CreateStream create the stream events with 1 shard
    kinesis:StartStreamEncryption encrypt the records with alias/aws/kinesis
    kinesis:IncreaseStreamRetentionPeriod keep records for 168 hours
    ");
}

#[test]
fn a_stream_as_aws_makes_it_is_one_call() {
    let plain = json!({ "stream_mode": "ON_DEMAND", "kms_key": "NONE", "retention_period_hours": 24 });
    insta::assert_snapshot!(lines(steps(Change::Create { desired: &stream(plain) })), @"kinesis:CreateStream create the stream events with shards on demand");
}

#[test]
fn fields_changed_back_and_forth() {
    let other = json!({
        "shard_count": 5, "retention_period_hours": 200, "kms_key": "\u{F8F0}kms_key.k.arn\u{F8F1}",
        "shard_level_metrics": ["OutgoingBytes", "IncomingBytes"], "tags": { "a": "1" },
    });
    insta::assert_snapshot!(update(json!({}), other.clone()), @r"
    kinesis:StartStreamEncryption encrypt the records with <kms_key.k.arn>
    kinesis:IncreaseStreamRetentionPeriod keep records for 200 hours
    kinesis:AddTagsToStream set the tag a
    kinesis:EnableEnhancedMonitoring turn on shard metrics: IncomingBytes, OutgoingBytes
    kinesis:UpdateShardCount change the number of shards from 1 to 2
    kinesis:UpdateShardCount change the number of shards from 2 to 4
    kinesis:UpdateShardCount change the number of shards from 4 to 5
    ");
    let back = json!({ "kms_key": "NONE", "shard_level_metrics": ["IncomingBytes", "OutgoingRecords"] });
    let mut live = other.clone();
    live["kms_key"] = json!("arn:k");
    insta::assert_snapshot!(update(live, back), @r"
    kinesis:StopStreamEncryption stop encrypting the records
    kinesis:DecreaseStreamRetentionPeriod keep records for 168 hours only; older ones are lost
    kinesis:RemoveTagsFromStream remove the tag a
    kinesis:DisableEnhancedMonitoring turn off shard metrics: OutgoingBytes
    kinesis:EnableEnhancedMonitoring turn on shard metrics: OutgoingRecords
    kinesis:UpdateShardCount change the number of shards from 5 to 3
    kinesis:UpdateShardCount change the number of shards from 3 to 2
    kinesis:UpdateShardCount change the number of shards from 2 to 1
    ");
    let same = json!({ "shard_count": 5, "kms_key": "arn:k" });
    assert_eq!(update(same.clone(), same), "");
}

#[test]
fn only_a_provisioned_stream_has_its_shards_counted() {
    let on_demand = json!({ "stream_mode": "ON_DEMAND", "shard_count": 4 });
    insta::assert_snapshot!(update(on_demand.clone(), json!({ "shard_count": 2 })), @r"
    kinesis:UpdateStreamMode change the capacity mode to PROVISIONED
    kinesis:UpdateShardCount change the number of shards from 4 to 2
    ");
    insta::assert_snapshot!(update(json!({ "shard_count": 2 }), on_demand), @"kinesis:UpdateStreamMode change the capacity mode to ON_DEMAND");
}

#[test]
fn a_deletion_is_one_call() {
    insta::assert_snapshot!(lines(steps(Change::Delete { live: &stream(json!({})), empty: false })), @"kinesis:DeleteStream delete the stream events and every record in it");
}

proptest! {
    /// Every hop is one that AWS allows, each starts where the last one ended, and the last one is the target.
    #[test]
    fn hops_reach_the_target(from in 1i32..=10_000, to in 1i32..=10_000) {
        let mut count = from;
        for (start, end) in hops(from, to) {
            prop_assert_eq!(start, count);
            prop_assert_ne!(start, end);
            prop_assert!(end <= 2 * start, "{start} -> {end} is more than double");
            prop_assert!(2 * end >= start, "{start} -> {end} is less than half");
            count = end;
        }
        prop_assert_eq!(count, to);
        // No more calls than needed: AWS allows ten in 24 hours.
        let ratio = f64::from(from.max(to)) / f64::from(from.min(to));
        prop_assert!(hops(from, to).count() as f64 <= ratio.log2().ceil() + 1.0);
    }
}

#[test]
fn every_field_has_a_definite_default() {
    let fields = fields_of::<StreamSpec>();
    let line = |(name, field): (&String, &provision_config::Field)| {
        let default = field.default.as_ref().map(|default| format!(" = {default}")).unwrap_or_default();
        let immutable = if field.immutable { " (immutable)" } else { "" };
        format!("{name}: {}{default}{immutable}", field.shape.noun())
    };
    insta::assert_snapshot!(fields.0.iter().map(line).collect::<Vec<_>>().join("\n"), @r#"
    kms_key: a string = "alias/aws/kinesis"
    name: a string (immutable)
    retention_period_hours: a whole number from 24 to 8760 = 168
    shard_count: a whole number from 1 to 10000 = 1
    shard_level_metrics: a list = []
    stream_mode: one of `PROVISIONED`, `ON_DEMAND` = "PROVISIONED"
    tags: a table = {}
    "#);
}
