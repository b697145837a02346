//! A region is lost: the state is taken from its replica, worked on from the other region, and brought back.

use std::time::{Duration, Instant};

use provision_testkit::proxy::Fault;
use serde_json::Value;

use crate::boto::python;
use crate::world::{World, copies_objects};

/// Nothing answers from the environment's region any more.
fn lose(world: &World) {
    world.proxy().with(|call| (call.region.as_deref() == Some("us-east-1")).then_some(Fault::DropBeforeForwarding));
}

fn addresses(document: &Value) -> Vec<&str> {
    document.as_array().unwrap().iter().map(|address| address.as_str().unwrap()).collect()
}

/// A bucket in the other region, which is to serve in the place of what was lost.
const STANDBY: &str = r#"
[s3_bucket.standby]
region = "${environment.dr_region}"
bucket = "${vars.project}-${environment.name}-standby-${environment.account}"
kms_key = "${kms_replica_key.s3.arn}"
logging = { bucket = "${s3_bucket.access_logs_replica.bucket}", prefix = "standby/" }
protect = false

[[s3_bucket.standby.lifecycle_rules]]
id = "tidy"
abort_incomplete_multipart_upload_days = 7
noncurrent_version_expiration_days = 90
"#;

#[test]
fn work_goes_on_in_the_other_region_and_comes_back() {
    if !copies_objects() {
        return;
    }
    let world = World::applied();
    let before = world.json(&["state", "list", "dev"], 0);
    let serial = |listed: &Value| listed["serial"].as_u64().unwrap();

    // As long as the region answers, nobody takes its state away by mistake.
    let said = world.run(&["dr", "restore-state", "dev", "--yes"]).expect_exit(1);
    assert!(said.stderr.contains("us-east-1 still answers") && said.stderr.contains("--force"), "{}", said.stderr);
    // Nor is there anything to work with from the other region.
    let said = world.run(&["plan", "dev", "--dr"]).expect_exit(3);
    assert!(said.stderr.contains("was not restored in us-west-2"), "{}", said.stderr);

    lose(&world);
    world.run(&["plan", "dev"]).expect_exit(1);
    world.proxy().clear();
    let start = Instant::now();
    let restored = world.json(&["dr", "restore-state", "dev", "--yes"], 0);
    // A holder of the lost region's lock is given a lease to notice.
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
    assert_eq!(restored["format"], "provision.dr_restored/1");
    assert_eq!(restored["plan"]["has_changes"], false, "{:#}", restored["plan"]);
    assert_eq!(restored["resources"], before["resources"].as_array().unwrap().len());
    let left_alone = addresses(&restored["left_alone"]);
    assert!(
        left_alone.contains(&"s3_bucket.data") && !left_alone.contains(&"s3_bucket.data_replica"),
        "{left_alone:?}"
    );
    for call in world.changes() {
        assert_eq!(call.region.as_deref(), Some("us-west-2"), "{call:?}");
    }
    // Once more does no harm.
    world.run(&["dr", "restore-state", "dev", "--yes"]).expect_exit(0);
    world.run(&["plan", "dev", "--dr"]).expect_exit(0);
    world.run(&["drift", "dev", "--dr"]).expect_exit(0);
    // What is lost is not to be forgotten.
    let said = world.run(&["destroy", "dev", "--dr", "--yes", "--delete-data", "--empty-buckets"]).expect_exit(3);
    assert!(said.stderr.contains("must not be forgotten"), "{}", said.stderr);

    // Something is made there, and something is mended.
    let file = world.folder().join("environments/dev.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text + STANDBY).unwrap();
    python(
        &world.account,
        &format!(
            "client('s3', 'us-west-2').put_bucket_versioning(Bucket='{}', VersioningConfiguration={{'Status': 'Suspended'}})",
            world.bucket("data-dr")
        ),
    );
    let plan = world.json(&["plan", "dev", "--dr"], 2);
    let changes: Vec<(&str, &str)> = plan["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| (change["address"].as_str().unwrap(), change["action"].as_str().unwrap()))
        .collect();
    assert_eq!(changes, [("s3_bucket.data_replica", "update"), ("s3_bucket.standby", "create")]);
    world.proxy().clear();
    world.run(&["apply", "dev", "--dr", "--yes"]).expect_exit(0);
    assert!(!world.changes().is_empty());
    for call in world.changes() {
        assert_eq!(call.region.as_deref(), Some("us-west-2"), "{call:?}");
    }

    // The region is back, and must not be worked on as if nothing had been.
    world.proxy().forget_rules();
    // Drift only reads, and says what it reads.
    let said = world.run(&["drift", "dev"]).expect_exit(2);
    assert!(said.stderr.contains("is being worked on from us-west-2"), "{}", said.stderr);
    let said = world.run(&["apply", "dev", "--yes"]).expect_exit(1);
    assert!(said.stderr.contains("is being worked on from us-west-2"), "{}", said.stderr);
    assert!(said.stderr.contains("provision dr return-state dev"), "{}", said.stderr);

    world.proxy().clear();
    let returned = world.json(&["dr", "return-state", "dev", "--yes"], 0);
    assert_eq!(addresses(&returned["added"]), ["s3_bucket.standby"]);
    assert!(world.changes().is_empty(), "nothing in AWS changes: {:?}", world.changes());
    world.run(&["plan", "dev"]).expect_exit(0);
    world.run(&["drift", "dev"]).expect_exit(0);
    let after = world.json(&["state", "list", "dev"], 0);
    assert!(serial(&after) > serial(&before));
    // Nothing is left to return, and a next loss begins anew.
    world.run(&["dr", "return-state", "dev", "--yes"]).expect_exit(3);
    lose(&world);
    let restored = world.json(&["dr", "restore-state", "dev", "--yes"], 0);
    assert_eq!(restored["plan"]["has_changes"], false, "{:#}", restored["plan"]);
}

#[test]
fn a_run_that_the_loss_has_interrupted_is_gone_on_with() {
    if !copies_objects() {
        return;
    }
    let world = World::applied();
    let file = world.folder().join("environments/dev.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text + STANDBY).unwrap();
    // The region is lost while the other one is being worked in: the bucket is made, and no answer tells.
    world.proxy().with(|call| {
        (call.operation == "CreateBucket" && call.region.as_deref() == Some("us-west-2")).then_some(Fault::DropAnswer)
    });
    let child = world.start(&["apply", "dev", "--yes"]);
    let deadline = Instant::now() + Duration::from_secs(60);
    while !world.proxy().calls().iter().any(|call| call.operation == "CreateBucket") {
        assert!(Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(20));
    }
    let mut child = child;
    child.kill().unwrap();
    child.wait().unwrap();
    world.proxy().forget_rules();
    lose(&world);
    let said = world.run(&["dr", "restore-state", "dev", "--yes"]).expect_exit(0);
    assert!(said.stderr.contains("did not finish"), "{}", said.stderr);
    world.run(&["apply", "dev", "--dr", "--yes"]).expect_exit(0);
    world.run(&["plan", "dev", "--dr"]).expect_exit(0);
    let buckets = python(
        &world.account,
        "result = [one['Name'] for one in client('s3').list_buckets()['Buckets'] if 'standby' in one['Name']]",
    );
    assert_eq!(buckets, serde_json::json!([world.bucket("standby")]));
    world.proxy().forget_rules();
    world.run(&["dr", "return-state", "dev", "--yes"]).expect_exit(0);
    world.run(&["apply", "dev", "--yes"]).expect_exit(0);
    world.run(&["plan", "dev"]).expect_exit(0);
}

#[test]
fn an_environment_whose_state_is_copied_nowhere_says_what_to_do() {
    let world = World::new();
    world.edit(
        "base/audit.toml",
        "id = \"dr\"\ndestination = { bucket = \"${s3_bucket.state_replica.arn}\"",
        "id = \"dr\"\nenabled = false\ndestination = { bucket = \"${s3_bucket.state_replica.arn}\"",
    );
    for command in [vec!["plan", "dev", "--dr"], vec!["dr", "restore-state", "dev", "--yes"]] {
        let said = world.run(&command).expect_exit(3);
        assert!(said.stderr.contains("is copied to no other region"), "{}", said.stderr);
    }
}
