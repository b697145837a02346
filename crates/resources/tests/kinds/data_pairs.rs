//! The four data services over generated specs: any one becomes any other, and reading gives back what was asked for.

use proptest::prelude::*;
use proptest::sample::select;
use provision_resources::{DynamodbTable, KinesisStream, KmsKey, S3Bucket};
use serde_json::{Value, json};

use crate::driver::Driver;
use crate::pairs::{generated, hold};

/// How many pairs of each kind: each is some dozens of calls.
const PAIRS: usize = 12;

/// Without spaces at the ends of a value, which moto loses (among the sandbox's gaps).
fn tags() -> impl Strategy<Value = Value> {
    prop::collection::btree_map("[A-Z][a-z]{0,8}", "([a-z0-9]([a-z0-9 ]{0,10}[a-z0-9])?)?", 0..3)
        .prop_map(|tags| json!(tags))
}

fn key_arn(number: u8) -> String {
    format!("arn:aws:kms:us-east-1:123456789012:key/{number}")
}

/// Pairs of specs that share a name of their own.
fn named(strategy: impl Strategy<Value = Value>, field: &str, name: impl Fn(usize) -> String) -> Vec<(Value, Value)> {
    let all = generated(strategy, 2 * PAIRS);
    let pairs = all.chunks_exact(2).enumerate().map(|(number, pair)| {
        let (mut first, mut second) = (pair[0].clone(), pair[1].clone());
        (first[field], second[field]) = (json!(name(number)), json!(name(number)));
        (first, second)
    });
    pairs.collect()
}

#[tokio::test]
async fn any_key_becomes_any_other() {
    let driver = Driver::new().await;
    let rotation = (any::<bool>(), 90..2561);
    let services = prop::collection::btree_set(select(vec!["s3", "logs", "kinesis", "dynamodb"]), 0..3);
    let key = ("[a-zA-Z ]{0,20}", rotation, any::<bool>(), services, tags()).prop_map(
        |(description, (rotates, days), enabled, services, tags)| {
            json!({
                "description": description, "enable_key_rotation": rotates, "rotation_period_in_days": days,
                "enabled": enabled, "services": services, "tags": tags,
            })
        },
    );
    let mut pairs = named(key, "alias", |number| format!("alias/pairs/{number}"));
    for (first, second) in &mut pairs {
        // AWS refuses to change the rotation of a key that stays disabled. The engine does not enable it behind the
        // person's back, but reports the refusal and its remedy.
        if first["enabled"] == false && second["enabled"] == false {
            for field in ["enable_key_rotation", "rotation_period_in_days"] {
                second[field] = first[field].clone();
            }
        }
    }
    hold::<KmsKey>(&driver, pairs).await;
}

fn with_ids(rules: std::collections::BTreeMap<String, Value>) -> Value {
    let with_id = |(priority, (id, mut rule)): (usize, (String, Value))| {
        rule["id"] = json!(id);
        if rule.get("destination").is_some() {
            rule["priority"] = json!(priority);
        }
        rule
    };
    rules.into_iter().enumerate().map(with_id).collect()
}

fn lifecycle_rule() -> impl Strategy<Value = Value> {
    let filter = (prop::option::of("[a-z]{1,8}/"), tags(), prop::option::of((1..1000, 1000..2000)));
    let days = (30..60, 60..90, 1..4, any::<bool>());
    (filter, days, any::<bool>()).prop_map(|((prefix, tags, size), (transition, days, newer, dated), enabled)| {
        let mut rule = json!({
            "enabled": enabled, "prefix": prefix.unwrap_or_default(), "object_tags": tags,
            "noncurrent_version_expiration_days": days, "newer_noncurrent_versions": newer,
            "noncurrent_version_transitions": [
                { "days": transition, "storage_class": "STANDARD_IA", "newer_noncurrent_versions": newer },
            ],
            "transitions": [{ "days": transition, "storage_class": "GLACIER_IR" }],
        });
        if dated {
            rule["expiration_date"] = json!("2031-01-31");
        } else {
            rule["expiration_days"] = json!(days);
        }
        if let Some((more, less)) = size {
            (rule["object_size_greater_than"], rule["object_size_less_than"]) = (json!(more), json!(less));
        } else if rule["object_tags"].as_object().is_some_and(serde_json::Map::is_empty) {
            rule["abort_incomplete_multipart_upload_days"] = json!(newer);
        }
        rule
    })
}

/// Rules without their destination bucket.
fn replication() -> impl Strategy<Value = Value> {
    let switches = prop::array::uniform5(any::<bool>());
    let class = select(vec!["", "STANDARD_IA", "GLACIER_IR"]);
    let rule =
        (prop::option::of("[a-z]{1,8}/"), tags(), class, switches).prop_map(|(prefix, tags, class, switches)| {
            let [enabled, markers, modifications, time, metrics] = switches;
            let untagged = tags.as_object().is_some_and(serde_json::Map::is_empty);
            json!({
                "enabled": enabled, "prefix": prefix.unwrap_or_default(), "object_tags": tags,
                "delete_marker_replication": markers && untagged, "replica_modifications": modifications,
                "destination": { "storage_class": class, "replication_time": time, "metrics": metrics || time },
            })
        });
    let rules = prop::collection::btree_map("[a-z]{1,4}", rule, 1..3).prop_map(with_ids);
    rules.prop_map(|rules| json!({ "role": "arn:aws:iam::123456789012:role/replication", "rules": rules }))
}

#[tokio::test]
async fn any_bucket_becomes_any_other() {
    let driver = Driver::new().await;
    let account = driver.account.clone();
    let switches = prop::array::uniform8(any::<bool>());
    let ownership = select(vec!["BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"]);
    let rules = prop::collection::btree_map("[a-z]{1,4}", lifecycle_rule(), 0..3).prop_map(with_ids);
    let log = prop::option::of(("[a-z]{1,4}/", select(vec!["None", "EventTime", "DeliveryTime"])));
    let others = (rules, log, prop::option::of(replication()), any::<bool>());
    let name = format!("pairs-{account}");
    // What they replicate to and log into.
    let mut replica = driver.in_region("us-west-2").resource::<S3Bucket>("replica");
    replica.apply(json!({ "bucket": format!("{name}-replica") })).await;
    let mut logs = driver.resource::<S3Bucket>("logs");
    logs.apply(json!({ "bucket": format!("{name}-logs"), "receives_access_logs": true })).await;
    let to = name.clone();
    let bucket = (switches, ownership, prop::option::of(0..3_u8), others, tags()).prop_map(
        move |(switches, ownership, key, (rules, log, replication, lets_logs_in), tags)| {
            let [versioning, https, block_acls, ignore, block_policy, restrict, bucket_key, sse_c] = switches;
            let mut spec = json!({
                "versioning": versioning, "https_only": https, "bucket_key_enabled": bucket_key, "block_sse_c": sse_c,
                "object_ownership": ownership, "lifecycle_rules": rules, "tags": tags,
                "public_access_block": {
                    "block_public_acls": block_acls, "ignore_public_acls": ignore,
                    "block_public_policy": block_policy, "restrict_public_buckets": restrict,
                },
            });
            match key {
                Some(key) => spec["kms_key"] = json!(key_arn(key)),
                None => spec["receives_access_logs"] = json!(lets_logs_in),
            }
            if let Some((prefix, source)) = log {
                let bucket = format!("{to}-logs");
                spec["logging"] = json!({ "bucket": bucket, "prefix": prefix, "partition_date_source": source });
            }
            if let Some(mut replication) = replication {
                spec["versioning"] = json!(true);
                for rule in replication["rules"].as_array_mut().unwrap() {
                    rule["destination"]["bucket"] = json!(format!("arn:aws:s3:::{to}-replica"));
                    if key.is_some() {
                        rule["destination"]["kms_key"] = json!("arn:aws:kms:us-west-2:123456789012:key/1");
                    }
                }
                spec["replication"] = replication;
            }
            spec
        },
    );
    hold::<S3Bucket>(&driver, named(bucket, "bucket", |number| format!("{name}-{number}"))).await;
}

#[tokio::test]
async fn any_table_becomes_any_other() {
    let driver = Driver::new().await;
    let stream = select(vec!["DISABLED", "KEYS_ONLY", "NEW_IMAGE", "NEW_AND_OLD_IMAGES"]);
    let index = prop::option::of(select(vec!["ALL", "KEYS_ONLY"]));
    let capacity = prop::option::of((1..20, 1..20));
    let other = (any::<bool>(), any::<bool>(), any::<bool>(), prop::option::of(0..3_u8));
    let table = (stream, index, capacity, other, tags()).prop_map(
        |(stream, index, capacity, (recovery, protected, expires, key), tags)| {
            let mut spec = json!({
                "hash_key": "id", "stream_view_type": stream, "point_in_time_recovery": recovery,
                "deletion_protection_enabled": protected, "time_to_live_attribute": if expires { "until" } else { "" },
                "kms_key": key.map_or("AWS_OWNED_KEY".to_owned(), key_arn), "tags": tags,
                "global_secondary_indexes": [],
            });
            if let Some((read, write)) = capacity {
                spec["billing_mode"] = json!("PROVISIONED");
                (spec["read_capacity"], spec["write_capacity"]) = (json!(read), json!(write));
            } else if let Some(projection) = index {
                let index = json!({ "index_name": "by_owner", "hash_key": "owner", "projection_type": projection });
                spec["global_secondary_indexes"] = json!([index]);
            }
            spec
        },
    );
    hold::<DynamodbTable>(&driver, named(table, "table_name", |number| format!("pairs-{number}"))).await;
}

#[tokio::test]
async fn any_stream_becomes_any_other() {
    let driver = Driver::new().await;
    let metrics = prop::collection::btree_set(select(vec!["IncomingBytes", "OutgoingBytes", "IncomingRecords"]), 0..3);
    let key = prop::option::of(0..3_u8);
    let stream = (1..7, 24..8761, metrics, key, tags()).prop_map(|(shards, hours, metrics, key, tags)| {
        json!({
            "shard_count": shards, "retention_period_hours": hours, "shard_level_metrics": metrics,
            "kms_key": key.map_or("NONE".to_owned(), key_arn), "tags": tags,
        })
    });
    hold::<KinesisStream>(&driver, named(stream, "name", |number| format!("pairs-{number}"))).await;
}
