//! Random files, random edits, random faults and crashes: every run may go wrong at any call, and yet it always ends at "no
//! changes", with nothing orphaned and nothing made twice.
//!
//! What is random: the [file](edits) and its changes, renamed and moved resources among them; how the cloud takes its time; which
//! calls go wrong and how; where runs die, are interrupted or lose their lease, and what of their results they have not come to
//! write down; what others change in the cloud; and that the state itself is lost. What is checked is in [`checks`].
//!
//! Everything comes from a seed. `PROVISION_STORMS` says how many storms there are; `PROVISION_STORM` repeats the one of a seed, and
//! tells what happens in it.

mod checks;
mod edits;

use std::env;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use fastrand::Rng;
use provision_config::Address;
use provision_reconciler::execute::{Permit, Standing};
use provision_reconciler::plan::{Intent, ResourceChange};
use provision_testkit::memory::{Chaos, Crash, Made, Nature};
use serde_json::Value;
use tokio::time::sleep;

use crate::bench::{Bench, assert_planned};
use crate::file::{File, address};

/// Runs after which it must have come to rest, beside those that a fault spoilt.
const CALM_RUNS: usize = 12;
/// How many storms there are unless `PROVISION_STORMS` says otherwise.
const STORMS: u64 = 150;

#[test]
fn every_storm_ends() {
    let number = |name: &str| env::var(name).ok().map(|number| number.parse::<u64>().unwrap());
    if let Some(seed) = number("PROVISION_STORM") {
        run(seed, true);
        return;
    }
    let (storms, next) = (number("PROVISION_STORMS").unwrap_or(STORMS), AtomicU64::new(0));
    let seeds = || std::iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed)).take_while(|seed| *seed < storms);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    // A storm that fails panics, and with it the scope.
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| seeds().for_each(|seed| drop(run(seed, false))));
        }
    });
}

/// The seed alone decides: else a failure could not be repeated.
#[test]
fn a_storm_repeats_itself() {
    for seed in [3, 7, 11] {
        let calls = run(seed, false);
        assert!(calls.len() > 20, "{}", calls.len());
        assert_eq!(calls, run(seed, false));
    }
}

/// The storm of a seed, in a time of its own. Returns every call that was made.
fn run(seed: u64, told: bool) -> Vec<Made> {
    // Named in the panic of whatever fails below.
    let _seed = Seed(seed);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(storm(seed, told))
}

struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if thread::panicking() {
            let repeat =
                format!("PROVISION_STORM={} cargo test -p provision-reconciler --test engine every_storm_ends", self.0);
            eprintln!("this was the storm of seed {}; to repeat it alone: {repeat}", self.0);
        }
    }
}

async fn storm(seed: u64, told: bool) -> Vec<Made> {
    let mut rng = Rng::with_seed(seed);
    let mut storm = Storm { bench: Bench::new(), changed: 0, calls: Vec::new(), told };
    storm.bench.cloud.nature(nature(&mut rng));
    let mut file = edits::file(&mut rng, &storm.bench);
    for _ in 0..rng.usize(1..4) {
        // Now and then somebody loses patience and changes the file before it has come to rest.
        let runs = if rng.u32(0..3) == 0 { rng.usize(1..4) } else { usize::MAX };
        let settled = storm.converge(&mut rng, &file, runs).await;
        if settled && rng.u32(0..4) == 0 {
            storm.lose_state(&mut rng, &file).await;
        }
        if rng.u32(0..6) == 0 {
            // Or begins to destroy everything, and thinks better of it.
            storm.bench.options.intent = Intent::Destroy;
            storm.converge(&mut rng, &file, 1).await;
            storm.bench.options.intent = Intent::Apply;
        }
        if rng.u32(0..4) == 0 {
            storm.move_address(&mut rng, &mut file);
        }
        for _ in 0..rng.usize(1..4) {
            edits::edit(&mut rng, &mut file, &storm.bench);
        }
        storm.tell(|| format!("the file has {}", edits::names(&file).join(", ")));
        meddle(&mut rng, &storm.bench);
    }
    storm.converge(&mut rng, &file, usize::MAX).await;
    storm.bench.options.intent = Intent::Destroy;
    storm.converge(&mut rng, &file, usize::MAX).await;
    assert_eq!(storm.bench.cloud.objects().len(), 0, "orphans");
    assert!(storm.bench.records.is_empty());
    storm.calls
}

/// How the cloud takes its time.
fn nature(rng: &mut Rng) -> Nature {
    let mut nature = Nature { lag: upto(rng, 3000), ..Nature::default() };
    nature.pending.insert("memory_table", upto(rng, 8000));
    if rng.bool() {
        // The kinds try again what passes by itself.
        nature.pending.insert("memory_note", upto(rng, 3000));
        nature.patience = Duration::from_secs(60);
        nature.unknown = upto(rng, 3000);
        nature.propagation = upto(rng, 8000);
        nature.lingering = upto(rng, 20000);
        nature.per_second = rng.bool().then(|| rng.usize(2..20));
    }
    nature
}

fn upto(rng: &mut Rng, milliseconds: u64) -> Duration {
    Duration::from_millis(rng.u64(0..milliseconds))
}

struct Storm {
    bench: Bench,
    /// How often the file was changed since there was nothing left to do.
    changed: usize,
    /// Every call that was made.
    calls: Vec<Made>,
    told: bool,
}

impl Storm {
    /// Runs until nothing is left to do, but not more often than this. Whether it has come to rest.
    async fn converge(&mut self, rng: &mut Rng, file: &File, runs: usize) -> bool {
        let mut faults = rng.usize(0..8);
        let mut ends = rng.usize(0..4);
        let chaos = Chaos {
            seed: rng.u64(..),
            per_mille: rng.u32(0..200),
            budget: faults,
            latency: Duration::from_millis(rng.u64(0..2000)),
        };
        self.bench.cloud.chaos(Some(chaos));
        faults += ends;
        for run in 0..faults + CALM_RUNS {
            if run == runs {
                self.bench.cloud.chaos(None);
                self.changed += 1;
                return false;
            }
            self.bench.cloud.restart();
            // Somebody runs it again at once, or a little later.
            sleep(Duration::from_millis(rng.u64(0..4000))).await;
            self.forget_calls();
            let planned = self.bench.try_plan(file).await;
            checks::only_reads(&self.bench);
            let Ok((plan, observation)) = planned else { continue };
            self.tell(|| {
                let change = |(address, change): (&Address, &ResourceChange)| format!("{:?} {address}", change.action);
                format!("plan: {}", plan.changes.iter().map(change).collect::<Vec<_>>().join(", "))
            });
            checks::plans_purely(&self.bench, file, &plan, &observation);
            assert_eq!(plan.refusals, [], "refused");
            if plan.changes.is_empty() {
                self.bench.cloud.chaos(None);
                self.changed = 0;
                if self.bench.options.intent == Intent::Apply {
                    self.bench.recover = false;
                    self.bench.assert_settled(file).await;
                }
                return true;
            }
            self.forget_calls();
            let end = if ends > 0 && rng.bool() { rng.u32(0..4) } else { u32::MAX };
            ends -= usize::from(end != u32::MAX);
            let (sender, permit) = Permit::new();
            match end {
                // It dies.
                0..3 => {
                    self.bench.unrecorded = rng.usize(0..5);
                    self.bench.cloud.crash(Crash { after_calls: rng.usize(0..40), carried_out: rng.bool() });
                }
                // It is asked to stop, or loses its lease.
                3 => {
                    let (standing, when) = (
                        if rng.bool() { Standing::Interrupted } else { Standing::LeaseLost },
                        Duration::from_millis(rng.u64(0..20_000)),
                    );
                    tokio::spawn(async move {
                        sleep(when).await;
                        sender.send_replace(standing);
                    });
                }
                _ => {}
            }
            let outcome = self.bench.run(&plan, &observation, permit).await;
            self.tell(|| {
                let calls = self.bench.cloud.mutations();
                let calls: Vec<String> = calls.iter().map(|made| format!("{} {}", made.action, made.subject)).collect();
                let lost = if outcome.is_none() { self.bench.unrecorded } else { 0 };
                let end = outcome.as_ref().map(|it| if it.is_complete() { "complete" } else { "incomplete" });
                format!("  {}: {}; {lost} results lost", end.unwrap_or("died"), calls.join(", "))
            });
            if outcome.is_some() {
                self.bench.cloud.restart();
            }
            self.bench.recover = outcome.as_ref().is_none_or(|outcome| !outcome.is_complete());
            checks::readable(&self.bench);
            checks::nothing_twice(&self.bench, self.changed);
            if let Some(outcome) = outcome
                && outcome.is_complete()
                && outcome.calls == plan.counts().calls
                && self.bench.cloud.mutations().len() == outcome.calls
            {
                assert_planned(&plan, &self.bench.cloud.mutations());
            }
        }
        panic!("it never came to rest: {:#?}", self.bench.try_plan(file).await.map(|(plan, _)| plan));
    }

    /// The state is gone: what there is is found by names and tags. Only what cannot be read back is set once more.
    async fn lose_state(&mut self, rng: &mut Rng, file: &File) {
        self.tell(|| "the state is lost".to_owned());
        let before = self.bench.cloud.objects();
        self.bench.records.clear();
        self.bench.intents.clear();
        self.bench.recover = true;
        self.converge(rng, file, usize::MAX).await;
        let ids =
            |objects: Vec<provision_testkit::memory::Object>| objects.into_iter().map(|it| (it.kind, it.region, it.id));
        assert!(ids(before).eq(ids(self.bench.cloud.objects())), "not found again");
    }

    /// As `state mv`, and in the file.
    fn move_address(&mut self, rng: &mut Rng, file: &mut File) {
        let Some(from) = rng.choice(edits::names(file)) else { return };
        let to = format!("{}.{}", edits::kind_of(&from), edits::spare(rng));
        let (old, new) = (address(&from), address(&to));
        // What an interrupted run may have made of it carries the old address alone: `state mv` refuses to move it.
        let unsure = self.bench.recover && self.bench.intents.contains_key(&old);
        if unsure || !self.bench.records.contains_key(&old) || !edits::readdress(file, &from, &to) {
            return;
        }
        self.tell(|| format!("state mv {from} {to}"));
        self.bench.move_record(&old, &new);
    }

    fn tell(&self, what: impl FnOnce() -> String) {
        if self.told {
            println!("{}", what());
        }
    }

    fn forget_calls(&mut self) {
        self.calls.extend(self.bench.cloud.calls());
        self.bench.cloud.forget_calls();
    }
}

/// Somebody else changes the cloud.
fn meddle(rng: &mut Rng, bench: &Bench) {
    for object in bench.cloud.objects() {
        // One name in two regions is one to whoever meddles.
        let there = bench.cloud.objects().into_iter().any(|other| other.id == object.id);
        match rng.u32(0..12) {
            _ if !there => {}
            0 => bench.cloud.vanish(&object.id),
            1 => bench.cloud.tamper(&object.id, |object| {
                object.tags.insert("Meddled".to_owned(), "yes".to_owned());
            }),
            2 if object.kind == "memory_key" => bench.cloud.tamper(&object.id, |object| {
                object.settings.insert("description".to_owned(), Value::from("meddled"));
            }),
            _ => {}
        }
    }
}
