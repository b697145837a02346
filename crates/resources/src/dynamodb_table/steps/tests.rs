#![allow(clippy::unwrap_used)]

use provision_config::unknown;
use provision_reconciler::{Kind, fields_of};
use serde_json::{Value, json};

use super::*;
use crate::dynamodb_table::DynamodbTable;

/// A table with what every table needs, and these fields.
fn table(fields: Value) -> TableSpec {
    let mut table = json!({ "table_name": "orders", "hash_key": "id" });
    table.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let table: TableSpec = serde_json::from_value(table).unwrap();
    assert_eq!(table.check(), []);
    table
}

/// What the engine would plan, a line for each step.
fn update(live: Value, desired: Value) -> String {
    let (live, desired) = (table(live), table(desired));
    let value = |spec: &TableSpec| serde_json::to_value(spec).unwrap();
    let fields = fields_of::<TableSpec>();
    let found = provision_reconciler::diff::diff(&fields, &value(&live), &value(&desired), None);
    let full = provision_reconciler::diff::overlay(&fields, &value(&live), &value(&desired));
    let full = serde_json::from_value(full).unwrap();
    lines(steps(Change::Update { live: &live, desired: &full, differences: &Differences(found) }))
}

fn lines(steps: Vec<Step<Call>>) -> String {
    let line = |step: Step<Call>| format!("{} {}", step.action, step.summary);
    let lines = steps.into_iter().map(line).collect::<Vec<_>>().join("\n");
    lines.replace(unknown::OPEN, "<").replace(unknown::CLOSE, ">")
}

#[test]
fn a_bare_table_is_one_call_and_recovery() {
    let steps = steps(Change::Create { desired: &table(json!({})) });
    assert_eq!(steps[0].idempotency, Idempotency::Token);
    insta::assert_snapshot!(lines(steps), @r"
    dynamodb:CreateTable create the table orders
    dynamodb:UpdateContinuousBackups turn on point-in-time recovery over 35 days
    ");
}

#[test]
fn a_full_table_is_made_by_the_one_call_too() {
    let desired = table(json!({
        "kms_key": "arn:k", "stream_view_type": "NEW_IMAGE", "time_to_live_attribute": "until",
        "global_secondary_indexes": [{ "index_name": "by_kind", "hash_key": "kind" }],
        "point_in_time_recovery": false,
    }));
    insta::assert_snapshot!(lines(steps(Change::Create { desired: &desired })), @r"
    dynamodb:CreateTable create the table orders
    dynamodb:UpdateTimeToLive let items expire by the attribute until
    ");
}

#[test]
fn protection_goes_before_the_table() {
    insta::assert_snapshot!(lines(steps(Change::Delete { live: &table(json!({})), empty: false })), @r"
    dynamodb:UpdateTable turn off deletion protection
    dynamodb:DeleteTable delete the table orders and every item in it
    ");
    let live = table(json!({ "deletion_protection_enabled": false }));
    insta::assert_snapshot!(lines(steps(Change::Delete { live: &live, empty: false })), @"dynamodb:DeleteTable delete the table orders and every item in it");
}

#[test]
fn the_lock_table_of_a_first_run_gets_the_rest_later() {
    let bare = json!({ "deletion_protection_enabled": false, "point_in_time_recovery": false });
    insta::assert_snapshot!(update(bare, json!({ "kms_key": "\u{F8F0}kms_key.state.arn\u{F8F1}", "tags": { "a": "1" } })), @r"
    dynamodb:UpdateTable turn on deletion protection
    dynamodb:UpdateContinuousBackups turn on point-in-time recovery over 35 days
    dynamodb:UpdateTable encrypt the table with <kms_key.state.arn>
    dynamodb:TagResource set the tag a
    ");
}

#[test]
fn fields_changed_back_and_forth() {
    let other = json!({
        "deletion_protection_enabled": false, "recovery_period_in_days": 7, "kms_key": "arn:k",
        "table_class": "STANDARD_INFREQUENT_ACCESS", "stream_view_type": "KEYS_ONLY",
        "time_to_live_attribute": "until", "tags": { "a": "1" }, "billing_mode": "PROVISIONED",
        "read_capacity": 5, "write_capacity": 6,
    });
    insta::assert_snapshot!(update(json!({}), other.clone()), @r"
    dynamodb:UpdateTable turn off deletion protection
    dynamodb:UpdateContinuousBackups turn on point-in-time recovery over 7 days
    dynamodb:UpdateTable encrypt the table with arn:k
    dynamodb:TagResource set the tag a
    dynamodb:UpdateTimeToLive let items expire by the attribute until
    dynamodb:UpdateTable turn on a stream of KEYS_ONLY
    dynamodb:UpdateTable change the storage class to STANDARD_INFREQUENT_ACCESS
    dynamodb:UpdateTable charge by capacity set aside
    ");
    insta::assert_snapshot!(update(other.clone(), json!({ "point_in_time_recovery": false, "tags": { "b": "1" } })), @r"
    dynamodb:UpdateTable turn on deletion protection
    dynamodb:UpdateContinuousBackups turn off point-in-time recovery
    dynamodb:UpdateTable encrypt the table with the key that AWS owns
    dynamodb:TagResource set the tag b
    dynamodb:UntagResource remove the tag a
    dynamodb:UpdateTimeToLive stop expiring items by the attribute until
    dynamodb:UpdateTable turn off the stream
    dynamodb:UpdateTable change the storage class to STANDARD
    dynamodb:UpdateTable charge by the request
    ");
    assert_eq!(update(other.clone(), other), "");
}

#[test]
fn what_aws_cannot_change_is_turned_off_first() {
    let live = json!({ "stream_view_type": "KEYS_ONLY", "time_to_live_attribute": "a" });
    let desired = json!({ "stream_view_type": "NEW_AND_OLD_IMAGES", "time_to_live_attribute": "b" });
    insta::assert_snapshot!(update(live, desired), @r"
    dynamodb:UpdateTimeToLive stop expiring items by the attribute a
    dynamodb:UpdateTimeToLive let items expire by the attribute b
    dynamodb:UpdateTable turn off the stream
    dynamodb:UpdateTable turn on a stream of NEW_AND_OLD_IMAGES
    ");
}

#[test]
fn one_index_a_call_and_none_built_before_the_old_one_is_gone() {
    let live = json!({ "global_secondary_indexes": [
        { "index_name": "gone", "hash_key": "x" },
        { "index_name": "kept", "hash_key": "kind" },
        { "index_name": "rebuilt", "hash_key": "kind", "range_key": "at" },
    ]});
    let desired = json!({ "global_secondary_indexes": [
        { "index_name": "first", "hash_key": "first_key", "hash_key_type": "B" },
        { "index_name": "rebuilt", "hash_key": "kind", "range_key": "at", "range_key_type": "N" },
        { "index_name": "kept", "hash_key": "kind" },
    ]});
    insta::assert_snapshot!(update(live.clone(), desired.clone()), @r"
    dynamodb:UpdateTable delete the index gone
    dynamodb:UpdateTable delete the index rebuilt, to build it anew
    dynamodb:UpdateTable build the index first
    dynamodb:UpdateTable build the index rebuilt
    ");

    // Each carries the key attributes that the table has at that point.
    let (live, desired) = (table(live), table(desired));
    let fields = Differences::default();
    let steps = steps(Change::Update { live: &live, desired: &desired, differences: &fields });
    let attributes = steps.into_iter().filter_map(|step| match step.call {
        Call::UpdateTable { change: TableChange::CreateIndex { attributes, .. }, .. } => {
            Some(serde_json::to_string(&attributes).unwrap())
        }
        _ => None,
    });
    assert_eq!(
        attributes.collect::<Vec<_>>(),
        [r#"{"first_key":"B","id":"S","kind":"S"}"#, r#"{"at":"N","first_key":"B","id":"S","kind":"S"}"#]
    );
}

#[test]
fn capacities_are_set_with_the_mode_or_one_by_one() {
    let provisioned = |table: i64, index: i64| {
        json!({
            "billing_mode": "PROVISIONED", "read_capacity": table, "write_capacity": table,
            "global_secondary_indexes": [
                { "index_name": "by_kind", "hash_key": "kind", "read_capacity": index, "write_capacity": index },
            ],
        })
    };
    let on_demand = json!({ "global_secondary_indexes": [{ "index_name": "by_kind", "hash_key": "kind" }] });
    let desired = table(provisioned(5, 6));
    let found =
        [("billing_mode", json!("PROVISIONED"))].map(|(path, desired)| provision_reconciler::diff::Difference {
            path: path.to_owned(),
            live: Value::Null,
            desired,
            cause: provision_reconciler::diff::Cause::Config,
            immutable: false,
            severity: provision_config::Severity::Low,
            sensitive: false,
        });
    let differences = Differences(found.into());
    let live = table(on_demand.clone());
    let steps = steps(Change::Update { live: &live, desired: &desired, differences: &differences });
    assert_eq!(
        steps.into_iter().map(|step| step.call).collect::<Vec<_>>(),
        [Call::UpdateTable {
            table_name: "orders".to_owned(),
            change: TableChange::Billing {
                billing_mode: BillingMode::Provisioned,
                capacity: Some(Capacity { read: 5, write: 5 }),
                indexes: BTreeMap::from([("by_kind".to_owned(), Capacity { read: 6, write: 6 })]),
            },
        }]
    );
    insta::assert_snapshot!(update(provisioned(5, 6), provisioned(7, 8)), @r"
    dynamodb:UpdateTable set the capacity to 7 reads and 7 writes
    dynamodb:UpdateTable set the capacity of the index by_kind to 8 reads and 8 writes
    ");
    insta::assert_snapshot!(update(provisioned(5, 6), on_demand), @"dynamodb:UpdateTable charge by the request");
}

#[test]
fn mistakes_are_named_with_their_field() {
    let wrong: TableSpec = serde_json::from_value(json!({
        "table_name": "orders", "hash_key": "id", "range_key": "id", "read_capacity": 1,
        "local_secondary_indexes": [{ "index_name": "same", "range_key": "at", "projection_type": "INCLUDE" }],
        "global_secondary_indexes": [
            { "index_name": "same", "hash_key": "at", "hash_key_type": "N", "non_key_attributes": ["x"] },
            { "index_name": "other", "hash_key": "at", "range_key_type": "B" },
        ],
    }))
    .unwrap();
    let provisioned = TableSpec { billing_mode: BillingMode::Provisioned, range_key: String::new(), ..wrong.clone() };
    let lines = |table: &TableSpec| {
        let problems = DynamodbTable::check(table).into_iter();
        problems.map(|problem| format!("{}: {}", problem.pointer, problem.message)).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(lines(&wrong), @r#"
    /range_key: the sort key is the same attribute as the partition key
    /global_secondary_indexes/1/range_key_type: the type of a sort key that there is not
    /global_secondary_indexes/0/hash_key_type: attribute `at` is of type N here and of type S in another key
    /read_capacity: capacity is for `PROVISIONED` tables
    /local_secondary_indexes/0/non_key_attributes: `INCLUDE` needs the attributes to include
    /global_secondary_indexes/0/index_name: the table has two indexes `same`
    /global_secondary_indexes/0/non_key_attributes: `non_key_attributes` are for `projection_type = "INCLUDE"`
    "#);
    insta::assert_snapshot!(lines(&provisioned), @r#"
    /global_secondary_indexes/1/range_key_type: the type of a sort key that there is not
    /global_secondary_indexes/0/hash_key_type: attribute `at` is of type N here and of type S in another key
    /write_capacity: a `PROVISIONED` table needs a capacity, and so does each of its global indexes
    /global_secondary_indexes/0/read_capacity: a `PROVISIONED` table needs a capacity, and so does each of its global indexes
    /global_secondary_indexes/0/write_capacity: a `PROVISIONED` table needs a capacity, and so does each of its global indexes
    /global_secondary_indexes/1/read_capacity: a `PROVISIONED` table needs a capacity, and so does each of its global indexes
    /global_secondary_indexes/1/write_capacity: a `PROVISIONED` table needs a capacity, and so does each of its global indexes
    /local_secondary_indexes: a table with local secondary indexes needs a sort key
    /local_secondary_indexes/0/non_key_attributes: `INCLUDE` needs the attributes to include
    /global_secondary_indexes/0/index_name: the table has two indexes `same`
    /global_secondary_indexes/0/non_key_attributes: `non_key_attributes` are for `projection_type = "INCLUDE"`
    "#);
}

#[test]
fn every_field_has_a_definite_default_but_the_capacities() {
    let fields = fields_of::<TableSpec>();
    let line = |(name, field): (&String, &provision_config::Field)| {
        let default = field.default.as_ref().map(|default| format!(" = {default}")).unwrap_or_default();
        let immutable = if field.immutable { " (immutable)" } else { "" };
        format!("{name}: {}{default}{immutable}", field.shape.noun())
    };
    insta::assert_snapshot!(fields.0.iter().map(line).collect::<Vec<_>>().join("\n"), @r#"
    billing_mode: one of `PAY_PER_REQUEST`, `PROVISIONED` = "PAY_PER_REQUEST"
    deletion_protection_enabled: `true` or `false` = true
    global_secondary_indexes: a list = []
    hash_key: a string (immutable)
    hash_key_type: one of `S`, `N`, `B` = "S" (immutable)
    kms_key: a string = "AWS_OWNED_KEY"
    local_secondary_indexes: a list = [] (immutable)
    point_in_time_recovery: `true` or `false` = true
    range_key: a string = "" (immutable)
    range_key_type: one of `S`, `N`, `B` = "S" (immutable)
    read_capacity: a whole number of at least 1
    recovery_period_in_days: a whole number from 1 to 35 = 35
    stream_view_type: one of `DISABLED`, `KEYS_ONLY`, `NEW_IMAGE`, `OLD_IMAGE`, `NEW_AND_OLD_IMAGES` = "DISABLED"
    table_class: one of `STANDARD`, `STANDARD_INFREQUENT_ACCESS` = "STANDARD"
    table_name: a string (immutable)
    tags: a table = {}
    time_to_live_attribute: a string = ""
    write_capacity: a whole number of at least 1
    "#);
}
