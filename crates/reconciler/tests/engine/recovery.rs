//! Lost answers, crashes, and reads that lag.

use std::sync::Arc;
use std::time::Duration;

use provision_reconciler::execute::Permit;
use provision_reconciler::plan::{Action, Intent, Reason};
use provision_testkit::memory::{Crash, Fault};
use serde_json::json;

use crate::bench::Bench;
use crate::file::{File, address};
use crate::lifecycle::whole;

fn key() -> File {
    File::default().with("memory_key.a", json!({}))
}

fn table() -> File {
    File::default().with("memory_table.a", json!({ "name": "a" }))
}

#[tokio::test(start_paused = true)]
async fn a_creation_without_an_answer_is_looked_for_and_not_repeated() {
    let mut bench = Bench::new();
    bench.cloud.lag(Duration::from_secs(4));
    bench.cloud.fault("memory:CreateKey", Fault::LostAnswer);
    bench.apply(&key()).await;
    bench.assert_settled(&key()).await;
}

/// That a look failed says nothing about whether it is there.
#[tokio::test(start_paused = true)]
async fn a_look_that_fails_is_not_an_absence() {
    for failures in 1..=4 {
        let mut bench = Bench::new();
        bench.cloud.fault("memory:CreateKey", Fault::LostAnswer);
        for _ in 0..failures {
            bench.cloud.fault("memory:GetResources", Fault::Throttled);
        }
        let (plan, observation) = bench.try_plan(&key()).await.unwrap();
        let outcome = bench.execute(&plan, &observation).await;
        // Four looks; after four failures nobody knows, and the next run looks again.
        assert_eq!(outcome.is_complete(), failures < 4, "{:?}", outcome.failed);
        assert_eq!(bench.cloud.objects().len(), 1);
        bench.recover = !outcome.is_complete();
        bench.apply(&key()).await;
        bench.recover = false;
        bench.assert_settled(&key()).await;
    }
}

/// Interrupted between the creation and its answer, and run again at once (found by storm 3779).
#[tokio::test(start_paused = true)]
async fn recovering_at_once_still_sees_what_was_made() {
    let mut bench = Bench::new();
    bench.cloud.lag(Duration::from_secs(3));
    let (plan, observation) = bench.try_plan(&key()).await.unwrap();
    bench.cloud.crash(Crash { after_calls: 0, carried_out: true });
    let (_sender, permit) = Permit::new();
    assert!(bench.run(&plan, &observation, permit).await.is_none());
    bench.cloud.restart();
    bench.recover = true;
    bench.apply(&key()).await;
    bench.recover = false;
    bench.assert_settled(&key()).await;
}

#[tokio::test(start_paused = true)]
async fn a_request_that_was_lost_is_made_again() {
    let mut bench = Bench::new();
    bench.cloud.fault("memory:CreateKey", Fault::LostRequest);
    let (plan, observation) = bench.try_plan(&key()).await.unwrap();
    let outcome = bench.execute(&plan, &observation).await;
    assert!(outcome.is_complete());
    assert_eq!(outcome.calls, 3);
    bench.assert_settled(&key()).await;
}

#[tokio::test(start_paused = true)]
async fn a_second_lost_answer_is_looked_for_too() {
    let mut bench = Bench::new();
    bench.cloud.fault("memory:CreateKey", Fault::LostRequest);
    bench.cloud.fault("memory:CreateKey", Fault::LostAnswer);
    let (plan, observation) = bench.try_plan(&key()).await.unwrap();
    assert!(bench.execute(&plan, &observation).await.is_complete());
    bench.assert_settled(&key()).await;
}

#[tokio::test(start_paused = true)]
async fn a_named_creation_without_an_answer_is_adopted() {
    for lag in [0, 4] {
        let mut bench = Bench::new();
        bench.cloud.lag(Duration::from_secs(lag));
        bench.cloud.fault("memory:CreateTable", Fault::LostAnswer);
        let (plan, observation) = bench.try_plan(&table()).await.unwrap();
        assert!(bench.execute(&plan, &observation).await.is_complete());
        bench.assert_settled(&table()).await;
    }
}

/// The identity of what was made is known from the plan, whose secrets are sealed.
#[tokio::test(start_paused = true)]
async fn a_creation_with_a_secret_is_adopted() {
    let file = File::default().with("memory_bucket.a", json!({ "name": "a", "password": "hunter2" }));
    let mut bench = Bench::new();
    bench.cloud.fault("memory:CreateBucket", Fault::LostAnswer);
    let (plan, observation) = bench.try_plan(&file).await.unwrap();
    let outcome = bench.execute(&plan, &observation).await;
    assert!(outcome.is_complete(), "{:?}", outcome.failed);
    bench.assert_settled(&file).await;
}

#[tokio::test(start_paused = true)]
async fn what_appeared_under_the_name_meanwhile_is_not_adopted() {
    let mut bench = Bench::new();
    let (plan, observation) = bench.try_plan(&table()).await.unwrap();
    let mut other = Bench::new();
    other.cloud = bench.cloud.clone();
    other.registry = bench.registry.clone();
    other.apply(&table()).await;
    other.cloud.tamper("a", |object| {
        object.tags.insert("provision:operation".to_owned(), "somebody-else".to_owned());
    });
    let outcome = bench.execute(&plan, &observation).await;
    assert_eq!(outcome.failed[&address("memory_table.a")].error.code.as_deref(), Some("ResourceExistsException"));
    assert!(bench.records.is_empty());
}

/// A crash at every call of a first run, before it and after it: the next run makes exactly what is missing.
#[tokio::test(start_paused = true)]
async fn a_crash_at_any_call_loses_nothing() {
    let calls = {
        let mut bench = Bench::new();
        bench.apply(&whole()).await;
        bench.cloud.calls().len()
    };
    for after_calls in 0..calls {
        for carried_out in [false, true] {
            let mut bench = Bench::new();
            let (plan, observation) = bench.try_plan(&whole()).await.unwrap();
            bench.cloud.crash(Crash { after_calls, carried_out });
            let (_sender, permit) = Permit::new();
            let outcome = bench.run(&plan, &observation, permit).await;
            assert!(outcome.is_none(), "no crash at {after_calls}");
            assert!(bench.cloud.restart());
            bench.recover = true;
            bench.apply(&whole()).await;
            bench.recover = false;
            bench.assert_settled(&whole()).await;
        }
    }
}

/// What a run sent with its last breath is carried out while the next one looks: a name must not be refused, and what has none not be
/// made twice (found by killing applies of staging under load).
#[tokio::test(start_paused = true)]
async fn what_arrives_after_its_sender_died_is_taken() {
    let bucket = File::default().with("memory_bucket.a", json!({ "name": "a" }));
    for (file, milliseconds) in
        [bucket, key()].iter().flat_map(|file| (0..2000).step_by(50).map(move |time| (file, time)))
    {
        let mut bench = Bench::new();
        bench.apply(file).await;
        let sent = bench.cloud.objects().pop().unwrap();
        let mut bench = Bench::new();
        bench.cloud.latency(Duration::from_millis(100));
        let (plan, observation) = bench.try_plan(file).await.unwrap();
        bench.cloud.crash(Crash { after_calls: 0, carried_out: false });
        assert!(bench.run(&plan, &observation, Permit::new().1).await.is_none());
        assert!(bench.cloud.restart());
        let cloud = Arc::clone(&bench.cloud);
        let arrival = tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            cloud.plant(sent);
        });
        bench.recover = true;
        bench.apply(file).await;
        bench.recover = false;
        arrival.await.unwrap();
        assert_eq!(bench.cloud.objects().len(), 1, "arrived after {milliseconds} ms");
        bench.assert_settled(file).await;
    }
}

/// Somebody deleted it; the run that made it again crashed; the state still has the id of the first.
#[tokio::test(start_paused = true)]
async fn a_record_of_what_is_gone_does_not_hide_what_was_made_since() {
    let mut bench = Bench::new();
    bench.apply(&key()).await;
    bench.cloud.vanish("memory_key.a");
    let (plan, observation) = bench.try_plan(&key()).await.unwrap();
    bench.cloud.crash(Crash { after_calls: 0, carried_out: true });
    let (_sender, permit) = Permit::new();
    assert!(bench.run(&plan, &observation, permit).await.is_none());
    bench.cloud.restart();
    bench.recover = true;
    bench.apply(&key()).await;
    bench.recover = false;
    bench.assert_settled(&key()).await;
}

/// The same where the file also moved it to another region: it is not where the state says, and is not to be moved again (found by
/// storm 3586).
#[tokio::test(start_paused = true)]
async fn what_was_made_in_another_region_is_found_there() {
    for destroy in [false, true] {
        let moved = key().moved("memory_key.a", "eu-west-1");
        let mut bench = Bench::new();
        bench.apply(&key()).await;
        bench.cloud.vanish("memory_key.a");
        let (plan, observation) = bench.try_plan(&moved).await.unwrap();
        bench.cloud.crash(Crash { after_calls: 0, carried_out: true });
        let (_sender, permit) = Permit::new();
        assert!(bench.run(&plan, &observation, permit).await.is_none());
        bench.cloud.restart();
        bench.recover = true;
        if destroy {
            bench.options.intent = Intent::Destroy;
            bench.apply(&moved).await;
            assert_eq!(bench.cloud.objects().len(), 0);
        } else {
            let plan = bench.apply(&moved).await;
            assert_eq!(plan.changes[&address("memory_key.a")].action, Action::Update);
            bench.recover = false;
            bench.assert_settled(&moved).await;
        }
    }
}

/// Made, recorded as unfinished, and not to be seen yet: not an absence.
#[tokio::test(start_paused = true)]
async fn what_cannot_be_seen_yet_is_not_made_again() {
    let mut bench = Bench::new();
    bench.cloud.lag(Duration::from_secs(3));
    // The wait for it fails.
    bench.cloud.fault("memory:DescribeKeys", Fault::Throttled);
    let plan = {
        let (plan, observation) = bench.try_plan(&key()).await.unwrap();
        let outcome = bench.execute(&plan, &observation).await;
        assert!(!outcome.is_complete());
        bench.plan(&key()).await
    };
    let change = &plan.changes[&address("memory_key.a")];
    assert_eq!((change.action, change.reason), (Action::Update, Reason::Differs));
    bench.apply(&key()).await;
    bench.assert_settled(&key()).await;
    // Nor is it forgotten when the file no longer has it.
    let mut bench = Bench::new();
    bench.cloud.lag(Duration::from_secs(3));
    bench.cloud.fault("memory:DescribeKeys", Fault::Throttled);
    let (plan, observation) = bench.try_plan(&key()).await.unwrap();
    bench.execute(&plan, &observation).await;
    bench.apply(&File::default()).await;
    bench.assert_settled(&File::default()).await;
}
