//! What is tested after an apply, whatever the kinds test themselves.

use provision_reconciler::Record;
use provision_reconciler::verify::{Outcome, Verified, verify};

use crate::bench::Bench;
use crate::file::address;
use crate::lifecycle::{applied, whole};

async fn verified(bench: &Bench, name: &str) -> Verified {
    let all = verify(&bench.registry, "test", &bench.account, &bench.records).await;
    assert_eq!(
        all.keys().collect::<Vec<_>>(),
        bench.records.keys().collect::<Vec<_>>(),
        "each resource is answered for"
    );
    all[&address(name)].clone()
}

fn failure(verified: &Verified) -> String {
    match &verified.checks[0].outcome {
        Outcome::Failed { message, hint } => format!("{message}\nhint: {hint}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_kind_without_tests_has_none() {
    let bench = applied(&whole()).await;
    let verified = verified(&bench, "memory_note.child").await;
    assert_eq!(verified.checks, []);
    assert_eq!(verified.id, bench.records[&address("memory_note.child")].id);
}

#[tokio::test(start_paused = true)]
async fn what_is_unfinished_fails() {
    let mut bench = applied(&whole()).await;
    bench.records.get_mut(&address("memory_bucket.data")).unwrap().spec = None;
    insta::assert_snapshot!(failure(&verified(&bench, "memory_bucket.data").await), @r"
    it was made, but an apply ended before it was finished
    hint: `provision apply test` finishes it
    ");
}

#[tokio::test(start_paused = true)]
async fn what_another_version_wrote_fails_alone() {
    let mut bench = applied(&whole()).await;
    let record = bench.records[&address("memory_bucket.data")].clone();
    bench.records.insert(address("memory_thing.new"), Record { kind: "memory_thing".to_owned(), ..record });
    let bucket = bench.records.get_mut(&address("memory_bucket.data")).unwrap();
    bucket.spec = Some(serde_json::json!({ "no_such_field": true }));
    insta::assert_snapshot!(failure(&verified(&bench, "memory_thing.new").await), @r"
    memory_thing failed: this version does not know the kind `memory_thing` of memory_thing.new
    hint: use the version of provision that wrote the state
    ");
    assert!(failure(&verified(&bench, "memory_bucket.data").await).contains("no_such_field"));
}
