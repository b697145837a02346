//! Carrying out a plan: independent work together, the longest pole first, and nothing lost if a part fails.

mod resource;
mod schedule;

pub use schedule::execute;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use provision_config::Address;
use serde::Serialize;
use serde_json::{Map, Value};
use tokio::sync::watch;

use crate::error::CloudError;
use crate::plan::Action;
use crate::record::Record;
use crate::registry::Registry;
use crate::scope::Account;

/// What the executor works with.
pub struct Execution<'a> {
    /// The kinds.
    pub registry: &'a Registry,
    /// The account.
    pub account: &'a Account,
    /// The operation's id: a tag of all that it creates.
    pub operation: &'a str,
    /// The outputs of resources that the plan does not change, and of those changed before.
    pub outputs: BTreeMap<Address, Map<String, Value>>,
    /// Whether creations end with their core, and their completion is left for later.
    pub only_cores: bool,
    /// Whether to go on.
    pub permit: Permit,
    /// Who is told of everything as it happens. Must not block.
    pub listener: Arc<dyn Fn(Event) + Send + Sync>,
}

/// Whether to go on: asked before every mutating call.
#[derive(Clone)]
pub struct Permit {
    standing: watch::Receiver<Standing>,
    leased: Arc<dyn Fn() -> bool + Send + Sync>,
}

/// Whether a run may still act.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// It may.
    #[default]
    Good,
    /// The person asked it to stop: begin nothing new.
    Interrupted,
    /// Somebody else may have the lock by now: make no further mutating call at all.
    LeaseLost,
}

impl Permit {
    /// A permit, and the way to withdraw it.
    pub fn new() -> (watch::Sender<Standing>, Self) {
        let (sender, receiver) = watch::channel(Standing::Good);
        (sender, Self { standing: receiver, leased: Arc::new(|| true) })
    }

    /// The same, good only while `leased` says so: a process that was stopped and goes on after its lease has run out
    /// must notice by itself, before anybody could tell it.
    #[must_use]
    pub fn while_leased(self, leased: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self { leased: Arc::new(leased), ..self }
    }

    /// Whether to go on.
    pub fn standing(&self) -> Standing {
        if (self.leased)() { *self.standing.borrow() } else { Standing::LeaseLost }
    }

    /// Returns once it is withdrawn; never, if it never is.
    pub async fn withdrawn(&self) {
        self.until(|standing| standing != Standing::Good).await;
    }

    /// Returns once the lease is lost; never, if it never is.
    pub async fn lost(&self) {
        self.until(|standing| standing == Standing::LeaseLost).await;
    }

    async fn until(&self, reached: impl Fn(Standing) -> bool) {
        let mut receiver = self.standing.clone();
        if receiver.wait_for(|standing| reached(*standing)).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// What happens during an execution, in order.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A resource's change has begun.
    Started {
        /// The resource.
        address: Address,
        /// What happens to it.
        action: Action,
        /// In how many steps.
        steps: usize,
        /// Whether it goes on with what was begun before: a first run makes what keeps the state in two goes.
        resumed: bool,
    },
    /// A call is about to be made.
    Step {
        /// The resource.
        address: Address,
        /// Which step, counted from 0.
        index: usize,
        /// The IAM action.
        action: String,
        /// What it does.
        summary: String,
    },
    /// Something is being waited for or tried again.
    Note {
        /// The resource.
        address: Address,
        /// What.
        text: String,
    },
    /// A call was carried out, and this is what the state should now say of the resource. `None`: there is none any more.
    Recorded {
        /// The resource.
        address: Address,
        /// What to remember.
        #[serde(skip)]
        record: Option<Record>,
    },
    /// A resource's change is complete.
    Finished {
        /// The resource.
        address: Address,
        /// What happened to it.
        action: Action,
        /// How long it took.
        #[serde(rename = "milliseconds", serialize_with = "milliseconds")]
        took: Duration,
    },
    /// A resource's change failed.
    Failed {
        /// The resource.
        address: Address,
        /// What was being done.
        summary: String,
        /// What went wrong.
        error: String,
        /// What to do next.
        hint: Option<String>,
    },
    /// A resource's change was not begun.
    Skipped {
        /// The resource.
        address: Address,
        /// What it waited for that failed or was not begun; empty if the run was interrupted.
        because: BTreeSet<Address>,
    },
}

/// What came of an execution, complete or not.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What the state should say of each resource that was touched. `None`: there is none any more.
    pub records: BTreeMap<Address, Option<Record>>,
    /// The resources whose change is complete.
    pub finished: BTreeSet<Address>,
    /// The resources whose change failed.
    pub failed: BTreeMap<Address, Failure>,
    /// The resources whose change was not begun, or was left unfinished by an interruption.
    pub skipped: BTreeSet<Address>,
    /// How many mutating calls were made.
    pub calls: usize,
    /// The outputs known at the end.
    pub outputs: BTreeMap<Address, Map<String, Value>>,
}

/// Why a resource's change failed.
#[derive(Clone, Debug, thiserror::Error)]
#[error("failed to {summary}: {error}")]
pub struct Failure {
    /// What was being done.
    pub summary: String,
    /// What went wrong.
    #[source]
    pub error: CloudError,
}

impl Outcome {
    /// Whether everything was done.
    pub fn is_complete(&self) -> bool {
        self.failed.is_empty() && self.skipped.is_empty()
    }
}

fn milliseconds<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}
