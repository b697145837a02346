//! `verify`: what is deployed is tested by use; what is broken is named; nothing is left behind.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use provision_testkit::project::said;
use provision_testkit::proxy::{Call, Fault};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::boto::python;
use crate::world::World;

/// What fails on this lane although all is well: moto does not run functions, which is listed among the sandbox's gaps.
fn gaps() -> &'static [(&'static str, &'static str)] {
    match std::env::var("PROVISION_SANDBOX_LANE").as_deref() {
        Ok("moto") => &[("lambda_function.processor", "invoke with a check")],
        _ => &[],
    }
}

/// What `verify` exits with if all is well.
fn well() -> i32 {
    i32::from(!gaps().is_empty())
}

/// What tests left behind: keys of object versions and of items.
fn left_behind(world: &World) -> Value {
    python(
        &world.account,
        "s3, ddb = client('s3'), client('dynamodb')\n\
         result = []\n\
         for bucket in s3.list_buckets()['Buckets']:\n\
         \x20   page = s3.list_object_versions(Bucket=bucket['Name'], Prefix='provision-verify')\n\
         \x20   result += [one['Key'] for one in page.get('Versions', []) + page.get('DeleteMarkers', [])]\n\
         for table in ddb.list_tables()['TableNames']:\n\
         \x20   result += [item for item in ddb.scan(TableName=table)['Items'] if 'provision-verify' in str(item)]\n",
    )
}

/// Address, test, result of every test.
fn results(report: &Value) -> Vec<(String, String, String)> {
    // The name of a replica has the account in it.
    let text = |value: &Value| match value.as_str().unwrap() {
        name if name.starts_with("replicated to ") => "replicated".to_owned(),
        text => text.to_owned(),
    };
    let resources = report["resources"].as_array().unwrap().iter();
    resources
        .flat_map(|resource| {
            let checks = resource["checks"].as_array().unwrap().iter();
            checks.map(move |check| (text(&resource["address"]), text(&check["name"]), text(&check["result"])))
        })
        .collect()
}

/// Address and name of every test that failed, but for the lane's gaps.
fn failures(report: &Value) -> Vec<(String, String)> {
    let failed = results(report).into_iter().filter(|(_, _, result)| result == "failed");
    failed
        .map(|(address, check, _)| (address, check))
        .filter(|(address, check)| !gaps().contains(&(address, check)))
        .collect()
}

/// Breaks something by hand; checks that these tests fail, each with a hint, and no others.
fn broken(code: &str, expected: &[(&str, &str)]) {
    let world = World::applied();
    python(&world.account, &code.replace("DATA", &world.bucket("data")));
    let report = world.json(&["verify", "dev"], 1);
    let failed = failures(&report);
    let failed: Vec<(&str, &str)> = failed.iter().map(|(address, check)| (&address[..], &check[..])).collect();
    assert_eq!(failed, expected, "{report:#}");
    assert_eq!(report["failed"], expected.len() + gaps().len());
    let hints = report["resources"].as_array().unwrap().iter().flat_map(|one| one["checks"].as_array().unwrap());
    for check in hints.filter(|check| check["result"] == "failed") {
        assert!(check["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{check:#}");
    }
    let text = world.run(&["verify", "dev"]).expect_exit(1).stdout;
    for (address, check) in expected {
        assert!(text.contains(&format!("failed: {address}: {check}")), "{text}");
    }
    assert_eq!(left_behind(&world), json!([]));
}

#[test]
fn what_was_applied_passes_every_test_and_nothing_is_left() {
    let world = World::applied();
    let report = world.json(&["verify", "dev"], well());
    assert_eq!(failures(&report), [], "{report:#}");
    assert_eq!(report["skipped"], 0, "{report:#}");
    let results = results(&report);
    for expected in [
        ("dynamodb_table.lock", "put and get an item"),
        ("dynamodb_table.records", "put and get an item"),
        ("dynamodb_table.records", "encrypted with its key"),
        ("kinesis_stream.events", "put and get a record"),
        ("kinesis_stream.events", "encrypted with its key"),
        ("kms_key.s3", "encrypt and decrypt"),
        ("lambda_function.processor", "invoke with a check"),
        ("secretsmanager_secret.pipeline", "read the value"),
        ("s3_bucket.data", "put and get an object"),
        ("s3_bucket.data", "encrypted with its key"),
        ("s3_bucket.data", "versioned"),
        ("s3_bucket.data", "plain HTTP is refused"),
        ("s3_bucket.state", "put and get an object"),
    ] {
        assert!(results.iter().any(|(address, check, _)| (&address[..], &check[..]) == expected), "{expected:?}");
    }
    assert_eq!(left_behind(&world), json!([]));
    // The tests really were made, and undone: as many objects and items came as went.
    let calls: Vec<String> = world.proxy().mutating_calls().into_iter().map(|call| call.action).collect();
    let count = |action: &str| calls.iter().filter(|call| *call == action).count();
    let buckets = results.iter().filter(|(_, check, _)| check == "put and get an object").count();
    let tables = results.iter().filter(|(_, check, _)| check == "put and get an item").count();
    // What is replicated goes at both ends.
    let copies = results.iter().filter(|(_, check, _)| check == "replicated").count();
    assert_eq!(copies, 4);
    assert_eq!((count("s3:PutObject"), count("s3:DeleteObjectVersion")), (buckets, buckets + copies), "{calls:?}");
    assert_eq!((count("dynamodb:PutItem"), count("dynamodb:DeleteItem")), (tables, tables), "{calls:?}");

    let text = world.run(&["verify", "dev"]).expect_exit(well()).stdout;
    assert!(text.starts_with("ADDRESS"), "{text}");
    assert!(text.contains(&format!(" {} failed, 0 skipped", gaps().len())), "{text}");
    world.run(&["plan", "dev"]).expect_exit(0);
    world.run(&["drift", "dev"]).expect_exit(0);
}

#[test]
fn what_was_never_applied_cannot_be_verified() {
    let world = World::new();
    let said = world.run(&["verify", "dev"]).expect_exit(1);
    assert!(said.stderr.contains("never been applied"), "{}", said.stderr);
}

#[test]
fn a_disabled_key_is_named() {
    // On AWS the bucket's own tests fail too: the emulators' S3 does not ask their KMS.
    broken(
        "kms = client('kms')\n\
         kms.disable_key(KeyId=kms.describe_key(KeyId='alias/acme-dev-s3')['KeyMetadata']['KeyId'])",
        &[("kms_key.s3", "encrypt and decrypt"), ("kms_replica_key.s3", "decrypt what the primary encrypted")],
    );
}

#[test]
fn a_deleted_table_is_named() {
    broken(
        "ddb = client('dynamodb')\n\
         ddb.update_table(TableName='acme-dev-records', DeletionProtectionEnabled=False)\n\
         ddb.delete_table(TableName='acme-dev-records')",
        &[("dynamodb_table.records", "put and get an item")],
    );
}

#[test]
fn a_deleted_stream_is_named() {
    broken(
        "client('kinesis').delete_stream(StreamName='acme-dev-events')",
        &[("kinesis_stream.events", "put and get a record")],
    );
}

#[test]
fn a_bucket_that_lost_its_safeguards_is_named() {
    broken(
        "s3 = client('s3')\n\
         s3.delete_bucket_replication(Bucket='DATA')\n\
         s3.delete_bucket_policy(Bucket='DATA')\n\
         s3.put_bucket_versioning(Bucket='DATA', VersioningConfiguration={'Status': 'Suspended'})\n\
         rule = {'ApplyServerSideEncryptionByDefault': {'SSEAlgorithm': 'AES256'}}\n\
         s3.put_bucket_encryption(Bucket='DATA', ServerSideEncryptionConfiguration={'Rules': [rule]})",
        &[
            ("s3_bucket.data", "encrypted with its key"),
            ("s3_bucket.data", "versioned"),
            ("s3_bucket.data", "plain HTTP is refused"),
            ("s3_bucket.data", "replicated"),
        ],
    );
}

/// Whether a call is part of a test, not of reading the state.
fn is_test(call: &Call) -> bool {
    call.service != "s3" || call.resource.as_deref().is_some_and(|resource| resource.contains("provision-verify"))
}

#[test]
fn a_failure_in_between_leaves_nothing_behind() {
    let world = World::applied();
    world.proxy().with(|call| {
        let (content_type, body) = match call.operation.as_str() {
            "GetObject" if is_test(call) => {
                ("text/xml", "<Error><Code>AccessDenied</Code><Message>no</Message></Error>")
            }
            "GetItem" => ("application/x-amz-json-1.0", r#"{"__type": "AccessDeniedException", "message": "no"}"#),
            _ => return None,
        };
        let (content_type, body) = (content_type.to_owned(), body.to_owned());
        Some(Fault::Answer { status: 403, content_type, body })
    });
    let report = world.json(&["verify", "dev"], 1);
    let failed: BTreeSet<String> = failures(&report).into_iter().map(|(address, _)| address).collect();
    let tables = ["lock", "lock_dr", "records"].map(|name| format!("dynamodb_table.{name}"));
    let buckets = ["access_logs", "data", "reports", "state"];
    let buckets = buckets.iter().flat_map(|name| [format!("s3_bucket.{name}"), format!("s3_bucket.{name}_replica")]);
    assert_eq!(failed, tables.into_iter().chain(buckets).collect());
    assert_eq!(left_behind(&world), json!([]));
}

#[test]
fn lost_answers_are_survived_and_leave_nothing_behind() {
    let world = World::applied();
    // The first answer about each thing is lost: what was asked for is done, and the SDK asks again.
    let lost = Mutex::new(BTreeSet::new());
    world.proxy().with(move |call| {
        let put = ["PutObject", "PutItem", "PutRecord"].contains(&call.operation.as_str()) && is_test(call);
        let first = put && lost.lock().unwrap().insert((call.operation.clone(), call.resource.clone()));
        first.then_some(Fault::DropAnswer)
    });
    let report = world.json(&["verify", "dev"], well());
    assert_eq!(failures(&report), [], "{report:#}");
    assert!(report["passed"].as_u64().unwrap() > 0, "{report:#}");
    let unanswered = world.proxy().calls().into_iter().filter(|call| call.status.is_none()).count();
    assert_eq!(unanswered, 11, "eight buckets, two tables, one stream");
    assert_eq!(left_behind(&world), json!([]));
}

#[test]
fn ctrl_c_in_between_leaves_nothing_behind() {
    let world = World::applied();
    world
        .proxy()
        .with(|call| (call.operation == "GetObject" && is_test(call)).then_some(Fault::Delay(Duration::from_secs(1))));
    let child = world.start(&["verify", "dev"]);
    let start = Instant::now();
    while !world.proxy().calls().iter().any(|call| call.operation == "GetObject" && is_test(call)) {
        assert!(start.elapsed() < Duration::from_secs(60), "no object is read within a minute");
        std::thread::sleep(Duration::from_millis(10));
    }
    kill_process(Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap(), Signal::INT).unwrap();
    said(child.wait_with_output().unwrap()).expect_exit(130);
    assert_eq!(left_behind(&world), json!([]));
}

#[test]
fn the_pipeline_passes_over_the_record() {
    if !gaps().is_empty() {
        // No function runs.
        return;
    }
    let world = World::applied();
    world.run(&["verify", "dev"]).expect_exit(0);
    let bucket = world.bucket("data");
    // The stream has one shard: what comes out of it is in order.
    let event = json!({ "id": "order-1", "type": "order", "occurred_at": "2026-11-22T04:00:00Z", "payload": {} });
    python(
        &world.account,
        &format!("client('kinesis').put_record(StreamName='acme-dev-events', PartitionKey='a', Data=b'{event}')"),
    );
    let seen = || {
        python(
            &world.account,
            &format!(
                "import gzip\n\
                 s3 = client('s3')\n\
                 items = client('dynamodb').scan(TableName='acme-dev-records')['Items']\n\
                 keys = [one['Key'] for one in s3.list_objects_v2(Bucket='{bucket}').get('Contents', [])]\n\
                 raw = [s3.get_object(Bucket='{bucket}', Key=key)['Body'].read() for key in keys if key.startswith('raw/')]\n\
                 lines = [json.loads(line) for content in raw for line in gzip.decompress(content).splitlines()]\n\
                 result = dict(items=[item['id']['S'] for item in items], kept=[line['partition_key'] for line in lines],\n\
                 \x20 rejected=[key for key in keys if key.startswith('rejected/')])"
            ),
        )
    };
    let start = Instant::now();
    while seen()["items"] == json!([]) {
        assert!(start.elapsed() < Duration::from_secs(60), "after a minute: {:#}", seen());
        std::thread::sleep(Duration::from_millis(500));
    }
    assert_eq!(seen(), json!({ "items": ["order-1"], "kept": ["a"], "rejected": [] }));
}

#[test]
fn the_secret_is_read_but_never_shown() {
    let world = World::applied();
    let secret = "result = client('secretsmanager').get_secret_value(SecretId='acme-dev-pipeline')['SecretString']";
    let value = python(&world.account, secret);
    let value = value.as_str().unwrap();
    assert!(value.len() >= 32);
    for arguments in [&["-vvv", "verify", "dev"][..], &["-vvv", "--json", "verify", "dev"]] {
        let said = world.run(arguments).expect_exit(well());
        assert!(said.stderr.contains("GetSecretValue"), "it was read, and the log says so");
        let bytes: Vec<String> = value.bytes().map(|byte| byte.to_string()).collect();
        for form in [value.to_owned(), bytes.join(", ")] {
            assert!(!said.stdout.contains(&form) && !said.stderr.contains(&form), "the value was printed or logged");
        }
    }
}
