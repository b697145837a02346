//! The lock: an item in a table, contenders with clocks, a network that delays and loses.
//!
//! Where the table can be lost, there is the state's number too. Holders read it, raise theirs above it, and claim the state: on
//! condition of what they read, as the store does it. A lock counts once the state is claimed under it, since nothing is changed in AWS
//! before; so two that hold it are two that have claimed it.
//!
//! Where it is lost at any moment ([`Lock::untimely`]), there may be two: one of the lost table that had not read the state yet, with a
//! number above the other's claim. For as long as its lease lasts they do not know of each other; the state is the later one's.
//!
//! Left out: holders that give the lock back before they have read the state. After the table is lost it would take
//! as many of them as the state's number says, all within one lease, to bring the lock's number above it unnoticed. (The state is safe
//! even so, by the claim's condition.)

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use uuid::Uuid;

use super::explorer::{Event, Model};
use crate::lease::{AcquireOptions, Condition, LockItem, Look, Watched, is_over, look, seen};
use crate::store::{is_above, is_fenced};
use crate::writing::{Next, Writing};

/// One step of the clocks. All go at the same pace; that they show different times does not matter, as none is compared with
/// another.
const TICK: Duration = Duration::from_secs(1);
/// The rules, each of which can be broken.
#[derive(Clone, Copy, Debug)]
struct Lock {
    /// How often each contender may try to take it; without a bound the numbers have none.
    tries: &'static [u8],
    /// How often a write is sent whose outcome is not plain.
    attempts: u32,
    /// The lease, in ticks.
    lease: u8,
    /// How often a person may put a holder out by force.
    force: u8,
    /// Whether the table heeds conditions.
    conditional: bool,
    /// How long a contender watches before it takes over, in ticks.
    patience: u8,
    /// Whether a holder counts its lease from before it sent the write, and not from when it learned of the outcome.
    counts_from_before: bool,
    /// Whether numbers go on from what was seen.
    grows: bool,
    /// Whether a release keeps the item.
    keeps_item: bool,
    /// The number of the state, which holders claim; `None`: there is no state to claim.
    state: Option<u8>,
    /// How often the table is lost and made anew.
    losses: u8,
    /// Whether that happens at any moment, and not only while whoever holds the lock has claimed the state.
    untimely: bool,
    /// Whether a holder whose number is not above the state's raises it.
    raises: bool,
    /// Whether it then waits a whole lease, and reads the state again.
    waits: bool,
}

const LOCK: Lock = Lock {
    tries: &[2, 1],
    attempts: 2,
    lease: 2,
    force: 0,
    conditional: true,
    patience: 2,
    counts_from_before: true,
    grows: true,
    keeps_item: true,
    state: None,
    losses: 0,
    untimely: false,
    raises: true,
    waits: true,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Item {
    version: u8,
    fencing: u8,
    held: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct World {
    item: Option<Item>,
    contenders: Vec<Contender>,
    /// Writes that are on their way, by whom: each may arrive at any time, or never. Several of one content are as good as one,
    /// since the condition of a version holds only until the first is carried out.
    flying: BTreeSet<(usize, Item, Option<u8>)>,
    /// The greatest number under which anybody has held it.
    granted: u8,
    force: u8,
    /// The number of the state.
    state: u8,
    losses: u8,
    /// Whether somebody could not write the state though the lock was nobody else's.
    refused: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Contender {
    tries: u8,
    doing: Doing,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Doing {
    /// Nothing: not begun, ended, or dead.
    Nothing,
    /// It reads the item.
    Reading(Wanting),
    /// The answer to its read is on its way.
    Read(Wanting, Option<Item>),
    /// It writes the item in order to have the lock.
    Acquiring(Wanting, Write),
    /// It holds the lock, or did: how long ago it sent the last write that renewed it, and a renewal of which it does not know
    /// what became, with how long ago that was first sent.
    Holding { item: Item, age: u8, sent: Option<(Item, u8)>, renewing: Option<Write>, stage: Stage },
    /// It gives the lock back.
    Releasing { item: Item, age: u8, sent: Option<Item>, write: Write },
}

/// How far a holder is with the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Stage {
    /// It has not read it (again).
    Unread,
    /// It raises its number to this.
    Raising(u8),
    /// It waits for holders of a lost table, for so long already.
    Waiting(u8),
    /// It has read it, under this number, which is below its own.
    Read(u8),
    /// It has claimed it, or there is none.
    Claimed,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Wanting {
    /// The version that it watches, and for how long.
    watched: Option<(u8, u8)>,
    ours: Option<u8>,
}

/// A write under way, as its sender knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Write {
    writing: Writing,
    item: Item,
    condition: Option<u8>,
    /// How long ago it was first sent.
    age: u8,
    /// Whether it must look what became of it.
    looking: bool,
}

/// A holder but for its renewal: see [`Doing::Holding`].
type Held = (Item, u8, Option<(Item, u8)>, Stage);

enum Came {
    Of(Write),
    Written,
    Moved(Option<Item>),
    Unsettled,
}

impl Lock {
    fn real(&self, item: Item) -> LockItem {
        LockItem {
            id: "dev".to_owned(),
            owner: String::new(),
            operation: String::new(),
            command: String::new(),
            fencing: item.fencing.into(),
            lease_ms: u64::from(self.patience) * 1000,
            record_version: version(item.version),
            acquired_at: Timestamp::UNIX_EPOCH,
            held: item.held,
        }
    }

    fn ticks(self) -> Duration {
        TICK * u32::from(self.lease)
    }

    /// What the code that runs would write, under a version that nobody knows.
    fn made(&self, world: &World, item: &LockItem) -> Item {
        let fencing = if self.grows { u8::try_from(item.fencing).unwrap() } else { 1 };
        Item { version: world.fresh(), fencing, held: item.held }
    }

    fn send(&self, world: &mut World, who: usize, item: Item, condition: Option<u8>) -> Write {
        world.flying.insert((who, item, condition));
        Write { writing: Writing::new(self.attempts), item, condition, age: 0, looking: false }
    }

    /// Everything that can become of a write: it is given up waiting for, or looked after.
    fn wait(&self, world: &World, who: usize, write: Write) -> Vec<(&'static str, World, Came)> {
        if !write.looking {
            // No answer came in time, or it said that the condition did not hold.
            return vec![("no plain answer", world.clone(), Came::Of(Write { looking: true, ..write }))];
        }
        let mut after = Vec::new();
        for fails in [false, true] {
            let mut world = world.clone();
            let found = (!fails).then(|| world.item.map(|item| self.real(item)));
            let item = self.real(write.item);
            let mut writing = write.writing;
            let came = match writing.looked(seen(&item, condition(write.condition), found.as_ref())) {
                Next::Again => {
                    world.flying.insert((who, write.item, write.condition));
                    Came::Of(Write { writing, looking: false, ..write })
                }
                Next::Written => Came::Written,
                Next::Moved => Came::Moved(world.item),
                Next::Unsettled => Came::Unsettled,
            };
            after.push((if fails { "a look fails" } else { "a look" }, world, came));
        }
        after
    }

    /// What the contender does next, when it is its turn.
    fn turn(&self, world: &World, who: usize) -> Vec<(Event, World)> {
        let mut after = Vec::new();
        let mut to = |name: &'static str, mut world: World, doing: Doing| {
            world.contenders[who].doing = doing;
            after.push(((who, name), world));
        };
        match world.contenders[who].doing.clone() {
            Doing::Nothing => {
                if world.contenders[who].tries > 0 {
                    to("begins", world.clone(), Doing::Reading(Wanting::default()));
                }
            }
            Doing::Reading(wanting) => to("reads", world.clone(), Doing::Read(wanting, world.item)),
            Doing::Read(wanting, seen) => {
                let seen = seen.map(|item| self.real(item));
                let now = Instant::now() + TICK * 1000;
                let mut watched = wanting
                    .watched
                    .map(|(watched, age)| Watched { version: version(watched), since: now - TICK * u32::from(age) });
                let found = look(seen.as_ref(), &mut watched, wanting.ours.map(version), now);
                let age = |since: Instant| u8::try_from((now - since).as_secs()).unwrap();
                let wanting = Wanting { watched: watched.map(|it| (number(it.version), age(it.since))), ..wanting };
                match found {
                    Look::Held { .. } => to("waits", world.clone(), Doing::Reading(wanting)),
                    Look::Free | Look::Dead(_) if world.contenders[who].tries == 0 => {
                        to("gives up", world.clone(), Doing::Nothing);
                    }
                    Look::Free | Look::Dead(_) => {
                        let mut world = world.clone();
                        world.contenders[who].tries -= 1;
                        let options = AcquireOptions { lease: self.ticks(), ..AcquireOptions::new("", "", "") };
                        let item = self.made(&world, &LockItem::acquired("dev", &options, seen.as_ref()));
                        let condition = seen.map(|item| number(item.record_version));
                        let write = self.send(&mut world, who, item, condition);
                        to("sends an acquisition", world, Doing::Acquiring(wanting, write));
                    }
                }
            }
            Doing::Acquiring(wanting, write) => {
                for (name, world, came) in self.wait(world, who, write) {
                    let doing = self.acquired(wanting, write, came);
                    to(name, world, doing);
                }
            }
            Doing::Holding { item, age, sent, renewing, stage } => {
                if let Some(write) = renewing {
                    for (name, world, came) in self.wait(world, who, write) {
                        let doing = self.renewed((item, age, sent, stage), write, came);
                        to(name, world, doing);
                    }
                } else if !is_over(TICK * u32::from(age), self.ticks()) {
                    let mut world = world.clone();
                    let floor = if let Stage::Raising(floor) = stage { floor } else { 0 };
                    let renewed = self.real(item).renewed(floor.into());
                    let (renewed, since) = sent.unwrap_or_else(|| (self.made(&world, &renewed), 0));
                    let write = self.send(&mut world, who, renewed, Some(item.version));
                    let (sent, renewing) = (Some((renewed, since)), Some(Write { age: since, ..write }));
                    to("sends a renewal", world, Doing::Holding { item, age, sent, renewing, stage });
                }
                if let Some((name, world, next)) = self.progress(world, item, age, stage) {
                    let next = next.map(|stage| Doing::Holding { item, age, sent, renewing, stage });
                    to(name, world, next.unwrap_or(Doing::Nothing));
                }
                if matches!(stage, Stage::Claimed | Stage::Read(_)) {
                    let mut world = world.clone();
                    let released = self.made(&world, &self.real(item).released());
                    let write = self.send(&mut world, who, released, Some(item.version));
                    let sent = sent.map(|(sent, _)| sent);
                    to("sends a release", world, Doing::Releasing { item, age, sent, write });
                }
            }
            Doing::Releasing { age, sent, write, .. } => {
                for (name, mut world, came) in self.wait(world, who, write) {
                    let doing = match came {
                        Came::Of(write) => Doing::Releasing { item: write.item, age, sent, write },
                        // A heartbeat that was broken off arrived after all: it is ours still.
                        Came::Moved(Some(found)) if Some(found) == sent => {
                            let released = self.made(&world, &self.real(found).released());
                            let write = self.send(&mut world, who, released, Some(found.version));
                            Doing::Releasing { item: found, age, sent: None, write }
                        }
                        Came::Written | Came::Moved(_) | Came::Unsettled => Doing::Nothing,
                    };
                    to(name, world, doing);
                }
            }
        }
        after
    }

    /// What a holder does about the state. `None`: it gives up.
    fn progress(
        &self,
        world: &World,
        item: Item,
        age: u8,
        stage: Stage,
    ) -> Option<(&'static str, World, Option<Stage>)> {
        let mut world = world.clone();
        let next = match stage {
            Stage::Unread if is_above(item.fencing.into(), world.state.into()) => {
                ("reads the state", Some(Stage::Read(world.state)))
            }
            Stage::Unread if self.raises => ("finds its number too small", Some(Stage::Raising(world.state + 1))),
            Stage::Unread => ("reads the state", Some(Stage::Read(world.state))),
            Stage::Waiting(waited) if waited >= self.lease => ("has waited", Some(Stage::Unread)),
            // Before each mutating call a holder asks whether it still is one.
            Stage::Read(_) if is_over(TICK * u32::from(age), self.ticks()) => return None,
            Stage::Read(read) if read == world.state && !is_fenced(item.fencing.into(), read.into()) => {
                world.state = item.fencing;
                ("claims the state", Some(Stage::Claimed))
            }
            Stage::Read(read) => {
                world.refused |= read == world.state;
                ("cannot claim the state", None)
            }
            Stage::Raising(_) | Stage::Waiting(_) | Stage::Claimed => return None,
        };
        Some((next.0, world, next.1))
    }

    fn acquired(&self, wanting: Wanting, write: Write, came: Came) -> Doing {
        let ours = Wanting { ours: Some(write.item.version), ..wanting };
        match came {
            Came::Of(write) => Doing::Acquiring(wanting, write),
            Came::Written => {
                let age = if self.counts_from_before { write.age } else { 0 };
                match is_over(TICK * u32::from(age), self.ticks()) {
                    true => Doing::Reading(ours),
                    false => {
                        let stage = if self.state.is_some() { Stage::Unread } else { Stage::Claimed };
                        Doing::Holding { item: write.item, age, sent: None, renewing: None, stage }
                    }
                }
            }
            Came::Moved(_) => Doing::Reading(wanting),
            Came::Unsettled => Doing::Reading(ours),
        }
    }

    fn renewed(&self, held: Held, write: Write, came: Came) -> Doing {
        let (item, age, sent, stage) = held;
        // A lease that was found to be over stays so, whatever is learned later.
        let over = is_over(TICK * u32::from(age), self.ticks());
        match came {
            Came::Of(write) => Doing::Holding { item, age, sent, renewing: Some(write), stage },
            Came::Written => {
                let since = if self.counts_from_before { write.age } else { 0 };
                let stage = match stage {
                    Stage::Raising(floor) if write.item.fencing >= floor && self.waits => Stage::Waiting(0),
                    Stage::Raising(floor) if write.item.fencing >= floor => Stage::Read(floor - 1),
                    stage => stage,
                };
                let age = if over { age } else { since };
                Doing::Holding { item: write.item, age, sent: None, renewing: None, stage }
            }
            Came::Moved(_) => Doing::Nothing,
            Came::Unsettled => Doing::Holding { item, age, sent, renewing: None, stage },
        }
    }

    /// A write arrives. Its sender learns of it, or does not.
    fn arrive(&self, world: &World, flight: (usize, Item, Option<u8>)) -> Vec<(Event, World)> {
        let (who, item, expected) = flight;
        let mut world = world.clone();
        world.flying.remove(&flight);
        let there = world.item.map(|item| self.real(item));
        if self.conditional && Condition::unchanged(there.as_ref()) != condition(expected) {
            return vec![((who, "its write is refused"), world)];
        }
        world.item = match self.keeps_item || item.held {
            true => Some(item),
            false => None,
        };
        let mut after = vec![((who, "its write is carried out, the answer lost"), world.clone())];
        let doing = match world.contenders[who].doing.clone() {
            Doing::Acquiring(wanting, write) if write.item == item && !write.looking => {
                Some(self.acquired(wanting, write, Came::Written))
            }
            Doing::Holding { item: held, age, sent, renewing: Some(write), stage }
                if write.item == item && !write.looking =>
            {
                Some(self.renewed((held, age, sent, stage), write, Came::Written))
            }
            Doing::Releasing { write, .. } if write.item == item && !write.looking => Some(Doing::Nothing),
            _ => None,
        };
        if let Some(doing) = doing {
            world.contenders[who].doing = doing;
            after.push(((who, "its write is carried out"), world));
        }
        after
    }

    /// In a form in which states that differ only in names are the same: versions are numbered as they are met.
    fn canonical(&self, mut world: World) -> World {
        let highest = world.contenders.iter().filter_map(|it| it.valid(self)).map(|item| item.fencing).max();
        world.granted = world.granted.max(highest.unwrap_or_default());
        // A write whose condition cannot hold any more is as good as gone: versions do not come back.
        if self.conditional {
            let there = world.item.map(|item| item.version);
            world.flying.retain(|(.., expected)| *expected == there);
        }
        world.sort();
        let mut names: Vec<u8> = Vec::new();
        let mut rename = |version: &mut u8| {
            let position = names.iter().position(|name| name == version).unwrap_or_else(|| {
                names.push(*version);
                names.len() - 1
            });
            *version = u8::try_from(position).unwrap() + 1;
        };
        if let Some(item) = &mut world.item {
            rename(&mut item.version);
        }
        for contender in &mut world.contenders {
            contender.each_version(&mut rename);
        }
        world.flying = std::mem::take(&mut world.flying)
            .into_iter()
            .map(|(who, mut item, mut expected)| {
                rename(&mut item.version);
                expected.iter_mut().for_each(&mut rename);
                (who, item, expected)
            })
            .collect();
        world
    }
}

impl Model for Lock {
    type State = World;

    fn initial(&self) -> World {
        World {
            item: None,
            contenders: self.tries.iter().map(|tries| Contender { tries: *tries, doing: Doing::Nothing }).collect(),
            flying: BTreeSet::new(),
            granted: 0,
            force: self.force,
            state: self.state.unwrap_or_default(),
            losses: self.losses,
            refused: false,
        }
    }

    fn next(&self, world: &World) -> Vec<(Event, World)> {
        let mut after = Vec::new();
        for (who, contender) in world.contenders.iter().enumerate() {
            after.extend(self.turn(world, who));
            if contender.doing != Doing::Nothing {
                let mut world = world.clone();
                world.contenders[who].doing = Doing::Nothing;
                after.push(((who, "dies"), world));
            }
        }
        for flight in &world.flying {
            after.extend(self.arrive(world, *flight));
        }
        if let Some(item) = world.item.filter(|item| item.held && world.force > 0) {
            let mut world = world.clone();
            world.item = Some(self.made(&world, &self.real(item).released()));
            world.force -= 1;
            after.push(((0, "is a person who releases it by force"), world));
        }
        let unclaimed = |it: &Contender| matches!(it.doing, Doing::Holding { .. }) && !it.has_claimed();
        if world.item.is_some() && world.losses > 0 && (self.untimely || !world.contenders.iter().any(unclaimed)) {
            let mut world = World { item: None, ..world.clone() };
            world.losses -= 1;
            after.push(((0, "(the table is lost and made anew)"), world));
        }
        // A process that is stopped for a while is one whose turn does not come while the clocks go on.
        after.push(((0, "time passes"), world.older(self.lease.max(self.patience))));
        after.into_iter().map(|(name, world)| (name, self.canonical(world))).collect()
    }

    fn check(&self, world: &World) -> Result<(), String> {
        let holders: Vec<Item> = world.contenders.iter().filter_map(|it| it.valid(self)).collect();
        if holders.len() > 1 && self.force == 0 && !self.untimely {
            return Err(format!("two hold it: {holders:?}"));
        }
        if world.refused {
            return Err("whoever holds the lock cannot write the state".to_owned());
        }
        if holders.len() == 2 && holders[0].fencing == holders[1].fencing {
            return Err(format!("two have the same number: {holders:?}"));
        }
        Ok(())
    }

    fn check_step(&self, before: &World, after: &World) -> Result<(), String> {
        let lost = after.losses < before.losses;
        if !lost && after.item.map_or(0, |item| item.fencing) < before.item.map_or(0, |item| item.fencing) {
            return Err("the item's number went back".to_owned());
        }
        let claimed = |world: &World| world.contenders.iter().filter(|it| it.has_claimed()).count();
        if self.state.is_some() && claimed(after) > claimed(before) && after.state <= before.state {
            return Err(format!("the state was claimed under number {} after {}", after.state, before.state));
        }
        let holders = |world: &World, fencing: u8| {
            world.contenders.iter().filter(|it| it.valid(self).is_some_and(|item| item.fencing == fencing)).count()
        };
        if self.losses > 0 || self.state.is_some() {
            // Numbers of a lost table come again. That the state's do not is what counts.
            return Ok(());
        }
        let again = (1..=before.granted).find(|number| holders(after, *number) > holders(before, *number));
        again.map_or(Ok(()), |number| Err(format!("number {number} was granted after {}", before.granted)))
    }

    /// Somebody has it, or nobody will want it any more.
    fn is_goal(&self, world: &World) -> bool {
        world.contenders.iter().any(|it| it.valid(self).is_some()) || world.contenders.iter().all(|it| it.tries == 0)
    }
}

fn version(number: u8) -> Uuid {
    Uuid::from_u128(number.into())
}

fn number(version: Uuid) -> u8 {
    u8::try_from(version.as_u128()).unwrap()
}

fn condition(expected: Option<u8>) -> Condition {
    expected.map_or(Condition::Absent, |expected| Condition::Version(version(expected)))
}

mod tests;
mod world;
