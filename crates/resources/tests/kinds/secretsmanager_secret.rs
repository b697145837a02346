//! The life of a secret.

use std::path::PathBuf;

use proptest::prelude::*;
use provision_reconciler::{Change, ErrorClass, Kind, Progress, ownership};
use provision_resources::secretsmanager_secret::{Call, Deletion, Operation, SecretsmanagerSecret as Secret};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::driver::Driver;
use crate::pairs::{generated, hold};

const CREATE: &str = "secretsmanager:CreateSecret";
const PUT: &str = "secretsmanager:PutSecretValue";
const LAMBDA: &str = "arn:aws:lambda:us-east-1:123456789012:function:rotate";

fn nothing() -> [&'static str; 0] {
    []
}

/// A file that holds the value.
struct Source {
    _folder: TempDir,
    path: PathBuf,
}

impl Source {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let value = Self { path: folder.path().join("value"), _folder: folder };
        value.set(text);
        value
    }

    fn set(&self, text: &str) {
        std::fs::write(&self.path, text).unwrap();
    }

    fn table(&self) -> Value {
        json!({ "name": "acme/db", "value": { "file": self.path } })
    }
}

/// What the secret's users get.
async fn value(driver: &Driver, name: &str) -> String {
    let clients = driver.aws.region("us-east-1").await;
    let answer = clients.secrets_manager().get_secret_value().secret_id(name).send().await.unwrap();
    answer.secret_string.unwrap()
}

#[tokio::test]
async fn a_secret_without_a_value_is_made_changed_deleted_and_restored() {
    let driver = Driver::new().await;
    let mut secret = driver.resource::<Secret>("db");
    let bare = json!({ "name": "acme/db" });
    assert_eq!(secret.apply(bare.clone()).await, [CREATE]);
    assert_eq!(secret.apply(bare.clone()).await, nothing());
    let live = secret.read(None).await.unwrap().unwrap();
    assert!(
        live.outputs.arn.starts_with(&format!("arn:aws:secretsmanager:us-east-1:{}:secret:acme/db-", driver.account))
    );
    assert_eq!((live.spec.version_id, live.spec.has_value), (None, Some(false)));

    let full = json!({
        "name": "acme/db", "description": "The database", "recovery_window_in_days": 7,
        "kms_key": "arn:aws:kms:us-east-1:123456789012:key/1234",
        "policy": { "Version": "2012-10-17", "Statement": {
            "Effect": "Deny", "Action": "secretsmanager:DeleteSecret", "Resource": "*", "Principal": { "AWS": driver.account },
        }},
        "tags": { "Project": "pipeline" },
        "replicas": [{ "region": "us-west-2" }],
    });
    let changed = [
        "secretsmanager:PutResourcePolicy",
        "secretsmanager:UpdateSecret",
        "secretsmanager:TagResource",
        "secretsmanager:ReplicateSecretToRegions",
    ];
    assert_eq!(secret.apply(full).await, changed);
    let back = [
        "secretsmanager:DeleteResourcePolicy",
        "secretsmanager:UpdateSecret",
        "secretsmanager:UntagResource",
        "secretsmanager:RemoveRegionsFromReplication",
    ];
    assert_eq!(secret.apply(bare.clone()).await, back);
    assert_eq!(secret.delete(false).await, ["secretsmanager:DeleteSecret"]);

    // Nothing is known but the file, whose name still leads to the secret.
    let desired = secret.spec(bare.clone());
    let live = secret.read(Some(&desired)).await.unwrap().unwrap();
    assert_eq!(live.spec.deletion, Deletion::Pending);
    assert_eq!(secret.apply(bare.clone()).await, ["secretsmanager:RestoreSecret"]);
    assert_eq!(secret.apply(bare).await, nothing());
}

#[tokio::test]
async fn a_new_value_is_stored_once_and_an_old_one_made_current_again() {
    let driver = Driver::new().await;
    let mut secret = driver.resource::<Secret>("db");
    let source = Source::new("one");
    assert_eq!(secret.apply(source.table()).await, [CREATE]);
    assert_eq!(secret.apply(source.table()).await, nothing());
    assert_eq!(value(&driver, "acme/db").await, "one");

    source.set("two");
    let desired = secret.spec(source.table());
    let live = secret.read(Some(&desired)).await.unwrap().unwrap();
    let paths: Vec<_> = secret.differences(&live, &desired).into_iter().map(|difference| difference.path).collect();
    assert_eq!(paths, ["version_id"], "a new value is one difference");
    assert_eq!(secret.apply(source.table()).await, [PUT]);
    assert_eq!(value(&driver, "acme/db").await, "two");

    source.set("one");
    assert_eq!(secret.apply(source.table()).await, ["secretsmanager:UpdateSecretVersionStage"]);
    assert_eq!(value(&driver, "acme/db").await, "one");
    for text in ["three", "two", "one", "two"] {
        source.set(text);
        assert_eq!(secret.apply(source.table()).await.len(), 1);
        assert_eq!(value(&driver, "acme/db").await, text);
    }
}

#[tokio::test]
async fn a_value_that_was_changed_by_hand_is_drift_and_is_put_back() {
    let driver = Driver::new().await;
    let mut secret = driver.resource::<Secret>("db");
    let source = Source::new("ours");
    secret.apply(source.table()).await;
    let clients = driver.aws.region("us-east-1").await;
    clients.secrets_manager().put_secret_value().secret_id("acme/db").secret_string("theirs").send().await.unwrap();
    let actions = secret.apply(source.table()).await;
    assert_eq!(actions, ["secretsmanager:UpdateSecretVersionStage"]);
    assert_eq!(value(&driver, "acme/db").await, "ours");
}

#[tokio::test]
async fn a_value_that_changed_since_the_plan_is_refused() {
    let driver = Driver::new().await;
    let mut secret = driver.resource::<Secret>("db");
    let source = Source::new("planned");
    let desired = secret.spec(source.table());
    let steps = Secret::steps(Change::Create { desired: &desired });
    source.set("another");
    let error = secret.run(steps.clone()).await.unwrap_err();
    let shown = error.to_string().replace(source.path.to_str().unwrap(), "PATH");
    insta::assert_snapshot!(shown, @"secretsmanager:CreateSecret failed: the value of the file PATH has changed since the plan was made");
    assert_eq!((error.class, error.hint.as_deref()), (ErrorClass::Refused, Some("plan again")));
    assert!(secret.read(Some(&desired)).await.unwrap().is_none(), "nothing was made");

    std::fs::remove_file(&source.path).unwrap();
    let error = secret.run(steps).await.unwrap_err();
    assert!(error.message.contains("cannot be read"), "{error}");
}

#[tokio::test]
async fn a_generated_value_is_made_once() {
    let driver = Driver::new().await;
    let mut secret = driver.resource::<Secret>("db");
    let table = |length: u32| json!({ "name": "acme/db", "value": { "generate": { "length": length, "exclude_punctuation": true } } });
    assert_eq!(secret.apply(table(40)).await, [CREATE]);
    let generated = value(&driver, "acme/db").await;
    assert_eq!(generated.len(), 40);
    assert!(generated.chars().all(|one| one.is_ascii_alphanumeric()));
    assert_eq!(secret.apply(table(50)).await, nothing());
    assert_eq!(value(&driver, "acme/db").await, generated);

    // A second attempt of the same operation does not replace what the first one stored.
    let desired = secret.spec(table(40));
    let create = Secret::steps(Change::Create { desired: &desired }).remove(0).call;
    let error = Secret::run(&driver.aws, &secret.scope, create, &mut Progress::default()).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
    assert_eq!(value(&driver, "acme/db").await, generated);

    // A secret that has none yet gets one.
    let mut empty = driver.resource::<Secret>("empty");
    empty.apply(json!({ "name": "empty" })).await;
    assert_eq!(empty.apply(json!({ "name": "empty", "value": { "generate": {} } })).await, [PUT]);
    assert_eq!(value(&driver, "empty").await.len(), 32);
}

#[tokio::test]
async fn a_rotated_value_is_left_alone_until_rotation_is_turned_off() {
    let driver = Driver::new().await;
    let mut secret = driver.resource::<Secret>("db");
    let source = Source::new("first");
    let with = |rotation: Value| {
        let mut table = source.table();
        table["rotation"] = rotation;
        table
    };
    let monthly = json!({ "lambda_arn": LAMBDA, "automatically_after_days": 30 });
    assert_eq!(secret.apply(with(monthly.clone())).await, [CREATE, "secretsmanager:RotateSecret"]);
    source.set("second");
    assert_eq!(secret.apply(with(monthly)).await, nothing());
    let scheduled = json!({ "lambda_arn": LAMBDA, "schedule_expression": "rate(4 hours)", "duration": "2h" });
    assert_eq!(secret.apply(with(scheduled.clone())).await, ["secretsmanager:RotateSecret"]);
    assert_eq!(secret.apply(with(scheduled)).await, nothing());
    assert_eq!(secret.apply(source.table()).await, ["secretsmanager:CancelRotateSecret", PUT]);
    assert_eq!(value(&driver, "acme/db").await, "second");
}

#[tokio::test]
async fn replicas_come_and_go_and_go_before_the_secret() {
    let driver = Driver::new().await;
    let mut secret = driver.resource::<Secret>("db");
    let source = Source::new("one");
    let with = |replicas: Value| {
        let mut table = source.table();
        table["replicas"] = replicas;
        table
    };
    let key = "arn:aws:kms:eu-west-1:123456789012:key/1234";
    let two = with(json!([{ "region": "us-west-2" }, { "region": "eu-west-1", "kms_key": key }]));
    assert_eq!(secret.apply(two.clone()).await, [CREATE]);
    assert_eq!(secret.apply(two).await, nothing());
    let clients = driver.aws.region("eu-west-1").await;
    let there = clients.secrets_manager().get_secret_value().secret_id("acme/db").send().await.unwrap();
    assert_eq!(there.secret_string.as_deref(), Some("one"));
    let found = Secret::find(&driver.aws, &driver.in_region("eu-west-1").scope::<Secret>("db")).await.unwrap();
    assert_eq!(found, None, "a replica is not the secret");

    let other = with(json!([{ "region": "eu-west-1" }]));
    let replace = ["secretsmanager:RemoveRegionsFromReplication", "secretsmanager:ReplicateSecretToRegions"];
    assert_eq!(secret.apply(other).await, replace);
    assert_eq!(
        secret.delete(false).await,
        ["secretsmanager:RemoveRegionsFromReplication", "secretsmanager:DeleteSecret"]
    );
}

#[tokio::test]
async fn calls_whose_answer_was_lost_may_be_made_again() {
    let driver = Driver::new().await;
    let mut secret = driver.resource::<Secret>("db");
    let source = Source::new("one");
    secret.apply(source.table()).await;
    source.set("two");
    let desired = secret.spec(source.table());
    let live = secret.read(Some(&desired)).await.unwrap().unwrap();
    let from = live.spec.version_id.clone();
    let put: Call = serde_json::from_value(json!({ "name": "acme/db", "operation": { "put_secret_value": { "value": {
        "source": { "file": source.path }, "version_id": desired.version_id,
    }}}}))
    .unwrap();
    let stage = Operation::UpdateSecretVersionStage { to: from.clone().unwrap(), from: desired.version_id.clone() };
    let create = Secret::steps(Change::Create { desired: &desired }).remove(0).call;
    let mut other = create.clone();
    other.name = "acme/other".to_owned();
    for operation in [
        put.operation,
        stage,
        Operation::CancelRotateSecret,
        Operation::DeleteResourcePolicy,
        Operation::RemoveRegionsFromReplication { regions: vec!["us-west-2".to_owned()] },
        Operation::UntagResource { keys: vec!["missing".to_owned()] },
        Operation::DeleteSecret { recovery_window_in_days: 7 },
        Operation::RestoreSecret,
        other.operation,
    ] {
        let creating = matches!(operation, Operation::CreateSecret { .. });
        let name = if creating { "acme/other" } else { "acme/db" }.to_owned();
        for _ in 0..2 {
            let call = Call { name: name.clone(), operation: operation.clone() };
            Secret::run(&driver.aws, &secret.scope, call, &mut Progress::default())
                .await
                .unwrap_or_else(|error| panic!("{operation:?}: {error}"));
        }
    }
}

#[tokio::test]
async fn somebody_elses_secret_is_not_taken_even_if_it_is_about_to_be_deleted() {
    let driver = Driver::new().await;
    let mut theirs = driver.resource::<Secret>("theirs");
    theirs.apply(json!({ "name": "shared" })).await;
    let mut ours = driver.resource::<Secret>("ours");
    let desired = ours.spec(json!({ "name": "shared" }));
    let steps = Secret::steps(Change::Create { desired: &desired });
    let error = ours.run(steps.clone()).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);

    theirs.delete(false).await;
    let live = ours.read(Some(&desired)).await.unwrap().unwrap();
    assert_eq!(live.id, "shared (scheduled for deletion)");
    assert!(!ownership::is_ours(&live.tags, &ours.scope.environment, &ours.scope.address));
}

#[tokio::test]
async fn a_secret_is_found_by_its_tags() {
    let driver = Driver::new().await;
    let mut secret = driver.resource::<Secret>("db");
    // An address that begins with the other one.
    driver.resource::<Secret>("db2").apply(json!({ "name": "other" })).await;
    let find = async |scope| Secret::find(&driver.aws, &scope).await.unwrap();
    assert_eq!(find(secret.scope.clone()).await, None);
    secret.apply(json!({ "name": "acme/db" })).await;
    assert_eq!(find(secret.scope.clone()).await.as_deref(), Some("acme/db"));
    assert_eq!(find(driver.in_region("us-west-2").scope::<Secret>("db")).await, None);
    secret.delete(false).await;
    assert_eq!(find(secret.scope.clone()).await.as_deref(), Some("acme/db"), "also one that is pending deletion");
}

/// Any secret, its value coming from one of these files if from any.
fn any_secret(files: Vec<PathBuf>) -> impl Strategy<Value = Value> {
    let value = prop_oneof![
        Just(None),
        prop::sample::select(files).prop_map(|file| Some(json!({ "file": file }))),
        Just(Some(json!({ "generate": { "exclude_punctuation": true } }))),
    ];
    let key = || prop_oneof![Just(String::new()), Just("arn:aws:kms:us-east-1:123456789012:key/1234".to_owned())];
    let rotation = prop_oneof![
        3 => Just(json!({})),
        1 => (1..1000_i64).prop_map(|days| json!({ "lambda_arn": LAMBDA, "automatically_after_days": days })),
        1 => Just(json!({ "lambda_arn": LAMBDA, "schedule_expression": "cron(0 16 1,15 * ? *)", "duration": "3h" })),
    ];
    let policy = prop_oneof![
        Just(json!({})),
        "[A-Z][a-z]{1,5}".prop_map(|sid| json!({ "Version": "2012-10-17", "Statement": [{
            "Sid": sid, "Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*",
            "Principal": { "AWS": "arn:aws:iam::123456789012:root" },
        }]})),
    ];
    let replicas = prop::collection::btree_map(prop::sample::select(vec!["us-west-2", "eu-west-1"]), key(), 0..3);
    let tags = prop::collection::btree_map("[A-Z][a-z]{0,8}", "[a-z0-9 ]{0,12}", 0..3);
    let description = "[A-Za-z ]{0,20}";
    (description, key(), 7..31, policy, rotation, replicas, value, tags).prop_map(
        |(description, key, window, policy, rotation, replicas, value, tags)| {
            let replicas: Vec<Value> =
                replicas.into_iter().map(|(region, key)| json!({ "region": region, "kms_key": key })).collect();
            let mut table = json!({
                "description": description, "kms_key": key, "recovery_window_in_days": window, "policy": policy,
                "rotation": rotation, "replicas": replicas, "tags": tags,
            });
            if let Some(value) = value {
                table["value"] = value;
            }
            table
        },
    )
}

#[tokio::test]
async fn any_secret_becomes_any_other() {
    let driver = Driver::new().await;
    let values = [Source::new("one"), Source::new("two")];
    let files = || values.iter().map(|value| value.path.clone()).collect::<Vec<_>>();
    let mut pairs = generated((any_secret(files()), any_secret(files())), 24);
    for (number, (first, second)) in pairs.iter_mut().enumerate() {
        let name = json!(format!("acme/{number}"));
        (first["name"], second["name"]) = (name.clone(), name);
    }
    hold::<Secret>(&driver, pairs).await;
}
