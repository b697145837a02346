//! From nothing to "no changes", and every single edit.

use provision_reconciler::diff::Cause;
use provision_reconciler::plan::{Action, Reason};
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::file::{File, address};

pub fn whole() -> File {
    File::default()
        .with("memory_key.main", json!({ "description": "main", "policy": policy("Allow") }))
        .with(
            "memory_bucket.data",
            json!({
                "name": "data", "key": "${memory_key.main.arn}", "origins": ["b", "a"],
                "rules": [{ "id": "tidy", "days": 7 }, { "id": "old", "prefix": "old/", "days": 90 }],
                "logging": { "bucket": "logs" }, "policy": policy("Deny"),
                "password": "hunter2", "tags": { "Project": "x", "a\"b.c[0]": "odd" },
            }),
        )
        .with("memory_bucket.logs", json!({ "name": "logs" }))
        .with(
            "memory_table.lock",
            json!({ "name": "lock", "key": "${memory_key.main.arn}", "stream": true,
                    "indexes": [{ "name": "by_date", "attribute": "date" }] }),
        )
        .with(
            "memory_note.readme",
            json!({ "text": "see ${memory_bucket.data.endpoint}",
                    "about": ["${memory_table.lock.stream_arn}", "${memory_bucket.data.arn}"] }),
        )
        .with("memory_note.child", json!({ "text": "a child", "parent": "${memory_note.readme.id}" }))
}

fn policy(effect: &str) -> Value {
    json!({ "Version": "2012-10-17",
            "Statement": [{ "Effect": effect, "Action": ["m:Get", "m:Put"], "Resource": "*", "Principal": "*" }] })
}

pub async fn applied(file: &File) -> Bench {
    let mut bench = Bench::new();
    bench.apply(file).await;
    bench.assert_settled(file).await;
    bench
}

#[tokio::test(start_paused = true)]
async fn from_nothing_to_no_changes() {
    let bench = applied(&whole()).await;
    assert_eq!(bench.cloud.objects().len(), 6);
    let note = &bench.records[&address("memory_note.readme")];
    let bucket = &bench.records[&address("memory_bucket.data")];
    let text = format!("see {}", bucket.outputs["endpoint"].as_str().unwrap());
    assert_eq!(note.spec.as_ref().unwrap()["text"], text.as_str());
    // What is remembered is what reading again says.
    for (address, live) in bench.observe(&whole()).await.live {
        let record = &bench.records[&address];
        assert_eq!((&record.id, &record.outputs), (&live.id, &live.outputs), "{address}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_secret_is_nowhere_in_the_state() {
    let bench = applied(&whole()).await;
    let state = serde_json::to_string(&bench.records).unwrap();
    assert!(!state.contains("hunter2"), "{state}");
    let file = whole().edited("memory_bucket.data", "password", json!("hunter3"));
    let differences = bench.differences(&file, "memory_bucket.data").await;
    assert_eq!(differences.len(), 1);
    assert_eq!((&differences[0].path[..], differences[0].cause), ("password", Cause::Config));
    assert_eq!((&differences[0].live, &differences[0].desired), (&json!("(sensitive)"), &json!("(sensitive)")));
    let plan = bench.plan(&file).await;
    let change = &plan.changes[&address("memory_bucket.data")];
    assert!(!change.desired.as_ref().unwrap().to_string().contains("hunter"));
}

/// An edit: the resource, the field, the value, the paths that differ, the calls.
type Case = (&'static str, &'static str, Value, &'static [&'static str], &'static [&'static str]);

#[tokio::test(start_paused = true)]
async fn every_single_edit_is_that_difference_and_those_calls() {
    let data = "memory_bucket.data";
    let cases: Vec<Case> = vec![
        ("memory_key.main", "description", json!("other"), &["description"], &["memory:UpdateKeyDescription"]),
        ("memory_key.main", "rotation", json!(false), &["rotation"], &["memory:PutKeyRotation"]),
        ("memory_key.main", "policy", policy("Deny"), &["policy"], &["memory:PutKeyPolicy"]),
        ("memory_key.main", "tags", json!({ "New": "1" }), &["tags[\"New\"]"], &["memory:TagKey"]),
        (data, "versioning", json!(false), &["versioning"], &["memory:PutBucketVersioning"]),
        (data, "origins", json!(["a", "c"]), &["origins"], &["memory:PutBucketOrigins"]),
        (data, "zone", json!("b"), &["zone"], &["memory:PutBucketZone"]),
        (
            data,
            "rules",
            json!([{ "id": "tidy", "days": 8 }, { "id": "old", "prefix": "old/", "days": 90 }]),
            &["rules[\"tidy\"].days"],
            &["memory:PutBucketLifecycle"],
        ),
        (
            data,
            "rules",
            json!([{ "id": "tidy" }, { "id": "old", "prefix": "old/", "days": 90 }]),
            &["rules[\"tidy\"].days"],
            &["memory:PutBucketLifecycle"],
        ),
        (
            data,
            "rules",
            json!([{ "id": "tidy", "days": 7 }, { "id": "new" }]),
            &["rules[\"new\"]", "rules[\"old\"]"],
            &["memory:PutBucketLifecycle"],
        ),
        (
            data,
            "logging",
            json!({ "bucket": "logs", "prefix": "x/" }),
            &["logging.prefix"],
            &["memory:PutBucketLogging"],
        ),
        (
            data,
            "tags",
            json!({ "Project": "y", "a\"b.c[0]": "odd" }),
            &["tags[\"Project\"]"],
            &["memory:PutBucketTagging"],
        ),
        (data, "tags", json!({ "Project": "x" }), &["tags[\"a\\\"b.c[0]\"]"], &["memory:PutBucketTagging"]),
        ("memory_bucket.logs", "logging", json!({ "bucket": "data" }), &["logging"], &["memory:PutBucketLogging"]),
        ("memory_table.lock", "billing", json!("PROVISIONED"), &["billing"], &["memory:UpdateTable"]),
        (
            "memory_table.lock",
            "indexes",
            json!([{ "name": "by_date", "attribute": "day" }]),
            &["indexes[\"by_date\"].attribute"],
            &["memory:UpdateTable"],
        ),
        ("memory_table.lock", "indexes", json!([]), &["indexes[\"by_date\"]"], &["memory:UpdateTable"]),
        ("memory_note.child", "text", json!("other"), &["text"], &["memory:UpdateNote"]),
        ("memory_note.child", "about", json!(["b", "a"]), &["about"], &["memory:UpdateNote"]),
    ];
    let mut bench = applied(&whole()).await;
    for (name, field, value, paths, calls) in cases {
        let case = format!("{name}.{field} = {value}");
        let file = whole().edited(name, field, value);
        let plan = bench.apply(&file).await;
        assert_eq!(plan.changes.keys().map(ToString::to_string).collect::<Vec<_>>(), [name], "{case}");
        let change = &plan.changes[&address(name)];
        assert_eq!((change.action, change.reason), (Action::Update, Reason::Differs), "{case}");
        let found: Vec<_> = change.differences.iter().map(|difference| difference.path.as_str()).collect();
        assert_eq!(found, paths, "{case}");
        assert!(change.differences.iter().all(|difference| difference.cause == Cause::Config), "{case}");
        assert_eq!(change.steps.iter().map(|step| step.action.as_str()).collect::<Vec<_>>(), calls, "{case}");
        bench.assert_settled(&file).await;
        // And back, where taking the field away says the same as before (an unset zone is nobody's).
        bench.apply(&whole()).await;
        bench.assert_settled(&whole()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn another_spelling_changes_nothing_but_the_record() {
    let mut bench = applied(&whole()).await;
    let respelt = json!({ "Statement": { "Principal": { "AWS": ["*"] }, "Resource": ["*"], "Action": ["m:put", "M:Get"],
                          "Effect": "Deny" }, "Version": "2012-10-17" });
    let file = whole().edited("memory_bucket.data", "policy", respelt).edited(
        "memory_bucket.data",
        "origins",
        json!(["a", "b"]),
    );
    let plan = bench.apply(&file).await;
    assert!(!plan.has_changes());
    assert_eq!(plan.changes[&address("memory_bucket.data")].action, Action::Record);
    bench.assert_settled(&file).await;
}

#[tokio::test(start_paused = true)]
async fn a_field_taken_out_of_the_file_falls_to_its_default_or_to_nobody() {
    let mut bench = applied(&whole().edited("memory_bucket.data", "zone", json!("b"))).await;
    let mut unset = whole().edited("memory_bucket.data", "logging", Value::Null);
    unset.edit("memory_key.main", "description", Value::Null);
    let plan = bench.apply(&unset).await;
    // The description has a default; the logging and the zone stay what they are and are no longer anybody's.
    assert_eq!(plan.changes[&address("memory_key.main")].action, Action::Update);
    assert_eq!(plan.changes[&address("memory_bucket.data")].action, Action::Record);
    bench.assert_settled(&unset).await;
    bench.cloud.tamper("memory_bucket.data", |bucket| bucket.settings["logging"]["bucket"] = json!("by-hand"));
    bench.assert_settled(&unset).await;
    // Where an output follows from such a field, the state follows AWS.
    bench.cloud.tamper("memory_bucket.data", |bucket| bucket.settings["zone"] = json!("c"));
    assert!(!bench.apply(&unset).await.has_changes());
    assert_eq!(bench.records[&address("memory_bucket.data")].outputs["zone"], "c");
    bench.assert_settled(&unset).await;
    // Setting it again is the file's change, whatever it was meanwhile.
    let again = unset.edited("memory_bucket.data", "zone", json!("d"));
    let differences = bench.differences(&again, "memory_bucket.data").await;
    assert_eq!((differences[0].cause, differences.len()), (Cause::Config, 1));
}

#[tokio::test(start_paused = true)]
async fn a_bucket_is_unmanaged_where_the_file_is_silent() {
    // The prefix of the logging table is the cloud's choice; sending the table again must keep it.
    let mut bench = applied(&whole()).await;
    bench.cloud.tamper("memory_bucket.data", |bucket| {
        bucket.settings["logging"]["prefix"] = json!("by-hand/");
    });
    let file = whole().edited("memory_bucket.data", "logging", json!({ "bucket": "elsewhere" }));
    bench.apply(&file).await;
    let objects = bench.cloud.objects();
    let bucket = objects.iter().find(|object| object.id == "data").unwrap();
    assert_eq!(bucket.settings["logging"], json!({ "bucket": "elsewhere", "prefix": "by-hand/" }));
}
