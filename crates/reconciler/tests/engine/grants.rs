//! Access that is said once: what waits for what, and what cannot be.

use provision_reconciler::plan::{Action, Intent};
use provision_reconciler::{Unready, wanted};
use serde_json::json;

use crate::bench::Bench;
use crate::file::{File, address};
use crate::lifecycle::applied;

/// As a bucket that is replicated: it refers to the role that may read it.
fn replicated() -> File {
    File::default()
        .with("memory_key.k", json!({}))
        .with(
            "memory_bucket.b",
            json!({ "name": "b", "key": "${memory_key.k.arn}", "origins": ["${memory_role.r.arn}"] }),
        )
        .with("memory_role.r", json!({ "name": "r", "grants": [{ "to": "memory_bucket.b", "access": "read" }] }))
}

fn dependencies(bench: &Bench, file: &File, name: &str) -> Vec<String> {
    bench.wanted(file)[&address(name)].dependencies.iter().map(ToString::to_string).collect()
}

#[tokio::test(start_paused = true)]
async fn who_is_granted_access_waits_only_for_what_the_statements_refer_to() {
    let mut bench = applied(&replicated()).await;
    assert_eq!(dependencies(&bench, &replicated(), "memory_bucket.b"), ["memory_key.k", "memory_role.r"]);
    assert_eq!(dependencies(&bench, &replicated(), "memory_role.r"), ["memory_key.k"]);
    assert_eq!(bench.records[&address("memory_role.r")].dependencies, [address("memory_key.k")].into());
    let key = bench.records[&address("memory_key.k")].outputs["arn"].clone();
    let objects = bench.cloud.objects();
    let role = objects.iter().find(|object| object.kind == "memory_role").unwrap();
    assert_eq!(role.settings["policy"]["Statement"][0]["Resource"], json!(["arn:memory:bucket/b", key]));

    bench.options.intent = Intent::Destroy;
    bench.apply(&replicated()).await;
    // The bucket uses the role until it is gone, and both use the key.
    let gone: Vec<String> = bench.cloud.mutations().into_iter().map(|made| made.subject).collect();
    assert_eq!(gone, ["memory_bucket.b", "memory_role.r", "memory_key.k"]);
}

/// As a secret, whose ARN ends at random.
#[tokio::test(start_paused = true)]
async fn what_aws_chooses_comes_first() {
    let file = File::default()
        .with("memory_note.n", json!({ "text": "n" }))
        .with("memory_role.r", json!({ "name": "r", "grants": [{ "to": "memory_note.n", "access": "read" }] }));
    let mut bench = applied(&file).await;
    assert_eq!(dependencies(&bench, &file, "memory_role.r"), ["memory_note.n"]);
    // Another one in its place: the grant follows.
    let file = file.with("memory_note.m", json!({ "text": "m" })).edited(
        "memory_note.n",
        "parent",
        json!("${memory_note.m.id}"),
    );
    let plan = bench.apply(&file).await;
    let role = &plan.changes[&address("memory_role.r")];
    assert_eq!((role.action, &role.after), (Action::Update, &[address("memory_note.n")].into()));
    bench.assert_settled(&file).await;
}

/// What the state remembers of an earlier engine, which made every grant an edge.
#[tokio::test(start_paused = true)]
async fn edges_of_grants_in_the_state_are_forgotten() {
    let mut bench = applied(&replicated()).await;
    bench.records.get_mut(&address("memory_role.r")).unwrap().dependencies.insert(address("memory_bucket.b"));
    let plan = bench.apply(&replicated()).await;
    assert!(!plan.has_changes());
    bench.assert_settled(&replicated()).await;
}

fn unready(file: &File) -> String {
    let bench = Bench::new();
    let wanted = wanted(&file.environment(&bench.registry), &bench.registry, &bench.account, Intent::Apply);
    let Unready(problems) = wanted.unwrap_err();
    let lines = problems.into_iter().map(|(address, problem)| {
        let hint = problem.help.map(|help| format!("hint: {help}\n")).unwrap_or_default();
        format!("{address}{}: {}\n{hint}", problem.pointer, problem.message)
    });
    lines.collect()
}

#[tokio::test(start_paused = true)]
async fn a_circle_through_a_grant_is_said() {
    let file = File::default()
        .with("memory_note.n", json!({ "text": "for ${memory_bucket.b.arn}" }))
        .with("memory_bucket.b", json!({ "name": "b", "origins": ["${memory_role.r.arn}"] }))
        .with(
            "memory_role.r",
            json!({ "name": "r", "grants": [
                { "to": "memory_bucket.b", "access": "read" },
                { "to": "memory_note.n", "access": "read" },
            ] }),
        );
    insta::assert_snapshot!(unready(&file), @"
    memory_role.r/grants/1/to: its grant `read` of memory_note.n names `memory_note.n.id`, so these resources need each other: memory_role.r -> memory_note.n -> memory_bucket.b -> memory_role.r
    hint: what AWS chooses is not known before it exists; write one of the other values out instead of referring to it, or keep it in `[vars]`
    ");
    // Everything can be deleted all the same.
    let bench = Bench::new();
    assert!(wanted(&file.environment(&bench.registry), &bench.registry, &bench.account, Intent::Destroy).is_ok());
}

/// The statement would name the role that it is for (found by storms 111 and 586).
#[tokio::test(start_paused = true)]
async fn a_grant_that_names_the_role_itself_is_a_circle() {
    let file = File::default()
        .with("memory_bucket.b", json!({ "name": "b", "key": "${memory_role.r.arn}" }))
        .with("memory_role.r", json!({ "name": "r", "grants": [{ "to": "memory_bucket.b", "access": "read" }] }));
    insta::assert_snapshot!(unready(&file), @r#"
    memory_role.r/grants/0/to: its grant `read` of memory_bucket.b names `memory_role.r.arn`, so these resources need each other: memory_role.r -> memory_role.r
    hint: what AWS chooses is not known before it exists; write one of the other values out instead of referring to it, or keep it in `[vars]`
    "#);
}

#[tokio::test(start_paused = true)]
async fn access_that_there_is_not_is_said() {
    let file = File::default()
        .with("memory_bucket.b", json!({ "name": "b" }))
        .with("memory_role.r", json!({ "name": "r", "grants": [{ "to": "memory_bucket.b", "access": "wriet" }] }));
    insta::assert_snapshot!(unready(&file), @"memory_role.r/grants/0/to: there is no access `wriet` to memory_bucket.b");
}
