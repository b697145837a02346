//! What a plan lists is what apply does: through a recording proxy.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::boto::python;
use crate::world::World;

/// The calls of a plan, sorted.
fn planned(plan: &Value) -> Vec<String> {
    let changes = plan["changes"].as_array().unwrap();
    let calls = changes.iter().flat_map(|change| change["calls"].as_array().unwrap());
    let mut calls: Vec<String> = calls.map(|call| call["action"].as_str().unwrap().to_owned()).collect();
    calls.sort();
    calls
}

/// The calls that were made, sorted.
fn made(world: &World) -> Vec<String> {
    let mut calls: Vec<String> = world.changes().into_iter().map(|call| call.action).collect();
    calls.sort();
    calls
}

#[test]
fn a_first_apply_makes_exactly_the_calls_of_its_plan() {
    let world = World::new();
    let plan = world.json(&["plan", "dev"], 2);
    world.proxy().clear();
    let applied = world.json(&["apply", "dev", "--yes"], 0);
    assert_eq!(made(&world), planned(&plan));
    assert_eq!(applied["calls"], planned(&plan).len());
}

#[test]
fn an_update_makes_exactly_the_calls_of_its_plan() {
    let world = World::applied();
    world.edit("base.toml", "noncurrent_version_expiration_days = 90", "noncurrent_version_expiration_days = 30");
    world.edit("dev.toml", "shards = 1", "shards = 2\nstream_retention_hours = 48");
    world.edit("base.toml", "Records in Kinesis", "Events in Kinesis");
    let plan = world.json(&["plan", "dev"], 2);
    assert!(made(&world).is_empty());
    world.run(&["apply", "dev", "--yes"]).expect_exit(0);
    assert_eq!(made(&world), planned(&plan));
    assert_eq!(
        made(&world),
        [
            "kinesis:DecreaseStreamRetentionPeriod",
            "kinesis:UpdateShardCount",
            "kms:UpdateKeyDescription",
            "s3:PutLifecycleConfiguration",
        ]
    );
}

#[test]
fn the_order_of_the_calls_respects_the_graph() {
    let world = World::new();
    let plan = world.json(&["plan", "dev"], 2);
    world.proxy().clear();
    world.run(&["apply", "dev", "--yes"]).expect_exit(0);
    let keys = python(
        &world.account,
        "kms = client('kms')\n\
         result = dict((name, kms.describe_key(KeyId='alias/acme-dev-' + name)['KeyMetadata']['KeyId'])\n\
         \x20 for name in ['s3', 'dynamodb', 'kinesis', 'state'])",
    );
    // The first and the last call of each resource, by its address.
    let mut places: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for (place, call) in world.changes().into_iter().enumerate() {
        let Some(address) = call.resource.as_deref().and_then(|resource| address(resource, &keys)) else { continue };
        // The lock table comes first, bare; what its dependencies are for comes later.
        if call.operation == "CreateTable" && address == "dynamodb_table.lock" {
            assert_eq!(place, 0, "the lock table is created before anything else");
            continue;
        }
        let entry = places.entry(address).or_insert((place, place));
        entry.1 = place;
    }
    let mut compared = 0;
    for change in plan["changes"].as_array().unwrap() {
        let address = change["address"].as_str().unwrap();
        for need in change["after"].as_array().unwrap() {
            if let (Some(own), Some(needed)) = (places.get(address), places.get(need.as_str().unwrap())) {
                assert!(needed.1 < own.0, "{address} began before {need} was done: {places:?}");
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 5, "every resource that waits for a key was compared: {places:?}");
}

/// The address of what a call was about.
fn address(resource: &str, keys: &Value) -> Option<String> {
    if let Some((name, _)) = keys.as_object()?.iter().find(|(_, id)| resource.contains(id.as_str().unwrap_or("?"))) {
        return Some(format!("kms_key.{name}"));
    }
    let names = [
        ("-data-", "s3_bucket.data"),
        ("-state-", "s3_bucket.state"),
        ("-records", "dynamodb_table.records"),
        ("-lock", "dynamodb_table.lock"),
        ("-events", "kinesis_stream.events"),
    ];
    names.iter().find(|(part, _)| resource.contains(part)).map(|(_, address)| (*address).to_owned())
}
