//! One writer at a time.

use std::time::{Duration, Instant};

use provision_testkit::project::said;
use provision_testkit::proxy::Fault;

use crate::world::World;

/// Makes every creation of a stream take its time, so that a run can be met in the middle.
fn slow(world: &World, delay: Duration) {
    world.proxy().with(move |call| (call.operation == "UpdateShardCount").then_some(Fault::Delay(delay)));
}

/// Waits until a call of this operation has arrived.
fn until(world: &World, operation: &str) {
    let start = Instant::now();
    while !world.proxy().calls().iter().any(|call| call.operation == operation) {
        assert!(start.elapsed() < Duration::from_secs(60), "no {operation} within a minute");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn the_second_of_two_is_told_who_works_and_since_when() {
    let world = World::applied();
    world.edit("dev.toml", "shards = 1", "shards = 2");
    slow(&world, Duration::from_secs(4));
    let first = world.start(&["apply", "dev", "--yes"]);
    until(&world, "UpdateShardCount");
    let second = world.run(&["apply", "dev", "--yes", "--lock-timeout", "0s"]).expect_exit(4);
    assert!(second.stderr.contains(&format!("pid {}", first.id())), "{}", second.stderr);
    assert!(second.stderr.contains("apply") && second.stderr.contains("hint"), "{}", second.stderr);
    let status = world.json(&["lock", "status", "dev"], 0);
    assert_eq!(status["held"], true, "{status:#}");
    said(first.wait_with_output().unwrap()).expect_exit(0);
    let status = world.json(&["lock", "status", "dev"], 0);
    assert_eq!(status["held"], false, "{status:#}");
}

#[test]
fn two_at_once_work_one_after_the_other() {
    let world = World::applied();
    world.edit("dev.toml", "shards = 1", "shards = 2");
    slow(&world, Duration::from_secs(1));
    let both: Vec<_> = (0..2).map(|_| world.start(&["apply", "dev", "--yes"])).collect();
    let both: Vec<_> = both.into_iter().map(|one| said(one.wait_with_output().unwrap()).expect_exit(0)).collect();
    assert_eq!(world.changes().len(), 1, "{:?}", world.changes());
    assert!(both.iter().any(|one| one.stdout.contains("No changes")), "{both:?}");
}

#[test]
fn the_lock_of_a_killed_run_frees_itself_after_its_lease() {
    let world = World::applied();
    world.edit("dev.toml", "shards = 1", "shards = 2");
    slow(&world, Duration::from_secs(60));
    let mut first = world.start(&["apply", "dev", "--yes"]);
    until(&world, "UpdateShardCount");
    first.kill().unwrap();
    first.wait().unwrap();
    let start = Instant::now();
    // What is in the way is the dead run's lease, and nothing else: this change needs no slow call.
    world.edit("dev.toml", "shards = 2", "shards = 1\nstream_retention_hours = 48");
    let second = world.run(&["apply", "dev", "--yes"]).expect_exit(0);
    let waited = start.elapsed();
    assert!(waited > Duration::from_secs(9), "taken over after {waited:?}, while the lease still ran");
    assert!(waited < Duration::from_secs(40), "taken over only after {waited:?}");
    assert!(second.stderr.contains("taking over the lock"), "{}", second.stderr);
    world.run(&["plan", "dev"]).expect_exit(0);
}
