//! Destroying an environment: only with both words said, and then whole.

use serde_json::json;

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
    let left = python(
        &world.account,
        "kms = client('kms')\n\
         keys = [kms.describe_key(KeyId=key['KeyId'])['KeyMetadata'] for key in kms.list_keys()['Keys']]\n\
         keys = [key['KeyState'] for key in keys if key['KeyManager'] == 'CUSTOMER' and 'rovision' not in key['Description'] or 'State and lock' in key['Description']]\n\
         result = dict(\n\
         \x20 keys=keys,\n\
         \x20 functions=[one['FunctionName'] for one in client('lambda').list_functions()['Functions']],\n\
         \x20 roles=[one['RoleName'] for one in client('iam').list_roles()['Roles'] if 'acme' in one['RoleName']],\n\
         \x20 groups=[one['logGroupName'] for one in client('logs').describe_log_groups()['logGroups']],\n\
         \x20 tables=client('dynamodb').list_tables()['TableNames'],\n\
         \x20 streams=client('kinesis').list_streams()['StreamNames'],\n\
         \x20 buckets=[bucket['Name'] for bucket in client('s3').list_buckets()['Buckets']],\n\
         )",
    );
    for kind in ["functions", "roles", "groups"] {
        assert_eq!(left[kind], json!([]), "{kind}");
    }
    assert_eq!(left["tables"], json!([]));
    assert_eq!(left["streams"], json!([]));
    let ours: Vec<_> = left["buckets"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|name| name.as_str().unwrap().contains(&world.account.id))
        .collect();
    assert!(ours.is_empty(), "{ours:?}");
    let keys = left["keys"].as_array().unwrap();
    assert_eq!(keys.iter().filter(|state| **state == "PendingDeletion").count(), 6, "{keys:?}");

    let said = world.run(&["destroy", "dev", "--yes", "--delete-data", "--empty-buckets"]).expect_exit(0);
    assert!(said.stdout.contains("No changes"), "{}", said.stdout);
    // And back again: the keys are taken back rather than made anew.
    world.proxy().clear();
    world.run(&["apply", "dev", "--yes"]).expect_exit(0);
    let calls: Vec<String> = world.changes().into_iter().map(|call| call.action).collect();
    assert_eq!(calls.iter().filter(|call| *call == "kms:CancelKeyDeletion").count(), 6, "{calls:?}");
    assert!(!calls.contains(&"kms:CreateKey".to_owned()), "{calls:?}");
    world.run(&["plan", "dev"]).expect_exit(0);
}

#[test]
fn a_removed_table_is_deleted_alone() {
    let world = World::new();
    let table = "\n[dynamodb_table.extra]\ntable_name = \"acme-dev-extra\"\nhash_key = \"id\"\nprotect = false\n";
    world.edit("dev.toml", "protect_data = false\n", &format!("protect_data = false\n{table}"));
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
