use std::collections::BTreeSet;

use provision_reconciler::Kind;
use serde_json::{Value, json};

use super::*;
use crate::secretsmanager_secret::SecretsmanagerSecret as Secret;
use crate::testing::{self, create, spec, update, update_from};

fn with(fields: Value) -> Value {
    let mut table = json!({ "name": "acme-db" });
    if let (Some(table), Value::Object(fields)) = (table.as_object_mut(), fields) {
        table.extend(fields);
    }
    table
}

/// A file whose text is the value.
fn file(text: &str) -> (tempfile::NamedTempFile, Value) {
    let file = tempfile::NamedTempFile::new().unwrap_or_else(|error| panic!("{error}"));
    std::fs::write(file.path(), text).unwrap_or_else(|error| panic!("{error}"));
    let table = with(json!({ "value": { "file": file.path() } }));
    (file, table)
}

#[test]
fn creating_takes_one_call_and_one_each_for_policy_and_rotation() {
    insta::assert_snapshot!(create::<Secret>(with(json!({}))), @"secretsmanager:CreateSecret: create the secret acme-db");
    let full = with(json!({
        "value": { "generate": {} },
        "replicas": [{ "region": "us-west-2" }, { "region": "eu-west-1" }],
        "policy": { "Statement": [] },
        "rotation": { "lambda_arn": "arn:aws:lambda:us-east-1:123456789012:function:rotate", "automatically_after_days": 30 },
    }));
    insta::assert_snapshot!(create::<Secret>(full), @r"
    secretsmanager:CreateSecret: create the secret acme-db with a generated password, replicated to us-west-2, eu-west-1
    secretsmanager:PutResourcePolicy: set the resource policy
    secretsmanager:RotateSecret: rotate the value now and every 30 days
    ");
    let variable = with(json!({ "value": { "environment_variable": "PATH" } }));
    insta::assert_snapshot!(create::<Secret>(variable), @"secretsmanager:CreateSecret: create the secret acme-db with the value of the environment variable PATH");
}

#[test]
fn each_field_has_its_call() {
    let lambda = "arn:aws:lambda:us-east-1:123456789012:function:rotate";
    for (name, from, to, expected) in [
        ("nothing", json!({}), json!({}), ""),
        ("window", json!({}), json!({ "recovery_window_in_days": 7 }), ""),
        (
            "description",
            json!({}),
            json!({ "description": "b" }),
            "secretsmanager:UpdateSecret: change the description",
        ),
        (
            "key and description",
            json!({ "kms_key": "arn:k" }),
            json!({ "description": "b" }),
            "secretsmanager:UpdateSecret: change the description, and encrypt the value with the key that AWS manages",
        ),
        ("key", json!({}), json!({ "kms_key": "arn:k" }), "secretsmanager:UpdateSecret: encrypt the value with arn:k"),
        (
            "policy",
            json!({}),
            json!({ "policy": { "Statement": [] } }),
            "secretsmanager:PutResourcePolicy: set the resource policy",
        ),
        (
            "no policy",
            json!({ "policy": { "Statement": [] } }),
            json!({}),
            "secretsmanager:DeleteResourcePolicy: remove the resource policy",
        ),
        (
            "rotation",
            json!({}),
            json!({ "rotation": { "lambda_arn": lambda, "schedule_expression": "rate(4 hours)" } }),
            "secretsmanager:RotateSecret: rotate the value now and by rate(4 hours)",
        ),
        (
            "no rotation",
            json!({ "rotation": { "lambda_arn": lambda, "automatically_after_days": 1 } }),
            json!({}),
            "secretsmanager:CancelRotateSecret: turn off rotation",
        ),
        (
            "replicas",
            json!({ "replicas": [{ "region": "us-west-2" }, { "region": "eu-west-1" }] }),
            json!({ "replicas": [{ "region": "us-west-1" }, { "region": "eu-west-1", "kms_key": "arn:k" }] }),
            "secretsmanager:RemoveRegionsFromReplication: delete the replica in eu-west-1, us-west-2\n\
             secretsmanager:ReplicateSecretToRegions: replicate the secret to us-west-1, eu-west-1",
        ),
        (
            "tags",
            json!({ "tags": { "a": "b" } }),
            json!({ "tags": { "c": "d" } }),
            "secretsmanager:TagResource: set the tag c\nsecretsmanager:UntagResource: remove the tag a",
        ),
    ] {
        assert_eq!(update::<Secret>(with(from), with(to)), expected, "{name}");
    }
}

#[test]
fn a_new_value_is_stored_and_an_earlier_one_made_current_again() {
    let (path, table) = file("one");
    let one = spec::<Secret>(table.clone());
    std::fs::write(path.path(), "two").unwrap_or_else(|error| panic!("{error}"));
    let shown =
        |live: &Spec| update_from::<Secret>(live, table.clone()).replace(&path.path().display().to_string(), "PATH");
    insta::assert_snapshot!(shown(&one), @"secretsmanager:PutSecretValue: store the text of the file PATH");
    let two = spec::<Secret>(table.clone());
    let earlier = Spec { versions: BTreeSet::from([two.version_id.clone().unwrap_or_default()]), ..one };
    insta::assert_snapshot!(shown(&earlier), @"secretsmanager:UpdateSecretVersionStage: make the earlier version current that has the text of the file PATH");
    assert_eq!(shown(&two), "");
}

#[test]
fn a_secret_without_a_value_gets_the_generated_one_and_keeps_it() {
    let generated = with(json!({ "value": { "generate": {} } }));
    let live = |has_value| Spec { has_value: Some(has_value), version_id: None, ..spec::<Secret>(generated.clone()) };
    insta::assert_snapshot!(update_from::<Secret>(&live(false), generated.clone()), @"secretsmanager:PutSecretValue: store a generated password");
    let longer = with(json!({ "value": { "generate": { "length": 64 } } }));
    // What is read of `value` is what the file says.
    let read = Spec { value: spec::<Secret>(longer.clone()).value, ..live(true) };
    assert_eq!(update_from::<Secret>(&read, longer), "");
}

#[test]
fn a_pending_one_is_restored_before_anything_else() {
    let live = Spec { deletion: Deletion::Pending, ..spec::<Secret>(with(json!({}))) };
    let changed = with(json!({ "description": "b", "policy": { "Statement": [] } }));
    insta::assert_snapshot!(update_from::<Secret>(&live, changed.clone()), @r"
    secretsmanager:RestoreSecret: restore the secret, whose deletion is scheduled
    secretsmanager:PutResourcePolicy: set the resource policy
    secretsmanager:UpdateSecret: change the description
    ");
    // Its policy cannot be read, and so does not differ.
    let same = Spec { deletion: Deletion::Pending, ..spec::<Secret>(changed.clone()) };
    insta::assert_snapshot!(update_from::<Secret>(&same, changed), @r"
    secretsmanager:RestoreSecret: restore the secret, whose deletion is scheduled
    secretsmanager:PutResourcePolicy: set the resource policy
    ");
}

#[test]
fn deleting_removes_replicas_and_schedules_once() {
    let table = json!({ "recovery_window_in_days": 7, "replicas": [{ "region": "us-west-2" }] });
    let live = spec::<Secret>(with(table));
    insta::assert_snapshot!(testing::delete::<Secret>(&live, false), @r"
    secretsmanager:RemoveRegionsFromReplication: delete the replica in us-west-2
    secretsmanager:DeleteSecret: schedule the deletion of the secret acme-db in 7 days
    ");
    let pending = Spec { deletion: Deletion::Pending, ..live };
    assert_eq!(testing::delete::<Secret>(&pending, false), "");
}

#[test]
fn no_call_carries_the_value() {
    let (_file, table) = file("s3cr3t-value");
    let desired = spec::<Secret>(table);
    let steps = Secret::steps(Change::Create { desired: &desired });
    let shown = format!("{steps:?} {} {desired:?}", json!(steps.iter().map(|step| &step.call).collect::<Vec<_>>()));
    assert!(!shown.contains("s3cr3t"), "{shown}");
}
