//! Plans, drift and outcomes with one of everything, for the tests of all that shows them.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use provision_config::unknown::Reference;
use provision_config::{Address, Severity};
use provision_reconciler::diff::{Cause, Difference};
use provision_reconciler::execute::{Event, Failure, Outcome};
use provision_reconciler::plan::{Action, Old, Plan, Reason, Refusal, ResourceChange};
use provision_reconciler::verify::{Check, Verified};

use provision_reconciler::{Account, AnyStep, CloudError, ErrorClass, Idempotency, Remark, Scope};
use serde_json::{Map, Value, json};

pub fn address(text: &str) -> Address {
    text.parse().unwrap()
}

fn mark(reference: &str) -> String {
    reference.parse::<Reference>().unwrap().mark()
}

fn step(action: &str, summary: &str) -> AnyStep {
    AnyStep {
        action: action.to_owned(),
        summary: summary.to_owned(),
        idempotency: Idempotency::Natural,
        usually_ms: 1_000,
        call: json!({ "never": "shown" }),
    }
}

fn difference(path: &str, live: Value, desired: Value, cause: Cause) -> Difference {
    let severity = Severity::Medium;
    Difference { path: path.to_owned(), live, desired, cause, immutable: false, sensitive: false, severity }
}

fn change(action: Action, reason: Reason) -> ResourceChange {
    ResourceChange {
        action,
        reason,
        region: "us-east-1".to_owned(),
        old_region: None,
        id: None,
        identity: None,
        differences: Vec::new(),
        steps: Vec::new(),
        old: Vec::new(),
        creates_first: false,
        desired: None,
        outputs: Map::new(),
        predicted: Map::new(),
        after: BTreeSet::new(),
        deletion_after: BTreeSet::new(),
        whole: BTreeSet::new(),
        core: 0,
        completion_after: BTreeSet::new(),
        dependencies: BTreeSet::new(),
        protect: false,
    }
}

pub fn policies() -> (Value, Value) {
    let root = json!({ "Sid": "Root", "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::123456789012:root" }, "Action": "kms:*", "Resource": "*" });
    let live = json!({
        "Version": "2012-10-17",
        "Statement": [
            { "Sid": "Use", "Effect": "Allow", "Principal": "*", "Action": ["kms:Decrypt"], "Resource": "*" },
            // The same as `root`, as AWS writes it.
            { "Sid": "Root", "Effect": "Allow", "Principal": { "AWS": ["arn:aws:iam::123456789012:root"] }, "Action": ["kms:*"], "Resource": ["*"] },
        ],
    });
    let desired = json!({
        "Version": "2012-10-17",
        "Statement": [
            root,
            { "Sid": "Use", "Effect": "Allow", "Principal": { "AWS": mark("iam_role.app.arn") }, "Action": ["kms:Decrypt"], "Resource": "*" },
        ],
    });
    (live, desired)
}

/// A plan with one of everything.
pub fn plan() -> Plan {
    let (live_policy, desired_policy) = policies();
    let bucket_policy = json!({ "Version": "2012-10-17", "Statement": [{ "Sid": "HttpsOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": format!("{}/*", mark("s3_bucket.data.arn")) }] });
    let bucket = ResourceChange {
        desired: Some(json!({
            "bucket": "acme-dev-data",
            "kms_key": mark("kms_key.s3.arn"),
            "versioning": "Enabled",
            "logging": null,
            "lifecycle_rules": [
                { "id": "tidy", "abort_incomplete_multipart_upload_days": 7, "noncurrent_version_expiration_days": 90, "prefix": null },
                { "id": "archive", "prefix": "old/", "transitions": [{ "days": 30, "storage_class": "GLACIER" }] },
            ],
            "policy": bucket_policy,
            "tags": { "Project": "acme", "provision:environment": "dev", "provision:address": "s3_bucket.data" },
            "secret": { "$sha256": { "salt": "s", "hash": "h" } },
        })),
        steps: vec![step("s3:CreateBucket", "create the bucket"), step("s3:PutBucketVersioning", "turn on versioning")],
        after: [address("kms_key.s3")].into(),
        ..change(Action::Create, Reason::New)
    };
    let key = ResourceChange {
        id: Some("1234abcd-12ab-34cd-56ef-1234567890ab".to_owned()),
        differences: vec![
            difference("enable_key_rotation", json!(false), json!(true), Cause::Drift),
            difference("description", json!("old"), json!("Data at rest in S3"), Cause::Config),
            difference("policy", live_policy, desired_policy, Cause::ConfigAndDrift),
            difference("tags[\"Owner\"]", json!("mallory"), Value::Null, Cause::Drift),
            Difference {
                sensitive: true,
                ..difference("secret", json!("(sensitive)"), json!("(sensitive)"), Cause::Config)
            },
        ],
        desired: Some(json!({ "enable_key_rotation": true })),
        steps: vec![step("kms:EnableKeyRotation", "turn on rotation"), step("kms:PutKeyPolicy", "set the policy")],
        ..change(Action::Update, Reason::Differs)
    };
    let stream = ResourceChange {
        id: Some("acme-dev-events".to_owned()),
        differences: vec![
            Difference {
                immutable: true,
                ..difference("name", json!("acme-dev-events"), json!("acme-dev-log"), Cause::Config)
            },
            difference(
                "kms_key",
                json!("arn:aws:kms:us-east-1:123456789012:key/1"),
                json!(mark("kms_key.kinesis.arn")),
                Cause::Config,
            ),
        ],
        identity: Some("acme-dev-log".to_owned()),
        desired: Some(json!({ "name": "acme-dev-log" })),
        steps: vec![
            step("kinesis:DeleteStream", "delete the stream"),
            step("kinesis:CreateStream", "create the stream"),
        ],
        old: vec![Old {
            id: "acme-dev-events".to_owned(),
            region: "us-east-1".to_owned(),
            outputs: Map::new(),
            dependencies: BTreeSet::new(),
            steps: 1,
        }],
        ..change(Action::Replace, Reason::Differs)
    };
    let table = ResourceChange {
        identity: Some("acme-dev-records".to_owned()),
        desired: Some(json!({ "table_name": "acme-dev-records", "hash_key": "id" })),
        steps: vec![step("dynamodb:CreateTable", "create the table")],
        ..change(Action::Create, Reason::DeletedOutside)
    };
    let old = ResourceChange {
        id: Some("acme-dev-old".to_owned()),
        steps: vec![step("s3:DeleteBucket", "delete the bucket")],
        ..change(Action::Delete, Reason::Removed)
    };
    let found = ResourceChange { id: Some("acme-dev-found".to_owned()), ..change(Action::Adopt, Reason::Unrecorded) };
    let gone = change(Action::Forget, Reason::Removed);
    Plan {
        environment: "dev".to_owned(),
        account: "123456789012".to_owned(),
        changes: [
            (address("s3_bucket.data"), bucket),
            (address("kms_key.s3"), key),
            (address("kinesis_stream.events"), stream),
            (address("dynamodb_table.records"), table),
            (address("s3_bucket.old"), old),
            (address("s3_bucket.found[\"eu\"]"), ResourceChange { region: "eu-west-1".to_owned(), ..found }),
            (address("kms_key.gone"), gone),
        ]
        .into(),
        unchanged: 17,
        refusals: Vec::new(),
        remarks: vec![Remark {
            address: address("ec2_instance.worker"),
            text: "there is a newer image, ami-2; it runs ami-1, and `replace_on_new_image = true` replaces it"
                .to_owned(),
        }],
    }
}

/// The same, with things in the way.
pub fn refused() -> Plan {
    let refusal = |text: &str, message: &str| Refusal {
        address: address(text),
        message: message.to_owned(),
        hint: "set `protect = false`, apply, then try again".to_owned(),
    };
    let refusals = vec![
        refusal("s3_bucket.old", "it is protected; refusing to delete"),
        refusal("s3_bucket.foreign", "`acme` exists already, and this environment did not make it"),
    ];
    Plan { refusals, ..plan().retain(|address| address.kind == "s3_bucket" && address.name == "old") }
}

pub fn complete() -> (Plan, Outcome) {
    let plan = plan();
    let finished = plan.changes.iter().filter(|(_, change)| change.action.is_in_aws());
    let finished = finished.map(|(address, _)| address.clone()).collect();
    (plan, Outcome { finished, calls: 9, ..Outcome::default() })
}

pub fn failure() -> Failure {
    let error = CloudError {
        action: "kinesis:CreateStream".to_owned(),
        code: Some("LimitExceededException".to_owned()),
        message: "too many streams".to_owned(),
        request_id: Some("7a62c49f".to_owned()),
        hint: Some("ask AWS for a higher limit".to_owned()),
        class: ErrorClass::Refused,
    };
    Failure { summary: "create the stream".to_owned(), error }
}

pub fn incomplete() -> (Plan, Outcome) {
    let outcome = Outcome {
        finished: [address("s3_bucket.data"), address("kms_key.s3")].into(),
        failed: [(address("kinesis_stream.events"), failure())].into(),
        skipped: [address("s3_bucket.old")].into(),
        calls: 5,
        ..Outcome::default()
    };
    (plan(), outcome)
}

/// An execution: one that succeeds, one that fails, one that waits for it, one that is interrupted.
pub fn events() -> Vec<Event> {
    let (data, events) = (address("s3_bucket.data"), address("kinesis_stream.events"));
    let step = |address: &Address, index: usize, action: &str, summary: &str| Event::Step {
        address: address.clone(),
        index,
        action: action.to_owned(),
        summary: summary.to_owned(),
    };
    let failure = failure();
    vec![
        Event::Started { address: data.clone(), action: Action::Create, steps: 2, resumed: false },
        Event::Started { address: events.clone(), action: Action::Replace, steps: 2, resumed: false },
        step(&data, 0, "s3:CreateBucket", "create the bucket"),
        step(&events, 0, "kinesis:DeleteStream", "delete the stream"),
        Event::Note { address: events.clone(), text: "waiting until the stream is gone".to_owned() },
        step(&data, 1, "s3:PutBucketVersioning", "turn on versioning"),
        Event::Recorded { address: data.clone(), record: None },
        Event::Finished { address: data, action: Action::Create, took: Duration::from_millis(1_230) },
        Event::Failed {
            address: events.clone(),
            summary: failure.summary.clone(),
            error: failure.error.to_string(),
            hint: failure.error.hint.clone(),
        },
        Event::Skipped { address: address("lambda_function.read"), because: [events].into() },
        Event::Skipped { address: address("s3_bucket.old"), because: BTreeSet::new() },
    ]
}

/// Tests with each outcome.
pub fn verified() -> BTreeMap<Address, Verified> {
    let failure = CloudError {
        code: Some("KMS.DisabledException".to_owned()),
        request_id: Some("79104EXAMPLEB723".to_owned()),
        ..CloudError::new("s3:PutObject", ErrorClass::Refused, "the key is disabled")
    };
    let resource = |address: &str, id: &str, checks: &[fn(&Scope, &CloudError) -> Check]| {
        let address = self::address(address);
        let account = Account { partition: "aws".to_owned(), id: "123456789012".to_owned() };
        let scope = account.scope("dev", &address, "us-east-1");
        let checks = checks.iter().map(|check| check(&scope, &failure)).collect();
        (address, Verified { id: id.to_owned(), region: "us-east-1".to_owned(), checks })
    };
    BTreeMap::from([
        resource(
            "dynamodb_table.records",
            "acme-dev-records",
            &[
                |_, _| Check::passed("put and get an item", "a consistent read gave it back as it was put"),
                |scope, _| {
                    Check::failed("encrypted with its key", scope, "it is encrypted with AWS_OWNED_KEY instead of a")
                },
            ],
        ),
        resource("iam_role.pipeline", "acme-dev-pipeline", &[]),
        resource(
            "s3_bucket.data",
            "acme-dev-data",
            &[
                |scope, failure| Check::failed_call("put and get an object", scope, failure).hint("enable the key"),
                |_, _| Check::skipped("versioned", "there is no object to test it with"),
            ],
        ),
    ])
}
