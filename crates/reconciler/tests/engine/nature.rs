//! What AWS does and emulators do not: waited out or tried again, and said to the person.

use std::collections::BTreeMap;
use std::time::Duration;

use provision_reconciler::execute::{Event, Outcome, Permit, Standing};
use provision_reconciler::plan::Intent;
use provision_testkit::memory::Nature;
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::bench::Bench;
use crate::file::{File, REGION, address};
use crate::lifecycle::applied;

/// Kinds that try again for a minute.
fn patient() -> Nature {
    Nature { patience: Duration::from_secs(60), ..Nature::default() }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

async fn run(bench: &mut Bench, file: &File) -> Outcome {
    let (plan, observation) = bench.try_plan(file).await.unwrap();
    assert_eq!(plan.refusals, []);
    bench.cloud.forget_calls();
    let outcome = bench.execute(&plan, &observation).await;
    bench.recover = !outcome.is_complete();
    outcome
}

/// What was said, without the ids.
fn said(bench: &Bench) -> Vec<String> {
    let notes = bench.events().into_iter().filter_map(|event| match event {
        Event::Note { address, text } => Some(format!("{address}: {text}")),
        _ => None,
    });
    notes.collect()
}

fn made(bench: &Bench, action: &str) -> usize {
    bench.cloud.mutations().iter().filter(|made| made.action == action).count()
}

/// As a NAT gateway: what hangs from it waits until it is there, and nothing is tried before.
#[tokio::test(start_paused = true)]
async fn what_is_pending_is_waited_for() {
    let file = File::default()
        .with("memory_note.gateway", json!({ "text": "gateway" }))
        .with("memory_note.route", json!({ "text": "route", "parent": "${memory_note.gateway.id}" }));
    let mut bench = Bench::new();
    bench.cloud.nature(Nature { pending: BTreeMap::from([("memory_note", seconds(40))]), ..patient() });
    let start = Instant::now();
    assert!(run(&mut bench, &file).await.is_complete());
    assert_eq!(start.elapsed().as_secs(), 80);
    assert_eq!(made(&bench, "memory:CreateNote"), 2);
    insta::assert_debug_snapshot!(said(&bench), @r#"
    [
        "memory_note.gateway: waiting for memory_note-000001",
        "memory_note.route: waiting for memory_note-000003",
    ]
    "#);
    bench.assert_settled(&file).await;
}

/// It stays pending for longer than anybody waits: that fails, what hangs from it is not begun, and the next run goes on.
#[tokio::test(start_paused = true)]
async fn what_stays_pending_fails_and_is_not_made_again() {
    let file = File::default()
        .with("memory_note.gateway", json!({ "text": "gateway" }))
        .with("memory_note.route", json!({ "text": "route", "parent": "${memory_note.gateway.id}" }))
        .with("memory_key.other", json!({}));
    let mut bench = Bench::new();
    bench.cloud.nature(Nature { pending: BTreeMap::from([("memory_note", seconds(90))]), ..patient() });
    let outcome = run(&mut bench, &file).await;
    let failure = outcome.failed[&address("memory_note.gateway")].to_string();
    assert_eq!(
        failure,
        "failed to write the note: memory:DescribeNotes failed: gave up waiting for memory_note-000004 after 60 s"
    );
    assert_eq!(outcome.skipped, [address("memory_note.route")].into());
    assert_eq!(outcome.finished, [address("memory_key.other")].into());
    sleep(seconds(30)).await;
    bench.cloud.nature(patient());
    assert!(run(&mut bench, &file).await.is_complete());
    assert_eq!(made(&bench, "memory:CreateNote"), 1);
    bench.recover = false;
    bench.assert_settled(&file).await;
}

/// As EC2, whose answers lag: what was made a moment ago is not known to the calls that follow, neither to those that change it nor
/// to those that refer to it.
#[tokio::test(start_paused = true)]
async fn what_is_not_known_yet_is_not_absent() {
    let file = File::default()
        .with("memory_group.g", json!({ "name": "g", "rules": ["a"] }))
        .with("memory_note.parent", json!({ "text": "parent", "groups": ["${memory_group.g.id}"] }))
        .with("memory_note.child", json!({ "text": "child", "parent": "${memory_note.parent.id}" }));
    let mut bench = Bench::new();
    bench.cloud.nature(Nature { unknown: seconds(8), lag: seconds(2), ..patient() });
    assert!(run(&mut bench, &file).await.is_complete());
    insta::assert_debug_snapshot!(said(&bench), @r#"
    [
        "memory_group.g: waiting for memory_group-000001",
        "memory_group.g: trying again: memory:AuthorizeGroup failed: ResourceNotFoundException: memory_group-000001",
        "memory_note.parent: waiting for memory_note-000004",
        "memory_note.child: trying again: memory:CreateNote failed: InvalidParent.NotFound: memory_note-000004",
        "memory_note.child: waiting for memory_note-000012",
    ]
    "#);
    bench.assert_settled(&file).await;
}

/// A role that was made a moment ago cannot be assumed yet; one that never can be is given up on.
#[tokio::test(start_paused = true)]
async fn a_new_role_is_waited_for() {
    let file = File::default()
        .with("memory_role.r", json!({ "name": "r" }))
        .with("memory_note.n", json!({ "text": "n", "role": "${memory_role.r.arn}" }));
    let mut bench = Bench::new();
    bench.cloud.nature(Nature { propagation: seconds(12), ..patient() });
    let start = Instant::now();
    assert!(run(&mut bench, &file).await.is_complete());
    assert!((12..15).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
    insta::assert_debug_snapshot!(said(&bench), @r#"
    [
        "memory_note.n: trying again: memory:CreateNote failed: RoleNotAssumable: r",
    ]
    "#);
    bench.assert_settled(&file).await;

    let file = File::default().with("memory_note.n", json!({ "text": "n", "role": "arn:memory:role/nobody" }));
    let mut bench = Bench::new();
    bench.cloud.nature(patient());
    let outcome = run(&mut bench, &file).await;
    let failure = outcome.failed[&address("memory_note.n")].to_string();
    assert_eq!(failure, "failed to write the note: memory:CreateNote failed: RoleNotAssumable: nobody");
    assert!(bench.records.is_empty());
}

/// As the network interface of an instance that is gone: its group and its subnet are in use a little longer.
#[tokio::test(start_paused = true)]
async fn what_lets_go_later_is_waited_for_on_the_way_down() {
    let file = File::default()
        .with("memory_note.net", json!({ "text": "net" }))
        .with("memory_group.g", json!({ "name": "g", "parent": "${memory_note.net.id}" }))
        .with(
            "memory_note.instance",
            json!({ "text": "i", "parent": "${memory_note.net.id}", "groups": ["${memory_group.g.id}"] }),
        );
    let mut bench = applied(&file).await;
    bench.cloud.nature(Nature { lingering: seconds(20), ..patient() });
    bench.options.intent = Intent::Destroy;
    let start = Instant::now();
    assert!(run(&mut bench, &file).await.is_complete());
    // The instance's interface, then the group's.
    assert_eq!(start.elapsed().as_secs(), 40);
    assert_eq!(bench.cloud.objects().len(), 0);
    insta::assert_debug_snapshot!(said(&bench), @r#"
    [
        "memory_group.g: trying again: memory:DeleteGroup failed: DependencyViolation: memory_group-000003 is in use by memory_note-000005",
        "memory_note.net: trying again: memory:DeleteNote failed: DependencyViolation: memory_note-000001 is in use by memory_group-000003",
    ]
    "#);
}

/// Something that is not ours uses it: that does not pass. It fails and says what stands in the way; all else goes.
#[tokio::test(start_paused = true)]
async fn what_never_lets_go_fails_and_says_what_it_is() {
    let file = File::default()
        .with("memory_group.g", json!({ "name": "g" }))
        .with("memory_note.n", json!({ "text": "n", "groups": ["${memory_group.g.id}"] }))
        .with("memory_key.k", json!({}));
    let mut bench = applied(&file).await;
    let group = bench.records[&address("memory_group.g")].id.clone();
    let mut theirs = provision_testkit::memory::Object::new("memory_note", REGION, "theirs");
    theirs.settings.insert("groups".to_owned(), json!([group]));
    bench.cloud.plant(theirs);
    bench.cloud.nature(patient());
    bench.options.intent = Intent::Destroy;
    let outcome = run(&mut bench, &file).await;
    assert_eq!(
        outcome.failed[&address("memory_group.g")].error.to_string(),
        format!("memory:DeleteGroup failed: DependencyViolation: {group} is in use by theirs")
    );
    assert_eq!(outcome.finished, [address("memory_key.k"), address("memory_note.n")].into());
    assert_eq!(bench.records.keys().collect::<Vec<_>>(), [&address("memory_group.g")]);
    bench.cloud.vanish("theirs");
    assert!(run(&mut bench, &file).await.is_complete());
    assert!(bench.records.is_empty());
}

/// Too many calls at once: they are made again, none is lost and none is carried out twice.
#[tokio::test(start_paused = true)]
async fn throttled_calls_are_made_again() {
    let mut file = File::default();
    for index in 0..40 {
        file.set(&format!("memory_note.n{index:02}"), json!({ "text": "n" }));
    }
    let mut bench = Bench::new();
    bench.cloud.nature(Nature { per_second: Some(4), ..patient() });
    let start = Instant::now();
    assert!(run(&mut bench, &file).await.is_complete());
    assert!((9..14).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
    let notes = said(&bench);
    assert!(!notes.is_empty() && notes.len() < 40, "once for each that waits: {notes:?}");
    assert!(notes.iter().all(|note| note.ends_with("memory:CreateNote failed: ThrottlingException: rate exceeded")));
    // The engine counts the steps, the cloud every attempt.
    assert!(bench.cloud.mutations().len() > 40);
    bench.assert_settled(&file).await;
}

/// The person stops it while something is being tried again: it ends within the grace, and the next run goes on.
#[tokio::test(start_paused = true)]
async fn an_interruption_ends_what_is_tried_again() {
    let file = File::default()
        .with("memory_role.r", json!({ "name": "r" }))
        .with("memory_note.n", json!({ "text": "n", "role": "${memory_role.r.arn}" }));
    for (standing, ends) in [(Standing::Interrupted, 9), (Standing::LeaseLost, 5)] {
        let mut bench = Bench::new();
        bench.cloud.nature(Nature { propagation: seconds(30), ..patient() });
        let (plan, observation) = bench.try_plan(&file).await.unwrap();
        let (sender, permit) = Permit::new();
        tokio::spawn(async move {
            sleep(seconds(5)).await;
            sender.send_replace(standing);
        });
        let start = Instant::now();
        let outcome = bench.execute_with(&plan, &observation, permit).await;
        assert_eq!(start.elapsed().as_secs(), ends);
        assert_eq!(outcome.skipped, [address("memory_note.n")].into());
        bench.recover = true;
        assert!(run(&mut bench, &file).await.is_complete());
        bench.assert_settled(&file).await;
    }
}

/// All of it together, in a replacement that makes the new one first.
#[tokio::test(start_paused = true)]
async fn a_succession_in_a_slow_cloud() {
    let file = File::default()
        .with("memory_role.r", json!({ "name": "r" }))
        .with("memory_group.g", json!({ "name": "g1", "rules": ["a"] }))
        .with(
            "memory_note.n",
            json!({ "text": "n", "groups": ["${memory_group.g.id}"], "role": "${memory_role.r.arn}" }),
        )
        .with("memory_note.gone", json!({ "text": "gone", "groups": ["${memory_group.g.id}"] }));
    let mut bench = applied(&file).await;
    bench.cloud.nature(Nature {
        lag: seconds(2),
        unknown: seconds(3),
        propagation: seconds(9),
        lingering: seconds(15),
        pending: BTreeMap::from([("memory_note", seconds(4))]),
        per_second: Some(1),
        patience: seconds(60),
    });
    let file = file.without("memory_note.gone").edited("memory_group.g", "name", json!("g2")).edited(
        "memory_role.r",
        "name",
        json!("r2"),
    );
    assert!(run(&mut bench, &file).await.is_complete());
    bench.assert_settled(&file).await;
}
