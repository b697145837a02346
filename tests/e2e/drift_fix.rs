//! Setting back what was changed, where not everything goes well; and drift beside an apply.

use std::fs;
use std::time::{Duration, Instant};

use provision_testkit::proxy::{Fault, Gate};
use serde_json::{Value, json};

use crate::boto::python;
use crate::drift::findings;
use crate::world::World;

/// What was told, one to a line: `first_seen dynamodb_table.records tags["Extra"]`.
fn told(world: &World) -> Vec<String> {
    let file = fs::read_to_string(world.folder().join("told")).unwrap_or_default();
    let messages = serde_json::Deserializer::from_str(&file).into_iter::<Value>().map(Result::unwrap);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let news = messages.flat_map(|message| {
        let environment = text(&message["environment"]);
        let news = message["news"].as_array().unwrap().clone();
        news.into_iter().map(move |one| format!("{environment} {} {}", text(&one["change"]), text(&one["title"])))
    });
    news.collect()
}

fn kinds(drift: &Value) -> Vec<(&str, &str)> {
    findings(drift).iter().map(|one| (one["address"].as_str().unwrap(), one["what"].as_str().unwrap())).collect()
}

#[test]
fn what_cannot_be_mended_keeps_nothing_else_from_it_and_is_mended_later() {
    let world = World::applied();
    world.run(&["apply", "staging", "--yes"]).expect_exit(0);
    python(
        &world.account,
        "kms = client('kms')\n\
         kms.disable_key_rotation(KeyId=kms.describe_key(KeyId='alias/acme-dev-s3')['KeyMetadata']['KeyId'])\n\
         ddb = client('dynamodb')\n\
         for name in ['dev', 'staging']:\n    \
             arn = ddb.describe_table(TableName=f'acme-{name}-records')['Table']['TableArn']\n    \
             ddb.tag_resource(ResourceArn=arn, Tags=[{'Key': 'Extra', 'Value': 'x'}])",
    );
    world.proxy().with(|call| {
        (call.operation == "EnableKeyRotation").then(|| Fault::refuse(call, 403, "AccessDeniedException", "no"))
    });
    let notify = "command:cat >> told";
    let arguments = ["drift", "dev", "staging", "--fix", "--yes", "--out", "report.json", "--notify", notify];
    let said = world.run(&arguments).expect_exit(1);
    assert!(
        said.stderr.contains("kms_key.s3: dev: failed") && said.stderr.contains("AccessDeniedException"),
        "{}",
        said.stderr
    );
    let report: Value = serde_json::from_str(&fs::read_to_string(world.folder().join("report.json")).unwrap()).unwrap();
    let [dev, staging] = report["environments"].as_array().unwrap().as_slice() else { panic!("{report:#}") };
    let left = dev["findings"].as_array().unwrap();
    assert_eq!((left.len(), &left[0]["address"]), (1, &json!("kms_key.s3")), "{dev:#}");
    assert_eq!(staging["findings"], json!([]));
    // Also what was mended in the same run is told.
    assert_eq!(
        told(&world),
        [
            "dev first_seen kms_key.s3 enable_key_rotation",
            "dev first_seen dynamodb_table.records tags[\"Extra\"]",
            "staging first_seen dynamodb_table.records tags[\"Extra\"]",
            "dev cleared dynamodb_table.records tags[\"Extra\"]",
            "staging cleared dynamodb_table.records tags[\"Extra\"]",
        ]
    );
    // Once it may, the same command goes on; the file is not applied for it.
    world.proxy().forget_rules();
    world.edit("base/keys.toml", "Secrets, ${environment.name}", "Some secrets, ${environment.name}");
    world.proxy().clear();
    world.run(&["drift", "dev", "--fix", "--yes", "--notify", notify]).expect_exit(0);
    let calls: Vec<String> = world.changes().into_iter().map(|call| call.action).collect();
    assert_eq!(calls, ["kms:EnableKeyRotation"]);
    assert_eq!(told(&world).last().unwrap(), "dev cleared kms_key.s3 enable_key_rotation");
}

#[test]
fn what_was_made_anew_and_not_finished_is_not_well() {
    let world = World::applied();
    let notify = "command:cat >> told";
    world.run(&["drift", "dev", "--notify", notify]).expect_exit(0);
    python(
        &world.account,
        "ddb = client('dynamodb')\n\
         ddb.update_table(TableName='acme-dev-records', DeletionProtectionEnabled=False)\n\
         ddb.delete_table(TableName='acme-dev-records')",
    );
    world.proxy().with(|call| {
        (call.operation == "UpdateContinuousBackups").then(|| Fault::refuse(call, 403, "AccessDeniedException", "no"))
    });
    world.run(&["drift", "dev", "--fix", "--yes", "--notify", notify]).expect_exit(1);
    world.proxy().forget_rules();
    let drift = world.json(&["drift", "dev", "--notify", notify], 2);
    assert_eq!(kinds(&drift), [("dynamodb_table.records", "unfinished")]);
    let said = world.run(&["drift", "dev", "--fix", "--yes"]).expect_exit(2);
    assert!(said.stdout.contains("`provision apply` finishes it"), "{}", said.stdout);
    assert_eq!(
        told(&world),
        ["dev first_seen dynamodb_table.records", "dev first_seen dynamodb_table.records"],
        "that it is there again is no good news yet"
    );
    world.run(&["apply", "dev", "--yes"]).expect_exit(0);
    world.run(&["drift", "dev", "--notify", notify]).expect_exit(0);
    assert_eq!(told(&world)[2..], ["dev cleared dynamodb_table.records", "dev cleared dynamodb_table.records"]);
}

#[test]
fn what_an_apply_is_changing_is_no_drift() {
    let world = World::applied();
    world.edit("dev.toml", "shards = 1", "shards = 2");
    // AWS has done it, and the run does not know yet.
    let gate = Gate::default();
    let at = gate.clone();
    world.proxy().with(move |call| (call.operation == "UpdateShardCount").then(|| Fault::Hold(at.clone())));
    let mut applying = world.start(&["apply", "dev", "--yes"]);
    let deadline = Instant::now() + Duration::from_secs(60);
    while gate.waiting() != Some(1) {
        assert!(Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(20));
    }
    let drift = world.json(&["drift", "dev"], 0);
    let remarks = drift["environments"][0]["remarks"].as_array().unwrap();
    let about = remarks.iter().find(|one| one["address"] == "kinesis_stream.events");
    assert!(about.is_some_and(|one| one["text"].as_str().unwrap().contains("is being changed")), "{drift:#}");
    // A run that has died leaves it open what it did.
    applying.kill().unwrap();
    applying.wait().unwrap();
    std::thread::sleep(Duration::from_secs(16));
    let drift = world.json(&["drift", "dev"], 2);
    assert_eq!(kinds(&drift), [("kinesis_stream.events", "unfinished")]);
    world.proxy().forget_rules();
    world.run(&["apply", "dev", "--yes"]).expect_exit(0);
    world.run(&["drift", "dev"]).expect_exit(0);
}
