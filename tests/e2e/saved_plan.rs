//! A saved plan is carried out exactly, or refused.

use crate::boto::python;
use crate::world::World;

#[test]
fn a_saved_plan_is_applied_exactly() {
    let world = World::new();
    world.run(&["plan", "dev", "--out", "dev.plan"]).expect_exit(2);
    world.run(&["apply", "dev", "--plan", "dev.plan"]).expect_exit(0);
    world.run(&["plan", "dev"]).expect_exit(0);
    let again = world.run(&["apply", "dev", "--plan", "dev.plan"]).expect_exit(1);
    assert!(again.stderr.contains("no longer fits"), "{}", again.stderr);
}

#[test]
fn a_saved_plan_is_refused_if_anything_moved() {
    let world = World::applied();
    world.edit("dev.toml", "shards = 1", "shards = 2");
    world.run(&["plan", "dev", "--out", "dev.plan"]).expect_exit(2);
    python(
        &world.account,
        "client('kinesis').decrease_stream_retention_period(StreamName='acme-dev-events', RetentionPeriodHours=24)",
    );
    let said = world.run(&["apply", "dev", "--plan", "dev.plan"]).expect_exit(1);
    assert!(said.stderr.contains("kinesis_stream.events"), "{}", said.stderr);
    assert!(world.changes().is_empty());
    world.run(&["apply", "dev", "--plan", "nowhere.plan"]).expect_exit(1);
}
