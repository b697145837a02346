//! The state document: what is remembered, and its form as bytes.

mod codec;
#[cfg(test)]
pub(crate) mod samples;

use std::collections::BTreeMap;

use jiff::{Timestamp, Unit};
use provision_config::Address;
use provision_reconciler::Record;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use codec::{DocumentError, FORMAT, decode, encode};
pub(crate) use codec::{decode_segment, decode_watch, encode_segment, encode_watch};

/// The version of this engine, as the state names its writer.
pub const ENGINE: &str = env!("CARGO_PKG_VERSION");

/// What is remembered of one environment.
///
/// A field that is added, here or in anything inside, is a new [`FORMAT`]: an engine refuses what it does not know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// The environment's name.
    pub environment: String,
    /// Chosen at random when the state was first made, and kept: two states that share a name but not a history
    /// cannot be taken for one another.
    pub lineage: Uuid,
    /// Grows with every write.
    pub serial: u64,
    /// The fencing number of the lease under which it was written.
    pub fencing: u64,
    /// The version of the engine that wrote it.
    pub engine: String,
    /// When it was written, by the writer's clock. For display only.
    pub written_at: Timestamp,
    /// Who wrote it, and for what: an entry of the environment's history. Format 1 did not say.
    #[serde(default)]
    pub author: Option<Author>,
    /// What was last applied.
    pub resources: BTreeMap<Address, Record>,
    /// The operation that is under way, or that was interrupted: present from before its first mutating call until its
    /// end.
    ///
    /// Whoever reads one holding the lease knows that its run has died, since its lease would otherwise still be held.
    /// What it had meant to make, and may have made, is named by its intents.
    pub operation: Option<Operation>,
}

/// Who wrote a state, and for what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Author {
    /// The id of the operation.
    pub operation: String,
    /// The command, as in `apply` or `state rollback`.
    pub command: String,
    /// Who ran it, as in `ann@laptop pid 4711`.
    pub owner: String,
}

/// One run that changes things, from before its first mutating call until its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    /// Its id, which is also put on all that it creates, as a tag.
    pub id: String,
    /// The command, as in `apply`.
    pub command: String,
    /// Who runs it, as in `ann@laptop pid 4711`.
    pub owner: String,
    /// When it began, by its own clock. For display only.
    pub started_at: Timestamp,
    /// The fencing number of its lease.
    pub fencing: u64,
    /// What it means to change, recorded before anything is changed.
    pub intents: BTreeMap<Address, Intent>,
    /// How many segments of its journal are in [`State::resources`] already; those after them are still to be taken into
    /// account. See [`crate::journal`].
    #[serde(default)]
    pub folded: u64,
}

/// What an operation means to do with one resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intent {
    /// How the resource is to change.
    pub change: ChangeKind,
    /// Where what is made will be. Format 1 did not say.
    #[serde(default)]
    pub region: Option<String>,
    /// What AWS will call what is made, if that was known beforehand.
    #[serde(default)]
    pub identity: Option<String>,
    /// Whether that has been done.
    #[serde(default)]
    pub done: bool,
}

/// How a resource is to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// It does not exist, and is to be made.
    Created,
    /// It exists, and is to be changed in place.
    Updated,
    /// It exists, and another is to take its place.
    Replaced,
    /// It exists, and is to be deleted.
    Deleted,
}

impl Operation {
    /// The command that restores a state from a copy.
    pub const RESTORATION: &str = "dr restore-state";

    /// What goes on in a state that was restored from a copy, until an apply has ended: what was done just before the region was lost
    /// may not have been copied, so it is looked for like what an interrupted run has left.
    pub fn restoration(id: impl Into<String>, owner: impl Into<String>, fencing: u64) -> Self {
        let (id, command, owner) = (id.into(), Self::RESTORATION.to_owned(), owner.into());
        Self { id, command, owner, started_at: now(), fencing, intents: BTreeMap::new(), folded: 0 }
    }

    /// Whether it is one of those.
    pub fn is_restoration(&self) -> bool {
        self.command == Self::RESTORATION
    }

    /// How many of the resources that it means to change are done.
    pub fn done(&self) -> usize {
        self.intents.values().filter(|intent| intent.done).count()
    }
}

impl State {
    /// The state of an environment of which nothing is remembered: of a new lineage, never written, serial 0.
    pub fn new(environment: impl Into<String>) -> Self {
        Self {
            environment: environment.into(),
            lineage: Uuid::new_v4(),
            serial: 0,
            fencing: 0,
            engine: ENGINE.to_owned(),
            written_at: now(),
            author: None,
            resources: BTreeMap::new(),
            operation: None,
        }
    }

    /// Makes it the next one to be written, by this author under the lease with this fencing number: the next serial, this
    /// engine, now. To be called before every save; a store refuses a state that did not advance.
    pub fn advance(&mut self, fencing: u64, author: &Author) {
        self.serial += 1;
        self.fencing = fencing;
        self.engine = ENGINE.to_owned();
        self.written_at = now();
        self.author = Some(author.clone());
    }

    /// The fencing number above which a lease must be to write it: that of the last writer.
    pub fn number(&self) -> u64 {
        self.operation.as_ref().map_or(0, |operation| operation.fencing).max(self.fencing)
    }

    /// Puts down what became of a resource. `None`: there is none any more.
    pub fn enter(&mut self, address: Address, record: Option<Record>) {
        if let Some(intent) = self.operation.as_mut().and_then(|operation| operation.intents.get_mut(&address)) {
            intent.done = match (&record, intent.change) {
                (None, change) => change == ChangeKind::Deleted,
                // Without a spec it is made but not finished.
                (Some(record), change) => change != ChangeKind::Deleted && record.spec.is_some(),
            };
        }
        match record {
            Some(record) => self.resources.insert(address, record),
            None => self.resources.remove(&address),
        };
    }
}

/// Now, no finer than a person cares for.
pub(crate) fn now() -> Timestamp {
    let now = Timestamp::now();
    now.round(Unit::Millisecond).unwrap_or(now)
}
