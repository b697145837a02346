//! The life of a log group.

use proptest::prelude::*;
use provision_reconciler::{Change, ErrorClass, Kind, Progress, Target};
use provision_resources::logs_log_group::{Call, LogsLogGroup, Operation};
use serde_json::{Value, json};

use crate::driver::Driver;
use crate::pairs::{generated, hold};

const CREATE: &str = "logs:CreateLogGroup";
const RETENTION: &str = "logs:PutRetentionPolicy";
const PROTECT: &str = "logs:PutLogGroupDeletionProtection";

fn nothing() -> [&'static str; 0] {
    []
}

#[tokio::test]
async fn a_log_group_with_defaults_is_made_changed_and_deleted() {
    let driver = Driver::new().await;
    let mut group = driver.resource::<LogsLogGroup>("app");
    let bare = json!({ "log_group_name": "/acme/app" });
    let desired = group.spec(bare.clone());
    assert!(group.read(Some(&desired)).await.unwrap().is_none());
    assert_eq!(group.apply(bare.clone()).await, [CREATE, RETENTION]);
    assert_eq!(group.apply(bare.clone()).await, nothing());
    let live = group.read(None).await.unwrap().unwrap();
    assert_eq!(live.spec, desired, "every default is what AWS then has");
    assert_eq!(live.outputs.arn, format!("arn:aws:logs:us-east-1:{}:log-group:/acme/app", driver.account));
    assert_eq!(live.outputs.arn_all, format!("{}:*", live.outputs.arn));

    let key = "arn:aws:kms:us-east-1:123456789012:key/1234";
    let full = json!({
        "log_group_name": "/acme/app", "retention_in_days": 0, "kms_key": key, "deletion_protection_enabled": false,
        "tags": { "Project": "pipeline" },
    });
    let changed = [PROTECT, "logs:AssociateKmsKey", "logs:TagResource", "logs:DeleteRetentionPolicy"];
    assert_eq!(group.apply(full).await, changed);
    let back = [PROTECT, "logs:DisassociateKmsKey", "logs:UntagResource", RETENTION];
    assert_eq!(group.apply(bare.clone()).await, back);
    assert_eq!(group.delete(false).await, [PROTECT, "logs:DeleteLogGroup"]);
    assert_eq!(group.apply(bare).await, [CREATE, RETENTION], "the name can be used again");
}

#[tokio::test]
async fn everything_that_creation_takes_is_read_back() {
    let driver = Driver::new().await;
    let mut group = driver.resource::<LogsLogGroup>("app");
    let full = json!({
        "log_group_name": "/acme/app", "kms_key": "arn:aws:kms:us-east-1:123456789012:key/1234",
        "log_group_class": "INFREQUENT_ACCESS", "retention_in_days": 7, "tags": { "Project": "pipeline" },
    });
    assert_eq!(group.apply(full.clone()).await, [CREATE, RETENTION]);
    assert_eq!(group.apply(full).await, nothing());
}

#[tokio::test]
async fn many_are_read_at_once_and_one_is_found_by_its_tags() {
    let driver = Driver::new().await;
    let mut targets = Vec::new();
    // More than one description can be asked for, and names of which one begins with another.
    for number in 0..55 {
        let name = format!("group{}", "x".repeat(number));
        let mut group = driver.resource::<LogsLogGroup>(&name);
        if number % 11 != 5 {
            let desired = group.spec(json!({ "log_group_name": name, "retention_in_days": 0 }));
            group.run(LogsLogGroup::steps(Change::Create { desired: &desired })).await.unwrap();
        }
        targets.push(Target { scope: group.scope.clone(), id: name, desired: None });
    }
    let found = LogsLogGroup::read(&driver.aws, &targets).await;
    for (number, (target, found)) in targets.iter().zip(found).enumerate() {
        let name = found.unwrap().map(|live| live.spec.log_group_name);
        assert_eq!(name, (number % 11 != 5).then(|| target.id.clone()));
    }
    let find = async |name: &str| LogsLogGroup::find(&driver.aws, &driver.scope::<LogsLogGroup>(name)).await.unwrap();
    assert_eq!(find("groupxx").await.as_deref(), Some("groupxx"));
    assert_eq!(find("groupxxxxx").await, None);
}

#[tokio::test]
async fn changes_by_hand_are_seen_and_mended() {
    let driver = Driver::new().await;
    let mut group = driver.resource::<LogsLogGroup>("app");
    let table = json!({ "log_group_name": "app", "tags": { "Project": "pipeline" } });
    group.apply(table.clone()).await;
    let clients = driver.aws.region("us-east-1").await;
    let logs = clients.cloudwatch_logs();
    logs.delete_retention_policy().log_group_name("app").send().await.unwrap();
    assert_eq!(group.apply(table.clone()).await, [RETENTION]);
    let arn = format!("arn:aws:logs:us-east-1:{}:log-group:app", driver.account);
    logs.untag_resource().resource_arn(arn).tag_keys("Project").send().await.unwrap();
    assert_eq!(group.apply(table.clone()).await, ["logs:TagResource"]);
    let protection = logs.put_log_group_deletion_protection().log_group_identifier("app");
    protection.deletion_protection_enabled(false).send().await.unwrap();
    assert_eq!(group.apply(table.clone()).await, [PROTECT]);
    logs.associate_kms_key().log_group_name("app").kms_key_id("arn:aws:kms:us-east-1:1:key/1").send().await.unwrap();
    assert_eq!(group.apply(table).await, ["logs:DisassociateKmsKey"]);
}

#[tokio::test]
async fn what_aws_refuses_is_reported_and_what_is_gone_is_deleted() {
    let driver = Driver::new().await;
    let mut theirs = driver.resource::<LogsLogGroup>("theirs");
    theirs.apply(json!({ "log_group_name": "shared" })).await;
    let mut ours = driver.resource::<LogsLogGroup>("ours");
    let desired = ours.spec(json!({ "log_group_name": "shared" }));
    let error = ours.run(LogsLogGroup::steps(Change::Create { desired: &desired })).await.unwrap_err();
    assert_eq!((error.class, error.action.as_str()), (ErrorClass::AlreadyExists, CREATE));
    let run = async |operation| {
        let call = Call { log_group_name: "missing".to_owned(), operation };
        LogsLogGroup::run(&driver.aws, &ours.scope, call, &mut Progress::default()).await
    };
    let error = run(Operation::PutRetentionPolicy { retention_in_days: 7 }).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::NotFound);
    assert!(run(Operation::DeleteLogGroup).await.is_ok());
}

/// Any log group of a class.
fn group(class: &'static str) -> impl Strategy<Value = Value> {
    let retention = prop::sample::select(vec![0, 1, 3, 14, 365, 731, 3653]);
    let key = prop::option::of(0..2);
    let tags = prop::collection::btree_map("[A-Z][a-z]{0,8}", "[a-z0-9 ]{0,12}", 0..3);
    (retention, key, any::<bool>(), tags).prop_map(move |(retention, key, protected, tags)| {
        let key = key.map(|key| format!("arn:aws:kms:us-east-1:123456789012:key/{key}")).unwrap_or_default();
        json!({
            "retention_in_days": retention, "kms_key": key, "deletion_protection_enabled": protected, "tags": tags,
            "log_group_class": class,
        })
    })
}

#[tokio::test]
async fn any_log_group_becomes_any_other() {
    let driver = Driver::new().await;
    let class = prop::sample::select(vec!["STANDARD", "INFREQUENT_ACCESS"]);
    let mut pairs = generated(class.prop_flat_map(|class| (group(class), group(class))), 24);
    for (number, (first, second)) in pairs.iter_mut().enumerate() {
        let name = json!(format!("/acme/{number}"));
        (first["log_group_name"], second["log_group_name"]) = (name.clone(), name);
    }
    hold::<LogsLogGroup>(&driver, pairs).await;
}
