//! Whose a resource is.

use provision_reconciler::ownership::{ADDRESS, ENVIRONMENT};
use provision_reconciler::plan::{Action, Reason};
use provision_testkit::memory::Object;
use serde_json::json;

use crate::bench::Bench;
use crate::file::{File, REGION, address};
use crate::lifecycle::{applied, whole};

fn bucket() -> File {
    File::default().with("memory_bucket.a", json!({ "name": "a" }))
}

#[tokio::test(start_paused = true)]
async fn what_others_made_is_not_touched() {
    let bench = Bench::new();
    bench.cloud.plant(Object::new("memory_bucket", REGION, "a"));
    let plan = bench.plan(&bucket()).await;
    insta::assert_debug_snapshot!(plan.refusals, @r#"
    [
        Refusal {
            address: Address {
                kind: "memory_bucket",
                name: "a",
                key: None,
            },
            message: "`a` exists already, and this environment did not make it",
            hint: "choose another name in [memory_bucket.a], or give it the tags `provision:environment` and `provision:address` to take it over",
        },
    ]
    "#);
    assert!(plan.changes.is_empty());
    assert_eq!(plan.unchanged, 0);

    bench.cloud.tamper("a", |object| {
        object.tags.insert(ENVIRONMENT.to_owned(), "prod".to_owned());
        object.tags.insert(ADDRESS.to_owned(), "memory_bucket.x".to_owned());
    });
    let plan = bench.plan(&bucket()).await;
    assert_eq!(plan.refusals[0].message, "`a` exists already, and it belongs to memory_bucket.x of environment prod");
}

#[tokio::test(start_paused = true)]
async fn what_carries_our_tags_is_taken_over() {
    let mut bench = Bench::new();
    let mut object = Object::new("memory_bucket", REGION, "a");
    object.tags.insert(ENVIRONMENT.to_owned(), "test".to_owned());
    object.tags.insert(ADDRESS.to_owned(), "memory_bucket.a".to_owned());
    bench.cloud.plant(object);
    let plan = bench.apply(&bucket()).await;
    assert_eq!(plan.changes[&address("memory_bucket.a")].action, Action::Update);
    bench.assert_settled(&bucket()).await;
}

#[tokio::test(start_paused = true)]
async fn a_name_that_another_environment_took_since_is_theirs() {
    let mut bench = applied(&bucket()).await;
    bench.cloud.tamper("a", |object| {
        object.tags.insert(ENVIRONMENT.to_owned(), "prod".to_owned());
    });
    assert_eq!(bench.plan(&bucket()).await.refusals.len(), 1);
    // Neither is it deleted when the file no longer has it.
    bench.apply(&File::default()).await;
    assert_eq!(bench.cloud.mutations(), []);
    assert_eq!(bench.cloud.objects().len(), 1);
    assert!(bench.records.is_empty());
}

/// The refusal of the second creation must not look like a lost answer of its own.
#[tokio::test(start_paused = true)]
async fn two_of_one_name_are_not_one() {
    let file = bucket().with("memory_bucket.b", json!({ "name": "a" }));
    let mut bench = Bench::new();
    let (plan, observation) = bench.try_plan(&file).await.unwrap();
    let outcome = bench.execute(&plan, &observation).await;
    assert_eq!(outcome.failed.len(), 1);
    assert_eq!(bench.records.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn our_tags_are_put_back() {
    let mut bench = applied(&whole()).await;
    bench.cloud.tamper("memory_note.child", |object| object.tags.clear());
    let plan = bench.apply(&whole()).await;
    let paths: Vec<_> =
        plan.changes.values().flat_map(|change| &change.differences).map(|found| &found.path[..]).collect();
    assert_eq!(paths, ["tags[\"provision:address\"]", "tags[\"provision:environment\"]"]);
    bench.assert_settled(&whole()).await;
}

#[tokio::test(start_paused = true)]
async fn a_lost_state_is_found_again_by_tags() {
    let mut bench = applied(&whole()).await;
    bench.records.clear();
    // What has a name is found by it; what has none, only by its tags.
    let plan = bench.plan(&whole()).await;
    assert_eq!(plan.changes[&address("memory_bucket.logs")].action, Action::Adopt);
    assert_eq!(plan.changes[&address("memory_key.main")].action, Action::Create);
    bench.recover = true;
    let plan = bench.apply(&whole()).await;
    for (address, change) in &plan.changes {
        let adopted = (change.action, change.reason) == (Action::Adopt, Reason::Unrecorded);
        // A secret that AWS does not give back cannot be compared, so it is set again.
        assert!(adopted || (change.action == Action::Update && address.name == "data"), "{address}: {change:?}");
    }
    bench.recover = false;
    bench.assert_settled(&whole()).await;
}
