//! Creations in two: what others need of a resource, and what can wait.

use provision_config::Address;
use provision_reconciler::execute::{Event, Permit};
use provision_reconciler::plan::Plan;
use provision_testkit::memory::Crash;
use serde_json::json;

use crate::bench::Bench;
use crate::file::{File, address};

/// A bucket that is logged to another one, which is encrypted; and a note about the first.
fn logged() -> File {
    File::default()
        .with("memory_key.main", json!({ "description": "main" }))
        .with("memory_bucket.logs", json!({ "name": "logs", "key": "${memory_key.main.arn}" }))
        .with(
            "memory_bucket.data",
            json!({ "name": "data", "logging": { "bucket": "${memory_bucket.logs.endpoint}" } }),
        )
        .with("memory_note.about", json!({ "text": "see ${memory_bucket.data.endpoint}" }))
}

fn data() -> Address {
    address("memory_bucket.data")
}

/// The changes in the order in which their calls began, as `action address`.
fn calls(bench: &Bench) -> Vec<String> {
    let events = bench.events();
    let calls = events.iter().filter_map(|event| match event {
        Event::Step { address, action, .. } => Some(format!("{action} {address}")),
        _ => None,
    });
    calls.collect()
}

fn position(calls: &[String], call: &str) -> usize {
    calls.iter().position(|made| made == call).unwrap_or_else(|| panic!("no {call} in {calls:#?}"))
}

#[tokio::test(start_paused = true)]
async fn what_only_a_completion_needs_is_waited_for_only_then() {
    let mut bench = Bench::new();
    let plan = bench.plan(&logged()).await;
    let change = &plan.changes[&data()];
    assert_eq!(change.after, [].into());
    assert_eq!(change.completion_after, [address("memory_bucket.logs")].into());
    let summaries: Vec<_> = change.steps.iter().map(|step| &step.summary[..]).collect();
    assert_eq!(summaries, ["create the bucket", "set versioning", "set logging"]);
    assert_eq!(change.core, 2);
    bench.apply(&logged()).await;
    let calls = calls(&bench);
    let of = |call: &str| position(&calls, call);
    // It is made while the key is, and logged once the other bucket is there.
    assert!(of("memory:CreateBucket memory_bucket.data") < of("memory:CreateBucket memory_bucket.logs"), "{calls:#?}");
    assert!(of("memory:PutBucketLogging memory_bucket.data") > of("memory:PutBucketVersioning memory_bucket.logs"));
    // Whoever needs it does not wait for that.
    assert!(of("memory:CreateNote memory_note.about") < of("memory:PutBucketLogging memory_bucket.data"), "{calls:#?}");
    bench.assert_settled(&logged()).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_needed_for_another_reason_too_is_waited_for_at_once() {
    let bench = Bench::new();
    let both = logged().edited("memory_bucket.data", "tags", json!({ "Logs": "${memory_bucket.logs.endpoint}" }));
    for file in [both, logged().depending("memory_bucket.data", "memory_bucket.logs")] {
        let change = &bench.plan(&file).await.changes[&data()];
        assert_eq!((&change.after, &change.completion_after), (&[address("memory_bucket.logs")].into(), &[].into()));
        // It is completed last all the same.
        assert_eq!(change.core, change.steps.len() - 1);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_depended_on_is_waited_for_as_a_whole() {
    let mut bench = Bench::new();
    let file = logged().depending("memory_note.about", "memory_bucket.data");
    bench.apply(&file).await;
    let calls = calls(&bench);
    let of = |call: &str| position(&calls, call);
    assert!(of("memory:CreateNote memory_note.about") > of("memory:PutBucketLogging memory_bucket.data"), "{calls:#?}");
    bench.assert_settled(&file).await;
}

#[tokio::test(start_paused = true)]
async fn a_core_alone_and_then_the_rest() {
    let mut bench = Bench::new();
    let (plan, observation) = bench.try_plan(&logged()).await.unwrap();
    let part = plan.cores_of(&[data()].into());
    assert_eq!(part.changes.keys().collect::<Vec<_>>(), [&data()]);
    bench.only_cores = true;
    let first = bench.execute(&part, &observation).await;
    assert!(first.is_complete() && first.finished.is_empty(), "{first:?}");
    let record = first.records[&data()].clone().unwrap();
    assert_eq!(record.spec, None, "it is there, but not finished");
    let mut rest: Plan = plan.clone();
    rest.changes.insert(data(), plan.changes[&data()].resumed(2, record.id, record.outputs));
    assert_eq!(rest.changes[&data()].after, [address("memory_bucket.logs")].into());
    bench.only_cores = false;
    assert!(bench.execute(&rest, &observation).await.is_complete());
    bench.assert_settled(&logged()).await;
}

/// Crashes at every call of it; the next run finishes what there is.
#[tokio::test(start_paused = true)]
async fn a_crash_before_the_completion_is_recovered_from() {
    let all = {
        let mut bench = Bench::new();
        bench.apply(&logged()).await;
        calls(&bench).len()
    };
    for after_calls in 0..all {
        for carried_out in [false, true] {
            let mut bench = Bench::new();
            let (plan, observation) = bench.try_plan(&logged()).await.unwrap();
            bench.cloud.crash(Crash { after_calls, carried_out });
            assert!(bench.run(&plan, &observation, Permit::new().1).await.is_none(), "no crash at {after_calls}");
            assert!(bench.cloud.restart());
            bench.recover = true;
            bench.apply(&logged()).await;
            bench.recover = false;
            bench.assert_settled(&logged()).await;
        }
    }
}
