//! Who changed it.

use provision_reconciler::diff::Cause;
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
async fn what_somebody_deleted_is_made_again_and_its_users_follow() {
    let mut bench = applied(&whole()).await;
    bench.cloud.vanish("memory_key.main");
    let plan = bench.apply(&whole()).await;
    let key = &plan.changes[&address("memory_key.main")];
    assert_eq!((key.action, key.reason), (Action::Create, Reason::DeletedOutside));
    assert_eq!(plan.changes[&address("memory_bucket.data")].action, Action::Update);
    bench.assert_settled(&whole()).await;
}
