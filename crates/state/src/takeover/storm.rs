//! Random runs that die at random calls of the store: the state can be read at every moment, and nothing that was recorded is lost.
//!
//! A run takes the lock, takes over, claims, appends, finishes and sweeps, through the real documents and segments. It dies before or
//! after any call, or is stopped and goes on after others have run; answers are lost, writes arrive late, and lock tables are
//! lost with their numbers.
//!
//! `PROVISION_STORMS` says how many there are, `PROVISION_STORM` repeats the one of a seed.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;

use fastrand::Rng;
use provision_config::Address;

use super::*;
use crate::book::Book;
use crate::document::State;
use crate::document::samples::{author, operation, record};
use crate::journal::Entry;
use crate::lease::{AcquireOptions, MemoryTable};
use crate::store::MemoryStore;

#[test]
fn every_storm_leaves_a_state_that_can_be_read() {
    let number = |name: &str| std::env::var(name).ok().map(|number| number.parse::<u64>().unwrap());
    let seeds = match number("PROVISION_STORM") {
        Some(seed) => seed..seed + 1,
        None => 0..number("PROVISION_STORMS").unwrap_or(1000),
    };
    let (mut deaths, mut losses) = (0, 0);
    let all = seeds.end - seeds.start;
    for seed in seeds {
        let _seed = Seed(seed);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let world = runtime.block_on(storm(seed));
        deaths += world.deaths;
        losses += world.losses;
    }
    // Else it would show little.
    assert!(
        all < 100 || (deaths > all && losses > all / 4),
        "{deaths} deaths and {losses} lost tables in {all} storms"
    );
}

struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let repeat = format!("PROVISION_STORM={} cargo test -p provision-state every_storm_leaves", self.0);
            eprintln!("this was the storm of seed {}; to repeat it alone: {repeat}", self.0);
        }
    }
}

/// What is known of resources, by name: the value that was recorded last. `None`: that there is none any more.
type Known = BTreeMap<String, Option<String>>;

struct World {
    store: MemoryStore,
    table: MemoryTable,
    /// What a writer was told to be recorded.
    told: Known,
    /// What may be recorded too, of writes without an answer.
    unsure: Vec<(String, Option<String>)>,
    serial: u64,
    fencing: u64,
    values: u64,
    deaths: u64,
    losses: u64,
}

async fn storm(seed: u64) -> World {
    let mut rng = Rng::with_seed(seed);
    let mut world = World {
        store: MemoryStore::new("dev"),
        table: MemoryTable::new(),
        told: Known::new(),
        unsure: Vec::new(),
        serial: 0,
        fencing: 0,
        values: 0,
        deaths: 0,
        losses: 0,
    };
    let mut stopped: Vec<Book> = Vec::new();
    for run in 0..rng.usize(3..12) {
        if rng.u32(0..8) == 0 {
            world.table.lose();
            world.losses += 1;
        }
        if rng.bool() {
            world.store.crash_after(rng.usize(0..25), rng.bool());
        }
        let crashed = {
            let store = world.store.clone();
            async move { store.crashed().await }
        };
        let done = tokio::select! {
            biased;
            () = crashed => None,
            book = work(&mut world, &mut rng, run) => Some(book),
        };
        world.store.restart();
        match done {
            None => world.deaths += 1,
            Some(book) => stopped.extend(book),
        }
        world.check().await;
        if rng.u32(0..3) == 0 {
            go_on(&mut world, &mut rng, &mut stopped).await;
            world.check().await;
        }
    }
    world
}

/// A run. Returns the book if the run is stopped in the middle.
async fn work(world: &mut World, rng: &mut Rng, run: usize) -> Option<Book> {
    let who = format!("run-{run}");
    let author = author(&who);
    let options = AcquireOptions::new(&who, &author.operation, "apply");
    let lease = Lease::acquire(Arc::new(world.table.client()), "dev", &options, &|_| {}).await.unwrap();
    world.trouble(rng);
    let stored = match take_over(&world.store, &lease, &author, &|_| {}).await {
        Ok(loaded) => loaded.stored(),
        // It could not close the journal of an earlier one, and says so.
        Err(TakeOverError::State(StateError::Unsettled { .. } | StateError::Call { .. })) => return None,
        Err(error) => panic!("{error}"),
    };
    let token = stored.as_ref().map(|stored| stored.token.clone());
    let state = stored.map_or_else(|| State::new("dev"), |stored| stored.state);
    world.compare(&state);
    let operation = operation(&who, lease.fencing());
    let mut book = Book::new(Arc::new(world.store.clone()), state, token, lease.fencing(), author);
    world.trouble(rng);
    if book.begin(operation).await.is_err() {
        return None;
    }
    // What an earlier run has not recorded by now never will be.
    world.written(&book);
    for _ in 0..rng.usize(0..6) {
        world.trouble(rng);
        world.append(rng, &mut book).await.ok();
    }
    if rng.u32(0..4) == 0 {
        return Some(book);
    }
    world.trouble(rng);
    if book.finish(rng.bool()).await.is_ok() {
        world.written(&book);
        world.trouble(rng);
        book.sweep().await.unwrap();
    }
    if rng.bool() {
        lease.release().await.unwrap();
    }
    None
}

/// A run that was stopped goes on, whatever has happened meanwhile.
async fn go_on(world: &mut World, rng: &mut Rng, stopped: &mut Vec<Book>) {
    if stopped.is_empty() {
        return;
    }
    let mut book = stopped.swap_remove(rng.usize(..stopped.len()));
    world.append(rng, &mut book).await.ok();
    if book.finish(rng.bool()).await.is_ok() {
        // Nobody has claimed the state in between.
        world.written(&book);
    }
    book.sweep().await.unwrap();
}

impl World {
    fn trouble(&self, rng: &mut Rng) {
        match rng.u32(0..12) {
            0 => self.store.lose_next_answers(rng.u32(1..6)),
            1 => self.store.delay_next(),
            2 => self.store.refuse_next(1),
            _ => {}
        }
    }

    /// The state was written whole.
    fn written(&mut self, book: &Book) {
        self.told = known(book.state());
        self.unsure.clear();
    }

    async fn append(&mut self, rng: &mut Rng, book: &mut Book) -> Result<(), StateError> {
        self.values += 1;
        let name = format!("r{}", rng.u32(0..5));
        let value = (rng.u32(0..4) > 0).then(|| format!("v{}", self.values));
        let entry = Entry { address: Address::new("s3_bucket", &name), record: value.as_deref().map(record) };
        self.unsure.push((name.clone(), value.clone()));
        book.append(vec![entry]).await?;
        // A book whose journal is broken off only remembers.
        if book.is_journaling() {
            self.unsure.pop();
            self.told.insert(name, value);
        }
        Ok(())
    }

    /// The state can be read by whoever comes by, and says what was recorded.
    async fn check(&mut self) {
        let Some(stored) = self.store.load().await.unwrap().stored() else {
            assert!(self.told.is_empty(), "the state is gone");
            return;
        };
        self.compare(&stored.state);
        let State { serial, fencing, .. } = stored.state;
        assert!(serial >= self.serial && fencing >= self.fencing, "it went back");
        (self.serial, self.fencing) = (serial, fencing);
    }

    fn compare(&self, state: &State) {
        let found = known(state);
        let names = self.told.keys().chain(self.unsure.iter().map(|(name, _)| name));
        for name in names {
            let found = found.get(name).cloned().flatten();
            let told = self.told.get(name).cloned().flatten();
            let unsure = self.unsure.iter().any(|(unsure, value)| unsure == name && *value == found);
            assert!(found == told || unsure, "{name} is {found:?}, but {told:?} was recorded; {:?}", self.unsure);
        }
    }
}

fn known(state: &State) -> Known {
    state.resources.iter().map(|(address, record)| (address.name.clone(), Some(record.id.clone()))).collect()
}
