//! Ctrl-C, SIGTERM and kill -9 in the middle of an apply.

use std::process::Child;
use std::time::{Duration, Instant};

use provision_testkit::project::said;
use provision_testkit::proxy::Fault;
use rustix::process::{Pid, Signal, kill_process};

use crate::census::{count, expect_as_undisturbed, listed};
use crate::world::World;

/// Begins an apply on an empty account and waits until it makes this call, which takes its time.
fn begun(world: &World, operation: &'static str, delay: Duration) -> Child {
    world.proxy().with(move |call| (call.operation == operation).then_some(Fault::Delay(delay)));
    let child = world.start(&["apply", "dev", "--yes"]);
    let start = Instant::now();
    while !world.proxy().calls().iter().any(|call| call.operation == operation) {
        assert!(start.elapsed() < Duration::from_secs(60), "no {operation} within a minute");
        std::thread::sleep(Duration::from_millis(10));
    }
    child
}

fn signal(child: &Child, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}

/// The next apply completes it: everything once, and nothing left to do.
fn completes(world: &World) {
    world.run(&["apply", "dev", "--yes"]).expect_exit(0);
    world.run(&["plan", "dev"]).expect_exit(0);
    // What is there, not what was answered: the answer of a call that was under way when its client was killed is not known.
    let items = listed(&world.account);
    for (sort, expected) in [
        ("key", 12),
        ("bucket", 8),
        ("table", 3),
        ("vpc", 1),
        ("subnet", 4),
        ("address", 1),
        ("instance", 1),
        ("stream", 1),
        ("secret", 1),
        ("mapping", 1),
    ] {
        assert_eq!(count(&items, sort), expected, "{sort}: each is made once\n{items:#?}");
    }
    expect_as_undisturbed(world, "dev");
}

#[test]
fn ctrl_c_finishes_what_is_under_way_and_the_next_apply_completes() {
    let world = World::new();
    let child = begun(&world, "CreateStream", Duration::from_millis(500));
    signal(&child, Signal::INT);
    let start = Instant::now();
    let first = said(child.wait_with_output().unwrap()).expect_exit(130);
    assert!(start.elapsed() < Duration::from_secs(7), "{:?}", start.elapsed());
    assert!(first.stderr.contains("stopping"), "{}", first.stderr);
    assert_eq!(world.json(&["lock", "status", "dev"], 0)["held"], false);
    completes(&world);
}

#[test]
fn sigterm_is_over_within_seven_seconds_even_if_a_call_hangs() {
    let world = World::new();
    let child = begun(&world, "CreateStream", Duration::from_secs(20));
    signal(&child, Signal::TERM);
    let start = Instant::now();
    said(child.wait_with_output().unwrap()).expect_exit(143);
    assert!(start.elapsed() < Duration::from_secs(7), "{:?}", start.elapsed());
    assert_eq!(world.json(&["lock", "status", "dev"], 0)["held"], false);
}

#[test]
fn a_run_killed_before_there_is_a_state_is_completed() {
    let world = World::new();
    let mut child = begun(&world, "PutBucketPolicy", Duration::from_millis(300));
    child.kill().unwrap();
    child.wait().unwrap();
    // Its lease must run out first.
    completes(&world);
}
