use provision_reconciler::diff::{Cause, Difference};
use provision_reconciler::{Idempotency, Kind};
use serde_json::{Value, json};

use super::*;
use crate::kms_key::KmsKey;
use crate::testing::{self, create, spec, update, update_from};

#[test]
fn creating_takes_a_call_for_the_key_one_for_the_alias_and_one_for_rotation() {
    insta::assert_snapshot!(create::<KmsKey>(json!({})), @r"
    kms:CreateKey: create the key
    kms:CreateAlias: create alias/staging/data
    kms:EnableKeyRotation: turn on rotation every 365 days
    ");
    insta::assert_snapshot!(create::<KmsKey>(json!({ "enabled": false, "multi_region": true, "alias": "alias/a" })), @r"
    kms:CreateKey: create the multi-region key
    kms:CreateAlias: create alias/a
    kms:EnableKeyRotation: turn on rotation every 365 days
    kms:DisableKey: disable the key
    ");
    insta::assert_snapshot!(
        create::<KmsKey>(json!({ "key_spec": "HMAC_256", "key_usage": "GENERATE_VERIFY_MAC", "enable_key_rotation": false })),
        @r"
    kms:CreateKey: create the key
    kms:CreateAlias: create alias/staging/data
    "
    );
}

#[test]
fn only_creating_the_key_must_not_be_repeated() {
    let steps = KmsKey::steps(Change::Create { desired: &spec::<KmsKey>(json!({})) });
    let idempotencies: Vec<_> = steps.iter().map(|step| step.idempotency).collect();
    assert_eq!(idempotencies, [Idempotency::FindFirst, Idempotency::Token, Idempotency::Natural]);
}

#[test]
fn each_field_has_its_call() {
    let defaults = || json!({});
    for (name, changed, expected) in [
        ("nothing", json!({}), ""),
        ("description", json!({ "description": "b" }), "kms:UpdateKeyDescription: change the description"),
        ("policy", json!({ "policy": { "Statement": [] } }), "kms:PutKeyPolicy: replace the key policy"),
        ("rotation", json!({ "enable_key_rotation": false }), "kms:DisableKeyRotation: turn off rotation"),
        ("period", json!({ "rotation_period_in_days": 90 }), "kms:EnableKeyRotation: turn on rotation every 90 days"),
        ("enabled", json!({ "enabled": false }), "kms:DisableKey: disable the key"),
        ("window", json!({ "pending_window_in_days": 7 }), ""),
        ("tags", json!({ "tags": { "a": "b", "c": "d" } }), "kms:TagResource: set the tags a, c"),
        (
            "alias",
            json!({ "alias": "alias/b" }),
            "kms:CreateAlias: create alias/b\nkms:DeleteAlias: delete alias/staging/data",
        ),
    ] {
        assert_eq!(update::<KmsKey>(defaults(), changed), expected, "{name}");
    }
    assert_eq!(update::<KmsKey>(json!({ "tags": { "a": "b" } }), defaults()), "kms:UntagResource: remove the tag a");
    assert_eq!(update::<KmsKey>(json!({ "enabled": false }), defaults()), "kms:EnableKey: enable the key");
    assert_eq!(
        update::<KmsKey>(json!({ "enable_key_rotation": false }), defaults()),
        "kms:EnableKeyRotation: turn on rotation every 365 days"
    );
    let unused = json!({ "enable_key_rotation": false, "rotation_period_in_days": 90 });
    assert_eq!(update::<KmsKey>(json!({ "enable_key_rotation": false }), unused), "", "the period of no rotation");
}

#[test]
fn a_pending_deletion_is_cancelled_before_anything_else() {
    let live =
        Spec { deletion: Deletion::Pending, enabled: false, enable_key_rotation: false, ..spec::<KmsKey>(json!({})) };
    insta::assert_snapshot!(update_from::<KmsKey>(&live, json!({ "description": "b", "tags": { "a": "b" } })), @r"
    kms:CancelKeyDeletion: cancel the deletion of the key
    kms:EnableKey: enable the key
    kms:UpdateKeyDescription: change the description
    kms:EnableKeyRotation: turn on rotation every 365 days
    kms:TagResource: set the tag a
    ");
    insta::assert_snapshot!(update_from::<KmsKey>(&live, json!({ "enabled": false })), @"kms:CancelKeyDeletion: cancel the deletion of the key");
}

#[test]
fn deleting_schedules_once() {
    let live = spec::<KmsKey>(json!({ "pending_window_in_days": 7 }));
    insta::assert_snapshot!(testing::delete::<KmsKey>(&live, false), @"kms:ScheduleKeyDeletion: schedule the key's deletion in 7 days");
    let pending = Spec { deletion: Deletion::Pending, ..live };
    assert_eq!(testing::delete::<KmsKey>(&pending, false), "");
}

#[test]
fn an_alias_that_somebody_else_changed_is_put_back_without_touching_theirs() {
    let desired = spec::<KmsKey>(json!({}));
    let steps_from = |alias: &str| {
        let live = Spec { alias: Some(alias.to_owned()), ..desired.clone() };
        let difference = Difference {
            path: "alias".to_owned(),
            live: Value::Null,
            desired: Value::Null,
            cause: Cause::Drift,
            immutable: false,
            severity: provision_config::Severity::Low,
            sensitive: false,
        };
        let differences = Differences(vec![difference]);
        let steps = KmsKey::steps(Change::Update { live: &live, desired: &desired, differences: &differences });
        steps.into_iter().map(|step| step.summary).collect::<Vec<_>>()
    };
    assert_eq!(steps_from(""), ["create alias/staging/data"]);
    assert_eq!(steps_from("alias/by-hand"), ["create alias/staging/data"]);
    assert_eq!(steps_from("alias/staging/data of key 1234"), ["move alias/staging/data back to this key"]);
}
