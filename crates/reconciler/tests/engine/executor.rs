//! What runs when, and what stops it.

use std::collections::BTreeSet;
use std::time::Duration;

use provision_reconciler::execute::{Event, Permit, Standing};
use provision_testkit::memory::Fault;
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::bench::Bench;
use crate::file::{File, address};

fn tables(count: usize) -> File {
    let mut file = File::default();
    for index in 0..count {
        file.set(&format!("memory_table.t{index:02}"), json!({ "name": format!("t{index}") }));
    }
    file
}

#[tokio::test(start_paused = true)]
async fn independent_work_runs_together() {
    let mut bench = Bench::new();
    bench.cloud.slowness(Duration::from_secs(10));
    let start = Instant::now();
    bench.apply(&tables(8)).await;
    assert!(start.elapsed() < Duration::from_secs(12), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn no_more_of_a_service_at_once_than_it_bears() {
    let mut bench = Bench::new();
    bench.cloud.slowness(Duration::from_secs(10));
    let start = Instant::now();
    bench.apply(&tables(11)).await;
    assert!(start.elapsed() >= Duration::from_secs(20), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn the_longest_pole_goes_first() {
    // Twelve short ones, and one at the end of the alphabet that a slow table waits for.
    let mut file = File::default();
    for index in 0..12 {
        file.set(&format!("memory_note.a{index:02}"), json!({ "text": "short" }));
    }
    file.set("memory_note.z", json!({ "text": "first" }));
    file.set("memory_table.slow", json!({ "name": "slow" }));
    let file = file.depending("memory_table.slow", "memory_note.z");
    let mut bench = Bench::new();
    bench.apply(&file).await;
    assert_eq!(bench.cloud.mutations()[0].subject, "memory_note.z");
}

#[tokio::test(start_paused = true)]
async fn a_failure_stops_only_what_waits_for_it() {
    let file = File::default()
        .with("memory_key.a", json!({}))
        .with("memory_bucket.a", json!({ "name": "a", "key": "${memory_key.a.arn}" }))
        .with("memory_note.a", json!({ "text": "${memory_bucket.a.endpoint}" }))
        .with("memory_bucket.b", json!({ "name": "b" }))
        .with("memory_note.b", json!({ "text": "${memory_bucket.b.endpoint}" }));
    let mut bench = Bench::new();
    bench.cloud.fault("memory:CreateKey", Fault::Refused);
    let (plan, observation) = bench.try_plan(&file).await.unwrap();
    let outcome = bench.execute(&plan, &observation).await;
    assert_eq!(outcome.failed.keys().cloned().collect::<Vec<_>>(), [address("memory_key.a")]);
    let failure = &outcome.failed[&address("memory_key.a")];
    assert_eq!(
        failure.to_string(),
        "failed to create the key: memory:CreateKey failed: ValidationException: a fault of the test"
    );
    assert_eq!(outcome.skipped, [address("memory_bucket.a"), address("memory_note.a")].into());
    assert_eq!(outcome.finished, [address("memory_bucket.b"), address("memory_note.b")].into());
    let because = bench.events().into_iter().filter_map(|event| match event {
        Event::Skipped { address, because } => Some((address.to_string(), because)),
        _ => None,
    });
    assert_eq!(
        because.collect::<Vec<_>>(),
        [
            ("memory_bucket.a".to_owned(), BTreeSet::from([address("memory_key.a")])),
            ("memory_note.a".to_owned(), BTreeSet::from([address("memory_bucket.a")])),
        ]
    );
    bench.apply(&file).await;
    bench.assert_settled(&file).await;
}

#[tokio::test(start_paused = true)]
async fn a_failed_step_leaves_the_resource_recorded_as_unfinished() {
    let file = File::default().with("memory_bucket.a", json!({ "name": "a", "origins": ["x"] }));
    let mut bench = Bench::new();
    bench.cloud.fault("memory:PutBucketOrigins", Fault::Refused);
    let (plan, observation) = bench.try_plan(&file).await.unwrap();
    bench.execute(&plan, &observation).await;
    let record = &bench.records[&address("memory_bucket.a")];
    assert_eq!((&record.id[..], &record.spec), ("a", &None));
    let plan = bench.apply(&file).await;
    assert_eq!(plan.counts().calls, 1, "only what is missing: {plan:?}");
    bench.assert_settled(&file).await;
}

#[tokio::test(start_paused = true)]
async fn an_interruption_lets_finish_and_begins_nothing() {
    let file = File::default()
        .with("memory_bucket.a", json!({ "name": "a", "origins": ["x"] }))
        .with("memory_note.a", json!({ "text": "${memory_bucket.a.endpoint}" }));
    let mut bench = Bench::new();
    bench.cloud.latency(Duration::from_secs(2));
    let (plan, observation) = bench.try_plan(&file).await.unwrap();
    bench.cloud.forget_calls();
    let (sender, permit) = Permit::new();
    tokio::spawn(async move {
        sleep(Duration::from_secs(1)).await;
        sender.send_replace(Standing::Interrupted);
        // The sender going away changes nothing.
    });
    let start = Instant::now();
    let outcome = bench.execute_with(&plan, &observation, permit).await;
    assert!(start.elapsed() <= Duration::from_secs(5), "{:?}", start.elapsed());
    assert_eq!(bench.cloud.mutations().len(), 1);
    assert_eq!(outcome.skipped, [address("memory_bucket.a"), address("memory_note.a")].into());
    // The creation that was under way is recorded.
    assert_eq!(bench.records[&address("memory_bucket.a")].spec, None);
    bench.cloud.latency(Duration::ZERO);
    bench.apply(&file).await;
    bench.assert_settled(&file).await;
}

/// Four seconds in all: the call and the wait for what it began do not get four seconds each.
#[tokio::test(start_paused = true)]
async fn what_takes_longer_than_the_grace_is_left() {
    let file = tables(1);
    let mut bench = Bench::new();
    bench.cloud.slowness(Duration::from_secs(100));
    bench.cloud.latency(Duration::from_secs(6));
    let (plan, observation) = bench.try_plan(&file).await.unwrap();
    let (sender, permit) = Permit::new();
    let withdrawn = tokio::spawn(async move {
        sleep(Duration::from_secs(3)).await;
        sender.send_replace(Standing::Interrupted);
        let at = Instant::now();
        std::future::pending::<()>().await;
        at
    });
    let start = Instant::now();
    let outcome = bench.execute_with(&plan, &observation, permit).await;
    assert_eq!(start.elapsed().as_secs(), 7);
    assert_eq!(outcome.skipped, [address("memory_table.t00")].into());
    assert!(bench.records.contains_key(&address("memory_table.t00")));
    withdrawn.abort();
    bench.cloud.latency(Duration::ZERO);
    sleep(Duration::from_secs(100)).await;
    bench.recover = true;
    bench.apply(&file).await;
    bench.recover = false;
    bench.assert_settled(&file).await;
}

#[tokio::test(start_paused = true)]
async fn a_lost_lease_makes_no_further_call() {
    // The answer of the creation is lost, and the lease with it: the second attempt must not be made.
    let file = File::default().with("memory_key.a", json!({})).with("memory_key.b", json!({}));
    // The looks for it end after 7.5 s.
    for (standing, at, elapsed) in
        [(Standing::LeaseLost, 1, 1), (Standing::Interrupted, 1, 5), (Standing::Interrupted, 7, 7)]
    {
        let mut bench = Bench::new();
        bench.cloud.fault("memory:CreateKey", Fault::LostRequest);
        bench.cloud.fault("memory:CreateKey", Fault::LostRequest);
        let (plan, observation) = bench.try_plan(&file).await.unwrap();
        let (sender, permit) = Permit::new();
        tokio::spawn(async move {
            sleep(Duration::from_secs(at)).await;
            sender.send_replace(standing);
        });
        let start = Instant::now();
        let outcome = bench.execute_with(&plan, &observation, permit).await;
        assert_eq!(start.elapsed().as_secs(), elapsed);
        assert_eq!(bench.cloud.mutations().len(), 2);
        assert_eq!((outcome.failed.len(), outcome.skipped.len()), (0, 2));
    }
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_ran_out_unnoticed_begins_nothing() {
    let file = tables(2);
    let mut bench = Bench::new();
    let (plan, observation) = bench.try_plan(&file).await.unwrap();
    let (_sender, permit) = Permit::new();
    let outcome = bench.execute_with(&plan, &observation, permit.while_leased(|| false)).await;
    assert_eq!(bench.cloud.mutations(), []);
    assert_eq!(outcome.skipped.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_is_deleted_has_no_outputs_any_more() {
    let mut bench = Bench::new();
    bench.apply(&tables(2)).await;
    let file = tables(1);
    let (plan, observation) = bench.try_plan(&file).await.unwrap();
    let outcome = bench.execute(&plan, &observation).await;
    assert_eq!(outcome.outputs.keys().cloned().collect::<Vec<_>>(), [address("memory_table.t00")]);
}
