//! Plans as data.

use std::collections::BTreeSet;

use provision_reconciler::plan::{Action, Plan};
use serde_json::json;

use crate::bench::Bench;
use crate::file::{File, address};
use crate::lifecycle::{applied, whole};

#[tokio::test(start_paused = true)]
async fn the_same_facts_give_the_same_plan() {
    let mut bench = Bench::new();
    let first = serde_json::to_string(&bench.plan(&whole()).await).unwrap();
    let other = Bench::new();
    assert_eq!(first, serde_json::to_string(&other.plan(&whole()).await).unwrap());
    bench.apply(&whole()).await;
    let edited = whole().edited("memory_key.main", "multi_region", json!(true)).without("memory_note.child");
    let one = serde_json::to_string(&bench.plan(&edited).await).unwrap();
    assert_eq!(one, serde_json::to_string(&bench.plan(&edited).await).unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_plan_survives_its_file() {
    let mut bench = Bench::new();
    for file in [whole(), whole().edited("memory_key.main", "multi_region", json!(true)).without("memory_note.child")] {
        let plan = bench.plan(&file).await;
        let text = serde_json::to_string(&plan).unwrap();
        let read: Plan = serde_json::from_str(&text).unwrap();
        assert_eq!(read, plan);
        // What was read is as good as what was planned.
        let observation = bench.observe(&file).await;
        assert!(bench.execute(&read, &observation).await.is_complete());
        bench.assert_settled(&file).await;
    }
}

#[tokio::test(start_paused = true)]
async fn only_some_and_what_they_wait_for() {
    let bench = Bench::new();
    let plan = bench.plan(&whole()).await;
    let some = plan.cores_of(&[address("memory_bucket.data")].into());
    let kept: Vec<_> = some.changes.keys().map(ToString::to_string).collect();
    assert_eq!(kept, ["memory_bucket.data", "memory_key.main"]);
    assert_eq!(plan.cores_of(&BTreeSet::new()).changes.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_part_of_a_plan_and_then_the_rest() {
    let mut bench = Bench::new();
    let (plan, observation) = bench.try_plan(&whole()).await.unwrap();
    let part = plan.cores_of(&[address("memory_bucket.data")].into());
    let first = bench.execute(&part, &observation).await;
    assert!(first.is_complete());
    let rest = plan.retain(|address| !first.finished.contains(address));
    let mut known = observation;
    for (address, live) in bench.observe(&whole()).await.live {
        known.live.insert(address, live);
    }
    assert!(bench.execute(&rest, &known).await.is_complete());
    bench.assert_settled(&whole()).await;
}

#[tokio::test(start_paused = true)]
async fn counts_tell_who_meets_which_fate() {
    let mut bench = applied(&whole()).await;
    bench.records.remove(&address("memory_bucket.logs"));
    let file = whole()
        .edited("memory_key.main", "multi_region", json!(true))
        .without("memory_note.child")
        .with("memory_note.new", json!({ "text": "new" }));
    let plan = bench.plan(&file).await;
    let counts = plan.counts();
    assert_eq!(
        (counts.create, counts.update, counts.replace, counts.delete, counts.unchanged),
        // The key's users, and who follows the stream that another key makes anew.
        (1, 3, 1, 1, 1),
        "{:?}",
        plan.changes.iter().map(|(address, change)| (address.to_string(), change.action)).collect::<Vec<_>>()
    );
    assert_eq!(counts.calls, plan.changes.values().map(|change| change.steps.len()).sum::<usize>());
    assert_eq!(plan.changes[&address("memory_bucket.logs")].action, Action::Adopt);
}

#[tokio::test(start_paused = true)]
async fn what_could_not_be_read_is_no_absence() {
    let bench = applied(&whole()).await;
    bench.cloud.fault("memory:DescribeBuckets", provision_testkit::memory::Fault::Throttled);
    let error = bench.try_plan(&whole()).await.unwrap_err();
    assert_eq!(error.action, "memory:DescribeBuckets");
}

#[tokio::test(start_paused = true)]
async fn a_plan_reads_each_kind_and_region_once() {
    let file = File::default()
        .with("memory_note.a", json!({ "text": "a" }))
        .with("memory_note.b", json!({ "text": "b" }))
        .with("memory_note.c", json!({ "text": "c" }))
        .moved("memory_note.c", "eu-west-1");
    let bench = applied(&file).await;
    bench.cloud.forget_calls();
    bench.plan(&file).await;
    assert_eq!(bench.cloud.calls().len(), 2);
}

/// One answer too few, and a resource would be taken not to exist.
#[tokio::test(start_paused = true)]
async fn a_target_that_cannot_be_read_fails_all_that_were_asked_with_it() {
    let bench = applied(&whole()).await;
    let mut wanted = bench.wanted(&whole());
    wanted.get_mut(&address("memory_bucket.data")).unwrap().spec = json!({ "no such field": true });
    let observation = provision_reconciler::observe::observe(&bench.registry, bench.subject(&wanted)).await;
    let failed: Vec<_> = observation.failures.keys().map(ToString::to_string).collect();
    assert_eq!(failed, ["memory_bucket.data", "memory_bucket.logs"]);
    assert_eq!(observation.live.len(), 4);
}
