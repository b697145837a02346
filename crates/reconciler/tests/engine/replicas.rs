//! What is said of replicas, whatever the kinds look at themselves.

use std::time::Duration;

use provision_reconciler::execute::Permit;
use provision_reconciler::recovery::{Objective, Replica, Standing, recovery, unreplicated};

use crate::bench::Bench;
use crate::file::address;
use crate::lifecycle::{applied, whole};

async fn replicas(bench: &Bench) -> Vec<Replica> {
    let (_sender, permit) = Permit::new();
    let objective = Objective { rpo: Duration::ZERO, patience: Duration::ZERO };
    recovery(&bench.registry, "test", &bench.account, &bench.records, objective, &permit).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn of_what_is_unfinished_nothing_is_known() {
    let mut bench = applied(&whole()).await;
    let (data, note) = (address("memory_bucket.data"), address("memory_note.child"));
    bench.records.retain(|one, _| [&data, &note].contains(&one));
    for record in bench.records.values_mut() {
        record.spec = None;
    }
    let found = replicas(&bench).await;
    // A note holds no data.
    let [replica] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((replica.primary.name.as_str(), replica.standing()), ("memory_bucket.data", Standing::AsFarAsTested));
    // Nor is it said that it has none.
    assert!(!unreplicated(&bench.registry, &bench.records, &found).unwrap().contains(&data));
}
