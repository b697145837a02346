//! Changes made behind our back: named, and mended alone.

use serde_json::{Value, json};

use crate::boto::python;
use crate::world::World;

/// What a report says of its only environment.
pub fn findings(drift: &Value) -> &Vec<Value> {
    let [environment] = drift["environments"].as_array().unwrap().as_slice() else { panic!("{drift:#}") };
    environment["findings"].as_array().unwrap()
}

/// Does something by hand; checks that `drift` names it (fields: path, expected, actual; none if the resource is gone),
/// that `apply` mends it by these calls and no others, and that all is well then.
fn meddle(code: &str, address: &str, fields: Value, mends: &[&str]) {
    let world = World::applied();
    python(&world.account, &code.replace("DATA", &world.bucket("data")).replace("REPLICA", &world.bucket("data-dr")));

    let drift = world.json(&["drift", "dev"], 2);
    let drifted = findings(&drift);
    assert_eq!(drifted.len(), 1, "{drift:#}");
    assert_eq!(drifted[0]["address"], address);
    let named = drifted[0]["differences"].as_array().unwrap().iter();
    let named: Vec<Value> = named.map(|field| json!([field["path"], field["expected"], field["actual"]])).collect();
    assert_eq!(Value::Array(named), fields);
    assert_eq!(drifted[0]["what"], if fields == json!([]) { "deleted" } else { "changed" });
    let text = world.run(&["drift", "dev"]).expect_exit(2).stdout;
    assert!(text.contains(address), "{text}");
    assert!(world.changes().is_empty(), "drift only reads");

    let plan = world.json(&["plan", "dev"], 2);
    for difference in plan["changes"][0]["differences"].as_array().unwrap() {
        assert_eq!(difference["cause"], "drift", "{plan:#}");
    }
    world.run(&["apply", "dev", "--yes"]).expect_exit(0);
    let calls: Vec<String> = world.changes().into_iter().map(|call| call.action).collect();
    assert_eq!(calls, mends);
    world.run(&["drift", "dev"]).expect_exit(0);
    world.run(&["plan", "dev"]).expect_exit(0);
}

#[test]
fn versioning_suspended() {
    // The replicas' versions: S3 refuses to suspend those of a bucket that is replicated.
    meddle(
        "client('s3', 'us-west-2').put_bucket_versioning(Bucket='REPLICA', VersioningConfiguration={'Status': 'Suspended'})",
        "s3_bucket.data_replica",
        json!([["versioning", true, false]]),
        &["s3:PutBucketVersioning"],
    );
}

#[test]
fn a_tag_changed() {
    meddle(
        "ddb = client('dynamodb')\n\
         arn = ddb.describe_table(TableName='acme-dev-records')['Table']['TableArn']\n\
         ddb.tag_resource(ResourceArn=arn, Tags=[{'Key': 'Project', 'Value': 'other'}])",
        "dynamodb_table.records",
        json!([["tags[\"Project\"]", "acme", "other"]]),
        &["dynamodb:TagResource"],
    );
}

#[test]
fn a_policy_replaced() {
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::123456789012:root" },
            "Action": "s3:GetObject", "Resource": "arn:aws:s3:::DATA/*",
        }],
    });
    let world = World::applied();
    let text = policy.to_string().replace("DATA", &world.bucket("data"));
    python(
        &world.account,
        &format!("client('s3').put_bucket_policy(Bucket='{}', Policy='{text}')", world.bucket("data")),
    );
    let drift = world.json(&["drift", "dev"], 2);
    let drifted = findings(&drift);
    assert_eq!(drifted.len(), 1);
    let paths: Vec<&Value> = drifted[0]["differences"].as_array().unwrap().iter().map(|field| &field["path"]).collect();
    assert_eq!(paths, ["https_only", "policy"]);
    world.run(&["apply", "dev", "--yes"]).expect_exit(0);
    let calls: Vec<String> = world.changes().into_iter().map(|call| call.action).collect();
    assert_eq!(calls, ["s3:PutBucketPolicy"]);
    world.run(&["drift", "dev"]).expect_exit(0);
}

#[test]
fn rotation_off() {
    meddle(
        "kms = client('kms')\n\
         kms.disable_key_rotation(KeyId=kms.describe_key(KeyId='alias/acme-dev-s3')['KeyMetadata']['KeyId'])",
        "kms_key.s3",
        json!([["enable_key_rotation", true, false]]),
        &["kms:EnableKeyRotation"],
    );
}

#[test]
fn a_table_deleted() {
    meddle(
        "ddb = client('dynamodb')\n\
         ddb.update_table(TableName='acme-dev-records', DeletionProtectionEnabled=False)\n\
         ddb.delete_table(TableName='acme-dev-records')",
        "dynamodb_table.records",
        json!([]),
        &["dynamodb:CreateTable", "dynamodb:UpdateContinuousBackups"],
    );
}

#[test]
fn stream_retention_changed() {
    meddle(
        "client('kinesis').decrease_stream_retention_period(StreamName='acme-dev-events', RetentionPeriodHours=24)",
        "kinesis_stream.events",
        json!([["retention_period_hours", 168, 24]]),
        &["kinesis:IncreaseStreamRetentionPeriod"],
    );
}

#[test]
fn a_changed_file_is_not_drift() {
    let world = World::applied();
    world.edit("dev.toml", "shards = 1", "shards = 2");
    world.run(&["drift", "dev"]).expect_exit(0);
    let plan = world.json(&["plan", "dev"], 2);
    assert_eq!(plan["changes"].as_array().unwrap().len(), 1);
    let difference = &plan["changes"][0]["differences"][0];
    assert_eq!(
        json!([difference["path"], difference["live"], difference["desired"], difference["cause"]]),
        json!(["shard_count", 1, 2, "config"])
    );
    world.run(&["apply", "dev", "--yes"]).expect_exit(0);
    let calls: Vec<String> = world.changes().into_iter().map(|call| call.action).collect();
    assert_eq!(calls, ["kinesis:UpdateShardCount"]);
    world.run(&["plan", "dev"]).expect_exit(0);
}
