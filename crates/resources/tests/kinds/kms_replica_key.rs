//! The life of a replica of a multi-region key.

use provision_reconciler::{Change, Kind};
use provision_resources::kms_key::{Deletion, KmsKey};
use provision_resources::kms_replica_key::KmsReplicaKey;
use serde_json::{Value, json};

use crate::driver::{Driver, Resource};

/// A multi-region key in us-east-1, its ARN, and its replica in us-west-2, which is not made yet.
async fn family(driver: &Driver) -> (Resource<KmsKey>, String, Resource<KmsReplicaKey>) {
    let mut key = driver.resource::<KmsKey>("data");
    key.apply(json!({ "multi_region": true, "description": "the key" })).await;
    let arn = key.read(None).await.unwrap().unwrap().outputs.arn;
    (key, arn, driver.in_region("us-west-2").resource::<KmsReplicaKey>("data"))
}

#[tokio::test]
async fn a_replica_has_the_id_of_its_key_and_settings_of_its_own() {
    let driver = Driver::new().await;
    let (mut key, arn, mut replica) = family(&driver).await;
    let table = json!({ "primary_key_arn": arn });
    assert_eq!(replica.apply(table.clone()).await, ["kms:ReplicateKey", "kms:CreateAlias"]);
    assert_eq!(replica.apply(table.clone()).await, [""; 0], "a second apply does nothing");
    assert_eq!(replica.id, key.id);
    let live = replica.read(None).await.unwrap().unwrap();
    assert_eq!(live.outputs.arn, arn.replace("us-east-1", "us-west-2"));
    assert_eq!(live.spec.description, "");

    let changed = json!({
        "primary_key_arn": arn, "description": "the replica", "alias": "alias/another/name", "enabled": false,
        "services": ["s3", "logs"], "tags": { "Project": "pipeline" },
    });
    let actions = replica.apply(changed).await;
    assert_eq!(
        actions,
        [
            "kms:PutKeyPolicy",
            "kms:UpdateKeyDescription",
            "kms:CreateAlias",
            "kms:DeleteAlias",
            "kms:TagResource",
            "kms:DisableKey",
        ]
    );
    assert_eq!(
        key.apply(json!({ "multi_region": true, "description": "the key" })).await,
        [""; 0],
        "the key is as it was"
    );
    let back = replica.apply(table).await;
    assert_eq!(back.first(), Some(&"kms:EnableKey"));
    assert_eq!(replica.delete(false).await, ["kms:ScheduleKeyDeletion"]);
}

#[tokio::test]
async fn a_key_that_is_deleted_waits_for_its_replica_and_both_can_be_taken_back() {
    let driver = Driver::new().await;
    let (mut key, arn, mut replica) = family(&driver).await;
    let (key_table, table) =
        (json!({ "multi_region": true, "description": "the key" }), json!({ "primary_key_arn": arn }));
    replica.apply(table.clone()).await;
    replica.delete(false).await;
    assert_eq!(key.delete(false).await, ["kms:ScheduleKeyDeletion"]);
    let clients = driver.aws.region("us-east-1").await;
    let described = clients.kms().describe_key().key_id(&arn).send().await.unwrap().key_metadata.unwrap();
    assert_eq!(described.key_state().map(|state| state.as_str()), Some("PendingReplicaDeletion"));

    // Once more, as after a lost answer.
    let live = key.spec(key_table.clone());
    let mut again = driver.resource::<KmsKey>("data");
    again.id = Some(arn.clone());
    again.run(KmsKey::steps(Change::Delete { live: &live, empty: false })).await.unwrap();

    let pending = key.read(Some(&live)).await.unwrap().unwrap();
    assert_eq!((pending.spec.deletion, pending.spec.enabled), (Deletion::Pending, false));
    assert_eq!(key.apply(key_table).await[..2], ["kms:CancelKeyDeletion", "kms:EnableKey"]);
    assert_eq!(replica.apply(table).await, ["kms:CancelKeyDeletion", "kms:EnableKey"]);
    assert_eq!(replica.id, key.id, "it is the same replica");
}

#[tokio::test]
async fn a_replica_made_by_this_operation_is_adopted_and_another_is_not() {
    let driver = Driver::new().await;
    let (_key, arn, mut replica) = family(&driver).await;
    let desired = replica.spec(json!({ "primary_key_arn": arn }));
    let create = || KmsReplicaKey::steps(Change::Create { desired: &desired });
    replica.run(create()).await.unwrap();
    let id = replica.id.take();
    replica.run(create()).await.unwrap();
    assert_eq!(replica.id, id);

    let mut other = driver.in_region("us-west-2").resource::<KmsReplicaKey>("other");
    let desired = other.spec(json!({ "primary_key_arn": arn }));
    let refused = other.run(KmsReplicaKey::steps(Change::Create { desired: &desired })).await.unwrap_err();
    assert_eq!(refused.code.as_deref(), Some("AlreadyExistsException"));
    assert!(refused.hint.unwrap().contains("provision import kms_replica_key.other mrk-"));
}

#[tokio::test]
async fn a_key_of_one_region_cannot_be_replicated() {
    let driver = Driver::new().await;
    let mut key = driver.resource::<KmsKey>("data");
    key.apply(json!({})).await;
    let arn = key.read(None).await.unwrap().unwrap().outputs.arn;
    let mut replica = driver.in_region("us-west-2").resource::<KmsReplicaKey>("data");
    let desired = replica.spec(json!({ "primary_key_arn": arn }));
    let refused = replica.run(KmsReplicaKey::steps(Change::Create { desired: &desired })).await.unwrap_err();
    assert!(refused.hint.unwrap().contains("`multi_region = true`"));
}

#[tokio::test]
async fn a_replica_is_found_by_its_tags_and_changes_by_hand_are_mended() {
    let driver = Driver::new().await;
    let (_key, arn, mut replica) = family(&driver).await;
    let find = async |scope| KmsReplicaKey::find(&driver.aws, &scope).await.unwrap();
    assert_eq!(find(replica.scope.clone()).await, None);
    let table = json!({ "primary_key_arn": arn });
    replica.apply(table.clone()).await;
    assert_eq!(find(replica.scope.clone()).await, replica.id);
    assert_eq!(find(driver.scope::<KmsReplicaKey>("data")).await, None, "its key is not it");

    let clients = driver.aws.region("us-west-2").await;
    let id = replica.id.clone().unwrap();
    clients.kms().disable_key().key_id(&id).send().await.unwrap();
    assert_eq!(replica.apply(table.clone()).await, ["kms:EnableKey"]);
    clients.kms().delete_alias().alias_name("alias/test/data").send().await.unwrap();
    assert_eq!(replica.apply(table).await, ["kms:CreateAlias"]);
}

/// Any replica becomes any other. Each has a key of its own: a key has one replica in a region.
#[tokio::test]
async fn any_replica_becomes_any_other() {
    use proptest::prelude::*;

    let driver = Driver::new().await;
    let west = driver.in_region("us-west-2");
    let services = prop::collection::btree_set(prop::sample::select(vec!["s3", "logs", "kinesis", "dynamodb"]), 0..3);
    let tags = prop::collection::btree_map("[A-Z][a-z]{0,8}", "[a-z0-9]{0,8}", 0..3);
    let replica = ("[a-zA-Z ]{0,20}", any::<bool>(), services, tags, 7..31).prop_map(
        |(description, enabled, services, tags, days)| {
            json!({
                "description": description, "enabled": enabled, "services": services, "tags": tags,
                "pending_window_in_days": days,
            })
        },
    );
    let all = crate::pairs::generated(replica, 16);
    let mut pairs: Vec<(Value, Value)> = Vec::new();
    for (number, pair) in all.chunks_exact(2).enumerate() {
        let mut key = driver.resource::<KmsKey>(&format!("key_{number}"));
        key.apply(json!({ "multi_region": true })).await;
        let arn = key.read(None).await.unwrap().unwrap().outputs.arn;
        let with = |table: &Value| {
            let mut table = table.clone();
            table["primary_key_arn"] = json!(arn);
            table
        };
        pairs.push((with(&pair[0]), with(&pair[1])));
    }
    crate::pairs::hold::<KmsReplicaKey>(&west, pairs).await;
}
