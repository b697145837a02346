//! Destroying an environment: only with both words said, and then whole.

use provision_testkit::inventory::inventory;

use crate::boto::python;
use crate::world::World;

#[test]
fn data_goes_only_if_file_and_person_say_so() {
    let world = World::applied();
    let said = world.run(&["destroy", "dev", "--yes"]).expect_exit(1);
    assert!(said.stderr.contains("--delete-data"), "{}", said.stderr);
    world.edit("dev.toml", "protect_data = false", "protect_data = true");
    let said = world.run(&["destroy", "dev", "--yes", "--delete-data", "--empty-buckets"]).expect_exit(1);
    assert!(said.stderr.contains("protect = false"), "{}", said.stderr);
    assert!(world.changes().is_empty());
}

#[test]
fn nothing_is_left_but_keys_pending_deletion() {
    let world = World::applied();
    python(&world.account, &format!("client('s3').put_object(Bucket='{}', Key='a', Body=b'b')", world.bucket("data")));
    world.run(&["destroy", "dev", "--yes", "--delete-data", "--empty-buckets"]).expect_exit(0);
    let (keys, left): (Vec<_>, Vec<_>) =
        inventory(&world.account, &[]).into_iter().partition(|item| item.is_pending_deletion());
    assert_eq!(left, []);
    // Eight keys, three of them in two regions, and one in the other alone.
    assert_eq!(keys.iter().filter(|item| item.sort == "key").count(), 12, "{keys:?}");

    let said = world.run(&["destroy", "dev", "--yes", "--delete-data", "--empty-buckets"]).expect_exit(0);
    assert!(said.stdout.contains("No changes"), "{}", said.stdout);
    // And back again: the keys are taken back rather than made anew.
    world.proxy().clear();
    world.run(&["apply", "dev", "--yes"]).expect_exit(0);
    let calls: Vec<String> = world.changes().into_iter().map(|call| call.action).collect();
    assert_eq!(calls.iter().filter(|call| *call == "kms:CancelKeyDeletion").count(), 12, "{calls:?}");
    assert!(!calls.iter().any(|call| call == "kms:CreateKey" || call == "kms:ReplicateKey"), "{calls:?}");
    world.run(&["plan", "dev"]).expect_exit(0);
}

#[test]
fn a_removed_table_is_deleted_alone() {
    let world = World::new();
    let table = "\n[dynamodb_table.extra]\ntable_name = \"acme-dev-extra\"\nhash_key = \"id\"\nprotect = false\n";
    world.edit("dev.toml", "private_services = []\n", &format!("private_services = []\n{table}"));
    world.run(&["apply", "dev", "--yes"]).expect_exit(0);
    world.proxy().clear();
    world.edit("dev.toml", table, "");
    world.run(&["apply", "dev", "--yes"]).expect_exit(1);
    assert!(world.changes().is_empty(), "it holds data");
    world.run(&["apply", "dev", "--yes", "--delete-data"]).expect_exit(0);
    let calls: Vec<String> = world.changes().into_iter().map(|call| call.action).collect();
    assert_eq!(calls, ["dynamodb:UpdateTable", "dynamodb:DeleteTable"]);
    world.run(&["plan", "dev"]).expect_exit(0);
}
