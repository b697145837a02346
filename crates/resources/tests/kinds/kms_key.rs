//! The life of a KMS key.

use provision_resources::kms_key::{Deletion, KmsKey};
use serde_json::json;

use crate::driver::Driver;

#[tokio::test]
async fn a_key_with_defaults_is_made_changed_and_scheduled_for_deletion() {
    let driver = Driver::new().await;
    let mut key = driver.resource::<KmsKey>("data");
    assert_eq!(key.apply(json!({})).await, ["kms:CreateKey", "kms:CreateAlias", "kms:EnableKeyRotation"]);
    assert_eq!(key.apply(json!({})).await, [""; 0], "a second apply does nothing");

    let changed = json!({
        "description": "Data at rest",
        "alias": "alias/another/name",
        "rotation_period_in_days": 180,
        "enabled": false,
        "tags": { "Project": "pipeline" },
        "policy": { "Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "kms:*", "Resource": "*", "Principal": { "AWS": driver.account },
        }},
    });
    let actions = key.apply(changed).await;
    assert_eq!(
        actions,
        [
            "kms:PutKeyPolicy",
            "kms:UpdateKeyDescription",
            "kms:EnableKeyRotation",
            "kms:CreateAlias",
            "kms:DeleteAlias",
            "kms:TagResource",
            "kms:DisableKey",
        ]
    );
    let back = json!({ "enable_key_rotation": false });
    let actions = key.apply(back).await;
    assert_eq!(
        actions,
        [
            "kms:EnableKey",
            "kms:PutKeyPolicy",
            "kms:UpdateKeyDescription",
            "kms:DisableKeyRotation",
            "kms:CreateAlias",
            "kms:DeleteAlias",
            "kms:UntagResource",
        ]
    );
    assert_eq!(key.delete(false).await, ["kms:ScheduleKeyDeletion"]);
}

#[tokio::test]
async fn asking_again_for_a_key_that_is_pending_deletion_cancels_the_deletion() {
    let driver = Driver::new().await;
    let mut key = driver.resource::<KmsKey>("data");
    key.apply(json!({})).await;
    let id = key.id.clone();
    key.delete(false).await;

    // Nothing is known but the file, whose alias still leads to the key.
    let desired = key.spec(json!({}));
    let live = key.read(Some(&desired)).await.unwrap().unwrap();
    assert_eq!((live.spec.deletion, live.spec.enabled), (Deletion::Pending, false));
    let actions = key.apply(json!({})).await;
    assert_eq!(actions[..2], ["kms:CancelKeyDeletion", "kms:EnableKey"]);
    assert!(actions[2..].iter().all(|action| *action == "kms:EnableKeyRotation"), "{actions:?}");
    assert_eq!(key.id, id, "it is the same key");
    assert_eq!(key.apply(json!({})).await, [""; 0]);
}

#[tokio::test]
async fn a_replaced_key_takes_the_alias_of_the_one_that_is_going() {
    let driver = Driver::new().await;
    let mut old = driver.resource::<KmsKey>("data");
    old.apply(json!({})).await;
    let id = old.id.clone();
    old.delete(false).await;

    let mut new = driver.resource::<KmsKey>("data");
    let desired = new.spec(json!({ "multi_region": true }));
    let steps =
        <KmsKey as provision_reconciler::Kind>::steps(provision_reconciler::Change::Create { desired: &desired });
    new.run(steps).await.unwrap();
    assert_ne!(new.id, id);
    assert_eq!(new.apply(json!({ "multi_region": true })).await, [""; 0]);
}

#[tokio::test]
async fn an_alias_of_somebody_else_is_not_taken() {
    let driver = Driver::new().await;
    let mut theirs = driver.resource::<KmsKey>("theirs");
    theirs.apply(json!({ "alias": "alias/shared" })).await;

    let mut ours = driver.resource::<KmsKey>("ours");
    let desired = ours.spec(json!({ "alias": "alias/shared" }));
    let steps =
        <KmsKey as provision_reconciler::Kind>::steps(provision_reconciler::Change::Create { desired: &desired });
    let error = ours.run(steps).await.unwrap_err();
    assert_eq!(error.action, "kms:CreateAlias");
    assert!(error.hint.unwrap().contains(theirs.id.as_deref().unwrap()));
}

#[tokio::test]
async fn changes_by_hand_are_seen_and_mended() {
    let driver = Driver::new().await;
    let mut key = driver.resource::<KmsKey>("data");
    let mut other = driver.resource::<KmsKey>("other");
    key.apply(json!({})).await;
    other.apply(json!({})).await;
    let (id, other_id) = (key.id.clone().unwrap(), other.id.clone().unwrap());
    let clients = driver.aws.region("us-east-1").await;
    let kms = clients.kms();

    kms.disable_key_rotation().key_id(&id).send().await.unwrap();
    assert_eq!(key.apply(json!({})).await, ["kms:EnableKeyRotation"]);

    kms.update_alias().alias_name("alias/test/data").target_key_id(&other_id).send().await.unwrap();
    assert_eq!(key.apply(json!({})).await, ["kms:UpdateAlias"]);

    kms.delete_alias().alias_name("alias/test/data").send().await.unwrap();
    kms.create_alias().alias_name("alias/by-hand").target_key_id(&id).send().await.unwrap();
    assert_eq!(key.apply(json!({})).await, ["kms:CreateAlias"], "the alias made by hand stays");

    kms.schedule_key_deletion().key_id(&id).pending_window_in_days(7).send().await.unwrap();
    assert_eq!(key.apply(json!({})).await[..2], ["kms:CancelKeyDeletion", "kms:EnableKey"]);
}

#[tokio::test]
async fn a_key_is_found_by_its_tags() {
    let driver = Driver::new().await;
    let mut key = driver.resource::<KmsKey>("data");
    driver.resource::<KmsKey>("other").apply(json!({})).await;
    let find = async |scope| <KmsKey as provision_reconciler::Kind>::find(&driver.aws, &scope).await.unwrap();
    assert_eq!(find(key.scope.clone()).await, None);
    key.apply(json!({})).await;
    assert_eq!(find(key.scope.clone()).await, key.id);
    assert_eq!(find(driver.in_region("us-west-2").scope::<KmsKey>("data")).await, None);
}

#[tokio::test]
async fn keys_of_other_sorts_are_read_back() {
    let driver = Driver::new().await;
    let signing = json!({ "key_spec": "ECC_NIST_P256", "key_usage": "SIGN_VERIFY", "enable_key_rotation": false });
    let hmac = json!({ "key_spec": "HMAC_256", "key_usage": "GENERATE_VERIFY_MAC", "enable_key_rotation": false });
    for (name, table) in [("signing", signing), ("hmac", hmac), ("replicated", json!({ "multi_region": true }))] {
        let mut key = driver.resource::<KmsKey>(name);
        key.apply(table.clone()).await;
        assert_eq!(key.apply(table).await, [""; 0], "{name}");
    }
}
