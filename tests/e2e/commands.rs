//! The other commands, as a newcomer tries them.

use std::fs;

use crate::world::World;

#[test]
fn a_new_environment_validates_and_applies() {
    let world = World::new();
    fs::remove_dir_all(world.folder().join("environments")).unwrap();
    world
        .run(&["new", "staging", "--account", &world.account.id, "--project", &format!("t{}", world.account.id)])
        .expect_exit(0);
    world.run(&["new", "staging"]).expect_exit(1);
    world.run(&["validate", "staging"]).expect_exit(0);
    world.run(&["apply", "staging", "--yes"]).expect_exit(0);
    world.run(&["plan", "staging"]).expect_exit(0);
}

#[test]
fn state_and_outputs_can_be_looked_at() {
    let world = World::applied();
    let arn = world.run(&["output", "dev", "dynamodb_table.records.arn", "--raw"]).expect_exit(0).stdout;
    assert_eq!(arn.trim(), format!("arn:aws:dynamodb:us-east-1:{}:table/acme-dev-records", world.account.id));
    let listed = world.json(&["state", "list", "dev"], 0);
    assert_eq!(listed["resources"].as_array().unwrap().len(), 52);
    world.run(&["state", "show", "dev", "s3_bucket.data"]).expect_exit(0);
    let said = world.run(&["state", "show", "dev", "s3_bucket.date"]).expect_exit(3);
    assert!(said.stderr.contains("s3_bucket.data"), "the nearest name is suggested: {}", said.stderr);
}

#[test]
fn nobody_to_ask_is_exit_code_6_and_nothing_done() {
    let world = World::new();
    let said = world.run(&["apply", "dev"]).expect_exit(6);
    assert!(said.stderr.contains("--yes"), "{}", said.stderr);
    assert!(world.proxy().mutating_calls().is_empty());
}

#[test]
fn what_was_never_applied_says_so() {
    let world = World::new();
    for command in [["drift", "dev"], ["output", "dev"]] {
        let said = world.run(&command).expect_exit(1);
        assert!(said.stderr.contains("never been applied"), "{}", said.stderr);
    }
    world.run(&["plan", "prodd"]).expect_exit(3);
}

#[test]
fn the_environments_break_no_security_rule_and_a_weakened_one_is_named() {
    let world = World::new();
    world.run(&["policy", "check", "dev", "staging", "prod"]).expect_exit(0);
    world.edit("base/pipeline.toml", "[s3_bucket.data]\n", "[s3_bucket.data]\nhttps_only = false\n");
    let said = world.run(&["policy", "check", "dev"]).expect_exit(5);
    assert!(said.stderr.contains("s3_bucket.data") && said.stderr.contains("CKV_AWS_379"), "{}", said.stderr);
    assert!(said.stderr.contains("https_only = true"), "{}", said.stderr);
    let errors = world.json(&["policy", "check", "dev"], 5);
    assert_eq!(errors["errors"][0]["code"], "s3-bucket-https-only");
}
