//! Things that are to go: in what order, and what stands in the way.

use std::collections::BTreeMap;

use provision_reconciler::plan::{Action, Intent, Options, Reason};
use serde_json::json;

use crate::bench::Bench;
use crate::file::{File, address};
use crate::lifecycle::{applied, whole};

fn refusals(plan: &provision_reconciler::plan::Plan) -> Vec<String> {
    plan.refusals.iter().map(|refusal| format!("{}: {} / {}", refusal.address, refusal.message, refusal.hint)).collect()
}

#[tokio::test(start_paused = true)]
async fn users_go_before_what_they_use() {
    let mut bench = applied(&whole()).await;
    let file = File::default().with("memory_bucket.logs", json!({ "name": "logs" }));
    let plan = bench.apply(&file).await;
    let deleted: Vec<_> = bench.cloud.mutations().iter().map(|made| made.subject.clone()).collect();
    let position = |name: &str| deleted.iter().position(|subject| subject == name).unwrap();
    assert!(position("memory_note.child") < position("memory_note.readme"));
    assert!(position("memory_note.readme") < position("memory_bucket.data"));
    assert!(position("memory_bucket.data") < position("memory_key.main"));
    assert!(position("memory_table.lock") < position("memory_key.main"));
    assert!(plan.changes.values().all(|change| (change.action, change.reason) == (Action::Delete, Reason::Removed)));
    bench.assert_settled(&file).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_let_go_of_goes_after_its_user_has_changed() {
    let file = whole().with("memory_key.other", json!({}));
    let mut bench = applied(&file).await;
    let file = whole().without("memory_key.main").with("memory_key.other", json!({}));
    let file = file.edited("memory_bucket.data", "key", json!("${memory_key.other.arn}")).edited(
        "memory_table.lock",
        "key",
        json!("${memory_key.other.arn}"),
    );
    let plan = bench.apply(&file).await;
    let key = &plan.changes[&address("memory_key.main")];
    assert_eq!(key.action, Action::Delete);
    assert_eq!(key.after, [address("memory_bucket.data"), address("memory_table.lock")].into());
    bench.assert_settled(&file).await;
}

#[tokio::test(start_paused = true)]
async fn destroying_leaves_nothing() {
    let mut bench = applied(&whole()).await;
    bench.options.intent = Intent::Destroy;
    let plan = bench.apply(&whole()).await;
    assert_eq!(plan.counts().delete, 6);
    assert_eq!(bench.cloud.objects().len(), 0);
    assert!(bench.records.is_empty());
    let again = bench.plan(&whole()).await;
    assert_eq!(again.changes, BTreeMap::new());
}

#[tokio::test(start_paused = true)]
async fn destroying_takes_what_only_its_tags_remember() {
    let mut bench = applied(&whole()).await;
    bench.records.clear();
    bench.recover = true;
    bench.options.intent = Intent::Destroy;
    bench.apply(&whole()).await;
    assert_eq!(bench.cloud.objects().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn buckets_are_emptied_only_when_asked() {
    let file = File::default().with("memory_bucket.a", json!({ "name": "a" }));
    let mut bench = applied(&file).await;
    bench.options.empty_buckets = true;
    let plan = bench.apply(&File::default()).await;
    let steps: Vec<_> = plan.changes.values().flat_map(|change| &change.steps).map(|step| &step.action[..]).collect();
    assert_eq!(steps, ["memory:EmptyBucket", "memory:DeleteBucket"]);
    bench.assert_settled(&File::default()).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_protected_or_holds_data_stays() {
    let file = File::default()
        .with("memory_bucket.a", json!({ "name": "a" }))
        .with("memory_bucket.b", json!({ "name": "b" }))
        .with("memory_note.n", json!({ "text": "no data" }))
        .protected("memory_bucket.a");
    let mut bench = applied(&file).await;
    bench.options = Options::default();

    // Deleting: the file no longer says whether it is protected, so the state does.
    let plan = bench.plan(&File::default()).await;
    insta::assert_debug_snapshot!(refusals(&plan), @r#"
    [
        "memory_bucket.a: it is protected; refusing to delete / set `protect = false` on [memory_bucket.a], apply, then try again",
        "memory_bucket.b: it holds data; refusing to delete / add `--delete-data` if the data may be lost",
    ]
    "#);

    // Replacing.
    let renamed =
        file.clone().edited("memory_bucket.a", "name", json!("a2")).edited("memory_bucket.b", "name", json!("b2"));
    let plan = bench.plan(&renamed).await;
    insta::assert_debug_snapshot!(refusals(&plan), @r#"
    [
        "memory_bucket.a: it is protected; refusing to replace, because AWS cannot change name in place / set `protect = false` on [memory_bucket.a], apply, then try again",
        "memory_bucket.b: it holds data; refusing to replace, because AWS cannot change name in place / add `--delete-data` if the data may be lost",
    ]
    "#);

    // Moving.
    let plan = bench.plan(&file.clone().moved("memory_bucket.b", "eu-west-1")).await;
    insta::assert_debug_snapshot!(refusals(&plan), @r#"
    [
        "memory_bucket.b: it holds data; refusing to replace, because AWS cannot change its region in place / add `--delete-data` if the data may be lost",
    ]
    "#);

    // The person's word is enough where the file does not protect, and never where it does.
    bench.options.delete_data = true;
    let plan = bench.plan(&File::default()).await;
    assert_eq!(plan.refusals.len(), 1);
    bench.options.intent = Intent::Destroy;
    assert_eq!(bench.plan(&file).await.refusals.len(), 1);
    // Taking the protection off in the file is a change of the state alone.
    bench.options.intent = Intent::Apply;
    let open = File::default()
        .with("memory_bucket.a", json!({ "name": "a" }))
        .with("memory_bucket.b", json!({ "name": "b" }))
        .with("memory_note.n", json!({ "text": "no data" }));
    let plan = bench.apply(&open).await;
    assert!(!plan.has_changes());
    assert_eq!(bench.plan(&File::default()).await.refusals, []);
}

#[tokio::test(start_paused = true)]
async fn what_is_gone_from_both_is_forgotten() {
    let mut bench = applied(&whole()).await;
    bench.cloud.vanish("memory_note.child");
    let file = whole().without("memory_note.child");
    let plan = bench.apply(&file).await;
    assert_eq!(plan.changes[&address("memory_note.child")].action, Action::Forget);
    assert!(!plan.has_changes());
    bench.assert_settled(&file).await;
}

#[tokio::test(start_paused = true)]
async fn a_use_that_was_turned_round_makes_no_deadlock() {
    let file = File::default()
        .with("memory_note.a", json!({ "text": "a" }))
        .with("memory_note.b", json!({ "text": "b" }))
        .depending("memory_note.a", "memory_note.b");
    let mut bench = applied(&file).await;
    // An interrupted run leaves the records of both directions.
    bench.records.get_mut(&address("memory_note.b")).unwrap().dependencies.insert(address("memory_note.a"));
    bench.options.intent = Intent::Destroy;
    bench.apply(&file).await;
    assert_eq!(bench.cloud.objects().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_deletion_whose_answer_was_lost_is_done() {
    let file = File::default().with("memory_note.a", json!({ "text": "a" }));
    let mut bench = Bench::new();
    bench.apply(&file).await;
    let (plan, observation) = bench.try_plan(&File::default()).await.unwrap();
    // Somebody was faster.
    bench.cloud.vanish("memory_note.a");
    let outcome = bench.execute(&plan, &observation).await;
    assert!(outcome.is_complete(), "{outcome:?}");
    assert!(bench.records.is_empty());
}
