//! Replacements that make the new one first: what uses the old one moves to the new one, and then the old one goes.

use std::time::Duration;

use provision_reconciler::execute::Permit;
use provision_reconciler::plan::{Action, Intent, Reason};
use provision_testkit::memory::{Crash, Fault};
use serde_json::json;

use crate::bench::Bench;
use crate::file::{File, address};
use crate::lifecycle::applied;

/// A group in use by two notes.
fn guarded() -> File {
    File::default()
        .with("memory_group.g", json!({ "name": "g1", "rules": ["a"] }))
        .with("memory_note.one", json!({ "text": "one", "groups": ["${memory_group.g.id}"] }))
        .with("memory_note.two", json!({ "text": "two", "groups": ["${memory_group.g.id}"] }))
}

fn renamed() -> File {
    guarded().edited("memory_group.g", "name", json!("g2"))
}

fn calls(bench: &Bench) -> Vec<String> {
    bench.cloud.mutations().iter().map(|made| format!("{} {}", made.action, made.subject)).collect()
}

fn groups(bench: &Bench) -> usize {
    bench.cloud.objects().iter().filter(|object| object.kind == "memory_group").count()
}

/// Carries a plan out until a crash, if there is one.
async fn run(bench: &mut Bench, file: &File, crash: Option<Crash>) -> bool {
    let (plan, observation) = bench.try_plan(file).await.unwrap();
    assert_eq!(plan.refusals, []);
    if let Some(crash) = crash {
        bench.cloud.crash(crash);
    }
    bench.cloud.forget_calls();
    let (_sender, permit) = Permit::new();
    let outcome = bench.run(&plan, &observation, permit).await;
    bench.cloud.restart();
    bench.recover = true;
    outcome.is_none()
}

/// Runs until everything is done.
async fn finish(bench: &mut Bench, file: &File) {
    bench.apply(file).await;
    bench.recover = false;
    bench.assert_settled(file).await;
}

#[tokio::test(start_paused = true)]
async fn its_users_move_between_the_two() {
    let mut bench = applied(&guarded()).await;
    let plan = bench.apply(&renamed()).await;
    let change = &plan.changes[&address("memory_group.g")];
    assert_eq!((change.action, change.creates_first, change.deletions()), (Action::Replace, true, 2..3));
    assert_eq!(change.deletion_after, [address("memory_note.one"), address("memory_note.two")].into());
    insta::assert_debug_snapshot!(calls(&bench), @r#"
    [
        "memory:CreateGroup memory_group.g",
        "memory:AuthorizeGroup memory_group.g",
        "memory:UpdateNote memory_note.one",
        "memory:UpdateNote memory_note.two",
        "memory:DeleteGroup memory_group.g",
    ]
    "#);
    bench.assert_settled(&renamed()).await;
}

/// Of one name there cannot be two, so this is a replacement like any other: the old one goes first.
#[tokio::test(start_paused = true)]
async fn where_two_cannot_be_the_old_one_goes_first() {
    let file = File::default()
        .with("memory_note.root", json!({ "text": "root" }))
        .with("memory_group.g", json!({ "name": "g" }));
    let mut bench = applied(&file).await;
    let file = file.edited("memory_group.g", "parent", json!("${memory_note.root.id}"));
    let plan = bench.apply(&file).await;
    assert!(!plan.changes[&address("memory_group.g")].creates_first);
    assert_eq!(calls(&bench), ["memory:DeleteGroup memory_group.g", "memory:CreateGroup memory_group.g"]);
    bench.assert_settled(&file).await;
}

/// As a security group of a network that is replaced: the network cannot go before it, so neither can be made first.
#[tokio::test(start_paused = true)]
async fn what_hangs_from_something_that_goes_first_goes_first() {
    let file = File::default()
        .with("memory_note.root", json!({ "text": "root" }))
        .with("memory_note.net", json!({ "text": "net" }))
        .with("memory_group.g", json!({ "name": "g1", "parent": "${memory_note.net.id}" }))
        .with(
            "memory_note.user",
            json!({ "text": "u", "parent": "${memory_note.net.id}", "groups": ["${memory_group.g.id}"] }),
        );
    let mut bench = applied(&file).await;
    let file = file.edited("memory_note.net", "parent", json!("${memory_note.root.id}")).edited(
        "memory_group.g",
        "name",
        json!("g2"),
    );
    let plan = bench.apply(&file).await;
    assert!(plan.changes.values().all(|change| change.action == Action::Replace && !change.creates_first));
    insta::assert_debug_snapshot!(calls(&bench), @r#"
    [
        "memory:DeleteNote memory_note.user",
        "memory:DeleteGroup memory_group.g",
        "memory:DeleteNote memory_note.net",
        "memory:CreateNote memory_note.net",
        "memory:CreateGroup memory_group.g",
        "memory:CreateNote memory_note.user",
    ]
    "#);
    bench.assert_settled(&file).await;
}

/// What is replaced together with the group that it is in: its old one goes before the old group.
#[tokio::test(start_paused = true)]
async fn a_user_that_is_replaced_itself_goes_before_the_old_one() {
    let file = guarded().with("memory_note.root", json!({ "text": "root" }));
    let mut bench = applied(&file).await;
    let file = file.edited("memory_group.g", "name", json!("g2")).edited(
        "memory_note.one",
        "parent",
        json!("${memory_note.root.id}"),
    );
    // The new group fails: the note that needs it is not deleted in vain.
    bench.cloud.fault("memory:CreateGroup", Fault::Refused);
    assert!(!run(&mut bench, &file, None).await);
    assert_eq!(calls(&bench), ["memory:CreateGroup memory_group.g"]);
    bench.apply(&file).await;
    insta::assert_debug_snapshot!(calls(&bench), @r#"
    [
        "memory:CreateGroup memory_group.g",
        "memory:AuthorizeGroup memory_group.g",
        "memory:DeleteNote memory_note.one",
        "memory:UpdateNote memory_note.two",
        "memory:CreateNote memory_note.one",
        "memory:DeleteGroup memory_group.g",
    ]
    "#);
    bench.recover = false;
    bench.assert_settled(&file).await;
}

/// What used it and is to go too goes first.
#[tokio::test(start_paused = true)]
async fn a_user_that_is_to_go_goes_before_the_old_one() {
    let mut bench = applied(&guarded()).await;
    let file = renamed().without("memory_note.two");
    bench.apply(&file).await;
    assert_eq!(calls(&bench).last().unwrap(), "memory:DeleteGroup memory_group.g");
    bench.assert_settled(&file).await;
}

/// What it needed itself stays until the old one is gone.
#[tokio::test(start_paused = true)]
async fn what_the_old_one_needs_goes_after_it() {
    let file = guarded().with("memory_note.root", json!({ "text": "root" })).edited(
        "memory_group.g",
        "parent",
        json!("${memory_note.root.id}"),
    );
    let mut bench = applied(&file).await;
    bench.apply(&renamed()).await;
    let calls = calls(&bench);
    assert_eq!(calls[calls.len() - 2..], ["memory:DeleteGroup memory_group.g", "memory:DeleteNote memory_note.root"]);
    bench.assert_settled(&renamed()).await;
}

#[tokio::test(start_paused = true)]
async fn what_moves_to_another_region_is_there_before_it_leaves() {
    let mut bench = applied(&guarded()).await;
    let file = guarded().moved("memory_group.g", "eu-west-1");
    let plan = bench.apply(&file).await;
    let change = &plan.changes[&address("memory_group.g")];
    assert_eq!((change.reason, change.creates_first), (Reason::Moved, true));
    assert_eq!(calls(&bench).last().unwrap(), "memory:DeleteGroup memory_group.g");
    bench.assert_settled(&file).await;
}

/// A user that does not let go: the state remembers both, and the next run goes on where this one ended.
#[tokio::test(start_paused = true)]
async fn what_is_still_used_waits_for_another_run() {
    let mut bench = applied(&guarded()).await;
    let old = bench.records[&address("memory_group.g")].id.clone();
    bench.cloud.fault("memory:UpdateNote", Fault::Refused);
    assert!(!run(&mut bench, &renamed(), None).await);
    let record = &bench.records[&address("memory_group.g")];
    assert_eq!(record.superseded.iter().map(|one| &one.id).collect::<Vec<_>>(), [&old]);
    assert!(record.spec.is_some() && record.id != old);

    let plan = bench.plan(&renamed()).await;
    let change = &plan.changes[&address("memory_group.g")];
    assert_eq!((change.action, change.reason), (Action::Replace, Reason::Superseded));
    assert_eq!((change.makings(), change.deletions()), (0..0, 0..1));
    finish(&mut bench, &renamed()).await;
    // The one note that was left, and what it left.
    assert_eq!(calls(&bench).len(), 2);
    assert_eq!(bench.records[&address("memory_group.g")].superseded, []);
}

/// A crash at every call of a replacement, before it and after it. Whatever was made is found, and never made again.
#[tokio::test(start_paused = true)]
async fn a_crash_at_any_call_loses_neither() {
    for (file, what) in successions() {
        let calls = {
            let mut bench = applied(&guarded()).await;
            bench.apply(&file).await;
            bench.cloud.calls().len()
        };
        for (after_calls, carried_out) in (0..calls).flat_map(|calls| [(calls, false), (calls, true)]) {
            for lag in [0, 3] {
                let mut bench = applied(&guarded()).await;
                bench.cloud.lag(Duration::from_secs(lag));
                if !run(&mut bench, &file, Some(Crash { after_calls, carried_out })).await {
                    continue;
                }
                assert!(groups(&bench) <= 2, "{what}: crash at {after_calls}");
                finish(&mut bench, &file).await;
            }
        }
    }
}

fn successions() -> [(File, &'static str); 4] {
    [
        (renamed(), "renamed"),
        (guarded().moved("memory_group.g", "eu-west-1"), "moved"),
        (renamed().moved("memory_group.g", "eu-west-1"), "renamed and moved"),
        (renamed().without("memory_note.two").edited("memory_group.g", "rules", json!(["b"])), "renamed and let go"),
    ]
}

/// Two crashes, and the file says something else after each: back to what it was, something else again, nothing at all, elsewhere.
#[tokio::test(start_paused = true)]
async fn crashes_while_the_file_changes_lose_nothing() {
    let other = guarded().edited("memory_group.g", "name", json!("g3"));
    let unused =
        guarded().edited("memory_note.one", "groups", json!([])).edited("memory_note.two", "groups", json!([]));
    let files = [
        ("back", guarded()),
        ("on", renamed()),
        ("other", other),
        ("without", unused.without("memory_group.g")),
        ("moved", renamed().moved("memory_group.g", "eu-west-1")),
    ];
    // Every pair of files; the crashes at random, the second one a little later than the first.
    let mut rng = fastrand::Rng::with_seed(7);
    for (next, end) in (0..files.len()).flat_map(|next| (0..files.len()).map(move |end| (next, end))) {
        for _ in 0..25 {
            let crashes = [rng.usize(0..10), rng.usize(0..12)];
            let crashes = crashes.map(|after_calls| Crash { after_calls, carried_out: rng.bool() });
            let _scenario = Scenario(format!("{} then {}, {crashes:?}", files[next].0, files[end].0));
            let mut bench = applied(&guarded()).await;
            bench.cloud.lag(Duration::from_millis(rng.u64(0..3000)));
            run(&mut bench, &renamed(), Some(crashes[0])).await;
            run(&mut bench, &files[next].1, Some(crashes[1])).await;
            assert!(groups(&bench) <= 3);
            finish(&mut bench, &files[end].1).await;
        }
    }
}

/// Named in the panic of whatever fails.
struct Scenario(String);

impl Drop for Scenario {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("this was {}", self.0);
        }
    }
}

/// Destroying takes both; so does destroying without a state.
#[tokio::test(start_paused = true)]
async fn destroying_takes_the_old_one_too() {
    for lost in [false, true] {
        let mut bench = applied(&guarded()).await;
        bench.cloud.fault("memory:UpdateNote", Fault::Refused);
        run(&mut bench, &renamed(), None).await;
        assert_eq!(groups(&bench), 2);
        if lost {
            bench.records.clear();
        }
        bench.options.intent = Intent::Destroy;
        bench.apply(&renamed()).await;
        assert_eq!(bench.cloud.objects().len(), 0);
        assert!(bench.records.is_empty());
    }
}

/// The answer of the creation is lost: what the tags lead to first is the old one.
#[tokio::test(start_paused = true)]
async fn a_creation_without_an_answer_is_told_from_the_old_one() {
    for fault in [Fault::LostAnswer, Fault::LostRequest] {
        let mut bench = applied(&guarded()).await;
        bench.cloud.lag(Duration::from_secs(3));
        bench.cloud.fault("memory:CreateGroup", fault);
        let (plan, observation) = bench.try_plan(&renamed()).await.unwrap();
        let outcome = bench.execute(&plan, &observation).await;
        assert!(outcome.is_complete(), "{:?}", outcome.failed);
        bench.assert_settled(&renamed()).await;
    }
}

/// Somebody deletes one of the two.
#[tokio::test(start_paused = true)]
async fn either_of_the_two_may_vanish() {
    for vanished in ["old", "new"] {
        let mut bench = applied(&guarded()).await;
        bench.cloud.fault("memory:UpdateNote", Fault::Refused);
        run(&mut bench, &renamed(), None).await;
        let record = bench.records[&address("memory_group.g")].clone();
        bench.cloud.vanish(if vanished == "old" { &record.superseded[0].id } else { &record.id });
        finish(&mut bench, &renamed()).await;
    }
}
