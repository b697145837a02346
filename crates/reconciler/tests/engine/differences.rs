//! Who changed it.

use provision_reconciler::diff::Cause;
use provision_reconciler::drift::drift;
use provision_reconciler::plan::{Action, Reason};
use serde_json::json;

use crate::file::address;
use crate::lifecycle::{applied, whole};

#[tokio::test(start_paused = true)]
async fn drift_is_told_from_config() {
    let mut bench = applied(&whole()).await;
    bench.cloud.tamper("memory_bucket.data", |bucket| {
        bucket.settings.insert("versioning".to_owned(), json!(false));
        bucket.settings.insert("origins".to_owned(), json!(["z"]));
        bucket.settings["rules"] = json!([{ "id": "tidy", "days": 7 }, { "id": "by-hand" }]);
        bucket.tags.insert("Project".to_owned(), "z".to_owned());
        bucket.tags.insert("Extra".to_owned(), "z".to_owned());
    });
    let file = whole().edited("memory_bucket.data", "origins", json!(["c"])).edited(
        "memory_bucket.data",
        "key",
        json!("arn:memory:other"),
    );
    let found = bench.differences(&file, "memory_bucket.data").await;
    let found: Vec<_> = found.iter().map(|difference| (&difference.path[..], difference.cause)).collect();
    assert_eq!(
        found,
        [
            ("key", Cause::Config),
            ("origins", Cause::ConfigAndDrift),
            ("rules[\"by-hand\"]", Cause::Drift),
            ("rules[\"old\"]", Cause::Drift),
            ("tags[\"Extra\"]", Cause::Drift),
            ("tags[\"Project\"]", Cause::Drift),
            ("versioning", Cause::Drift),
        ]
    );
    bench.apply(&file).await;
    bench.assert_settled(&file).await;
}

#[tokio::test(start_paused = true)]
async fn drift_compares_with_what_was_applied_whatever_the_file_says() {
    let bench = applied(&whole()).await;
    let observation = bench.observe(&whole()).await;
    assert_eq!(drift(&bench.registry, &bench.records, &observation).unwrap(), []);
    bench.cloud.tamper("memory_key.main", |key| {
        key.settings.insert("rotation".to_owned(), json!(false));
    });
    bench.cloud.vanish("memory_note.child");
    let observation = bench.observe(&whole().edited("memory_key.main", "description", json!("edited"))).await;
    let drifted = drift(&bench.registry, &bench.records, &observation).unwrap();
    assert_eq!(drifted.len(), 2);
    assert_eq!((&drifted[0].address, drifted[0].deleted), (&address("memory_key.main"), false));
    let difference = &drifted[0].differences[0];
    assert_eq!((&difference.path[..], difference.cause), ("rotation", Cause::Drift));
    assert_eq!((&difference.live, &difference.desired), (&json!(false), &json!(true)));
    assert_eq!((&drifted[1].address, drifted[1].deleted), (&address("memory_note.child"), true));
}

#[tokio::test(start_paused = true)]
async fn what_somebody_deleted_is_made_again_and_its_users_follow() {
    let mut bench = applied(&whole()).await;
    bench.cloud.vanish("memory_key.main");
    let plan = bench.apply(&whole()).await;
    let key = &plan.changes[&address("memory_key.main")];
    assert_eq!((key.action, key.reason), (Action::Create, Reason::DeletedOutside));
    assert_eq!(plan.changes[&address("memory_bucket.data")].action, Action::Update);
    bench.assert_settled(&whole()).await;
}
