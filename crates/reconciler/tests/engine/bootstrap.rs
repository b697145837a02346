//! The first run on an empty account: the lock table first, bare, and completed in its turn.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use provision_config::Address;
use provision_reconciler::plan::{Action, Reason};
use provision_reconciler::{Progress, Scope};
use serde_json::json;

use crate::bench::Bench;
use crate::file::{REGION, address};
use crate::lifecycle::whole;

fn lock() -> &'static Address {
    static LOCK: OnceLock<Address> = OnceLock::new();
    LOCK.get_or_init(|| address("memory_table.lock"))
}

#[tokio::test(start_paused = true)]
async fn a_bare_table_is_brought_to_its_full_settings() {
    let mut bench = Bench::new();
    bench.options.bootstrap = Some(lock());
    let plan = bench.plan(&whole()).await;
    let steps: Vec<_> = plan.changes[lock()].steps.iter().map(|step| &step.summary[..]).collect();
    assert_eq!(steps, ["create the table", "set key", "set stream", "set indexes"]);
    // The first step needs nothing that does not exist.
    assert!(!provision_config::unknown::contains_unknown(&plan.changes[lock()].steps[0].call));
    bench.apply(&whole()).await;
    bench.assert_settled(&whole()).await;
}

/// As the first run goes: the first step alone, then the lease, then everything is read again.
#[tokio::test(start_paused = true)]
async fn the_first_step_alone_and_then_the_rest() {
    let mut bench = Bench::new();
    bench.options.bootstrap = Some(lock());
    let planned = bench.plan(&whole()).await;
    let kind = bench.registry.kind(lock()).unwrap();
    let scope = Scope { operation: "first".to_owned(), ..bench.account.scope("test", lock(), REGION) };
    let (step, mut progress) = (&planned.changes[lock()].steps[0], Progress::default());
    kind.run(&scope, step, &mut progress).await.unwrap();
    kind.settle(&scope, step, &mut progress).await.unwrap();
    bench.recover = true;
    let plan = bench.plan(&whole()).await;
    let change = &plan.changes[lock()];
    assert_eq!((change.action, change.reason), (Action::Update, Reason::Differs));
    // The plan that was shown is the plan that is carried out.
    assert_eq!(change.steps, planned.changes[lock()].steps[1..]);
    let others = |plan: &provision_reconciler::plan::Plan| -> BTreeMap<_, _> {
        let others = plan.changes.iter().filter(|(address, _)| *address != lock());
        others.map(|(address, change)| (address.clone(), change.steps.clone())).collect()
    };
    assert_eq!(others(&plan), others(&planned));
    bench.apply(&whole()).await;
    bench.recover = false;
    bench.assert_settled(&whole()).await;
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_has_no_bare_form_is_made_whole() {
    static BUCKET: OnceLock<Address> = OnceLock::new();
    let mut bench = Bench::new();
    bench.options.bootstrap = Some(BUCKET.get_or_init(|| address("memory_bucket.logs")));
    let file = crate::file::File::default().with("memory_bucket.logs", json!({ "name": "logs" }));
    bench.apply(&file).await;
    bench.assert_settled(&file).await;
}
