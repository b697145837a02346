//! Random files, random edits, random faults and crashes: every run may go wrong at any call, and yet it always ends at "no
//! changes", with nothing orphaned and nothing made twice.
//!
//! `PROVISION_STORMS` says how many storms there are, `PROVISION_STORM` repeats the one of a seed.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::time::Duration;

use fastrand::Rng;
use provision_reconciler::execute::Permit;
use provision_reconciler::ownership;
use provision_reconciler::plan::Intent;
use provision_testkit::memory::{Chaos, Crash, Nature};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::bench::{Bench, assert_planned};
use crate::file::File;

/// Runs after which it must have come to rest, beside those that a fault spoilt.
const CALM_RUNS: usize = 12;

#[tokio::test(start_paused = true)]
async fn every_storm_ends() {
    let number = |name: &str| env::var(name).ok().map(|number| number.parse::<u64>().unwrap());
    let seeds = match number("PROVISION_STORM") {
        Some(seed) => seed..seed + 1,
        None => 0..number("PROVISION_STORMS").unwrap_or(150),
    };
    for seed in seeds {
        storm(seed).await;
    }
}

async fn storm(seed: u64) {
    // Named in the panic of whatever fails below.
    let _seed = Seed(seed);
    let mut rng = Rng::with_seed(seed);
    let mut bench = Bench::new();
    let mut nature = Nature { lag: upto(&mut rng, 3000), ..Nature::default() };
    nature.pending.insert("memory_table", upto(&mut rng, 8000));
    if rng.bool() {
        // The kinds try again what passes by itself.
        nature.pending.insert("memory_note", upto(&mut rng, 3000));
        nature.patience = Duration::from_secs(60);
        nature.unknown = upto(&mut rng, 3000);
        nature.lingering = upto(&mut rng, 20000);
        nature.per_second = rng.bool().then(|| rng.usize(2..20));
    }
    bench.cloud.nature(nature);
    let mut file = File::default();
    for _ in 0..rng.usize(2..8) {
        add(&mut rng, &mut file);
    }
    let mut changed = 0;
    for _ in 0..rng.usize(1..4) {
        // Now and then somebody loses patience and changes the file before it has come to rest.
        let runs = if rng.u32(0..3) == 0 { rng.usize(1..4) } else { usize::MAX };
        converge(&mut rng, &mut bench, &file, runs, &mut changed).await;
        for _ in 0..rng.usize(1..4) {
            edit(&mut rng, &mut file);
        }
        meddle(&mut rng, &bench);
    }
    converge(&mut rng, &mut bench, &file, usize::MAX, &mut changed).await;
    bench.options.intent = Intent::Destroy;
    converge(&mut rng, &mut bench, &file, usize::MAX, &mut changed).await;
    assert_eq!(bench.cloud.objects().len(), 0);
    assert!(bench.records.is_empty());
}

fn upto(rng: &mut Rng, milliseconds: u64) -> Duration {
    Duration::from_millis(rng.u64(0..milliseconds))
}

struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("this was PROVISION_STORM={}", self.0);
        }
    }
}

/// Runs until nothing is left to do, but not more often than this. `changed` is how often the file was changed since there was
/// nothing left to do.
async fn converge(rng: &mut Rng, bench: &mut Bench, file: &File, runs: usize, changed: &mut usize) {
    let mut faults = rng.usize(0..8);
    let mut crashes = rng.usize(0..4);
    let chaos = Chaos {
        seed: rng.u64(..),
        per_mille: rng.u32(0..200),
        budget: faults,
        latency: Duration::from_millis(rng.u64(0..2000)),
    };
    bench.cloud.chaos(Some(chaos));
    faults += crashes;
    for run in 0..faults + CALM_RUNS {
        if run == runs {
            bench.cloud.chaos(None);
            *changed += 1;
            return;
        }
        bench.cloud.restart();
        // Somebody runs it again at once, or a little later.
        sleep(Duration::from_millis(rng.u64(0..4000))).await;
        let Ok((plan, observation)) = bench.try_plan(file).await else { continue };
        assert_eq!(plan.refusals, [], "refused");
        if plan.changes.is_empty() {
            bench.cloud.chaos(None);
            *changed = 0;
            if bench.options.intent == Intent::Apply {
                bench.recover = false;
                bench.assert_settled(file).await;
            }
            return;
        }
        if crashes > 0 && rng.bool() {
            crashes -= 1;
            bench.cloud.crash(Crash { after_calls: rng.usize(0..40), carried_out: rng.bool() });
        }
        bench.cloud.forget_calls();
        let (_sender, permit) = Permit::new();
        let outcome = bench.run(&plan, &observation, permit).await;
        if outcome.is_some() {
            bench.cloud.restart();
        }
        bench.recover = outcome.as_ref().is_none_or(|outcome| !outcome.is_complete());
        nothing_twice(bench, *changed);
        if let Some(outcome) = outcome
            && outcome.is_complete()
            && outcome.calls == plan.counts().calls
            && bench.cloud.mutations().len() == outcome.calls
        {
            assert_planned(&plan, &bench.cloud.mutations());
        }
    }
    panic!("it never came to rest: {:#?}", bench.try_plan(file).await.map(|(plan, _)| plan));
}

fn nothing_twice(bench: &Bench, changed: usize) {
    let objects = bench.cloud.objects();
    // Where the new one is made first there may be the old one and the new one, and one for every change of the file since: always
    // of groups, and of what AWS chooses the id of where it moves to another region. Never two by one operation.
    let (mut all, mut by_operation): (BTreeMap<_, usize>, BTreeSet<_>) = Default::default();
    let mut twice = false;
    for object in &objects {
        let first = matches!(&object.kind[..], "memory_group" | "memory_key" | "memory_note");
        let count = all.entry(object.address()).or_default();
        *count += 1;
        twice |= *count > if first { 2 + changed } else { 1 };
        twice |= !by_operation.insert((object.address(), object.tags.get(ownership::OPERATION)));
    }
    assert!(!twice, "something was made twice: {objects:#?}");
}

const KINDS: [&str; 5] = ["memory_key", "memory_bucket", "memory_table", "memory_note", "memory_group"];

/// Adds a resource that refers to some that are there.
fn add(rng: &mut Rng, file: &mut File) {
    let kind = rng.choice(KINDS).unwrap();
    let name = format!("{kind}.r{}", rng.u32(0..10));
    if file.resources.contains_key(&name.parse().unwrap()) {
        return;
    }
    let mut spec = match kind {
        "memory_key" => json!({ "description": word(rng), "rotation": rng.bool() }),
        "memory_bucket" => json!({ "name": fresh(rng), "versioning": rng.bool(), "password": word(rng) }),
        "memory_table" => json!({ "name": fresh(rng), "stream": rng.bool() }),
        "memory_group" => json!({ "name": fresh(rng), "rules": [word(rng)] }),
        _ => json!({ "text": word(rng) }),
    };
    let before: Vec<String> = file.resources.keys().map(ToString::to_string).collect();
    if let Some(other) = rng.choice(&before) {
        if let (Some(arn), "memory_bucket" | "memory_table") = (arn(other), kind) {
            spec["key"] = arn.into();
        } else if kind == "memory_note" {
            spec["about"] = json!([arn(other).unwrap_or_default(), word(rng)]);
        }
    }
    if kind == "memory_note" {
        let groups: BTreeSet<String> = (0..rng.usize(0..3)).filter_map(|_| of(rng, "memory_group", &before)).collect();
        spec["groups"] = groups.into_iter().map(|group| format!("${{{group}.id}}")).collect();
    }
    if let (Some(parent), "memory_note", true) = (of(rng, "memory_note", &before), kind, rng.bool()) {
        spec["parent"] = format!("${{{parent}.id}}").into();
    }
    file.set(&name, spec);
}

/// Some resource of a kind.
fn of(rng: &mut Rng, kind: &str, names: &[String]) -> Option<String> {
    let some: Vec<&String> = names.iter().filter(|name| name.starts_with(kind)).collect();
    rng.choice(some).cloned()
}

fn arn(name: &str) -> Option<String> {
    let has_arn = !name.starts_with("memory_note") && !name.starts_with("memory_group");
    has_arn.then(|| format!("${{{name}.arn}}"))
}

fn edit(rng: &mut Rng, file: &mut File) {
    let names: Vec<String> = file.resources.keys().map(ToString::to_string).collect();
    let Some(name) = rng.choice(&names).cloned() else { return add(rng, file) };
    match (rng.u32(0..10), name.split('.').next().unwrap()) {
        (0 | 1, _) => add(rng, file),
        (2, _) => remove(file, &name),
        (3, _) => {
            let region = if rng.bool() { "us-west-2" } else { "us-east-1" };
            file.resources.get_mut(&name.parse().unwrap()).unwrap().region = region.to_owned();
        }
        (4, _) => file.edit(&name, "tags", json!({ "Word": word(rng) })),
        (5 | 6, "memory_key") => file.edit(&name, "multi_region", rng.bool().into()),
        (_, "memory_key") => file.edit(&name, "description", word(rng).into()),
        (5 | 6, "memory_bucket" | "memory_table") => file.edit(&name, "name", fresh(rng).into()),
        (4..8, "memory_group") => file.edit(&name, "name", fresh(rng).into()),
        (_, "memory_group") => file.edit(&name, "rules", json!([word(rng), word(rng)])),
        (_, "memory_bucket") => {
            file.edit(&name, "rules", json!([{ "id": word(rng), "days": rng.u32(1..9) }, { "id": "x" }]));
            file.edit(&name, "origins", json!([word(rng), word(rng)]));
        }
        (7, "memory_table") => file.edit(&name, "stream", rng.bool().into()),
        (_, "memory_table") => file.edit(&name, "indexes", json!([{ "name": word(rng), "attribute": word(rng) }])),
        (5 | 6, _) => {
            // Hang it from another note that was there before it, so that there is no circle.
            let before = names.iter().filter(|other| **other < name).cloned().collect::<Vec<_>>();
            if let Some(parent) = of(rng, "memory_note", &before) {
                file.edit(&name, "parent", format!("${{{parent}.id}}").into());
            }
        }
        (7, _) => {
            let group = of(rng, "memory_group", &names).map(|group| format!("${{{group}.id}}"));
            file.edit(&name, "groups", group.into_iter().collect());
        }
        _ => file.edit(&name, "text", word(rng).into()),
    }
    cut_circles(file);
}

/// Takes a resource out of the file, and every resource that refers to it.
fn remove(file: &mut File, name: &str) {
    let Some(_) = file.resources.remove(&name.parse().unwrap()) else { return };
    let mark = format!("{name}.");
    let users = file.resources.iter().filter(|(_, entry)| entry.spec.to_string().contains(&mark));
    let users: Vec<String> = users.map(|(address, _)| address.to_string()).collect();
    for user in users {
        remove(file, &user);
    }
}

/// Edits can close a circle of parents; the config crate would refuse it, so the storm takes one of them out.
fn cut_circles(file: &mut File) {
    let needs = |file: &File| {
        let text = |entry: &crate::file::Entry| entry.spec.to_string();
        let all: Vec<_> = file.resources.keys().cloned().collect();
        let needs = file.resources.iter().map(|(address, entry)| {
            let used = all.iter().filter(|other| text(entry).contains(&format!("{other}.")));
            (address.clone(), used.cloned().collect())
        });
        provision_reconciler::Graph::new(needs.collect::<Vec<_>>())
    };
    while let Err(cycle) = needs(file).order() {
        remove(file, &cycle.0.to_string());
    }
}

/// Somebody else changes the cloud.
fn meddle(rng: &mut Rng, bench: &Bench) {
    let objects = bench.cloud.objects();
    for object in objects {
        let address = object.address().unwrap().to_owned();
        match rng.u32(0..12) {
            0 => bench.cloud.vanish(&address),
            1 => bench.cloud.tamper(&address, |object| {
                object.tags.insert("Meddled".to_owned(), "yes".to_owned());
            }),
            2 if object.kind == "memory_key" => bench.cloud.tamper(&address, |object| {
                object.settings.insert("description".to_owned(), Value::from("meddled"));
            }),
            _ => {}
        }
    }
}

fn word(rng: &mut Rng) -> String {
    (*rng.choice(["ash", "beech", "cedar", "elm"].iter()).unwrap()).to_owned()
}

/// A name that nothing else has or had.
fn fresh(rng: &mut Rng) -> String {
    format!("n{:08x}", rng.u32(..))
}
