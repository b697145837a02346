//! The state document: what is remembered, and its form as bytes.

mod codec;

use std::collections::BTreeMap;

use jiff::{Timestamp, Unit};
use provision_config::Address;
use provision_reconciler::Record;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use codec::{DocumentError, FORMAT, decode, encode};

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
    /// What was last applied.
    pub resources: BTreeMap<Address, Record>,
    /// The operation that is under way, or that was interrupted: present from before its first mutating call until its
    /// end.
    ///
    /// Whoever reads one holding the lease knows that its run has died, since its lease would otherwise still be held.
    /// What it had meant to make, and may have made, is named by its intents.
    pub operation: Option<Operation>,
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
}

/// What an operation means to do with one resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intent {
    /// How the resource is to change.
    pub change: ChangeKind,
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
            resources: BTreeMap::new(),
            operation: None,
        }
    }

    /// Makes it the next one to be written, under the lease with this fencing number: the next serial, this engine,
    /// now. To be called before every save; a store refuses a state that did not advance.
    pub fn advance(&mut self, fencing: u64) {
        self.serial += 1;
        self.fencing = fencing;
        self.engine = ENGINE.to_owned();
        self.written_at = now();
    }
}

/// Now, no finer than a person cares for.
pub(crate) fn now() -> Timestamp {
    let now = Timestamp::now();
    now.round(Unit::Millisecond).unwrap_or(now)
}
