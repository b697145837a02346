//! The life of a DynamoDB table.

use provision_reconciler::{Change, Differences, ErrorClass, Kind, Progress, Scope, Target, ownership};
use provision_resources::dynamodb_table::{Call, DynamodbTable, TableChange};
use serde_json::json;

use crate::driver::Driver;

const CREATE: &str = "dynamodb:CreateTable";
const UPDATE: &str = "dynamodb:UpdateTable";
const BACKUPS: &str = "dynamodb:UpdateContinuousBackups";
const EXPIRY: &str = "dynamodb:UpdateTimeToLive";

fn nothing() -> [&'static str; 0] {
    []
}

async fn key(driver: &Driver) -> String {
    let clients = driver.aws.region("us-east-1").await;
    let key = clients.kms().create_key().send().await.unwrap();
    key.key_metadata().unwrap().arn().unwrap().to_owned()
}

#[tokio::test]
async fn a_table_with_defaults_is_made_read_back_and_deleted() {
    let driver = Driver::new().await;
    let mut table = driver.resource::<DynamodbTable>("orders");
    let bare = json!({ "table_name": "orders", "hash_key": "id" });
    let desired = table.spec(bare.clone());
    assert!(table.read(Some(&desired)).await.unwrap().is_none());
    assert_eq!(table.apply(bare.clone()).await, [CREATE, BACKUPS]);
    assert_eq!(table.apply(bare.clone()).await, nothing());

    let live = table.read(None).await.unwrap().unwrap();
    assert_eq!(live.spec, desired, "every default is what AWS then has");
    assert_eq!(live.outputs.stream_arn, "");
    assert_ne!(live.outputs.table_id, "");

    // Deletion protection is on AWS's side too.
    let clients = driver.aws.region("us-east-1").await;
    clients.dynamodb().delete_table().table_name("orders").send().await.unwrap_err();
    assert_eq!(table.delete(false).await, [UPDATE, "dynamodb:DeleteTable"]);
    assert_eq!(table.apply(bare).await, [CREATE, BACKUPS], "the name can be used again");
}

#[tokio::test]
async fn a_full_table_is_made_by_one_call() {
    let driver = Driver::new().await;
    let mut table = driver.resource::<DynamodbTable>("events");
    let actions = table.apply(json!({
        "table_name": "events",
        "hash_key": "device", "range_key": "at", "range_key_type": "N",
        "billing_mode": "PROVISIONED", "read_capacity": 5, "write_capacity": 6,
        "table_class": "STANDARD_INFREQUENT_ACCESS",
        "global_secondary_indexes": [
            { "index_name": "by_kind", "hash_key": "kind", "range_key": "at", "range_key_type": "N",
              "projection_type": "INCLUDE", "non_key_attributes": ["size", "colour"],
              "read_capacity": 2, "write_capacity": 3 },
            { "index_name": "by_blob", "hash_key": "blob", "hash_key_type": "B", "projection_type": "KEYS_ONLY",
              "read_capacity": 1, "write_capacity": 1 },
        ],
        "local_secondary_indexes": [{ "index_name": "by_size", "range_key": "size", "range_key_type": "N" }],
        "stream_view_type": "NEW_AND_OLD_IMAGES",
        "time_to_live_attribute": "until",
        "kms_key": key(&driver).await,
        "recovery_period_in_days": 7,
        "deletion_protection_enabled": false,
        "tags": { "Project": "pipeline" },
    }));
    assert_eq!(actions.await, [CREATE, BACKUPS, EXPIRY]);
    let live = table.read(None).await.unwrap().unwrap();
    assert!(live.outputs.stream_arn.starts_with(&format!("{}/stream/", live.outputs.arn)));
    assert_eq!(table.delete(false).await, ["dynamodb:DeleteTable"]);
}

#[tokio::test]
async fn every_mutable_field_is_changed_and_changed_back() {
    let driver = Driver::new().await;
    let mut table = driver.resource::<DynamodbTable>("orders");
    let first = json!({ "table_name": "orders", "hash_key": "id" });
    table.apply(first.clone()).await;

    let (one, two) = (key(&driver).await, key(&driver).await);
    let mut changed = first.clone();
    for (field, value, actions) in [
        ("deletion_protection_enabled", json!(false), &[UPDATE][..]),
        ("recovery_period_in_days", json!(1), &[BACKUPS]),
        ("point_in_time_recovery", json!(false), &[BACKUPS]),
        ("kms_key", json!(one), &[UPDATE]),
        ("kms_key", json!(two), &[UPDATE]),
        ("time_to_live_attribute", json!("until"), &[EXPIRY]),
        ("stream_view_type", json!("KEYS_ONLY"), &[UPDATE]),
        ("stream_view_type", json!("NEW_IMAGE"), &[UPDATE, UPDATE]),
        ("table_class", json!("STANDARD_INFREQUENT_ACCESS"), &[UPDATE]),
        ("tags", json!({ "a": "1", "b": "2" }), &["dynamodb:TagResource"]),
        ("tags", json!({ "b": "3" }), &["dynamodb:TagResource", "dynamodb:UntagResource"]),
    ] {
        changed[field] = value;
        assert_eq!(table.apply(changed.clone()).await, actions, "{field}");
    }
    assert_eq!(
        table.apply(first.clone()).await,
        [UPDATE, BACKUPS, UPDATE, "dynamodb:UntagResource", EXPIRY, UPDATE, UPDATE]
    );
    assert_eq!(table.apply(first).await, nothing());
}

#[tokio::test]
async fn capacities_and_indexes_are_changed() {
    let driver = Driver::new().await;
    let mut table = driver.resource::<DynamodbTable>("orders");
    let mut spec = json!({ "table_name": "orders", "hash_key": "id", "point_in_time_recovery": false });
    table.apply(spec.clone()).await;

    let index = |name: &str, key: &str| json!({ "index_name": name, "hash_key": key });
    spec["global_secondary_indexes"] = json!([index("by_kind", "kind"), index("by_day", "day")]);
    assert_eq!(table.apply(spec.clone()).await, [UPDATE, UPDATE], "each is built by a call of its own");

    spec["global_secondary_indexes"] = json!([
        { "index_name": "by_kind", "hash_key": "kind", "range_key": "at", "range_key_type": "N", "projection_type": "KEYS_ONLY" },
        index("by_day", "day"),
    ]);
    assert_eq!(table.apply(spec.clone()).await, [UPDATE, UPDATE], "one is deleted and built again");

    spec["billing_mode"] = json!("PROVISIONED");
    for holder in ["", "/global_secondary_indexes/0", "/global_secondary_indexes/1"] {
        let holder = spec.pointer_mut(holder).unwrap();
        (holder["read_capacity"], holder["write_capacity"]) = (json!(2), json!(3));
    }
    assert_eq!(table.apply(spec.clone()).await, [UPDATE], "all capacities come with the mode");

    spec["read_capacity"] = json!(4);
    spec["global_secondary_indexes"][1]["write_capacity"] = json!(5);
    assert_eq!(table.apply(spec.clone()).await, [UPDATE, UPDATE]);

    spec["global_secondary_indexes"] = json!([]);
    assert_eq!(table.apply(spec).await, [UPDATE, UPDATE]);
    let on_demand = json!({ "table_name": "orders", "hash_key": "id", "point_in_time_recovery": false });
    assert_eq!(table.apply(on_demand.clone()).await, [UPDATE]);
    assert_eq!(table.apply(on_demand).await, nothing());
}

/// As the engine's first run does: nothing but the table, and the rest by later runs.
#[tokio::test]
async fn a_bare_lock_table_is_finished_later() {
    let driver = Driver::new().await;
    let mut table = driver.resource::<DynamodbTable>("lock");
    let bare = table.spec(json!({
        "table_name": "lock", "hash_key": "LockID", "deletion_protection_enabled": false,
    }));
    let create = DynamodbTable::steps(Change::Create { desired: &bare }).remove(0);
    assert_eq!(table.run(vec![create]).await.unwrap(), [CREATE]);

    let full = json!({ "table_name": "lock", "hash_key": "LockID", "kms_key": key(&driver).await });
    assert_eq!(table.apply(full.clone()).await, [UPDATE, BACKUPS, UPDATE]);
    assert_eq!(table.apply(full).await, nothing());
}

#[tokio::test]
async fn calls_whose_answer_was_lost_may_be_made_again() {
    let driver = Driver::new().await;
    let mut table = driver.resource::<DynamodbTable>("orders");
    let desired = table.spec(json!({
        "table_name": "orders", "hash_key": "id", "time_to_live_attribute": "until",
        "billing_mode": "PROVISIONED", "read_capacity": 1, "write_capacity": 1,
    }));
    for _ in 0..2 {
        table.run(DynamodbTable::steps(Change::Create { desired: &desired })).await.unwrap();
    }
    let on_demand = table.spec(json!({ "table_name": "orders", "hash_key": "id" }));
    let with_index = table.spec(json!({
        "table_name": "orders", "hash_key": "id", "stream_view_type": "KEYS_ONLY", "deletion_protection_enabled": false,
        "global_secondary_indexes": [{ "index_name": "by_kind", "hash_key": "kind" }],
    }));
    for desired in [&on_demand, &with_index, &desired] {
        let live = table.read(Some(desired)).await.unwrap().unwrap();
        let differences = Differences(table.differences(&live, desired));
        for step in DynamodbTable::steps(Change::Update { live: &live.spec, desired, differences: &differences }) {
            table.run(vec![step.clone(), step]).await.unwrap();
        }
    }
    let live = table.read(None).await.unwrap().unwrap();
    for step in DynamodbTable::steps(Change::Delete { live: &live.spec, empty: false }) {
        table.run(vec![step.clone(), step]).await.unwrap();
    }
}

#[tokio::test]
async fn a_table_of_somebody_else_is_not_taken() {
    let driver = Driver::new().await;
    driver.resource::<DynamodbTable>("theirs").apply(json!({ "table_name": "shared", "hash_key": "id" })).await;

    let ours = driver.resource::<DynamodbTable>("ours");
    let desired = ours.spec(json!({ "table_name": "shared", "hash_key": "id" }));
    let call = DynamodbTable::steps(Change::Create { desired: &desired }).remove(0).call;
    let mut progress = Progress::default();
    let error = DynamodbTable::run(&driver.aws, &ours.scope, call, &mut progress).await.unwrap_err();
    assert_eq!((error.class, error.action.as_str()), (ErrorClass::AlreadyExists, CREATE));
    insta::assert_snapshot!(error.message, @"the table shared exists and was not made by this operation");
    assert_eq!(progress.id, None);

    // Nor is one that an earlier operation made for the same address: that is for the engine to find.
    let call = Call::CreateTable { table: Box::new(desired) };
    let later = Scope { operation: "op-2".to_owned(), ..driver.scope::<DynamodbTable>("theirs") };
    let error = DynamodbTable::run(&driver.aws, &later, call, &mut progress).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
}

#[tokio::test]
async fn what_aws_refuses_is_reported() {
    let driver = Driver::new().await;
    let scope = driver.scope::<DynamodbTable>("orders");
    let change = TableChange::DeletionProtection { enabled: true };
    let call = Call::UpdateTable { table_name: "missing".to_owned(), change };
    let error = DynamodbTable::run(&driver.aws, &scope, call, &mut Progress::default()).await.unwrap_err();
    assert_eq!((error.class, error.action.as_str()), (ErrorClass::NotFound, UPDATE));
}

#[tokio::test]
async fn many_are_read_at_once_and_one_is_found_by_its_tags() {
    let driver = Driver::new().await;
    let mut targets = Vec::new();
    for name in ["one", "two", "missing"] {
        let mut table = driver.resource::<DynamodbTable>(name);
        if name != "missing" {
            table.apply(json!({ "table_name": name, "hash_key": "id" })).await;
        }
        targets.push(Target { scope: table.scope.clone(), id: name.to_owned(), desired: None });
    }
    let found = DynamodbTable::read(&driver.aws, &targets).await;
    let names: Vec<_> = found.into_iter().map(|live| live.unwrap().map(|live| live.spec.table_name)).collect();
    assert_eq!(names, [Some("one".to_owned()), Some("two".to_owned()), None]);

    let find = async |name: &str| DynamodbTable::find(&driver.aws, &driver.scope::<DynamodbTable>(name)).await.unwrap();
    assert_eq!(find("two").await.as_deref(), Some("two"));
    assert_eq!(find("missing").await, None);
    let elsewhere = driver.in_region("us-west-2").scope::<DynamodbTable>("two");
    assert_eq!(DynamodbTable::find(&driver.aws, &elsewhere).await.unwrap(), None);
}

#[tokio::test]
async fn changes_by_hand_are_seen_and_mended() {
    let driver = Driver::new().await;
    let mut table = driver.resource::<DynamodbTable>("orders");
    let spec = json!({ "table_name": "orders", "hash_key": "id", "tags": { "Project": "pipeline" } });
    table.apply(spec.clone()).await;
    let clients = driver.aws.region("us-east-1").await;
    let dynamodb = clients.dynamodb();

    dynamodb.update_table().table_name("orders").deletion_protection_enabled(false).send().await.unwrap();
    assert_eq!(table.apply(spec.clone()).await, [UPDATE]);

    let arn = table.read(None).await.unwrap().unwrap().outputs.arn;
    dynamodb.untag_resource().resource_arn(&arn).tag_keys("Project").tag_keys(ownership::ADDRESS).send().await.unwrap();
    assert_eq!(table.apply(spec.clone()).await, ["dynamodb:TagResource"]);

    dynamodb.update_table().table_name("orders").deletion_protection_enabled(false).send().await.unwrap();
    dynamodb.delete_table().table_name("orders").send().await.unwrap();
    assert_eq!(table.apply(spec).await, [CREATE, BACKUPS]);
}
