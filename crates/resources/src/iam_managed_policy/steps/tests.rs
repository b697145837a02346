use provision_reconciler::{Idempotency, Kind};
use serde_json::{Value, json};

use super::*;
use crate::iam_managed_policy::IamManagedPolicy;
use crate::testing::{self, create, spec, update, update_from};

fn table(action: &str, fields: Value) -> Value {
    let policy = json!({ "statements": [{ "actions": [action], "resources": ["*"] }] });
    let mut table = json!({ "policy_name": "metrics", "policy": policy });
    for (name, value) in fields.as_object().cloned().unwrap_or_default() {
        table[name] = value;
    }
    table
}

/// A live policy with these versions, the first of which is the default.
fn live(versions: &[u64]) -> ManagedPolicySpec {
    let version = |number: &u64| Version { version_id: format!("v{number}"), is_default: *number == versions[0] };
    ManagedPolicySpec {
        versions: versions.iter().map(version).collect(),
        ..spec::<IamManagedPolicy>(table("a:B", json!({})))
    }
}

#[test]
fn creating_is_one_call() {
    let desired = table("a:B", json!({ "description": "For metrics", "tags": { "a": "b" } }));
    assert_eq!(create::<IamManagedPolicy>(desired.clone()), "iam:CreatePolicy: create the policy metrics");
    let steps = IamManagedPolicy::steps(Change::Create { desired: &spec::<IamManagedPolicy>(desired) });
    assert_eq!(steps[0].idempotency, Idempotency::Token);
}

#[test]
fn each_field_has_its_call() {
    let of = |fields| table("a:B", fields);
    assert_eq!(update::<IamManagedPolicy>(of(json!({})), of(json!({}))), "");
    assert_eq!(update::<IamManagedPolicy>(of(json!({})), table("A:b", json!({}))), "", "it means the same");
    assert_eq!(
        update::<IamManagedPolicy>(of(json!({})), table("a:C", json!({}))),
        "iam:CreatePolicyVersion: make a new default version"
    );
    assert_eq!(
        update::<IamManagedPolicy>(of(json!({ "tags": { "a": "b" } })), of(json!({ "tags": { "c": "d" } }))),
        "iam:UntagPolicy: remove the tag a\niam:TagPolicy: set the tag c"
    );
}

#[test]
fn the_oldest_of_five_versions_goes_before_a_sixth_comes() {
    let new = || table("a:C", json!({}));
    insta::assert_snapshot!(update_from::<IamManagedPolicy>(&live(&[4, 3, 2, 1]), new()), @"iam:CreatePolicyVersion: make a new default version");
    insta::assert_snapshot!(update_from::<IamManagedPolicy>(&live(&[12, 11, 10, 9, 8]), new()), @r"
    iam:DeletePolicyVersion: delete version v8, the oldest, to make room
    iam:CreatePolicyVersion: make a new default version
    ");
    insta::assert_snapshot!(update_from::<IamManagedPolicy>(&live(&[8, 9, 10, 11, 12]), new()), @r"
    iam:DeletePolicyVersion: delete version v9, the oldest, to make room
    iam:CreatePolicyVersion: make a new default version
    ");
    assert_eq!(update_from::<IamManagedPolicy>(&live(&[5, 4, 3, 2, 1]), table("a:B", json!({}))), "");
}

#[test]
fn deleting_takes_all_versions_but_the_default_first() {
    insta::assert_snapshot!(testing::delete::<IamManagedPolicy>(&live(&[3, 2, 1]), false), @r"
    iam:DeletePolicyVersion: delete version v2
    iam:DeletePolicyVersion: delete version v1
    iam:DeletePolicy: delete the policy metrics
    ");
}
