//! Whether replicas would serve: one fault at a time, each with its own cause and remedy.
//!
//! Of the pair's lane only: moto does not copy objects. What the emulators cannot do (a lag, an object whose copying failed or is
//! pending) the proxy puts into their answers.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use provision_testkit::proxy::{Call, Fault};
use serde_json::Value;

use crate::boto::python;
use crate::world::{World, copies_objects};

/// A replica, the code of a finding about it, and what it says.
type Found = (String, String, String);

/// What a check finds.
fn check(world: &World, exit: i32) -> Vec<Found> {
    let checked = world.json(&["dr", "check", "dev", "--wait", "3s"], exit);
    assert_eq!(checked["format"], "provision.dr_check/1");
    let [environment] = checked["environments"].as_array().unwrap().as_slice() else { panic!("{checked:#}") };
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut found = Vec::new();
    for replica in environment["replicas"].as_array().unwrap() {
        for aspect in replica["aspects"].as_array().unwrap() {
            if aspect["verdict"] == "finding" {
                assert!(!text(&aspect["hint"]).is_empty(), "{aspect:#}");
                found.push((text(&replica["primary"]["name"]), text(&aspect["code"]), text(&aspect["message"])));
            }
        }
    }
    assert_eq!(environment["ready"], found.is_empty());
    let is_tested = |replica: &Value| replica["tested"].as_bool().unwrap();
    assert_eq!(environment["tested"], environment["replicas"].as_array().unwrap().iter().all(is_tested));
    found
}

/// The codes, without their messages.
fn codes(found: &[Found]) -> Vec<(&str, &str)> {
    found.iter().map(|(primary, code, _)| (primary.as_str(), code.as_str())).collect()
}

/// Names that the programs below use.
const EYES: &str = "
s3, dr, kms, drkms, iam = client('s3'), client('s3', 'us-west-2'), client('kms'), client('kms', 'us-west-2'), client('iam')
bucket = lambda name: 'acme-dev-' + name + '-ACCOUNT'
key = lambda name: drkms.describe_key(KeyId='alias/acme-dev-' + name)['KeyMetadata']['KeyId']
arn = lambda name: drkms.describe_key(KeyId='alias/acme-dev-' + name)['KeyMetadata']['Arn']
";

fn by_hand(world: &World, code: &str) -> Value {
    python(&world.account, &format!("{}{code}", EYES.replace("ACCOUNT", &world.account.id)))
}

/// Everything in all buckets, in every version.
const CENSUS: &str = "
def census(s3, name):
    pages = s3.get_paginator('list_object_versions').paginate(Bucket=name)
    found = [v for page in pages for v in page.get('Versions', []) + page.get('DeleteMarkers', [])]
    return sorted(name + '/' + v['Key'] + ' ' + v['VersionId'] for v in found)
names = ['data', 'reports', 'access-logs', 'state']
result = [census(s3, bucket(name)) + census(dr, bucket(name + '-dr')) for name in names]
";

#[test]
fn without_a_fault_every_replica_would_serve_and_nothing_is_left_behind() {
    if !copies_objects() {
        return;
    }
    let world = World::applied();
    by_hand(&world, "s3.put_object(Bucket=bucket('data'), Key='batch', Body=b'x')");
    let before = by_hand(&world, CENSUS);
    world.proxy().clear();
    assert_eq!(check(&world, 0), []);
    assert_eq!(by_hand(&world, CENSUS), before);
    // Only canaries are written, and taken away again.
    let calls = world.proxy().mutating_calls();
    for call in &calls {
        let resource = call.resource.as_deref().unwrap();
        assert!(call.service == "s3" && resource.contains("/provision-dr-check/"), "{call:?}");
    }
    let said =
        world.run(&["dr", "check", "dev", "--wait", "3s", "--out", "dr.html", "--out", "dr.md", "--out", "dr.xml"]);
    let said = said.expect_exit(0).stdout;
    // S3's metrics have no emulator.
    assert!(said.contains("Ready: dev: 9 replicas would serve, as far as tested."), "{said}");
    for file in ["dr.html", "dr.md", "dr.xml"] {
        let text = fs::read_to_string(world.folder().join(file)).unwrap();
        assert!(text.contains("s3_bucket.data"), "{text}");
    }
    // It takes no lock, and nothing to apply is left.
    world.run(&["plan", "dev"]).expect_exit(0);
}

/// A fault that is made by hand, and taken back.
struct Made {
    what: &'static str,
    make: &'static str,
    unmake: &'static str,
    found: &'static [(&'static str, &'static str)],
    /// What the message of the first one names.
    names: &'static str,
}

const MADE: &[Made] = &[
    Made {
        what: "the rule disabled",
        make: "rules = s3.get_bucket_replication(Bucket=bucket('data'))['ReplicationConfiguration']\n\
               rules['Rules'][0]['Status'] = 'Disabled'\n\
               s3.put_bucket_replication(Bucket=bucket('data'), ReplicationConfiguration=rules)",
        unmake: "rules = s3.get_bucket_replication(Bucket=bucket('data'))['ReplicationConfiguration']\n\
                 rules['Rules'][0]['Status'] = 'Enabled'\n\
                 s3.put_bucket_replication(Bucket=bucket('data'), ReplicationConfiguration=rules)",
        found: &[("s3_bucket.data", "rule-disabled")],
        names: "disabled",
    },
    Made {
        what: "the role stripped of one action",
        make: "role, name = 'acme-dev-replication', iam.list_role_policies(RoleName='acme-dev-replication')['PolicyNames'][0]\n\
               document = iam.get_role_policy(RoleName=role, PolicyName=name)['PolicyDocument']\n\
               text = json.dumps(document)\n\
               assert '\"s3:ReplicateObject\"' in text, text\n\
               iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=text.replace('\"s3:ReplicateObject\"', '\"s3:ReplicateNothing\"'))",
        unmake: "role, name = 'acme-dev-replication', iam.list_role_policies(RoleName='acme-dev-replication')['PolicyNames'][0]\n\
                 document = json.dumps(iam.get_role_policy(RoleName=role, PolicyName=name)['PolicyDocument'])\n\
                 iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=document.replace('ReplicateNothing', 'ReplicateObject'))",
        found: &[
            ("s3_bucket.access_logs", "role-action"),
            ("s3_bucket.data", "role-action"),
            ("s3_bucket.reports", "role-action"),
            ("s3_bucket.state", "role-action"),
        ],
        names: "s3:ReplicateObject",
    },
    Made {
        what: "the replica unversioned",
        make: "dr.put_bucket_versioning(Bucket=bucket('data-dr'), VersioningConfiguration=dict(Status='Suspended'))",
        unmake: "dr.put_bucket_versioning(Bucket=bucket('data-dr'), VersioningConfiguration=dict(Status='Enabled'))",
        // S3 copies nothing to it then.
        found: &[("s3_bucket.data", "replica-unversioned"), ("s3_bucket.data", "canary-failed")],
        names: "not versioned",
    },
    Made {
        what: "the replica public",
        make: "dr.delete_public_access_block(Bucket=bucket('data-dr'))",
        unmake: "block = dict(BlockPublicAcls=True, IgnorePublicAcls=True, BlockPublicPolicy=True, RestrictPublicBuckets=True)\n\
                 dr.put_public_access_block(Bucket=bucket('data-dr'), PublicAccessBlockConfiguration=block)",
        found: &[("s3_bucket.data", "replica-public")],
        names: "public",
    },
    Made {
        what: "the replica's key disabled",
        make: "drkms.disable_key(KeyId=key('s3'))",
        unmake: "drkms.enable_key(KeyId=key('s3'))",
        found: &[("kms_key.s3", "replica-key-disabled"), ("s3_bucket.data", "replica-key-disabled")],
        names: "disabled",
    },
    Made {
        what: "the replica's key pending deletion",
        make: "drkms.schedule_key_deletion(KeyId=key('s3'), PendingWindowInDays=7)",
        unmake: "drkms.cancel_key_deletion(KeyId=key('s3'))\ndrkms.enable_key(KeyId=key('s3'))",
        found: &[("kms_key.s3", "replica-key-pending-deletion"), ("s3_bucket.data", "replica-key-pending-deletion")],
        names: "to be deleted on",
    },
    Made {
        what: "the state's copy deleted",
        make: "dr.delete_object(Bucket=bucket('state-dr'), Key='provision/dev/state.json')",
        unmake: "markers = dr.list_object_versions(Bucket=bucket('state-dr'), Prefix='provision/dev/state.json')['DeleteMarkers']\n\
                 dr.delete_object(Bucket=bucket('state-dr'), Key='provision/dev/state.json', VersionId=markers[0]['VersionId'])",
        found: &[("state", "state-missing")],
        names: "no copy",
    },
    Made {
        what: "the state's copy overwritten",
        make: "dr.put_object(Bucket=bucket('state-dr'), Key='provision/dev/state.json', Body=b'{', ServerSideEncryption='aws:kms', SSEKMSKeyId=arn('audit'))",
        unmake: "place = dict(Bucket=bucket('state-dr'), Key='provision/dev/state.json')\n\
                 dr.delete_object(VersionId=dr.head_object(**place)['VersionId'], **place)",
        found: &[("state", "state-damaged")],
        names: "state",
    },
    Made {
        what: "the state's copy encrypted with another key",
        make: "place = dict(Bucket=bucket('state-dr'), Key='provision/dev/state.json')\n\
               body = dr.get_object(**place)['Body'].read()\n\
               dr.put_object(Body=body, ServerSideEncryption='aws:kms', SSEKMSKeyId=arn('s3'), **place)",
        unmake: "place = dict(Bucket=bucket('state-dr'), Key='provision/dev/state.json')\n\
                 dr.delete_object(VersionId=dr.head_object(**place)['VersionId'], **place)",
        found: &[("state", "state-key")],
        names: "is not encrypted with",
    },
    Made {
        what: "the lock table of the other region deleted",
        make: "ddb = client('dynamodb', 'us-west-2')\n\
               ddb.update_table(TableName='acme-dev-lock', DeletionProtectionEnabled=False)\n\
               ddb.delete_table(TableName='acme-dev-lock')",
        unmake: "",
        found: &[("state", "lock-missing")],
        names: "acme-dev-lock",
    },
];

#[test]
fn each_fault_has_a_finding_of_its_own() {
    if !copies_objects() {
        return;
    }
    let world = World::applied();
    for Made { what, make, unmake, found, names } in MADE {
        by_hand(&world, make);
        let all = check(&world, 2);
        assert_eq!(codes(&all), *found, "{what}: {all:#?}");
        assert!(all[0].2.contains(names), "{what}: {all:#?}");
        if !unmake.is_empty() {
            by_hand(&world, unmake);
            assert_eq!(check(&world, 0), [], "{what}, unmade");
        }
    }
    // Whatever is left is drift, and mended as such.
    world.run(&["drift", "dev", "--fix", "--yes"]).expect_exit(0);
    assert_eq!(check(&world, 0), []);
}

/// A fault that no emulator has.
struct Put {
    what: &'static str,
    rule: fn(&Call) -> Option<Fault>,
    found: &'static [(&'static str, &'static str)],
}

fn is_in(call: &Call, bucket: &str) -> bool {
    call.resource.as_deref().is_some_and(|resource| resource.contains(bucket))
}

fn is_head_of(call: &Call, bucket: &str, canary: bool) -> bool {
    let of_canary = call.resource.as_deref().is_some_and(|resource| resource.contains("provision-dr-check"));
    call.operation == "HeadObject" && is_in(call, bucket) && of_canary == canary
}

const PUT: &[Put] = &[
    Put {
        what: "a lag over the objective",
        rule: |call| {
            is_head_of(call, "-data-dr-", true).then(|| Fault::refuse(call, 404, "NotFound", "not copied yet"))
        },
        found: &[("s3_bucket.data", "lag")],
    },
    Put {
        what: "a canary that S3 could not copy",
        rule: |call| {
            if is_head_of(call, "-data-dr-", true) {
                return Some(Fault::refuse(call, 404, "NotFound", "not copied"));
            }
            let failed = Fault::Header { name: "x-amz-replication-status", value: "FAILED" };
            is_head_of(call, "-data-7", true).then_some(failed)
        },
        found: &[("s3_bucket.data", "canary-failed")],
    },
    Put {
        what: "objects that S3 could not copy",
        rule: |call| {
            let failed = Fault::Header { name: "x-amz-replication-status", value: "FAILED" };
            is_head_of(call, "-data-7", false).then_some(failed)
        },
        found: &[("s3_bucket.data", "objects-failed")],
    },
    Put {
        what: "objects that are pending for too long",
        rule: |call| {
            let pending = Fault::Header { name: "x-amz-replication-status", value: "PENDING" };
            is_head_of(call, "-data-7", false).then_some(pending)
        },
        found: &[("s3_bucket.data", "objects-pending")],
    },
    Put {
        what: "a copy whose key refuses to decrypt it",
        rule: |call| {
            let refused =
                call.operation == "GetObject" && is_in(call, "-data-dr-") && is_in(call, "provision-dr-check");
            refused.then(|| Fault::refuse(call, 400, "KMS.DisabledException", "the key is disabled"))
        },
        found: &[("s3_bucket.data", "canary-unreadable")],
    },
    Put {
        what: "a replica that may not be read",
        rule: |call| {
            let refused = call.operation == "GetBucketVersioning" && is_in(call, "-data-dr-");
            refused.then(|| Fault::refuse(call, 403, "AccessDenied", "no"))
        },
        found: &[("s3_bucket.data", "unreadable")],
    },
];

#[test]
fn what_no_emulator_does_is_found_too() {
    if !copies_objects() {
        return;
    }
    let world = World::applied();
    world.edit("base.toml", "rpo = \"15m\"", "rpo = \"2s\"");
    by_hand(&world, "s3.put_object(Bucket=bucket('data'), Key='batch', Body=b'x')");
    std::thread::sleep(std::time::Duration::from_secs(3));
    let before = by_hand(&world, CENSUS);
    for Put { what, rule, found } in PUT {
        world.proxy().with(rule);
        let all = check(&world, 2);
        assert_eq!(codes(&all), *found, "{what}: {all:#?}");
        world.proxy().forget_rules();
        assert_eq!(by_hand(&world, CENSUS), before, "{what}: something is left");
    }
    assert_eq!(check(&world, 0), []);
}

/// What passes by itself, or is nothing that a replica lacks.
#[test]
fn a_bad_look_and_a_canary_that_stays_are_no_findings() {
    if !copies_objects() {
        return;
    }
    let world = World::applied();
    // As often as the SDK asks: one look.
    let left = AtomicUsize::new(3);
    world.proxy().with(move |call| {
        let fails = is_head_of(call, "-data-dr-", true)
            && left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok();
        fails.then(|| Fault::refuse(call, 503, "ServiceUnavailable", "come back"))
    });
    world.run(&["dr", "check", "dev", "--wait", "30s"]).expect_exit(0);
    world.proxy().forget_rules();

    world.proxy().with(|call| {
        let refused = call.operation == "DeleteObject" && is_in(call, "-data-dr-");
        refused.then(|| Fault::refuse(call, 403, "AccessDenied", "no"))
    });
    let said = world.run(&["dr", "check", "dev", "--wait", "3s"]).expect_exit(0).stdout;
    world.proxy().forget_rules();
    let note = said.lines().find(|line| line.contains("note: it is taken away again: s3:DeleteObjectVersion failed"));
    let (name, bucket) = ("delete every version of provision-dr-check/", "-data-dr-");
    assert!(note.is_some_and(|note| note.contains(name) && note.contains(bucket)), "{said}");
}

#[test]
fn a_copy_of_the_state_may_be_behind_for_as_long_as_the_objective() {
    if !copies_objects() {
        return;
    }
    let world = World::applied();
    // What is written from here on is not copied.
    by_hand(
        &world,
        "rules = s3.get_bucket_replication(Bucket=bucket('state'))['ReplicationConfiguration']\n\
         rules['Rules'][0]['Status'] = 'Disabled'\n\
         s3.put_bucket_replication(Bucket=bucket('state'), ReplicationConfiguration=rules)",
    );
    world.edit("base/keys.toml", "Records in Kinesis", "Events in Kinesis");
    let plan = world.json(&["plan", "dev"], 2);
    assert_eq!(plan["changes"].as_array().unwrap().len(), 2, "{plan:#}");
    by_hand(
        &world,
        "rules = s3.get_bucket_replication(Bucket=bucket('state'))['ReplicationConfiguration']\n\
         result = rules['Rules'][0]['Status']",
    );
    // The rule is mended by the run whose own state is not copied yet: hold it back.
    world.proxy().with(|call| {
        (call.action == "s3:PutReplicationConfiguration").then(|| Fault::refuse(call, 403, "AccessDenied", "no"))
    });
    world.run(&["apply", "dev", "--yes"]).expect_exit(1);
    world.proxy().forget_rules();
    let of_state =
        |found: Vec<Found>| -> Vec<Found> { found.into_iter().filter(|(primary, ..)| primary == "state").collect() };
    assert_eq!(of_state(check(&world, 2)), [], "it is allowed 15 minutes");
    world.edit("base.toml", "rpo = \"15m\"", "rpo = \"1s\"");
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let stale = of_state(check(&world, 2));
    assert_eq!(codes(&stale), [("state", "state-stale")], "{stale:#?}");
    assert!(stale[0].2.contains("serial"), "{stale:#?}");
    world.run(&["apply", "dev", "--yes"]).expect_exit(0);
    // Of what was written meanwhile, the journal's seal stays, and S3 was never asked to copy that.
    let all = check(&world, 2);
    assert_eq!(codes(&all), [("s3_bucket.state", "objects-never-copied")], "{all:#?}");
}

#[test]
fn what_is_found_is_told_once() {
    if !copies_objects() {
        return;
    }
    let world = World::applied();
    let file = world.folder().join("noted");
    let command = format!("command:cat > '{}'", file.display());
    let look = |exit: i32| {
        let _ = fs::remove_file(&file);
        world.run(&["dr", "check", "dev", "--wait", "3s", "--notify", &command]).expect_exit(exit);
        fs::read_to_string(&file).ok().map(|text| serde_json::from_str::<Value>(&text).unwrap())
    };
    assert_eq!(look(0), None);
    by_hand(
        &world,
        "dr.put_bucket_versioning(Bucket=bucket('data-dr'), VersioningConfiguration=dict(Status='Suspended'))",
    );
    let message = look(2).unwrap();
    assert_eq!((&message["check"], &message["news"][0]["change"]), (&"dr".into(), &"first_seen".into()));
    assert_eq!(message["news"][0]["title"], "s3_bucket.data -> s3_bucket.data_replica: versioning");
    assert_eq!(look(2), None);
    by_hand(
        &world,
        "dr.put_bucket_versioning(Bucket=bucket('data-dr'), VersioningConfiguration=dict(Status='Enabled'))",
    );
    assert_eq!(look(0).unwrap()["news"][0]["change"], "cleared");
    // Drift is another check, which remembers on its own.
    world.run(&["drift", "dev"]).expect_exit(0);
}
