//! Mending what is remembered: earlier versions, other addresses, a state made anew.

use std::time::Duration;

use provision_testkit::proxy::Fault;
use serde_json::Value;

use crate::boto::python;
use crate::world::World;

/// Does something to the state object, as somebody might by hand. `object` is the key.
fn by_hand(world: &World, what: &str) {
    let bucket = world.bucket("state");
    let program = format!(
        "s3, bucket, key = client('s3'), '{bucket}', 'provision/dev/state.json'\n\
         body = lambda: s3.get_object(Bucket=bucket, Key=key)['Body'].read()\n\
         head = s3.head_object(Bucket=bucket, Key=key)\n\
         put = lambda body: s3.put_object(Bucket=bucket, Key=key, Body=body, ServerSideEncryption='aws:kms', \
         SSEKMSKeyId=head['SSEKMSKeyId'])\n\
         {what}\n\
         result = None"
    );
    python(&world.account, &program);
}

/// Nothing is left to do, and nothing was changed on the way to it.
fn nothing_to_do(world: &World) {
    let changes = world.changes();
    assert!(changes.is_empty(), "{changes:?}");
    let plan = world.json(&["plan", "dev"], 0);
    assert_eq!(plan["changes"], Value::Array(Vec::new()), "{plan}");
}

fn count(listed: &Value) -> usize {
    listed["resources"].as_array().unwrap().len()
}

fn serial(world: &World) -> u64 {
    world.json(&["state", "list", "dev"], 0)["serial"].as_u64().unwrap()
}

#[test]
fn a_deleted_state_is_rebuilt_and_nothing_is_left_to_do() {
    let world = World::applied();
    let before = world.json(&["state", "list", "dev"], 0);
    by_hand(&world, "s3.delete_object(Bucket=bucket, Key=key)");
    world.run(&["drift", "dev"]).expect_exit(1);
    let rebuilt = world.json(&["state", "rebuild", "dev", "--yes"], 0);
    assert_eq!(rebuilt["format"], "provision.state.changed/1");
    assert_eq!(rebuilt["added"].as_array().unwrap().len(), count(&before));
    nothing_to_do(&world);
    let after = world.json(&["state", "list", "dev"], 0);
    assert_eq!(after["resources"], before["resources"]);
    assert_eq!(after["lineage"], before["lineage"], "its newest version was still there to begin with");
    assert!(after["serial"].as_u64() > before["serial"].as_u64());
    world.run(&["drift", "dev"]).expect_exit(0);
}

#[test]
fn a_state_without_any_version_left_is_rebuilt_from_tags_and_names() {
    let world = World::applied();
    let before = world.json(&["state", "list", "dev"], 0);
    by_hand(
        &world,
        "[s3.delete_object(Bucket=bucket, Key=key, VersionId=version['VersionId']) \
         for version in s3.list_object_versions(Bucket=bucket, Prefix=key)['Versions']]",
    );
    world.run(&["state", "history", "dev"]).expect_exit(1);
    world.run(&["state", "rebuild", "dev", "--yes"]).expect_exit(0);
    nothing_to_do(&world);
    let after = world.json(&["state", "list", "dev"], 0);
    assert_eq!(after["resources"], before["resources"]);
    assert_ne!(after["lineage"], before["lineage"]);
    world.run(&["drift", "dev"]).expect_exit(0);
}

#[test]
fn a_damaged_state_is_refused_with_the_ways_back_and_each_leads_back() {
    let world = World::applied();
    let good = serial(&world);
    for damage in ["put(body()[:700])", "put(body().replace(b'us-east-1', b'us-west-2'))", "put(b'')"] {
        by_hand(&world, damage);
        for command in [["plan", "dev"], ["drift", "dev"], ["output", "dev"]] {
            let said = world.run(&command).expect_exit(1);
            for way in ["provision state history", "provision state rollback", "provision state rebuild"] {
                assert!(said.stderr.contains(way), "{}", said.stderr);
            }
        }
        world.run(&["apply", "dev", "--yes"]).expect_exit(1);
        let history = world.json(&["state", "history", "dev"], 0);
        let versions = history["versions"].as_array().unwrap();
        assert!(versions[0]["current"] == true && versions[0]["unusable"].is_string(), "{history}");
        if damage == "put(b'')" {
            world.run(&["state", "rebuild", "dev", "--yes", "--from-tags"]).expect_exit(0);
        } else if damage.contains("700") {
            world.run(&["state", "rebuild", "dev", "--yes"]).expect_exit(0);
        } else {
            world.run(&["state", "rollback", "dev", &good.to_string(), "--yes"]).expect_exit(0);
        }
        nothing_to_do(&world);
        assert!(serial(&world) > good);
    }
}

#[test]
fn a_rollback_forgets_nothing_that_exists() {
    let world = World::applied();
    let early = serial(&world);
    world.edit(
        "dev.toml",
        "[vars]",
        "[kms_key.extra]\ndescription = \"Made later\"\nservices = [\"s3\"]\nprotect = false\n\n[vars]",
    );
    world.run(&["apply", "dev", "--yes"]).expect_exit(0);
    world.proxy().clear();
    let shown = world.run(&["state", "rollback", "dev", "999", "--yes"]).expect_exit(3);
    assert!(shown.stderr.contains("provision state history"), "{}", shown.stderr);
    world.run(&["state", "rollback", "dev", &early.to_string()]).expect_exit(0);
    nothing_to_do(&world);
    let listed = world.json(&["state", "list", "dev"], 0);
    assert!(listed.to_string().contains("kms_key.extra"), "the key that was made later has no other name: {listed}");
}

#[test]
fn the_history_tells_who_did_what() {
    let world = World::applied();
    let first = serial(&world);
    world.run(&["state", "mv", "dev", "dynamodb_table.records", "dynamodb_table.entries"]).expect_exit(0);
    world.run(&["state", "mv", "dev", "dynamodb_table.entries", "dynamodb_table.records"]).expect_exit(0);
    world.run(&["state", "rm", "dev", "dynamodb_table.records"]).expect_exit(6);
    world.run(&["state", "rm", "dev", "dynamodb_table.records", "--yes"]).expect_exit(0);
    let history = world.json(&["state", "history", "dev"], 0);
    assert_eq!(history["format"], "provision.state.history/1");
    let versions = history["versions"].as_array().unwrap();
    let told: Vec<(&str, u64)> = versions
        .iter()
        .map(|version| (version["command"].as_str().unwrap(), version["serial"].as_u64().unwrap()))
        .collect();
    assert_eq!(
        told[..4],
        [("state rm", first + 3), ("state mv", first + 2), ("state mv", first + 1), ("apply", first)],
        "{history}"
    );
    let resources = |version: usize| versions[version]["resources"].as_u64().unwrap();
    assert_eq!((resources(0) + 1, resources(1), resources(2)), (resources(1), resources(2), resources(3)));
    assert!(versions.iter().all(|version| version["owner"].as_str().unwrap().contains(" pid ")));
    let numbers: Vec<u64> = versions.iter().map(|version| version["fencing"].as_u64().unwrap()).collect();
    assert!(numbers.windows(2).all(|pair| pair[0] >= pair[1]), "{numbers:?}");
    assert_eq!(world.json(&["state", "history", "dev", "--limit", "2"], 0)["versions"].as_array().unwrap().len(), 2);
    assert_eq!(world.json(&["lock", "status", "dev"], 0)["held"], false);
}

#[test]
fn what_is_renamed_in_file_and_state_stays_what_it_is() {
    let world = World::applied();
    world.edit("base/keys.toml", "[kms_key.kinesis]", "[kms_key.stream]");
    world.edit("base/pipeline.toml", "${kms_key.kinesis.arn}", "${kms_key.stream.arn}");
    // Without a word, it would be another key.
    world.run(&["plan", "dev"]).expect_exit(1);
    world.run(&["state", "mv", "dev", "kms_key.kinesis", "kms_key.stream"]).expect_exit(0);
    world.run(&["state", "mv", "dev", "kms_key.kinesis", "kms_key.other"]).expect_exit(3);
    world.proxy().clear();
    // Only the tag that names the address is not as it should be.
    world.run(&["apply", "dev", "--yes"]).expect_exit(0);
    let calls: Vec<String> = world.changes().into_iter().map(|call| call.action).collect();
    assert_eq!(calls, ["kms:TagResource"]);
    world.proxy().clear();
    nothing_to_do(&world);
    let tags = python(
        &world.account,
        "kms = client('kms')\n\
         key = kms.describe_key(KeyId='alias/acme-dev-kinesis')['KeyMetadata']['KeyId']\n\
         result = dict((tag['TagKey'], tag['TagValue']) for tag in kms.list_resource_tags(KeyId=key)['Tags'])",
    );
    assert_eq!(tags["provision:address"], "kms_key.stream");
}

#[test]
fn what_is_forgotten_stays_and_what_the_file_names_is_remembered_again() {
    let world = World::applied();
    let before = world.json(&["state", "list", "dev"], 0);
    let said = world.run(&["state", "rm", "dev", "kms_key.s3", "s3_bucket.data", "--yes"]).expect_exit(0);
    assert!(said.stderr.contains("the file still has kms_key.s3"), "{}", said.stderr);
    assert!(world.changes().is_empty());
    world.run(&["state", "rebuild", "dev", "--yes"]).expect_exit(0);
    nothing_to_do(&world);
    assert_eq!(world.json(&["state", "list", "dev"], 0)["resources"], before["resources"]);
}

#[test]
fn read_only_commands_tell_of_an_operation_who_when_and_how_far() {
    let world = World::applied();
    world.edit("base/keys.toml", "Records in Kinesis", "Events in Kinesis");
    world.edit("dev.toml", "shards = 1", "shards = 2");
    world.proxy().with(|call| (call.operation == "UpdateShardCount").then_some(Fault::Delay(Duration::from_secs(30))));
    let mut child = world.start(&["apply", "dev", "--yes"]);
    let done = || world.proxy().calls().iter().any(|call| call.operation == "UpdateShardCount");
    for _ in 0..600 {
        if done() {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(done());
    // What came in meanwhile is in the journal within moments.
    std::thread::sleep(Duration::from_secs(1));
    let said = world.run(&["state", "list", "dev"]).expect_exit(0);
    assert!(said.stderr.contains("is under way") && said.stderr.contains("1 of 2 resources done"), "{}", said.stderr);
    child.kill().unwrap();
    child.wait().unwrap();
    world.run(&["lock", "release", "dev", "--yes"]).expect_exit(0);
    let listed = world.json(&["state", "list", "dev"], 0);
    assert_eq!((&listed["operation"]["intended"], &listed["operation"]["done"]), (&2.into(), &1.into()), "{listed}");
    for command in [
        vec!["plan", "dev"],
        vec!["drift", "dev"],
        vec!["output", "dev"],
        vec!["state", "list", "dev"],
        vec!["state", "show", "dev", "kms_key.s3"],
    ] {
        let said = world.run(&command);
        assert!(
            said.stderr.contains("did not finish (begun 2") && said.stderr.contains("1 of 2 resources done"),
            "{command:?}: {}",
            said.stderr
        );
        assert!(said.stderr.contains(" pid "), "{}", said.stderr);
    }
    world.proxy().clear();
    world.run(&["apply", "dev", "--yes"]).expect_exit(0);
    world.run(&["plan", "dev"]).expect_exit(0);
    assert!(!world.run(&["state", "list", "dev"]).stderr.contains("did not finish"));
}

#[test]
fn results_go_to_the_journal_and_the_state_is_written_twice() {
    let world = World::applied();
    let bucket = world.bucket("state");
    let left = python(
        &world.account,
        &format!(
            "page = client('s3').list_object_versions(Bucket='{bucket}')\n\
             result = [version['Key'] for version in page.get('Versions', []) + page.get('DeleteMarkers', [])]"
        ),
    );
    let left: Vec<&str> = left.as_array().unwrap().iter().map(|key| key.as_str().unwrap()).collect();
    assert_eq!(left, ["provision/dev/state.json"; 2], "no journal is left");
}
