//! A region is lost: the state is taken from its replica, worked on from the other region, and brought back.

use std::time::{Duration, Instant};

use provision_testkit::proxy::{Call, Fault};
use serde_json::{Value, json};

use crate::boto::python;
use crate::world::{World, copies_objects};

/// For how long a lock is held that nobody renews.
const LEASE: Duration = Duration::from_secs(15);
/// The key of the state, and of the one that was restored.
const STATE: &str = "provision/dev/state.json";
const RECOVERED: &str = "provision/dev/recovered/state.json";

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
    assert!((LEASE..LEASE * 4).contains(&start.elapsed()), "{:?}", start.elapsed());
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
    let start = Instant::now();
    let restored = world.json(&["dr", "restore-state", "dev", "--yes"], 0);
    assert!(start.elapsed() >= LEASE, "the numbers of that lock say nothing of the other: {:?}", start.elapsed());
    assert_eq!(restored["plan"]["has_changes"], false, "{:#}", restored["plan"]);
}

/// A network in the other region: nothing but its tags tells what it is.
const NETWORK: &str = r#"
[ec2_vpc.standby]
region = "${environment.dr_region}"
cidr_block = "10.77.0.0/16"
"#;

#[test]
fn what_was_not_copied_any_more_is_found_and_not_made_again() {
    if !copies_objects() {
        return;
    }
    let world = World::applied();
    let replica = world.bucket("state-dr");
    let earlier = world.folder().join("earlier.json");
    let keep = format!(
        "copy = client('s3', 'us-west-2').get_object(Bucket='{replica}', Key='{STATE}')\n\
         open({earlier:?}, 'wb').write(copy['Body'].read())\n\
         result = copy['SSEKMSKeyId']"
    );
    let key = python(&world.account, &keep);
    let file = world.folder().join("environments/dev.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text + NETWORK).unwrap();
    world.run(&["apply", "dev", "--yes"]).expect_exit(0);
    // The region is lost before S3 has copied what the state has become.
    let set_back = format!(
        "client('s3', 'us-west-2').put_object(Bucket='{replica}', Key='{STATE}', Body=open({earlier:?}, 'rb').read(), \
         ServerSideEncryption='aws:kms', SSEKMSKeyId={key})"
    );
    python(&world.account, &set_back);
    lose(&world);
    let restored = world.json(&["dr", "restore-state", "dev", "--yes"], 0);
    let changes = restored["plan"]["changes"].as_array().unwrap();
    let actions: Vec<&Value> = changes.iter().map(|change| &change["action"]).collect();
    assert_eq!(actions, ["adopt"], "{:#}", restored["plan"]);
    // Until then it is not known what was applied.
    let said = world.run(&["plan", "dev", "--dr"]).expect_exit(0);
    assert!(said.stderr.contains("what was done just before may not be in it"), "{}", said.stderr);
    world.run(&["apply", "dev", "--dr", "--yes"]).expect_exit(0);
    let said = world.run(&["plan", "dev", "--dr"]).expect_exit(0);
    assert!(!said.stderr.contains("may not be in it"), "{}", said.stderr);
    let networks = python(
        &world.account,
        "result = [one['CidrBlock'] for one in client('ec2', 'us-west-2').describe_vpcs()['Vpcs'] if not one['IsDefault']]",
    );
    assert_eq!(networks, json!(["10.77.0.0/16"]));
    // Its name in the file is another one by the time that the region is back: it is the same network.
    world.run(&["state", "mv", "dev", "ec2_vpc.standby", "ec2_vpc.spare", "--dr"]).expect_exit(0);
    world.edit("dev.toml", "[ec2_vpc.standby]", "[ec2_vpc.spare]");
    world.run(&["apply", "dev", "--dr", "--yes"]).expect_exit(0);
    world.proxy().forget_rules();
    let returned = world.json(&["dr", "return-state", "dev", "--yes"], 0);
    assert_eq!(
        (addresses(&returned["added"]), addresses(&returned["removed"])),
        (vec!["ec2_vpc.spare"], vec!["ec2_vpc.standby"])
    );
    world.run(&["plan", "dev"]).expect_exit(0);
}

#[test]
fn nobody_works_in_both_regions() {
    if !copies_objects() {
        return;
    }
    let world = World::applied();
    let asks = |call: &Call| call.operation == "ListObjectsV2" && call.region.as_deref() == Some("us-west-2");
    // Who may not see whether the state was restored elsewhere, must not go on.
    world.proxy().with(move |call| asks(call).then(|| Fault::refuse(call, 403, "AccessDenied", "no")));
    let said = world.run(&["apply", "dev", "--yes"]).expect_exit(1);
    assert!(
        said.stderr.contains("cannot be seen") && said.stderr.contains("needs s3:ListBucket on acme-dev-state-dr"),
        "{}",
        said.stderr
    );
    world.proxy().forget_rules();
    // Where nobody answers, nobody can work.
    world.proxy().with(move |call| asks(call).then_some(Fault::DropBeforeForwarding));
    let said = world.run(&["apply", "dev", "--yes"]).expect_exit(0);
    assert!(said.stderr.contains("is not known") && said.stderr.contains("stop this run"), "{}", said.stderr);
    world.proxy().forget_rules();

    // As long as somebody works in the region that answers, nobody begins in the other.
    world.edit("dev.toml", "shards = 1", "shards = 2");
    world.proxy().with(|call| (call.operation == "UpdateShardCount").then_some(Fault::Delay(Duration::from_secs(6))));
    let applying = world.start(&["apply", "dev", "--yes"]);
    let deadline = Instant::now() + Duration::from_secs(60);
    while !world.proxy().calls().iter().any(|call| call.operation == "UpdateShardCount") {
        assert!(Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(20));
    }
    let restore = ["dr", "restore-state", "dev", "--yes", "--force", "--lock-timeout", "0s"];
    let said = world.run(&restore).expect_exit(4);
    assert!(said.stderr.contains(&format!("pid {}", applying.id())), "{}", said.stderr);
    assert_eq!(applying.wait_with_output().unwrap().status.code(), Some(0));
    world.proxy().forget_rules();
    let start = Instant::now();
    world.run(&restore).expect_exit(0);
    assert!(start.elapsed() < LEASE, "nobody is to be waited for: {:?}", start.elapsed());
    let said = world.run(&["apply", "dev", "--yes"]).expect_exit(1);
    assert!(said.stderr.contains("is being worked on from us-west-2"), "{}", said.stderr);
    // Readable or not.
    let replica = world.bucket("state-dr");
    let put = |body: &str| {
        format!("client('s3', 'us-west-2').put_object(Bucket='{replica}', Key='{RECOVERED}', Body={body})")
    };
    python(&world.account, &put("b'?'"));
    let said = world.run(&["apply", "dev", "--yes"]).expect_exit(1);
    assert!(said.stderr.contains("is being worked on from us-west-2"), "{}", said.stderr);
    python(
        &world.account,
        &format!(
            "s3 = client('s3', 'us-west-2')\n\
             last = next(one for one in s3.list_object_versions(Bucket='{replica}', Prefix='{RECOVERED}')['Versions'] if one['IsLatest'])\n\
             s3.delete_object(Bucket='{replica}', Key='{RECOVERED}', VersionId=last['VersionId'])"
        ),
    );
    // It was only tried: nothing was done there, so nothing is to be finished.
    world.run(&["dr", "return-state", "dev", "--yes"]).expect_exit(0);
    world.run(&["apply", "dev", "--yes"]).expect_exit(0);
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
    assert_eq!(buckets, json!([world.bucket("standby")]));
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
