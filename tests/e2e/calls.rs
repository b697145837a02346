//! What a plan lists is what apply does: through a recording proxy.

use std::collections::BTreeMap;

use provision_testkit::proxy::Call;
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
    world.edit(
        "base/pipeline.toml",
        "noncurrent_version_expiration_days = 90",
        "noncurrent_version_expiration_days = 30",
    );
    world.edit("dev.toml", "shards = 1", "shards = 2\nstream_retention_hours = 48");
    world.edit("base/keys.toml", "Records in Kinesis", "Events in Kinesis");
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
        "key = lambda name, region='us-east-1': client('kms', region).describe_key(KeyId='alias/acme-dev-' + name)['KeyMetadata']['KeyId']\n\
         result = dict((name, key(name)) for name in ['s3', 'dynamodb', 'kinesis', 'audit', 'lock', 'secrets'])\n\
         result['lock_dr'] = key('lock', 'us-west-2')",
    );
    // The calls of each resource, by its address.
    let mut places: BTreeMap<String, Vec<(usize, String)>> = BTreeMap::new();
    for (place, call) in world.changes().into_iter().enumerate() {
        let Some(address) = address(&call, &keys) else { continue };
        // The lock table comes first, bare; what its dependencies are for comes later.
        if call.operation == "CreateTable" && address == "dynamodb_table.lock" {
            assert_eq!(place, 0, "the lock table is created before anything else");
            continue;
        }
        places.entry(address).or_default().push((place, call.action));
    }
    let changes: BTreeMap<&str, &Value> = plan["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| (change["address"].as_str().unwrap(), change))
        .collect();
    let mut compared = 0;
    let mut compare = |address: &str, needs: &Value, from: usize| {
        let own: Vec<&str> = changes[address]["calls"].as_array().unwrap()[from..]
            .iter()
            .map(|call| call["action"].as_str().unwrap())
            .collect();
        let own = places.get(address).into_iter().flatten().find(|(_, action)| own.contains(&action.as_str()));
        for need in needs.as_array().into_iter().flatten().filter_map(Value::as_str) {
            // Nobody waits for the completion.
            let calls = changes[need]["calls"].as_array().unwrap();
            let core =
                changes[need]["completion"]["from"].as_u64().map_or(calls.len(), |from| usize::try_from(from).unwrap());
            let core: Vec<&str> = calls[..core].iter().map(|call| call["action"].as_str().unwrap()).collect();
            let needed = places.get(need).into_iter().flatten().rfind(|(_, action)| core.contains(&action.as_str()));
            if let (Some(own), Some(needed)) = (own, needed) {
                assert!(needed < own, "{address} went on before {need} was there: {places:?}");
                compared += 1;
            }
        }
    };
    for (address, change) in &changes {
        let completion = &change["completion"];
        compare(address, &change["after"], 0);
        compare(
            address,
            &completion["after"],
            completion["from"].as_u64().map_or(0, |from| usize::try_from(from).unwrap()),
        );
    }
    assert!(compared >= 15, "{compared} waits were compared: {places:?}");
}

/// The address of what a call was about.
fn address(call: &Call, keys: &Value) -> Option<String> {
    let resource = call.resource.as_deref()?;
    let mut keys = keys.as_object()?.iter();
    let of_key = keys.find(|(_, id)| resource.contains(id.as_str().unwrap_or("?"))).map(|(name, _)| name.as_str());
    let is_elsewhere = call.region.as_deref() == Some("us-west-2");
    if let Some(name) = of_key.or_else(|| resource.strip_prefix("alias/acme-dev-")) {
        return Some(match (name, is_elsewhere) {
            ("lock" | "lock_dr", true) => "kms_key.lock_dr".to_owned(),
            // A replica goes by the id of its primary.
            (name, true) => format!("kms_replica_key.{name}"),
            (name, false) => format!("kms_key.{name}"),
        });
    }
    if is_elsewhere && resource.contains("-lock") {
        return Some("dynamodb_table.lock_dr".to_owned());
    }
    let names = [
        ("-data-dr-", "s3_bucket.data_replica"),
        ("-state-dr-", "s3_bucket.state_replica"),
        ("-reports-dr-", "s3_bucket.reports_replica"),
        ("-access-logs-dr-", "s3_bucket.access_logs_replica"),
        ("-data-", "s3_bucket.data"),
        ("-state-", "s3_bucket.state"),
        ("-reports-", "s3_bucket.reports"),
        ("-access-logs-", "s3_bucket.access_logs"),
        ("-records", "dynamodb_table.records"),
        ("-lock", "dynamodb_table.lock"),
        ("-events", "kinesis_stream.events"),
    ];
    names.iter().find(|(part, _)| resource.contains(part)).map(|(_, address)| (*address).to_owned())
}
