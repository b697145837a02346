//! A run that is stopped (SIGSTOP: a laptop that was closed, a machine that was frozen) for longer than its lease, and goes on after
//! another has taken over.

use std::process::Child;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, mpsc};
use std::time::{Duration, Instant};

use provision_testkit::project::{Said, is_bookkeeping, said};
use provision_testkit::proxy::Call;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::world::World;

/// Ends a process that would otherwise stay stopped for good, should the test fail.
struct Frozen(Option<Child>);

impl Frozen {
    fn goes_on(&mut self) -> Said {
        let child = self.0.take().unwrap();
        kill_process(pid(&child), Signal::CONT).unwrap();
        said(child.wait_with_output().unwrap())
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            child.kill().ok();
            child.wait().ok();
        }
    }
}

/// What the state and the lock say, but for when.
fn kept(world: &World) -> [Value; 3] {
    let list = world.json(&["state", "list", "dev"], 0);
    let history = world.json(&["state", "history", "dev"], 0);
    let lock = world.json(&["lock", "status", "dev"], 0);
    [list, history, lock]
}

/// What becomes of the call at which a run is stopped.
#[derive(Clone, Copy, PartialEq)]
enum Sent {
    /// It arrives at once, as it would on AWS.
    Arrives,
    /// It arrives only when the other run is over.
    ArrivesLate,
}

/// An apply of `edits` that is stopped at the call that `at` knows (it is shown all of them), while another one carries out the same;
/// then it goes on. The status that the call was answered, at which it was stopped.
fn stopped(edits: &[(&str, &str, &str)], at: impl Fn(&Call) -> bool + Send + Sync + 'static, sent: Sent) -> u16 {
    let (one, other) = two(edits);
    let (process, reached) = (Arc::new(OnceLock::new()), Arc::new(OnceLock::new()));
    let (victim, seen) = (Arc::clone(&process), Arc::clone(&reached));
    let (release, released) = mpsc::channel::<()>();
    let released = Mutex::new(released);
    one.proxy().with(move |call| {
        if seen.get().is_some() || !at(call) {
            return None;
        }
        // Before the call is handed on: its answer finds the process stopped.
        kill_process(*victim.wait(), Signal::STOP).unwrap();
        seen.set(call.at).unwrap();
        if sent == Sent::ArrivesLate {
            // This proxy has nothing else to do while its only client is stopped. (An error: the test has failed.)
            released.lock().unwrap().recv().ok();
        }
        None
    });
    let child = one.start(&["apply", "dev", "--yes"]);
    process.set(pid(&child)).unwrap();
    let mut first = Frozen(Some(child));
    until("the call at which it is stopped", || reached.get().is_some());

    let second = other.run(&["apply", "dev", "--yes", "--lock-timeout", "300s"]).expect_exit(0);
    assert!(second.stderr.contains("taking over the lock"), "{}", second.stderr);
    other.run(&["plan", "dev"]).expect_exit(0);
    let before = kept(&other);
    assert_eq!(before[2]["held"], false, "{:#}", before[2]);
    release.send(()).ok();
    let mut status = None;
    until("the answer to the call at which it was stopped", || {
        let calls = one.proxy().calls();
        status = calls.iter().find(|call| Some(&call.at) == reached.get()).and_then(|call| call.status);
        status.is_some()
    });

    let calls = one.proxy().calls().len();
    let first = first.goes_on();
    assert_eq!(first.exit, 1, "{first:?}");
    assert!(first.stderr.contains("the lock") && first.stderr.contains("hint"), "{}", first.stderr);
    let after: Vec<Call> = one.proxy().calls().split_off(calls);
    // What it knows by itself it does not do; of what it tries to write down nothing is accepted.
    let accepted: Vec<&Call> =
        after.iter().filter(|call| call.mutating && call.status.is_some_and(|status| status < 300)).collect();
    assert!(accepted.is_empty(), "it went on although the lock was another's: {accepted:#?}\n{}", first.stderr);
    let tried: Vec<&Call> = after.iter().filter(|call| call.mutating && !is_bookkeeping(call)).collect();
    assert!(tried.is_empty(), "it tried to change AWS although the lock was another's: {tried:#?}\n{}", first.stderr);
    assert_eq!(kept(&other), before, "state, history and lock are as the other has left them");
    other.run(&["plan", "dev"]).expect_exit(0);
    status.unwrap()
}

fn pid(child: &Child) -> Pid {
    Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap()
}

fn until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(120), "two minutes without {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Two checkouts of the same sources, of one account in which dev has been applied, each with a proxy of its own.
fn two(edits: &[(&str, &str, &str)]) -> (World, World) {
    let one = World::applied();
    let other = World::of(one.account.clone());
    for (file, from, to) in edits {
        one.edit(file, from, to);
        other.edit(file, from, to);
    }
    (one, other)
}

#[test]
fn with_more_to_do_it_does_nothing_more() {
    // Two calls, one after the other: a stream at most doubles its shards at once.
    let edit = ("dev.toml", "shards = 1", "shards = 4");
    let status = stopped(&[edit], |call| call.operation == "UpdateShardCount", Sent::Arrives);
    assert_eq!(status, 200);
}

#[test]
fn with_only_the_state_left_to_write_it_does_not_write_it() {
    let edit = ("base/keys.toml", "Records in Kinesis", "Events in Kinesis");
    let status = stopped(&[edit], |call| call.operation == "UpdateKeyDescription", Sent::Arrives);
    assert_eq!(status, 200);
}

#[test]
fn a_write_of_the_state_that_arrives_after_the_others_is_refused() {
    let edit = ("base/keys.toml", "Records in Kinesis", "Events in Kinesis");
    let changed = AtomicBool::new(false);
    let last_write = move |call: &Call| {
        if call.operation == "UpdateKeyDescription" {
            changed.store(true, Ordering::SeqCst);
        }
        let is_state = call.resource.as_deref().is_some_and(|object| object.ends_with("/provision/dev/state.json"));
        call.operation == "PutObject" && is_state && changed.load(Ordering::SeqCst)
    };
    assert_eq!(stopped(&[edit], last_write, Sent::ArrivesLate), 412);
}
