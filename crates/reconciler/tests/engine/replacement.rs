//! What AWS cannot change in place.

use provision_reconciler::plan::{Action, Reason};
use serde_json::{Value, json};

use crate::file::{File, address};
use crate::lifecycle::{applied, whole};

#[tokio::test(start_paused = true)]
async fn an_immutable_field_replaces_and_its_users_follow() {
    let mut bench = applied(&whole()).await;
    let old = bench.records[&address("memory_key.main")].outputs["arn"].clone();
    let file = whole().edited("memory_key.main", "multi_region", json!(true));
    let plan = bench.apply(&file).await;
    let key = &plan.changes[&address("memory_key.main")];
    assert_eq!((key.action, key.deletions()), (Action::Replace, 0..1));
    for user in ["memory_bucket.data", "memory_table.lock"] {
        let change = &plan.changes[&address(user)];
        assert_eq!(change.action, Action::Update);
        assert_eq!(change.differences.iter().map(|found| &found.path[..]).collect::<Vec<_>>(), ["key"]);
    }
    let new = &bench.records[&address("memory_key.main")].outputs["arn"];
    assert_ne!(*new, old);
    assert_eq!(bench.records[&address("memory_bucket.data")].spec.as_ref().unwrap()["key"], *new);
    bench.assert_settled(&file).await;
}

#[tokio::test(start_paused = true)]
async fn a_renamed_bucket_is_known_by_its_predicted_arn() {
    let mut bench = applied(&whole()).await;
    let file = whole().edited("memory_bucket.data", "name", json!("data2"));
    let plan = bench.apply(&file).await;
    let note = &plan.changes[&address("memory_note.readme")];
    let about = note.differences.iter().find(|found| found.path == "about").unwrap();
    // The ARN follows from the name; the endpoint is the cloud's choice.
    assert_eq!(about.desired[1], "arn:memory:bucket/data2");
    assert!(note.differences.iter().any(|found| found.path == "text"));
    bench.assert_settled(&file).await;
}

/// As a VPC with its subnets: the old child must go before the old parent can, and the new parent come before the new child.
#[tokio::test(start_paused = true)]
async fn a_chain_is_replaced_from_both_ends() {
    let file = File::default()
        .with("memory_note.root", json!({ "text": "root" }))
        .with("memory_note.root2", json!({ "text": "root" }))
        .with("memory_note.a", json!({ "text": "a", "parent": "${memory_note.root.id}" }))
        .with("memory_note.b", json!({ "text": "b", "parent": "${memory_note.a.id}" }))
        .with("memory_note.c", json!({ "text": "c", "parent": "${memory_note.b.id}" }))
        .with("memory_note.gone", json!({ "text": "removed from the file", "parent": "${memory_note.a.id}" }));
    let mut bench = applied(&file).await;
    let file = file.without("memory_note.gone").edited("memory_note.a", "parent", json!("${memory_note.root2.id}"));
    let plan = bench.apply(&file).await;
    let calls: Vec<_> =
        bench.cloud.mutations().iter().map(|made| format!("{} {}", made.action, made.subject)).collect();
    insta::assert_debug_snapshot!(calls, @r#"
    [
        "memory:DeleteNote memory_note.c",
        "memory:DeleteNote memory_note.gone",
        "memory:DeleteNote memory_note.b",
        "memory:DeleteNote memory_note.a",
        "memory:CreateNote memory_note.a",
        "memory:CreateNote memory_note.b",
        "memory:CreateNote memory_note.c",
    ]
    "#);
    assert_eq!(plan.cores_of(&[address("memory_note.a")].into()).changes.len(), 4);
    bench.assert_settled(&file).await;
}

#[tokio::test(start_paused = true)]
async fn nothing_is_deleted_in_vain() {
    let mut bench = applied(&whole()).await;
    let file = whole().edited("memory_bucket.data", "name", json!("data2")).with("memory_key.new", json!({})).edited(
        "memory_bucket.data",
        "key",
        json!("${memory_key.new.arn}"),
    );
    bench.cloud.fault("memory:CreateKey", provision_testkit::memory::Fault::Refused);
    let (plan, observation) = bench.try_plan(&file).await.unwrap();
    let outcome = bench.execute(&plan, &observation).await;
    // The new bucket's key could not be made, so the old bucket is still there.
    assert!(outcome.failed.contains_key(&address("memory_key.new")));
    assert!(outcome.skipped.contains(&address("memory_bucket.data")));
    assert!(bench.cloud.objects().iter().any(|object| object.id == "data"));
    bench.apply(&file).await;
    bench.assert_settled(&file).await;
}

#[tokio::test(start_paused = true)]
async fn another_region_is_another_place() {
    let mut bench = applied(&whole()).await;
    let file = whole().moved("memory_table.lock", "eu-west-1");
    let plan = bench.apply(&file).await;
    let change = &plan.changes[&address("memory_table.lock")];
    assert_eq!((change.action, change.reason), (Action::Replace, Reason::Moved));
    assert_eq!(change.old_region.as_deref(), Some("us-east-1"));
    let objects = bench.cloud.objects();
    let tables: Vec<_> = objects.iter().filter(|object| object.kind == "memory_table").collect();
    assert_eq!(tables.iter().map(|table| &table.region[..]).collect::<Vec<_>>(), ["eu-west-1"]);
    bench.assert_settled(&file).await;
}

#[tokio::test(start_paused = true)]
async fn an_update_that_makes_an_output_anew_makes_its_users_wait() {
    let off =
        whole().edited("memory_table.lock", "stream", json!(false)).edited("memory_note.readme", "about", json!([]));
    let mut bench = applied(&off).await;
    let plan = bench.apply(&whole()).await;
    let note = &plan.changes[&address("memory_note.readme")];
    assert_eq!(note.after, [address("memory_table.lock")].into());
    assert!(provision_config::unknown::contains_unknown(&note.differences[0].desired));
    bench.assert_settled(&whole()).await;
    // Another key makes the stream anew: who follows it must not be told the old one.
    let file = whole().edited("memory_table.lock", "key", json!("arn:memory:other"));
    let plan = bench.apply(&file).await;
    assert_eq!(plan.changes[&address("memory_note.readme")].after, [address("memory_table.lock")].into());
    bench.assert_settled(&file).await;
}

#[tokio::test(start_paused = true)]
async fn an_update_whose_output_can_be_told_beforehand_tells_it() {
    let file = whole().edited("memory_note.child", "text", json!("in ${memory_bucket.data.zone}"));
    let mut bench = applied(&file).await;
    let file = file.edited("memory_bucket.data", "zone", json!("b"));
    let plan = bench.apply(&file).await;
    assert_eq!(plan.changes[&address("memory_note.child")].differences[0].desired, "in b");
    bench.assert_settled(&file).await;
}

#[tokio::test(start_paused = true)]
async fn a_reference_to_what_a_resource_does_not_have_is_refused() {
    let file =
        whole().edited("memory_table.lock", "stream", json!(false)).edited("memory_note.readme", "about", json!([]));
    let bench = applied(&file).await;
    let file = file.edited("memory_note.readme", "about", json!(["${memory_table.lock.stream_arn}"]));
    let plan = bench.plan(&file).await;
    let refusals: Vec<_> = plan.refusals.iter().map(|refusal| refusal.message.as_str()).collect();
    assert_eq!(refusals, ["it refers to `memory_table.lock.stream_arn`, which does not exist"]);
}

/// An unset field is nobody's; but what it refers to cannot go while it does.
#[tokio::test(start_paused = true)]
async fn a_reference_that_cannot_be_changed_and_was_taken_out_goes_with_what_it_leads_to() {
    let file = File::default()
        .with("memory_note.root", json!({ "text": "root" }))
        .with("memory_note.a", json!({ "text": "a", "parent": "${memory_note.root.id}" }));
    let alone = File::default().with("memory_note.a", json!({ "text": "a" }));
    // Both at once.
    let mut bench = applied(&file).await;
    let plan = bench.apply(&alone).await;
    let change = &plan.changes[&address("memory_note.a")];
    let paths: Vec<_> = change.differences.iter().map(|found| (&found.path[..], &found.desired)).collect();
    assert_eq!((change.action, paths), (Action::Replace, vec![("parent", &Value::Null)]));
    bench.assert_settled(&alone).await;

    // First the reference, and what it leads to later.
    let mut bench = applied(&file).await;
    let both = alone.clone().with("memory_note.root", json!({ "text": "root" }));
    let plan = bench.apply(&both).await;
    assert!(!plan.has_changes());
    assert_eq!(bench.records[&address("memory_note.a")].dependencies, [address("memory_note.root")].into());
    bench.assert_settled(&both).await;
    let plan = bench.apply(&alone).await;
    assert_eq!(plan.changes[&address("memory_note.a")].action, Action::Replace);
    assert_eq!(bench.records[&address("memory_note.a")].dependencies, [].into());
    bench.assert_settled(&alone).await;
}

/// What is still referred to cannot wait for what refers to it in the file.
#[tokio::test(start_paused = true)]
async fn a_reference_that_was_taken_out_and_turned_round_makes_no_deadlock() {
    let file = File::default()
        .with("memory_note.root", json!({ "text": "root" }))
        .with("memory_note.a", json!({ "text": "a", "parent": "${memory_note.root.id}" }));
    let mut bench = applied(&file).await;
    let file = File::default()
        .with("memory_note.root", json!({ "text": "see ${memory_note.a.id}" }))
        .with("memory_note.a", json!({ "text": "other" }));
    bench.apply(&file).await;
    bench.assert_settled(&file).await;
}
