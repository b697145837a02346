//! What was changed behind our back: told, and set back alone.

use std::collections::BTreeSet;

use provision_config::{DriftIgnore, Severity};
use provision_reconciler::Superseded;
use provision_reconciler::diff::Cause;
use provision_reconciler::drift::{Drift, Mend, What, as_applied, drift};
use provision_reconciler::observe::{Subject, observe};
use provision_reconciler::orphan::{Orphan, Tagged, orphans};
use provision_reconciler::ownership;
use provision_reconciler::plan::{Action, Options, Plan, plan};
use provision_testkit::memory::Object;
use serde_json::json;

use crate::bench::Bench;
use crate::file::{File, REGION, address};
use crate::lifecycle::{applied, whole};

fn ignore(resource: &str, field: &str) -> DriftIgnore {
    DriftIgnore { resource: resource.to_owned(), field: field.to_owned(), reason: "somebody else sets it".to_owned() }
}

async fn look(bench: &Bench, ignores: &[DriftIgnore]) -> Drift {
    let observation = bench.observe(&whole()).await;
    drift(&bench.registry, &bench.records, &observation, ignores).unwrap()
}

/// The paths that differ, by address; `-` if it is gone.
fn told(drift: &Drift) -> Vec<String> {
    let told = drift.findings.iter().flat_map(|finding| {
        let changed = finding.changed().iter().map(|one| format!("{} {}", finding.address, one.difference.path));
        let gone = matches!(finding.what, What::Deleted { .. }).then(|| format!("{} -", finding.address));
        changed.chain(gone).collect::<Vec<_>>()
    });
    told.collect()
}

/// Sets back what was changed, and nothing else. Returns what was done.
async fn mend(bench: &mut Bench, file: &File, ignores: &[DriftIgnore]) -> Plan {
    let applied = as_applied(&bench.registry, "test", &bench.account, &bench.wanted(file), &bench.records);
    let wanted = applied.unwrap();
    let observation = observe(&bench.registry, bench.subject(&wanted)).await;
    let records = bench.records.clone();
    let subject = Subject { records: &records, ..bench.subject(&wanted) };
    let options = Options { leave: ignores, ..bench.options };
    let plan = plan(&bench.registry, subject, &observation, options).unwrap();
    assert_eq!(plan.refusals, []);
    let outcome = bench.execute(&plan, &observation).await;
    assert!(outcome.is_complete(), "{:?}", outcome.failed);
    plan
}

fn calls(plan: &Plan) -> Vec<&str> {
    plan.changes.values().flat_map(|change| &change.steps).map(|step| step.action.as_str()).collect()
}

#[tokio::test(start_paused = true)]
async fn drift_compares_with_what_was_applied_whatever_the_file_says() {
    let bench = applied(&whole()).await;
    let observation = bench.observe(&whole()).await;
    assert!(drift(&bench.registry, &bench.records, &observation, &[]).unwrap().is_none());
    bench.cloud.tamper("memory_key.main", |key| {
        key.settings.insert("rotation".to_owned(), json!(false));
    });
    bench.cloud.vanish("memory_note.child");
    let observation = bench.observe(&whole().edited("memory_key.main", "description", json!("edited"))).await;
    let drifted = drift(&bench.registry, &bench.records, &observation, &[]).unwrap();
    assert_eq!(told(&drifted), ["memory_note.child -", "memory_key.main rotation"]);
    let [gone, key] = &drifted.findings[..] else { panic!("{drifted:?}") };
    assert_eq!((gone.severity, key.severity), (Severity::High, Severity::Medium));
    let changed = &key.changed()[0];
    assert_eq!(changed.difference.cause, Cause::Drift);
    assert_eq!((&changed.difference.live, &changed.difference.desired), (&json!(false), &json!(true)));
    let Mend::Calls(mending) = &changed.mend else { panic!("{changed:?}") };
    assert_eq!(mending[0].action, "memory:PutKeyRotation");
}

#[tokio::test(start_paused = true)]
async fn what_was_never_finished_is_not_well_and_left_for_an_apply() {
    let mut bench = applied(&whole()).await;
    let key = address("memory_key.main");
    bench.records.get_mut(&key).unwrap().spec = None;
    let drifted = look(&bench, &[]).await;
    let [finding] = &drifted.findings[..] else { panic!("{drifted:?}") };
    assert_eq!((&finding.address, finding.word(), finding.is_mendable()), (&key, "unfinished", false));
    // Nothing of it is wanted, nor of what another one took the place of: nothing is deleted to set something back.
    let old = Superseded { id: "old".to_owned(), region: REGION.to_owned(), dependencies: BTreeSet::new() };
    bench.records.get_mut(&address("memory_bucket.data")).unwrap().superseded.push(old);
    let wanted = as_applied(&bench.registry, "test", &bench.account, &bench.wanted(&whole()), &bench.records).unwrap();
    assert!(!wanted.contains_key(&key) && !wanted.contains_key(&address("memory_bucket.data")));
    assert!(wanted.contains_key(&address("memory_bucket.logs")));
}

#[tokio::test(start_paused = true)]
async fn what_the_file_no_longer_has_and_is_known_by_its_hash_only_is_not_set_back() {
    let bench = applied(&whole()).await;
    let file = whole().without("memory_note.readme").without("memory_note.child").without("memory_bucket.data");
    let wanted = as_applied(&bench.registry, "test", &bench.account, &bench.wanted(&file), &bench.records).unwrap();
    let data = &wanted[&address("memory_bucket.data")].spec;
    assert!(data.get("password").is_none() && data["versioning"] == json!(true), "{data}");
}

#[tokio::test(start_paused = true)]
async fn each_field_has_the_calls_that_mend_it_alone() {
    let bench = applied(&whole()).await;
    bench.cloud.tamper("memory_bucket.data", |bucket| {
        bucket.settings.insert("versioning".to_owned(), json!(false));
        bucket.tags.insert("Project".to_owned(), "z".to_owned());
        bucket.tags.insert("Extra".to_owned(), "z".to_owned());
    });
    let drifted = look(&bench, &[]).await;
    let mends = drifted.findings[0].changed().iter().map(|one| {
        let Mend::Calls(calls) = &one.mend else { panic!("{one:?}") };
        let calls: Vec<&str> = calls.iter().map(|call| call.action.as_str()).collect();
        (one.difference.path.as_str(), calls)
    });
    let mends: Vec<_> = mends.collect();
    assert_eq!(
        mends,
        [
            ("tags[\"Extra\"]", vec!["memory:PutBucketTagging"]),
            ("tags[\"Project\"]", vec!["memory:PutBucketTagging"]),
            ("versioning", vec!["memory:PutBucketVersioning"]),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn what_the_file_ignores_is_told_apart_with_its_reason() {
    let bench = applied(&whole()).await;
    bench.cloud.tamper("memory_bucket.data", |bucket| {
        bucket.settings.insert("versioning".to_owned(), json!(false));
        bucket.tags.insert("Extra".to_owned(), "z".to_owned());
    });
    let drifted = look(&bench, &[ignore("memory_bucket.data", "tags"), ignore("memory_key.*", "rotation")]).await;
    assert_eq!(told(&drifted), ["memory_bucket.data versioning"]);
    assert_eq!(drifted.ignored.len(), 1);
    assert_eq!(
        (&drifted.ignored[0].path[..], &drifted.ignored[0].reason[..]),
        ("tags[\"Extra\"]", "somebody else sets it")
    );
    let drifted =
        look(&bench, &[ignore("memory_bucket.*", "tags[\"Extra\"]"), ignore("memory_bucket.*", "versioning")]).await;
    assert!(drifted.is_none());
    assert_eq!(drifted.ignored.len(), 2);
    // The name of a field is not the beginning of another's.
    assert_eq!(told(&look(&bench, &[ignore("memory_bucket.data", "version")]).await).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn mending_sets_back_what_was_changed_and_leaves_the_files_own_changes_alone() {
    let mut bench = applied(&whole()).await;
    // Changed in the file: a field of what drifted, something new, something gone.
    let file = whole()
        .edited("memory_bucket.data", "origins", json!(["c"]))
        .edited("memory_key.main", "description", json!("edited"))
        .with("memory_bucket.new", json!({ "name": "new" }))
        .without("memory_note.child");
    bench.cloud.tamper("memory_bucket.data", |bucket| {
        bucket.settings.insert("versioning".to_owned(), json!(false));
        bucket.settings.insert("origins".to_owned(), json!(["z"]));
    });
    let records = bench.records.clone();
    let done = mend(&mut bench, &file, &[]).await;
    assert_eq!(calls(&done), ["memory:PutBucketVersioning", "memory:PutBucketOrigins"]);
    assert!(look(&bench, &[]).await.is_none());
    // What was applied last is what it was, so the file's changes are still to be made.
    assert_eq!(bench.records, records);
    bench.assert_settled(&whole()).await;
    bench.apply(&file).await;
    bench.assert_settled(&file).await;
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_the_file_has_changed_since_is_left_for_the_next_apply() {
    let mut bench = applied(&whole()).await;
    let file = whole().edited("memory_bucket.data", "password", json!("hunter3"));
    bench.cloud.tamper("memory_bucket.data", |bucket| {
        bucket.settings.insert("versioning".to_owned(), json!(false));
    });
    // What was applied is known by its hash only.
    let done = mend(&mut bench, &file, &[]).await;
    assert_eq!(calls(&done), ["memory:PutBucketVersioning"]);
    let applied = bench.apply(&file).await;
    assert_eq!(calls(&applied), ["memory:PutBucketPassword"]);
    bench.assert_settled(&file).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_made_anew_takes_its_users_with_it() {
    let mut bench = applied(&whole()).await;
    bench.cloud.vanish("memory_key.main");
    assert_eq!(told(&look(&bench, &[]).await), ["memory_key.main -"]);
    let file = whole().edited("memory_bucket.data", "origins", json!(["c"]));
    let done = mend(&mut bench, &file, &[]).await;
    assert_eq!(done.changes[&address("memory_key.main")].action, Action::Create);
    // Its users refer to the new one, although one of them was changed in the file.
    assert_eq!(done.changes[&address("memory_bucket.data")].action, Action::Update);
    assert!(look(&bench, &[]).await.is_none());
    bench.assert_settled(&whole()).await;
}

#[tokio::test(start_paused = true)]
async fn mending_leaves_what_is_ignored_as_it_is() {
    let mut bench = applied(&whole()).await;
    bench.cloud.tamper("memory_bucket.data", |bucket| {
        bucket.settings["rules"] = json!([{ "id": "tidy", "days": 30 }, { "id": "by-hand" }]);
        bucket.tags.insert("Project".to_owned(), "z".to_owned());
        bucket.tags.insert("Extra".to_owned(), "z".to_owned());
    });
    let ignores =
        [ignore("memory_bucket.data", "tags[\"Extra\"]"), ignore("memory_bucket.data", "rules[\"tidy\"].days")];
    let done = mend(&mut bench, &whole(), &ignores).await;
    assert_eq!(calls(&done), ["memory:PutBucketLifecycle", "memory:PutBucketTagging"]);
    let objects = bench.cloud.objects();
    let bucket = objects.iter().find(|object| object.id == "data").unwrap();
    assert_eq!((&bucket.tags["Project"][..], &bucket.tags["Extra"][..]), ("x", "z"));
    let rules = bucket.settings["rules"].as_array().unwrap();
    assert!(rules.contains(&json!({ "id": "tidy", "days": 30 })), "{rules:?}");
    assert!(!rules.iter().any(|rule| rule["id"] == "by-hand"), "{rules:?}");
    let left = look(&bench, &ignores).await;
    assert!(left.is_none() && left.ignored.len() == 2, "{left:?}");
}

/// What the tagging API tells of an object.
fn tagged(object: &Object) -> Tagged {
    let sort = object.kind.trim_start_matches("memory_");
    Tagged {
        arn: format!("arn:memory:memory:{}:123456789012:{sort}/{}", object.region, object.id),
        region: object.region.clone(),
        tags: object.tags.clone(),
    }
}

async fn search(bench: &Bench, tagged: &[Tagged], operation: Option<&str>) -> Vec<Orphan> {
    orphans(&bench.registry, &bench.account, "test", &bench.records, operation, tagged).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn what_carries_our_tags_and_is_in_no_state_is_an_orphan() {
    let mut bench = applied(&whole()).await;
    let all: Vec<Tagged> = bench.cloud.objects().iter().map(tagged).collect();
    assert_eq!(search(&bench, &all, None).await, []);
    // Forgotten by the state; a second one of what the state knows; one of another environment.
    bench.records.remove(&address("memory_note.child"));
    let plant = |id: &str, environment: &str| {
        let mut second = Object::new("memory_key", REGION, id);
        second.tags = ownership::tags(environment, &address("memory_key.main"));
        second.tags.insert(ownership::OPERATION.to_owned(), "operation-9".to_owned());
        bench.cloud.plant(second);
    };
    plant("second", "test");
    plant("theirs", "prod");
    let all: Vec<Tagged> = bench.cloud.objects().iter().map(tagged).collect();
    let found = search(&bench, &all, None).await;
    let told: Vec<_> =
        found.iter().map(|one| (one.address.to_string(), one.id.as_str(), one.other.is_some())).collect();
    let child =
        bench.cloud.objects().iter().find(|object| object.address() == Some("memory_note.child")).unwrap().id.clone();
    assert_eq!(
        told,
        [("memory_key.main".to_owned(), "second", true), ("memory_note.child".to_owned(), &child[..], false)]
    );
    // What the operation that is under way has made is not one.
    let found = search(&bench, &all, Some("operation-9")).await;
    assert_eq!(found.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), [&child[..]]);
    // What AWS still names and is gone is not one either.
    bench.cloud.vanish("second");
    bench.cloud.vanish(&child);
    assert_eq!(search(&bench, &all, None).await, []);
}

#[tokio::test(start_paused = true)]
async fn what_the_state_knows_by_another_address_is_no_orphan() {
    let mut bench = applied(&whole()).await;
    let all: Vec<Tagged> = bench.cloud.objects().iter().map(tagged).collect();
    bench.move_record(&address("memory_note.child"), &address("memory_note.grandchild"));
    assert_eq!(search(&bench, &all, None).await, []);
}

#[tokio::test(start_paused = true)]
async fn what_came_with_a_resource_and_carries_its_tags_is_no_orphan() {
    let bench = applied(&whole()).await;
    let mut part = tagged(&bench.cloud.objects()[0]);
    part.arn = "arn:memory:memory:us-east-1:123456789012:volume/1".to_owned();
    let mut unknown = part.clone();
    unknown.tags.insert(ownership::ADDRESS.to_owned(), "memory_engine.a".to_owned());
    assert_eq!(search(&bench, &[part, unknown], None).await, []);
}
