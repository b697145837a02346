use serde_json::{Value, json};

use crate::logs_log_group::LogsLogGroup as Group;
use crate::testing::{self, create, spec, update};

fn with(fields: Value) -> Value {
    let mut table = json!({ "log_group_name": "/acme/app" });
    if let (Some(table), Value::Object(fields)) = (table.as_object_mut(), fields) {
        table.extend(fields);
    }
    table
}

#[test]
fn creating_takes_a_call_and_one_for_the_retention() {
    insta::assert_snapshot!(create::<Group>(with(json!({}))), @r"
    logs:CreateLogGroup: create the log group /acme/app
    logs:PutRetentionPolicy: keep log events for 365 days
    ");
    insta::assert_snapshot!(create::<Group>(with(json!({ "retention_in_days": 0 }))), @"logs:CreateLogGroup: create the log group /acme/app");
}

#[test]
fn each_field_has_its_call() {
    for (name, from, to, expected) in [
        ("nothing", json!({}), json!({}), ""),
        (
            "longer",
            json!({}),
            json!({ "retention_in_days": 400 }),
            "logs:PutRetentionPolicy: keep log events for 400 days",
        ),
        (
            "shorter",
            json!({}),
            json!({ "retention_in_days": 1 }),
            "logs:PutRetentionPolicy: keep log events for 1 day only; older ones are lost",
        ),
        (
            "for ever",
            json!({}),
            json!({ "retention_in_days": 0 }),
            "logs:DeleteRetentionPolicy: keep log events for ever",
        ),
        (
            "no longer for ever",
            json!({ "retention_in_days": 0 }),
            json!({ "retention_in_days": 7 }),
            "logs:PutRetentionPolicy: keep log events for 7 days only; older ones are lost",
        ),
        ("key", json!({}), json!({ "kms_key": "arn:k" }), "logs:AssociateKmsKey: encrypt new log events with arn:k"),
        (
            "no key",
            json!({ "kms_key": "arn:k" }),
            json!({}),
            "logs:DisassociateKmsKey: encrypt new log events with CloudWatch Logs' own key",
        ),
        (
            "protection",
            json!({}),
            json!({ "deletion_protection_enabled": false }),
            "logs:PutLogGroupDeletionProtection: turn off deletion protection",
        ),
        (
            "tags",
            json!({ "tags": { "a": "b" } }),
            json!({ "tags": { "c": "d" } }),
            "logs:TagResource: set the tag c\nlogs:UntagResource: remove the tag a",
        ),
    ] {
        assert_eq!(update::<Group>(with(from), with(to)), expected, "{name}");
    }
}

#[test]
fn deleting_lifts_the_protection_first() {
    let live = spec::<Group>(with(json!({})));
    insta::assert_snapshot!(testing::delete::<Group>(&live, false), @r"
    logs:PutLogGroupDeletionProtection: turn off deletion protection
    logs:DeleteLogGroup: delete the log group /acme/app and every log event in it
    ");
    let unprotected = spec::<Group>(with(json!({ "deletion_protection_enabled": false })));
    insta::assert_snapshot!(testing::delete::<Group>(&unprotected, false), @"logs:DeleteLogGroup: delete the log group /acme/app and every log event in it");
}
