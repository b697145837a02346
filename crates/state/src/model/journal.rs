//! The state and its journal, written by processes of which any number may believe to hold the lock.
//!
//! Numbers grow, unless the lock's table is lost: then they begin anew, and whoever takes the lock raises its own above the state's.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::explorer::{Event, Model};
use crate::journal::{Cursor, Header, Part, is_swept};
use crate::store::{is_above, is_fenced};
use crate::writing::{Next, Writing, compare};

/// The rules, each of which can be broken.
#[derive(Clone, Copy, Debug)]
struct Rules {
    /// How many processes there are. The first takes the lock first, the last last; when is up to chance.
    processes: u8,
    /// How many results each has to record.
    results: u8,
    /// How often a write is sent whose outcome is not plain.
    attempts: u32,
    /// Whether the state is written only over what was read.
    conditional: bool,
    /// Whether segments are created, never replaced.
    creates: bool,
    /// Whether whoever takes over closes the journal first.
    seals: bool,
    /// Whether only the journal that the state names is read.
    named: bool,
    /// Whether the state tells how much of the journal it contains.
    folds: bool,
    /// Whether only journals of own and lower numbers are deleted.
    sweeps_own: bool,
    /// Whether seals are left where they are.
    keeps_seals: bool,
    /// Whether the state is read again after its journal.
    reads_again: bool,
    /// Whether there is also somebody who only reads, without the lock.
    reader: bool,
    /// How often the lock's table is lost, and numbers begin anew.
    losses: u8,
    /// Whether whoever finds its number not above the state's raises it.
    raises: bool,
    /// Whether whoever finds so when it takes over goes on all the same, if its number is not below the state's.
    equals: bool,
}

/// Who only reads has no number.
const READER: u8 = 0;

/// The number of an operation: the fencing number of its lease, and in the last place what tells it from all others, as its id does.
fn numbered(fencing: u8, id: u8) -> u8 {
    assert!(id < 4);
    fencing * 4 + id
}

/// The fencing number of an operation.
fn fencing_of(operation: u8) -> u64 {
    u64::from(operation / 4)
}

const RULES: Rules = Rules {
    processes: 2,
    results: 2,
    attempts: 2,
    conditional: true,
    creates: true,
    seals: true,
    named: true,
    folds: true,
    sweeps_own: true,
    keeps_seals: true,
    reads_again: true,
    reader: false,
    losses: 0,
    raises: true,
    equals: false,
};

/// What is known of resources: by resource, under which value it was recorded last. Values grow with the number of the lock, so
/// that a loss shows as a smaller one.
type Content = BTreeMap<u8, u8>;

/// The state as an object. `fencing` is the number of the operation that wrote it, as wherever a process or a key has one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Document {
    serial: u8,
    fencing: u8,
    content: Content,
    /// The operation that it names, by its fencing number; and how many segments of it are in the content.
    operation: Option<(u8, u8)>,
}

/// A segment as an object. `None`: a seal.
type Segment = Option<(u8, u8)>;

/// The key of a segment: the operation, by its fencing number, and the number in it.
type Key = (u8, u8);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct World {
    document: Document,
    segments: BTreeMap<Key, Segment>,
    processes: Vec<Process>,
    flying: BTreeSet<Write>,
    /// What somebody was told to be recorded.
    told: Content,
    /// The same, when the reader began.
    told_before: Content,
    /// What the reader takes for the state, if it is wrong.
    misled: Option<String>,
    /// The fencing number of the last lease, as the table has it.
    leases: u8,
    /// How often the lock was taken.
    taken: u8,
    losses: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Write {
    /// On condition of the serial, which stands for the entity tag: no two documents have the same.
    Document(Document, u8),
    Segment(Key, Segment),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Process {
    /// It has not begun.
    Before,
    /// It reads the state (again).
    Loading { fencing: u8 },
    /// It has read the state, and lists the journal.
    Listing { fencing: u8, read: Document },
    /// It has listed the journal, and reads the segments.
    Following { fencing: u8, read: Document, keys: Vec<Key> },
    /// It has read everything, and makes sure that it belongs together.
    Checking { fencing: u8, read: Document, found: Result<Followed, String> },
    /// It closes the journal of the operation that was interrupted.
    Sealing { fencing: u8, read: Document, content: Content, sent: Sent },
    /// It writes the state with what it means to do.
    Beginning { sent: Sent },
    /// It works, and has recorded so many results. `broken`: an append failed, and no other may follow.
    Working { own: Document, cursor: u8, done: u8, broken: bool },
    /// It appends.
    Appending { own: Document, cursor: u8, done: u8, sent: Sent },
    /// It writes the state as it has become.
    Finishing { sent: Sent },
    /// It deletes what is not needed any more: first it lists.
    Sweeping { fencing: u8 },
    /// It deletes these.
    Deleting { keys: Vec<Key> },
    /// It has ended, or is dead.
    After,
}

/// What the journal came to: the content, and where it goes on; `None`: it is sealed, or there is no operation.
type Followed = (Content, Option<u8>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Sent {
    write: Write,
    writing: Writing,
    looking: bool,
}

enum Came {
    Of(Sent),
    Written,
    Moved,
    Unsettled,
}

fn header(fencing: u8, sequence: u8) -> Header {
    Header { lineage: Uuid::nil(), operation: String::new(), fencing: fencing.into(), sequence: sequence.into() }
}

impl Rules {
    fn send(&self, world: &mut World, write: Write) -> Sent {
        world.flying.insert(write.clone());
        Sent { write, writing: Writing::new(self.attempts), looking: false }
    }

    /// What the segments say that were found, by the rules of the journal.
    fn follow(&self, read: &Document, found: &BTreeMap<Key, Segment>) -> Result<Followed, String> {
        let mut content = read.content.clone();
        let Some((operation, folded)) = read.operation else { return Ok((content, None)) };
        let folded = if self.folds { folded } else { 0 };
        let mut cursor = Cursor::after(header(operation, folded));
        for ((of, number), segment) in found {
            let key = header(*of, *number);
            // Its key is where its header says that it belongs; but a broken rule may look elsewhere.
            let header = if self.named { key } else { Header { fencing: operation.into(), ..key } };
            let part = segment.map_or(Part::Seal, Part::Results);
            if let Some((resource, value)) =
                cursor.read(u64::from(*number), &header, part).map_err(|error| error.to_string())?
            {
                content.insert(resource, value);
            }
        }
        let next = (!cursor.is_sealed()).then(|| u8::try_from(cursor.next().sequence).unwrap());
        Ok((content, next))
    }

    fn is_meant(&self, read: &Document, key: &Key) -> bool {
        match read.operation {
            Some((operation, folded)) => (!self.named || key.0 == operation) && (!self.folds || key.1 > folded),
            None => false,
        }
    }

    /// What somebody who reads now would know.
    fn effective(&self, world: &World) -> Result<Content, String> {
        let found = world.segments.iter().filter(|(key, _)| self.is_meant(&world.document, key));
        let found = found.map(|(key, segment)| (*key, *segment)).collect();
        Ok(self.follow(&world.document, &found)?.0)
    }

    /// Everything that can become of a write that is not simply answered with success.
    fn wait(&self, world: &World, sent: &Sent) -> Vec<(&'static str, World, Came)> {
        if !sent.looking {
            let looking = Sent { looking: true, ..sent.clone() };
            return vec![("has no plain answer", world.clone(), Came::Of(looking))];
        }
        let mut after = Vec::new();
        for fails in [false, true] {
            let mut world = world.clone();
            let mut writing = sent.writing;
            let seen = match &sent.write {
                Write::Document(document, expected) => {
                    let found = (!fails).then_some(Some((&world.document, world.document.serial)));
                    compare(document, Some(*expected), found)
                }
                Write::Segment(key, segment) => {
                    let found = (!fails).then(|| world.segments.get(key).map(|found| (found, ())));
                    compare(segment, None, found)
                }
            };
            let came = match writing.looked(seen) {
                Next::Again => {
                    world.flying.insert(sent.write.clone());
                    Came::Of(Sent { writing, looking: false, ..sent.clone() })
                }
                Next::Written => Came::Written,
                Next::Moved => Came::Moved,
                Next::Unsettled => Came::Unsettled,
            };
            after.push((if fails { "looks in vain" } else { "looks" }, world, came));
        }
        after
    }

    /// What a process does once it knows what became of its write.
    fn came(&self, world: &mut World, process: &Process, came: Came) -> Process {
        let tell = |world: &mut World, content: &Content| {
            for (resource, value) in content {
                let told = world.told.entry(*resource).or_default();
                *told = (*told).max(*value);
            }
        };
        match (process.clone(), came) {
            (Process::Sealing { fencing, read, content, .. }, Came::Of(sent)) => {
                Process::Sealing { fencing, read, content, sent }
            }
            (Process::Sealing { fencing, read, content, .. }, Came::Written) => {
                self.begin(world, fencing, &read, content)
            }
            (Process::Sealing { fencing, .. }, Came::Moved) => Process::Loading { fencing },
            (Process::Beginning { .. }, Came::Of(sent)) => Process::Beginning { sent },
            (Process::Beginning { sent }, Came::Written) => {
                let Write::Document(own, _) = sent.write else { return Process::After };
                tell(world, &own.content);
                Process::Working { own, cursor: 0, done: 0, broken: false }
            }
            (Process::Appending { own, cursor, done, .. }, Came::Of(sent)) => {
                Process::Appending { own, cursor, done, sent }
            }
            (Process::Appending { own, cursor, done, .. }, Came::Written) => {
                tell(world, &own.content);
                Process::Working { own, cursor, done, broken: false }
            }
            (Process::Appending { own, cursor, done, .. }, Came::Unsettled) => {
                Process::Working { own, cursor, done, broken: true }
            }
            (Process::Finishing { .. }, Came::Of(sent)) => Process::Finishing { sent },
            (Process::Finishing { sent }, Came::Written) => {
                let Write::Document(own, _) = sent.write else { return Process::After };
                tell(world, &own.content);
                Process::Sweeping { fencing: own.fencing }
            }
            _ => Process::After,
        }
    }

    /// The claim.
    fn begin(&self, world: &mut World, fencing: u8, read: &Document, content: Content) -> Process {
        if is_fenced(fencing_of(fencing), fencing_of(read.fencing)) {
            return Process::After;
        }
        let own = Document { serial: read.serial + 1, fencing, content, operation: Some((fencing, 0)) };
        Process::Beginning { sent: self.send(world, Write::Document(own, read.serial)) }
    }

    fn turn(&self, world: &World, who: usize) -> Vec<(Event, World)> {
        let mut after = Vec::new();
        let mut to = |name: &'static str, mut world: World, process: Process| {
            world.processes[who] = process;
            after.push(((who, name), world));
        };
        let process = &world.processes[who];
        match process {
            Process::Before => {
                // Which of them it is does not matter, only that the numbers grow.
                let mut world = world.clone();
                world.leases += 1;
                world.taken += 1;
                let fencing = numbered(world.leases, world.taken - 1);
                to("takes the lock", world, Process::Loading { fencing });
            }
            Process::Loading { fencing } => {
                let read = world.document.clone();
                let next = match read.operation {
                    Some(_) => Process::Listing { fencing: *fencing, read },
                    None => {
                        let found = Ok((read.content.clone(), None));
                        Process::Checking { fencing: *fencing, read, found }
                    }
                };
                let mut world = world.clone();
                if *fencing == READER {
                    world.told_before = world.told.clone();
                }
                to("reads the state", world, next);
            }
            Process::Listing { fencing, read } => {
                let keys = world.segments.keys().filter(|key| self.is_meant(read, key)).copied().collect();
                to(
                    "lists the journal",
                    world.clone(),
                    Process::Following { fencing: *fencing, read: read.clone(), keys },
                );
            }
            Process::Following { fencing, read, keys } => {
                let found = keys.iter().filter_map(|key| Some((*key, *world.segments.get(key)?))).collect();
                let found = self.follow(read, &found);
                to(
                    "reads the journal",
                    world.clone(),
                    Process::Checking { fencing: *fencing, read: read.clone(), found },
                );
            }
            Process::Checking { fencing, read, found } => {
                if self.reads_again && read.operation.is_some() && world.document.serial != read.serial {
                    to("finds the state changed", world.clone(), Process::Loading { fencing: *fencing });
                } else if *fencing == READER {
                    let mut world = world.clone();
                    world.misled = match found {
                        Err(error) => Some(error.clone()),
                        Ok((content, _)) if is_lost(&world.told_before, content).is_some() => {
                            Some(format!("{content:?}"))
                        }
                        Ok(_) => None,
                    };
                    to("shows what it has read", world, Process::After);
                } else {
                    match found.clone() {
                        _ if !self.equals && !is_above(fencing_of(*fencing), fencing_of(read.fencing)) => {
                            let mut world = world.clone();
                            // By a renewal, so that only the last holder can. (One of a lost table may be taken for it here.)
                            match self.raises && u64::from(world.leases) == fencing_of(*fencing) {
                                true => {
                                    world.leases = read.fencing / 4 + 1;
                                    let fencing = numbered(world.leases, fencing % 4);
                                    to("raises its number", world, Process::Loading { fencing });
                                }
                                false => to("has lost the lock", world, Process::After),
                            }
                        }
                        Err(_) => to("finds the state not whole", world.clone(), Process::After),
                        Ok((content, next)) => {
                            let mut world = world.clone();
                            let process = match (next, read.operation) {
                                (Some(next), Some((operation, _))) if self.seals => {
                                    let sent = self.send(&mut world, Write::Segment((operation, next), None));
                                    Process::Sealing { fencing: *fencing, read: read.clone(), content, sent }
                                }
                                _ => self.begin(&mut world, *fencing, read, content),
                            };
                            to("goes by what it has read", world, process);
                        }
                    }
                }
            }
            Process::Sealing { sent, .. }
            | Process::Beginning { sent }
            | Process::Appending { sent, .. }
            | Process::Finishing { sent } => {
                for (name, mut world, came) in self.wait(world, sent) {
                    let next = self.came(&mut world, process, came);
                    to(name, world, next);
                }
            }
            Process::Working { own, cursor, done, broken } => {
                if *done < self.results {
                    let mut world = world.clone();
                    let mut own = own.clone();
                    let result = (*done, own.fencing * 10 + *done);
                    own.content.insert(result.0, result.1);
                    let (done, cursor) = (*done + 1, *cursor + u8::from(!broken));
                    let next = match broken {
                        true => Process::Working { own, cursor, done, broken: true },
                        false => {
                            let sent = self.send(&mut world, Write::Segment((own.fencing, cursor), Some(result)));
                            Process::Appending { own, cursor, done, sent }
                        }
                    };
                    to("has a result", world, next);
                }
                for complete in [true, false] {
                    let mut world = world.clone();
                    let operation = (!complete).then_some((own.fencing, *cursor));
                    let ended = Document { serial: own.serial + 1, operation, ..own.clone() };
                    let sent = self.send(&mut world, Write::Document(ended, own.serial));
                    to(if complete { "ends" } else { "ends incomplete" }, world, Process::Finishing { sent });
                }
            }
            Process::Sweeping { fencing } => {
                let last =
                    |of: u8| world.segments.range((of, 0)..=(of, u8::MAX)).next_back().map_or(0, |(key, _)| key.1);
                let swept = |key: &&Key| {
                    let last = if self.keeps_seals { last(key.0) } else { u8::MAX };
                    !self.sweeps_own || is_swept(fencing_of(*fencing), fencing_of(key.0), key.1.into(), last.into())
                };
                let keys = world.segments.keys().filter(swept).copied().collect();
                to("lists what to delete", world.clone(), Process::Deleting { keys });
            }
            Process::Deleting { keys } => {
                // One by one, in any order.
                let mut world = world.clone();
                let mut rest = keys.clone();
                match rest.pop() {
                    Some(key) => {
                        world.segments.remove(&key);
                        to("deletes a segment", world, Process::Deleting { keys: rest });
                    }
                    None => to("has deleted all", world, Process::After),
                }
            }
            Process::After => {}
        }
        after
    }

    /// A write arrives. Its sender learns of it, or does not.
    fn arrive(&self, world: &World, write: &Write) -> Vec<(Event, World)> {
        let mut world = world.clone();
        world.flying.remove(write);
        match write {
            Write::Document(document, expected) => {
                if self.conditional && world.document.serial != *expected {
                    return vec![((0, "(a write of the state is refused)"), world)];
                }
                world.document = document.clone();
            }
            Write::Segment(key, segment) => {
                if self.creates && world.segments.contains_key(key) {
                    return vec![((0, "(a segment is refused)"), world)];
                }
                world.segments.insert(*key, *segment);
            }
        }
        let mut after = vec![((0, "(a write is carried out, its answer lost)"), world.clone())];
        for who in 0..world.processes.len() {
            let process = world.processes[who].clone();
            if process.sent().is_some_and(|sent| !sent.looking && sent.write == *write) {
                let mut world = world.clone();
                world.processes[who] = self.came(&mut world, &process, Came::Written);
                after.push(((who, "has its write carried out"), world));
            }
        }
        after
    }
}

impl Process {
    fn sent(&self) -> Option<&Sent> {
        match self {
            Self::Sealing { sent, .. }
            | Self::Beginning { sent }
            | Self::Appending { sent, .. }
            | Self::Finishing { sent } => Some(sent),
            _ => None,
        }
    }
}

impl Model for Rules {
    type State = World;

    fn initial(&self) -> World {
        let mut processes = vec![Process::Before; self.processes.into()];
        processes.extend(self.reader.then_some(Process::Loading { fencing: READER }));
        World {
            document: Document { serial: 0, fencing: 0, content: Content::new(), operation: None },
            segments: BTreeMap::new(),
            processes,
            flying: BTreeSet::new(),
            told: Content::new(),
            told_before: Content::new(),
            misled: None,
            leases: 0,
            taken: 0,
            losses: self.losses,
        }
    }

    fn next(&self, world: &World) -> Vec<(Event, World)> {
        let mut after = Vec::new();
        for (who, process) in world.processes.iter().enumerate() {
            // They are alike until they begin.
            if who > 0 && *process == Process::Before && world.processes[who - 1] == Process::Before {
                continue;
            }
            after.extend(self.turn(world, who));
            if !matches!(process, Process::Before | Process::After) {
                let mut world = world.clone();
                world.processes[who] = Process::After;
                after.push(((who, "dies"), world));
            }
        }
        for write in &world.flying {
            after.extend(self.arrive(world, write));
        }
        if world.leases > 0 && world.losses > 0 {
            let world = World { leases: 0, losses: world.losses - 1, ..world.clone() };
            after.push(((0, "(the lock's table is lost and made anew)"), world));
        }
        if self.conditional {
            // A write on condition of a serial that has gone is as good as gone itself: serials do not come back.
            for (_, world) in &mut after {
                let there = world.document.serial;
                world.flying.retain(|write| !matches!(write, Write::Document(_, expected) if *expected != there));
            }
        }
        after
    }

    fn check(&self, world: &World) -> Result<(), String> {
        let known = self.effective(world).map_err(|error| format!("the state cannot be read: {error}"))?;
        if let Some(misled) = &world.misled {
            return Err(format!(
                "somebody who only reads finds {misled}, but {:?} was recorded before",
                world.told_before
            ));
        }
        match is_lost(&world.told, &known) {
            Some(lost) => Err(format!("lost: {lost:?} was recorded, but {known:?} is known")),
            None => Ok(()),
        }
    }

    fn check_step(&self, before: &World, after: &World) -> Result<(), String> {
        if fencing_of(after.document.fencing) < fencing_of(before.document.fencing) {
            return Err("the state was written under an older number".to_owned());
        }
        let (Ok(old), Ok(new)) = (self.effective(before), self.effective(after)) else { return Ok(()) };
        let writer = after.document.fencing;
        for (resource, value) in &new {
            if old.get(resource) > Some(value) {
                return Err(format!("{resource} went back to {value}"));
            }
            // A claim brings along what the one before had written.
            if old.get(resource) != Some(value) && value / 10 != writer {
                return Err(format!("number {} writes while the state is number {writer}'s", value / 10));
            }
        }
        Ok(())
    }

    /// Everything has ended, and the state is nobody's.
    fn is_goal(&self, world: &World) -> bool {
        world.processes.iter().all(|process| *process == Process::After)
    }
}

/// What of this is not known any more.
fn is_lost(told: &Content, known: &Content) -> Option<(u8, u8)> {
    let lost = told.iter().find(|(resource, value)| known.get(resource) < Some(value));
    lost.map(|(resource, value)| (*resource, *value))
}

mod tests;
