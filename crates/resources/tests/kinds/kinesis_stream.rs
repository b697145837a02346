//! The life of a Kinesis stream.

use provision_reconciler::{Change, ErrorClass, Kind, Progress, Scope, Target};
use provision_resources::kinesis_stream::{Call, KinesisStream, Operation, StreamMode};
use serde_json::json;

use crate::driver::Driver;

const CREATE: &str = "kinesis:CreateStream";
const ENCRYPT: &str = "kinesis:StartStreamEncryption";
const LONGER: &str = "kinesis:IncreaseStreamRetentionPeriod";
const SHORTER: &str = "kinesis:DecreaseStreamRetentionPeriod";
const SHARDS: &str = "kinesis:UpdateShardCount";
const MODE: &str = "kinesis:UpdateStreamMode";

fn nothing() -> [&'static str; 0] {
    []
}

async fn key(driver: &Driver) -> String {
    let clients = driver.aws.region("us-east-1").await;
    let key = clients.kms().create_key().send().await.unwrap();
    key.key_metadata().unwrap().arn().unwrap().to_owned()
}

#[tokio::test]
async fn a_stream_with_defaults_is_made_read_back_and_deleted() {
    let driver = Driver::new().await;
    let mut stream = driver.resource::<KinesisStream>("events");
    let bare = json!({ "name": "events" });
    let desired = stream.spec(bare.clone());
    assert!(stream.read(Some(&desired)).await.unwrap().is_none());
    assert_eq!(stream.apply(bare.clone()).await, [CREATE, ENCRYPT, LONGER]);
    assert_eq!(stream.apply(bare.clone()).await, nothing());
    assert_eq!(stream.read(None).await.unwrap().unwrap().spec, desired, "every default is what AWS then has");
    assert_eq!(stream.delete(false).await, ["kinesis:DeleteStream"]);
    assert_eq!(stream.apply(bare).await, [CREATE, ENCRYPT, LONGER], "the name can be used again");
}

#[tokio::test]
async fn every_mutable_field_is_changed_and_changed_back() {
    let driver = Driver::new().await;
    let mut stream = driver.resource::<KinesisStream>("events");
    let first = json!({ "name": "events", "kms_key": "NONE", "retention_period_hours": 24, "shard_count": 2 });
    assert_eq!(stream.apply(first.clone()).await, [CREATE]);

    let (one, two) = (key(&driver).await, key(&driver).await);
    let mut changed = first.clone();
    for (field, value, actions) in [
        ("kms_key", json!(one), &[ENCRYPT][..]),
        ("kms_key", json!(two), &[ENCRYPT]),
        ("retention_period_hours", json!(8760), &[LONGER]),
        ("retention_period_hours", json!(48), &[SHORTER]),
        ("shard_level_metrics", json!(["OutgoingBytes", "IncomingBytes"]), &["kinesis:EnableEnhancedMonitoring"]),
        (
            "shard_level_metrics",
            json!(["IncomingBytes", "IteratorAgeMilliseconds"]),
            &["kinesis:DisableEnhancedMonitoring", "kinesis:EnableEnhancedMonitoring"],
        ),
        ("shard_count", json!(9), &[SHARDS, SHARDS, SHARDS]),
        ("shard_count", json!(1), &[SHARDS, SHARDS, SHARDS, SHARDS]),
        ("tags", json!({ "a": "1", "b": "2" }), &["kinesis:AddTagsToStream"]),
        ("tags", json!({ "b": "3" }), &["kinesis:AddTagsToStream", "kinesis:RemoveTagsFromStream"]),
    ] {
        changed[field] = value;
        assert_eq!(stream.apply(changed.clone()).await, actions, "{field}");
    }
    assert_eq!(
        stream.apply(first.clone()).await,
        [
            "kinesis:StopStreamEncryption",
            SHORTER,
            "kinesis:RemoveTagsFromStream",
            "kinesis:DisableEnhancedMonitoring",
            SHARDS,
        ]
    );
    assert_eq!(stream.apply(first).await, nothing());
}

#[tokio::test]
async fn a_full_stream_is_made_with_many_tags() {
    let driver = Driver::new().await;
    let mut stream = driver.resource::<KinesisStream>("events");
    let tags: serde_json::Map<_, _> = (0..40).map(|number| (format!("tag-{number}"), json!("x"))).collect();
    let full = json!({
        "name": "events", "shard_count": 5, "kms_key": key(&driver).await, "tags": tags,
        "shard_level_metrics": ["IncomingBytes", "IncomingRecords", "IteratorAgeMilliseconds", "OutgoingBytes",
            "OutgoingRecords", "ReadProvisionedThroughputExceeded", "WriteProvisionedThroughputExceeded"],
    });
    assert_eq!(stream.apply(full.clone()).await, [CREATE, ENCRYPT, LONGER, "kinesis:EnableEnhancedMonitoring"]);
    assert_eq!(stream.apply(full).await, nothing());
}

#[tokio::test]
async fn a_stream_on_demand_becomes_provisioned_and_back() {
    let driver = Driver::new().await;
    let mut stream = driver.resource::<KinesisStream>("events");
    let on_demand = json!({ "name": "events", "stream_mode": "ON_DEMAND" });
    assert_eq!(stream.apply(on_demand.clone()).await, [CREATE, ENCRYPT, LONGER]);
    assert_eq!(stream.apply(on_demand.clone()).await, nothing(), "AWS chose the number of shards");

    // It began with four shards.
    let provisioned = json!({ "name": "events", "shard_count": 1 });
    assert_eq!(stream.apply(provisioned.clone()).await, [MODE, SHARDS, SHARDS]);
    assert_eq!(stream.apply(provisioned).await, nothing());
    assert_eq!(stream.apply(on_demand).await, [MODE]);
}

#[tokio::test]
async fn calls_whose_answer_was_lost_may_be_made_again() {
    let driver = Driver::new().await;
    let mut stream = driver.resource::<KinesisStream>("events");
    let desired = stream.spec(json!({ "name": "events", "kms_key": key(&driver).await, "shard_count": 2 }));
    for _ in 0..2 {
        stream.run(KinesisStream::steps(Change::Create { desired: &desired })).await.unwrap();
    }
    let call = |operation| Call { name: "events".to_owned(), operation };
    for operation in [
        Operation::DecreaseStreamRetentionPeriod { hours: 48 },
        Operation::UpdateShardCount { shard_count: 4 },
        Operation::UpdateStreamMode { stream_mode: StreamMode::OnDemand },
        Operation::StopStreamEncryption { kms_key: desired.kms_key.clone() },
        Operation::RemoveTagsFromStream { keys: vec!["missing".to_owned()] },
        Operation::DeleteStream,
    ] {
        for _ in 0..2 {
            let mut progress = Progress::default();
            let call = call(operation.clone());
            KinesisStream::run(&driver.aws, &stream.scope, call.clone(), &mut progress).await.unwrap();
            KinesisStream::settle(&driver.aws, &stream.scope, &call, &mut progress).await.unwrap();
        }
    }
}

#[tokio::test]
async fn what_aws_refuses_is_reported() {
    let driver = Driver::new().await;
    let mut stream = driver.resource::<KinesisStream>("events");
    stream.apply(json!({ "name": "events" })).await;
    let run = async |name: &str, operation: Operation| {
        let call = Call { name: name.to_owned(), operation };
        KinesisStream::run(&driver.aws, &stream.scope, call, &mut Progress::default()).await.unwrap_err()
    };
    let error = run("events", Operation::UpdateShardCount { shard_count: 4 }).await;
    assert_eq!((error.class, error.action.as_str()), (ErrorClass::Refused, SHARDS));
    let error = run("missing", Operation::UpdateShardCount { shard_count: 4 }).await;
    assert_eq!(error.class, ErrorClass::NotFound);
}

#[tokio::test]
async fn a_stream_of_somebody_else_is_not_taken() {
    let driver = Driver::new().await;
    driver.resource::<KinesisStream>("theirs").apply(json!({ "name": "shared" })).await;

    let ours = driver.resource::<KinesisStream>("ours");
    let desired = ours.spec(json!({ "name": "shared" }));
    let call = KinesisStream::steps(Change::Create { desired: &desired }).remove(0).call;
    let mut progress = Progress::default();
    let error = KinesisStream::run(&driver.aws, &ours.scope, call.clone(), &mut progress).await.unwrap_err();
    assert_eq!((error.class, error.action.as_str()), (ErrorClass::AlreadyExists, CREATE));
    insta::assert_snapshot!(error.message, @"the stream shared exists and was not made by this operation");
    assert_eq!(progress.id, None);

    // Nor is one that an earlier operation made for the same address: that is for the engine to find.
    let later = Scope { operation: "op-2".to_owned(), ..driver.scope::<KinesisStream>("theirs") };
    let error = KinesisStream::run(&driver.aws, &later, call, &mut progress).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
}

#[tokio::test]
async fn many_are_read_at_once_and_one_is_found_by_its_tags() {
    let driver = Driver::new().await;
    let mut targets = Vec::new();
    for name in ["one", "two", "missing"] {
        let mut stream = driver.resource::<KinesisStream>(name);
        if name != "missing" {
            stream.apply(json!({ "name": name })).await;
        }
        targets.push(Target { scope: stream.scope.clone(), id: name.to_owned(), desired: None });
    }
    let found = KinesisStream::read(&driver.aws, &targets).await;
    let names: Vec<_> = found.into_iter().map(|live| live.unwrap().map(|live| live.spec.name)).collect();
    assert_eq!(names, [Some("one".to_owned()), Some("two".to_owned()), None]);

    let find = async |name: &str| KinesisStream::find(&driver.aws, &driver.scope::<KinesisStream>(name)).await.unwrap();
    assert_eq!(find("two").await.as_deref(), Some("two"));
    assert_eq!(find("missing").await, None);
}

#[tokio::test]
async fn changes_by_hand_are_seen_and_mended() {
    let driver = Driver::new().await;
    let mut stream = driver.resource::<KinesisStream>("events");
    let spec = json!({ "name": "events", "tags": { "Project": "pipeline" } });
    stream.apply(spec.clone()).await;
    let clients = driver.aws.region("us-east-1").await;
    let kinesis = clients.kinesis();

    let shorter = kinesis.decrease_stream_retention_period().stream_name("events").retention_period_hours(24);
    shorter.send().await.unwrap();
    assert_eq!(stream.apply(spec.clone()).await, [LONGER]);

    kinesis.remove_tags_from_stream().stream_name("events").tag_keys("Project").send().await.unwrap();
    assert_eq!(stream.apply(spec.clone()).await, ["kinesis:AddTagsToStream"]);

    kinesis.delete_stream().stream_name("events").send().await.unwrap();
    assert_eq!(stream.apply(spec).await, [CREATE, ENCRYPT, LONGER]);
}
