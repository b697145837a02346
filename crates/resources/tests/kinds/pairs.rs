//! What must hold of any kind, over generated specs: create and read, or update and read, gives the spec back.

use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use provision_reconciler::Kind;
use provision_resources::Aws;
use serde_json::Value;

use crate::driver::Driver;

/// So many values of a strategy, others in each run. A failure prints the values that it is about.
pub fn generated<T: std::fmt::Debug>(strategy: impl Strategy<Value = T>, count: usize) -> Vec<T> {
    let mut runner = TestRunner::default();
    (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

/// For each pair of tables: the first is made and the second made of it, and each time reading gives back what was asked
/// for, and asking again does nothing. All pairs at once, each as a resource of its own.
pub async fn hold<K: Kind<Cloud = Aws>>(driver: &Driver, pairs: Vec<(Value, Value)>) {
    let lives = pairs.into_iter().enumerate().map(|(number, (first, second))| async move {
        let about = format!("{first}\nand then {second}");
        let life = AssertUnwindSafe(live::<K>(driver, number, first, second)).catch_unwind().await;
        // What was wrong has been printed already.
        assert!(life.is_ok(), "with {about}");
    });
    futures::future::join_all(lives).await;
}

async fn live<K: Kind<Cloud = Aws>>(driver: &Driver, number: usize, first: Value, second: Value) {
    let mut resource = driver.resource::<K>(&format!("pair_{number}"));
    for table in [first, second] {
        resource.apply(table.clone()).await;
        assert_eq!(resource.apply(table).await, [""; 0], "a second apply does nothing");
    }
    resource.delete(true).await;
}
