//! SIGTERM in the middle of an apply of staging, at different calls: CI runners follow it with SIGKILL some ten seconds later.

use std::process::Child;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use provision_testkit::project::said;
use provision_testkit::proxy::{Call, Fault};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::census::expect_as_undisturbed;
use crate::world::World;

/// Within which it must be over.
const LIMIT: Duration = Duration::from_secs(7);

/// A first apply of staging that is sent SIGTERM when it makes the call that `at` knows (it is shown all of them), which then
/// `takes` so long. What the state then says, if there is one. The next apply completes it.
fn terminated(at: impl Fn(&Call) -> bool + Send + Sync + 'static, takes: Duration) -> Option<Value> {
    let world = World::new();
    let (process, reached) = (Arc::new(OnceLock::new()), Arc::new(OnceLock::new()));
    let (victim, seen) = (Arc::clone(&process), Arc::clone(&reached));
    world.proxy().with(move |call| {
        if seen.get().is_some() || !at(call) {
            return None;
        }
        kill_process(*victim.wait(), Signal::TERM).unwrap();
        seen.set(call.at).unwrap();
        Some(Fault::Delay(takes))
    });
    let child = world.start(&["apply", "staging", "--yes"]);
    process.set(pid(&child)).unwrap();
    let first = said(child.wait_with_output().unwrap());
    let ended = Instant::now();
    let reached = *reached.get().unwrap_or_else(|| panic!("the call was never made\n{}", first.stderr));
    let first = first.expect_exit(143);
    let took = ended - reached;
    assert!(took < LIMIT, "over only after {took:?}\n{}", first.stderr);
    assert!(first.stderr.contains("stopping"), "{}", first.stderr);
    if takes < LIMIT / 2 {
        let calls = world.proxy().calls();
        let status = calls.iter().find(|call| call.at == reached).and_then(|call| call.status);
        assert_eq!(status, Some(200), "it was not finished\n{}", first.stderr);
    }
    assert_eq!(world.json(&["lock", "status", "staging"], 0)["held"], false);
    let bucket = format!("acme-staging-state-{}", world.account.id);
    let has_state = world.proxy().calls().iter().any(|call| {
        let key = call.resource.as_deref().unwrap_or_default();
        call.operation == "PutObject" && key.starts_with(&bucket) && key.ends_with("state.json")
    });
    let state = has_state.then(|| world.json(&["state", "list", "staging"], 0));
    world.run(&["apply", "staging", "--yes"]).expect_exit(0);
    world.run(&["plan", "staging"]).expect_exit(0);
    expect_as_undisturbed(&world, "staging");
    state
}

fn pid(child: &Child) -> Pid {
    Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap()
}

/// How many resources the state knows.
fn known(state: &Option<Value>) -> usize {
    state.as_ref().expect("there is a state")["resources"].as_array().unwrap().len()
}

/// A call that does not return.
const HANGS: Duration = Duration::from_secs(60);

#[test]
fn at_the_first_key_when_there_is_no_state_yet() {
    let state = terminated(|call| call.operation == "CreateKey", HANGS);
    assert!(state.is_none(), "{state:?}");
}

#[test]
fn at_an_instance_that_hangs() {
    let state = terminated(|call| call.operation == "RunInstances", HANGS);
    assert!(known(&state) > 10, "{state:?}");
}

#[test]
fn in_the_wait_for_a_nat_gateway() {
    let created = AtomicBool::new(false);
    let state = terminated(
        move |call| match call.operation.as_str() {
            "CreateNatGateway" => {
                created.store(true, Ordering::SeqCst);
                false
            }
            "DescribeNatGateways" => created.load(Ordering::SeqCst),
            _ => false,
        },
        HANGS,
    );
    assert!(known(&state) > 10, "{state:?}");
}

#[test]
fn at_a_replication_that_is_finished_first() {
    let of_the_data = |call: &Call| {
        let bucket = call.resource.as_deref().unwrap_or_default();
        call.operation == "PutBucketReplication" && bucket.starts_with("acme-staging-data-")
    };
    let state = terminated(of_the_data, Duration::from_millis(500));
    assert!(known(&state) > 10, "{state:?}");
}
