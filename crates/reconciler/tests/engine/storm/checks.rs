//! What must hold in every storm, at every moment.

use std::collections::{BTreeMap, BTreeSet};

use provision_reconciler::observe::Observation;
use provision_reconciler::ownership;
use provision_reconciler::plan::Plan;
use provision_testkit::memory::Object;

use crate::bench::{Bench, Records};
use crate::file::File;

/// Since the calls were last forgotten, nothing was changed.
pub fn only_reads(bench: &Bench) {
    let mutations = bench.cloud.mutations();
    assert!(mutations.is_empty(), "planning changes something: {mutations:#?}");
}

/// The same facts give the same plan, whenever and however often they are asked, and also after the state has been written and read.
pub fn plans_purely(bench: &Bench, file: &File, plan: &Plan, observation: &Observation) {
    let before = bench.cloud.calls().len();
    assert_eq!(bench.plan_of(file, observation, &bench.records).unwrap(), *plan, "the same facts give another plan");
    assert_eq!(bench.plan_of(file, observation, &read_back(&bench.records)).unwrap(), *plan, "the state forgets");
    let saved: Plan = serde_json::from_str(&serde_json::to_string(plan).unwrap()).unwrap();
    assert_eq!(saved, *plan, "a saved plan is another");
    assert_eq!(bench.cloud.calls().len(), before, "a plan is made of facts, not of calls");
}

/// The state as somebody would read it now is the state.
pub fn readable(bench: &Bench) {
    assert_eq!(read_back(&bench.records), bench.records);
}

fn read_back(records: &Records) -> Records {
    serde_json::from_str(&serde_json::to_string(records).unwrap()).unwrap()
}

/// Where the new one is made first there may be the old one and the new one, and one for every change of the file since: always
/// of groups, and of what AWS chooses the id of where it moves to another region. Never two by one operation.
pub fn nothing_twice(bench: &Bench, changed: usize) {
    let objects = bench.cloud.objects();
    let (mut all, mut by_operation): (BTreeMap<_, usize>, BTreeSet<_>) = Default::default();
    let mut twice = false;
    // What was given another address in the state carries the old one until the next run has changed its tags.
    let is_moved = |object: &&Object| {
        let mut others = bench.records.iter().filter(|(address, _)| Some(&*address.to_string()) != object.address());
        others
            .any(|(_, record)| (&record.kind, &record.region, &record.id) == (&object.kind, &object.region, &object.id))
    };
    for object in objects.iter().filter(|object| !is_moved(object)) {
        let first = matches!(&object.kind[..], "memory_group" | "memory_key" | "memory_note");
        let count = all.entry(object.address()).or_default();
        *count += 1;
        twice |= *count > if first { 2 + changed } else { 1 };
        twice |= !by_operation.insert((object.address(), object.tags.get(ownership::OPERATION)));
    }
    assert!(!twice, "something was made twice: {objects:#?}");
}
