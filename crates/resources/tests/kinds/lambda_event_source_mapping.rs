//! The life of a Lambda event source mapping.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use proptest::prelude::*;
use provision_reconciler::{Change, ErrorClass, Kind, Progress, Scope, Target};
use provision_resources::lambda_event_source_mapping::{Call, LambdaEventSourceMapping};
use provision_resources::lambda_function::LambdaFunction;
use serde_json::{Value, json};

use crate::driver::Driver;
use crate::lambda_function::driver;
use crate::pairs::{generated, hold};
use crate::retries::answering;

const CREATE: &str = "lambda:CreateEventSourceMapping";
const UPDATE: &str = "lambda:UpdateEventSourceMapping";
const DELETE: &str = "lambda:DeleteEventSourceMapping";

fn nothing() -> [&'static str; 0] {
    []
}

/// A function of this name; its ARN.
async fn function(driver: &Driver, name: &str) -> String {
    let mut function = driver.resource::<LambdaFunction>(name);
    function
        .apply(json!({
            "function_name": name, "runtime": "python3.13", "handler": "handler.handler",
            "role": format!("arn:aws:iam::{}:role/pipeline", driver.account),
            "code": { "folder": concat!(env!("CARGO_MANIFEST_DIR"), "/tests/functions/echo") },
        }))
        .await;
    format!("arn:aws:lambda:us-east-1:{}:function:{name}", driver.account)
}

/// A stream of this name; its ARN.
async fn stream(driver: &Driver, name: &str) -> String {
    let clients = driver.aws.region("us-east-1").await;
    clients.kinesis().create_stream().stream_name(name).shard_count(1).send().await.unwrap();
    format!("arn:aws:kinesis:us-east-1:{}:stream/{name}", driver.account)
}

fn queue(driver: &Driver, name: &str) -> String {
    format!("arn:aws:sqs:us-east-1:{}:{name}", driver.account)
}

#[tokio::test]
async fn a_mapping_with_defaults_is_made_read_back_and_deleted() {
    let driver = driver().await;
    let mut mapping = driver.resource::<LambdaEventSourceMapping>("events");
    let function = function(&driver, "pipeline").await;
    let bare = json!({ "function_name": function, "event_source_arn": stream(&driver, "events").await });
    let desired = mapping.spec(bare.clone());
    assert!(mapping.read(Some(&desired)).await.unwrap().is_none());
    assert_eq!(mapping.apply(bare.clone()).await, [CREATE]);
    assert_eq!(mapping.apply(bare.clone()).await, nothing());
    let live = mapping.read(None).await.unwrap().unwrap();
    assert_eq!(live.spec, desired, "every default is what AWS then has");
    assert!(live.outputs.arn.ends_with(&format!(":event-source-mapping:{}", live.outputs.uuid)));

    let by_name = json!({ "function_name": "pipeline", "event_source_arn": bare["event_source_arn"] });
    assert_eq!(mapping.apply(by_name).await, nothing(), "the function may be given by its name");
    assert_eq!(mapping.delete(false).await, [DELETE]);
    assert_eq!(mapping.apply(bare).await, [CREATE]);
}

#[tokio::test]
async fn every_mutable_field_is_changed_and_changed_back() {
    let driver = driver().await;
    let mut mapping = driver.resource::<LambdaEventSourceMapping>("events");
    function(&driver, "pipeline").await;
    let other = function(&driver, "other").await;
    let first = json!({
        "function_name": "pipeline", "event_source_arn": stream(&driver, "events").await,
        "starting_position": "LATEST",
    });
    mapping.apply(first.clone()).await;
    let mut changed = first.clone();
    for (field, value, actions) in [
        ("function_name", json!(other), &[UPDATE][..]),
        ("enabled", json!(false), &[UPDATE]),
        ("batch_size", json!(10), &[UPDATE]),
        ("maximum_batching_window_in_seconds", json!(5), &[UPDATE]),
        ("parallelization_factor", json!(2), &[UPDATE]),
        ("maximum_retry_attempts", json!(3), &[UPDATE]),
        ("maximum_retry_attempts", json!(0), &[UPDATE]),
        ("maximum_record_age_in_seconds", json!(3600), &[UPDATE]),
        ("bisect_batch_on_function_error", json!(false), &[UPDATE]),
        ("function_response_types", json!([]), &[UPDATE]),
        ("on_failure_destination_arn", json!(queue(&driver, "one")), &[UPDATE]),
        ("on_failure_destination_arn", json!(queue(&driver, "two")), &[UPDATE]),
        ("filter_criteria", json!([{ "partitionKey": ["a"] }, { "data": { "kind": ["b"] } }]), &[UPDATE]),
        ("filter_criteria", json!([{ "partitionKey": [{ "prefix": "a" }] }]), &[UPDATE]),
        ("tumbling_window_in_seconds", json!(60), &[UPDATE]),
        ("tags", json!({ "a": "1", "b": "2" }), &["lambda:TagResource"]),
        ("tags", json!({ "b": "3" }), &["lambda:TagResource", "lambda:UntagResource"]),
    ] {
        changed[field] = value;
        assert_eq!(mapping.apply(changed.clone()).await, actions, "{field}");
    }
    assert_eq!(mapping.apply(first.clone()).await, [UPDATE, "lambda:UntagResource"]);
    assert_eq!(mapping.apply(first).await, nothing());
}

#[tokio::test]
async fn one_that_an_attempt_without_an_answer_made_is_kept_and_somebody_elses_is_not() {
    let driver = driver().await;
    let mapping = driver.resource::<LambdaEventSourceMapping>("events");
    let function = function(&driver, "pipeline").await;
    let table = json!({ "function_name": function, "event_source_arn": stream(&driver, "events").await });
    let desired = mapping.spec(table);
    let call = LambdaEventSourceMapping::steps(Change::Create { desired: &desired }).remove(0).call;
    let create = async |scope: &Scope| {
        let mut progress = Progress::default();
        let made = LambdaEventSourceMapping::run(&driver.aws, scope, call.clone(), &mut progress).await;
        made.map(|()| progress.id.unwrap())
    };
    let uuid = create(&mapping.scope).await.unwrap();
    assert_eq!(create(&mapping.scope).await.unwrap(), uuid);

    let theirs = driver.scope::<LambdaEventSourceMapping>("theirs");
    let later = Scope { operation: "op-2".to_owned(), ..mapping.scope.clone() };
    for scope in [theirs, later] {
        let error = create(&scope).await.unwrap_err();
        assert_eq!((error.class, error.action.as_str()), (ErrorClass::AlreadyExists, CREATE));
        assert_eq!(error.hint, Some(format!("import {uuid}, or delete it")));
    }

    for _ in 0..2 {
        let mut progress = Progress { id: Some(uuid.clone()), ..Progress::default() };
        let call = Call::DeleteEventSourceMapping;
        LambdaEventSourceMapping::run(&driver.aws, &mapping.scope, call.clone(), &mut progress).await.unwrap();
        LambdaEventSourceMapping::settle(&driver.aws, &mapping.scope, &call, &mut progress).await.unwrap();
    }
}

#[tokio::test]
async fn many_are_read_at_once_and_one_is_found_by_its_tags() {
    let driver = driver().await;
    let function = function(&driver, "pipeline").await;
    let mut targets = Vec::new();
    for name in ["one", "two"] {
        let mut mapping = driver.resource::<LambdaEventSourceMapping>(name);
        mapping.apply(json!({ "function_name": function, "event_source_arn": stream(&driver, name).await })).await;
        targets.push(Target { scope: mapping.scope.clone(), id: mapping.id.unwrap(), desired: None });
    }
    let missing = "00000000-0000-4000-8000-000000000000".to_owned();
    targets.push(Target { id: missing, ..targets[0].clone() });
    let found = LambdaEventSourceMapping::read(&driver.aws, &targets).await;
    let sources: Vec<_> = found.into_iter().map(|live| live.unwrap().map(|live| live.spec.event_source_arn)).collect();
    assert!(sources[0].as_deref().unwrap().ends_with("/one"));
    assert!(sources[1].as_deref().unwrap().ends_with("/two"));
    assert_eq!(sources[2], None);

    let find = async |name: &str| {
        let scope = driver.scope::<LambdaEventSourceMapping>(name);
        LambdaEventSourceMapping::find(&driver.aws, &scope).await.unwrap()
    };
    assert_eq!(find("two").await.as_ref(), Some(&targets[1].id));
    assert_eq!(find("missing").await, None);
}

#[tokio::test]
async fn changes_by_hand_are_seen_and_mended() {
    let driver = driver().await;
    let mut mapping = driver.resource::<LambdaEventSourceMapping>("events");
    let function = function(&driver, "pipeline").await;
    let table = json!({ "function_name": function, "event_source_arn": stream(&driver, "events").await });
    mapping.apply(table.clone()).await;
    let clients = driver.aws.region("us-east-1").await;
    let lambda = clients.lambda();
    let uuid = mapping.id.clone().unwrap();

    lambda.update_event_source_mapping().uuid(&uuid).enabled(false).send().await.unwrap();
    assert_eq!(mapping.apply(table.clone()).await, [UPDATE]);

    let arn = format!("arn:aws:lambda:us-east-1:{}:event-source-mapping:{uuid}", driver.account);
    lambda.tag_resource().resource(&arn).tags("by", "hand").send().await.unwrap();
    assert_eq!(mapping.apply(table.clone()).await, ["lambda:UntagResource"]);

    lambda.delete_event_source_mapping().uuid(&uuid).send().await.unwrap();
    let desired = mapping.spec(table);
    assert!(mapping.read(Some(&desired)).await.unwrap().is_none());
}

/// A role whose policy was made a moment ago; an answer that was lost.
#[tokio::test]
async fn permissions_that_lambda_does_not_know_yet_are_waited_for_and_a_lost_answer_is_not_repeated() {
    const NO_ACCESS: (u16, &str) = (
        400,
        r#"{"__type":"InvalidParameterValueException","message":"Cannot access stream arn:aws:kinesis:x. Please ensure the role can perform the GetRecords, GetShardIterator, DescribeStream, and ListStreams Actions on your stream in IAM."}"#,
    );
    const MADE: (u16, &str) = (202, r#"{"UUID":"14e0db71-ea90-4a5c-9dd9-2c40a1a8f3f5"}"#);
    const BROKEN: (u16, &str) = (500, r#"{"__type":"ServiceException","message":"oops"}"#);

    let driver = driver().await;
    let mapping = driver.resource::<LambdaEventSourceMapping>("events");
    let desired = mapping.spec(json!({
        "function_name": "pipeline", "event_source_arn": "arn:aws:kinesis:us-east-1:123456789012:stream/events",
    }));
    let call = || LambdaEventSourceMapping::steps(Change::Create { desired: &desired }).remove(0).call;

    let (aws, requests) = answering(&[NO_ACCESS, NO_ACCESS, MADE]).await;
    let mut progress = Progress::default();
    LambdaEventSourceMapping::run(&aws, &mapping.scope, call(), &mut progress).await.unwrap();
    assert_eq!(progress.id.as_deref(), Some("14e0db71-ea90-4a5c-9dd9-2c40a1a8f3f5"));
    assert_eq!(requests.load(Ordering::SeqCst), 3);

    let (aws, requests) = answering(&[BROKEN, MADE]).await;
    let error =
        LambdaEventSourceMapping::run(&aws, &mapping.scope, call(), &mut Progress::default()).await.unwrap_err();
    assert_eq!((error.class, requests.load(Ordering::SeqCst)), (ErrorClass::Ambiguous, 1));
}

#[test]
fn mistakes_are_found_before_anything_is_asked_of_aws() {
    let problems = |field: &str, value: Value| {
        let mut table =
            json!({ "function_name": "f", "event_source_arn": "arn:aws:kinesis:us-east-1:123456789012:stream/s" });
        table[field] = value;
        let problems = LambdaEventSourceMapping::check(&serde_json::from_value(table).unwrap());
        problems.into_iter().map(|problem| format!("{}: {}", problem.pointer, problem.message)).collect::<Vec<_>>()
    };
    assert_eq!(problems("maximum_record_age_in_seconds", json!(60)), nothing());
    assert_eq!(
        problems("maximum_record_age_in_seconds", json!(59)),
        ["/maximum_record_age_in_seconds: Lambda takes -1, or 60 and more"]
    );
    assert_eq!(
        problems("filter_criteria", json!([{ "data": { "a": [1] } }, {}])),
        ["/filter_criteria/1: an empty pattern fits every record"]
    );
}

/// Some of the fields that can be changed, each with some value.
fn fields(driver: &Driver) -> impl Strategy<Value = BTreeMap<String, Value>> {
    let number = |range: std::ops::RangeInclusive<i32>| proptest::option::of(range.prop_map(Value::from));
    let flag = || proptest::option::of(any::<bool>().prop_map(Value::from));
    let choice = |values: Vec<Value>| proptest::option::of(proptest::sample::select(values));
    let patterns = vec![
        json!({ "partitionKey": ["a"] }),
        json!({ "data": { "kind": [{ "prefix": "b" }], "size": [{ "numeric": [">", 5] }] } }),
        json!({ "data": { "kind": [{ "exists": false }] } }),
    ];
    let patterns = proptest::sample::subsequence(patterns, 0..=3).prop_shuffle().prop_map(Value::from);
    let tags = proptest::collection::btree_map("[a-z]{1,6}", "[a-zA-Z0-9 .:/=+@_-]{0,12}", 0..4);
    let functions = ["pipeline", "other"].map(Value::from);
    let arns =
        ["pipeline", "other"].map(|name| json!(format!("arn:aws:lambda:us-east-1:{}:function:{name}", driver.account)));
    let ages = prop_oneof![Just(-1), 60..=604_800_i32].prop_map(Value::from);
    (
        proptest::sample::select([functions, arns].concat()),
        flag(),
        number(1..=10_000),
        number(0..=300),
        number(1..=10),
        number(-1..=10_000),
        proptest::option::of(ages),
        flag(),
        choice(vec![json!([]), json!(["ReportBatchItemFailures"])]),
        choice(vec![json!(""), json!(queue(driver, "one")), json!("arn:aws:s3:::failed")]),
        (proptest::option::of(patterns), number(0..=900), proptest::option::of(tags.prop_map(|tags| json!(tags)))),
    )
        .prop_map(|(function, enabled, batch, window, factor, attempts, age, bisect, types, destination, rest)| {
            let (patterns, tumbling, tags) = rest;
            let fields = [
                ("function_name", Some(function)),
                ("enabled", enabled),
                ("batch_size", batch),
                ("maximum_batching_window_in_seconds", window),
                ("parallelization_factor", factor),
                ("maximum_retry_attempts", attempts),
                ("maximum_record_age_in_seconds", age),
                ("bisect_batch_on_function_error", bisect),
                ("function_response_types", types),
                ("on_failure_destination_arn", destination),
                ("filter_criteria", patterns),
                ("tumbling_window_in_seconds", tumbling),
                ("tags", tags),
            ];
            fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
        })
}

#[tokio::test]
async fn any_mapping_is_read_back_as_it_was_made_and_as_it_was_changed() {
    let driver = driver().await;
    function(&driver, "pipeline").await;
    function(&driver, "other").await;
    let mut pairs = Vec::new();
    for (number, (first, second)) in generated((fields(&driver), fields(&driver)), 24).into_iter().enumerate() {
        // Of its own stream: there is one mapping of a stream to a function.
        let stream = stream(&driver, &format!("pair-{number}")).await;
        let full = |mut fields: BTreeMap<String, Value>| {
            fields.insert("event_source_arn".to_owned(), json!(stream));
            json!(fields)
        };
        pairs.push((full(first), full(second)));
    }
    hold::<LambdaEventSourceMapping>(&driver, pairs).await;
}
