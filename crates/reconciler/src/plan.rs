//! What a run would do, as data: the same value is shown, saved, printed as JSON and executed.

mod abandoned;
mod in_two;
mod note;
mod order;
mod planner;
mod refuse;
mod retire;

pub use planner::{Intent, Options, plan};

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use provision_config::Address;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::diff::Difference;
use crate::graph::{Cycle, Graph};
use crate::remark::Remark;
use crate::step::AnyStep;

/// What a run would do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The environment's name.
    pub environment: String,
    /// The account it lives in.
    pub account: String,
    /// Every resource that is not as it should be, or not in the state as it is.
    pub changes: BTreeMap<Address, ResourceChange>,
    /// How many resources are as they should be.
    pub unchanged: usize,
    /// Why the plan cannot be carried out. If there are any, nothing is done.
    pub refusals: Vec<Refusal>,
    /// What should be known of resources that stay.
    pub remarks: Vec<Remark>,
}

/// What happens to one resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResourceChange {
    /// What happens.
    pub action: Action,
    /// Why, where the differences do not say it.
    pub reason: Reason,
    /// The region.
    pub region: String,
    /// The region of the old one, where a replacement moves it to another.
    pub old_region: Option<String>,
    /// What AWS calls it, if it exists.
    pub id: Option<String>,
    /// What AWS will call what is made, if that is known beforehand. May contain unknowns.
    pub identity: Option<String>,
    /// In which fields live and desired differ. Empty for creations and deletions.
    pub differences: Vec<Difference>,
    /// The calls, in order. Empty where only the state changes.
    pub steps: Vec<AnyStep>,
    /// What it deletes, in order: of a deletion or a replacement.
    pub old: Vec<Old>,
    /// Of a replacement, whether the new one is made first. Then the calls that delete come last, else first.
    pub creates_first: bool,
    /// What it is to be, unless it is to go. May contain unknowns. Sensitive values are not in it.
    pub desired: Option<Value>,
    /// The outputs it has now.
    pub outputs: Map<String, Value>,
    /// The outputs it will have, as far as they are known beforehand. May contain unknowns.
    pub predicted: Map<String, Value>,
    /// The changes that must be finished before this one begins; in a replacement, before the new one is made. Of creations, only
    /// their core, unless they are among `whole`.
    pub after: BTreeSet<Address>,
    /// What it depends on by more than a reference, and so waits for as a whole.
    pub whole: BTreeSet<Address>,
    /// Of a creation, how many of its calls make what others need of it, its core. They do not wait for the rest, its completion.
    /// 0, where there is no such rest.
    pub core: usize,
    /// Of a creation, the changes that only its completion waits for.
    pub completion_after: BTreeSet<Address>,
    /// In a replacement, the changes that must be finished before the old one is deleted. Of those that are replacements
    /// themselves, only the deletion; but if this one does not create first and they do, only the creation.
    pub deletion_after: BTreeSet<Address>,
    /// What it depends on, for the record.
    pub dependencies: BTreeSet<Address>,
    /// Whether it is protected, for the record.
    pub protect: bool,
}

/// Something that a change deletes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Old {
    /// What AWS calls it.
    pub id: String,
    /// The region.
    pub region: String,
    /// Its outputs.
    pub outputs: Map<String, Value>,
    /// What it needs, which cannot go before it.
    pub dependencies: BTreeSet<Address>,
    /// How many of the change's steps delete it. None, if that is under way already.
    pub steps: usize,
}

/// What happens to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It is made.
    Create,
    /// It is changed in place.
    Update,
    /// It is deleted and made anew, because AWS cannot change a field of it; or an earlier run has made it anew, and the old
    /// one is still to be deleted.
    Replace,
    /// It is deleted.
    Delete,
    /// It is ours and as it should be, but not in the state: the state is brought up to date. Nothing in AWS changes.
    Adopt,
    /// It is as it should be, but the state remembers something else. Nothing in AWS changes.
    Record,
    /// It is neither in the file nor in AWS, but in the state. Nothing in AWS changes.
    Forget,
}

/// Why a resource changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The file has it, nothing else does.
    New,
    /// The state has it, but somebody deleted it from AWS.
    DeletedOutside,
    /// Fields differ; each says why.
    Differs,
    /// The file asks for another region.
    Moved,
    /// The file no longer has it.
    Removed,
    /// The whole environment is being destroyed.
    Destroyed,
    /// It was made by an earlier run, or is made of something the state does not know.
    Unrecorded,
    /// An earlier run put another one in its place and did not come to delete it.
    Superseded,
}

/// Why a plan cannot be carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// The resource.
    pub address: Address,
    /// What is in the way.
    pub message: String,
    /// What to do.
    pub hint: String,
}

/// How many resources meet which fate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Made.
    pub create: usize,
    /// Changed in place.
    pub update: usize,
    /// Deleted and made anew, or made anew and deleted.
    pub replace: usize,
    /// Deleted.
    pub delete: usize,
    /// As they should be.
    pub unchanged: usize,
    /// Calls that change something.
    pub calls: usize,
}

impl Plan {
    /// Whether anything in AWS would change.
    pub fn has_changes(&self) -> bool {
        self.changes.values().any(|change| change.action.is_in_aws())
    }

    /// How many resources meet which fate.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts { unchanged: self.unchanged, ..Counts::default() };
        for change in self.changes.values() {
            counts.calls += change.steps.len();
            match change.action {
                Action::Create => counts.create += 1,
                Action::Update => counts.update += 1,
                Action::Replace => counts.replace += 1,
                Action::Delete => counts.delete += 1,
                Action::Adopt | Action::Record => counts.unchanged += 1,
                Action::Forget => {}
            }
        }
        counts
    }

    /// The order of the changes; of replacements, that of the new ones; of creations, that of their completion.
    pub fn graph(&self) -> Graph {
        let waits = |change: &ResourceChange| change.after.union(&change.completion_after).cloned().collect();
        Graph::new(self.changes.iter().map(|(address, change)| (address.clone(), waits(change))))
    }

    /// The plan with only some of its resources: those of `roots` and everything that they wait for. What only the completion of a
    /// creation waits for is not among them, so only its core can be carried out.
    #[must_use]
    pub fn cores_of(&self, roots: &BTreeSet<Address>) -> Self {
        let waits = |change: &ResourceChange| change.after.union(&change.deletion_after).cloned().collect();
        let graph = Graph::new(self.changes.iter().map(|(address, change)| (address.clone(), waits(change))));
        let keep = graph.closure(roots.iter().cloned());
        self.retain(|address| keep.contains(address))
    }

    /// The plan with only the resources that `keep` says.
    #[must_use]
    pub fn retain(&self, keep: impl Fn(&Address) -> bool) -> Self {
        let changes = self.changes.iter().filter(|(address, _)| keep(address));
        Self { changes: changes.map(|(address, change)| (address.clone(), change.clone())).collect(), ..self.clone() }
    }

    /// For each address, how long the chain that begins with it usually takes, in milliseconds.
    ///
    /// # Errors
    /// If changes wait for each other.
    pub fn poles(&self) -> Result<BTreeMap<Address, u64>, Cycle> {
        self.graph().poles(|address| self.changes.get(address).map_or(0, ResourceChange::usually_ms))
    }
}

impl ResourceChange {
    /// The steps that delete, by index.
    pub fn deletions(&self) -> Range<usize> {
        let (all, count) = (self.steps.len(), self.old.iter().map(|old| old.steps).sum());
        if self.creates_first { all.saturating_sub(count)..all } else { 0..count.min(all) }
    }

    /// The steps that make or change, by index.
    pub fn makings(&self) -> Range<usize> {
        let deletions = self.deletions();
        if self.creates_first { 0..deletions.start } else { deletions.end..self.steps.len() }
    }

    /// The steps that must be done before those begin who wait for this change, by index.
    pub fn core(&self) -> Range<usize> {
        let makings = self.makings();
        if self.core > 0 { makings.start..makings.start + self.core } else { makings }
    }

    /// What there is already and stays, by its id: all that exists, but for what is deleted.
    pub fn kept(&self) -> Option<&str> {
        let region = self.old_region.as_ref().unwrap_or(&self.region);
        let is_old = |id: &str| self.old.iter().any(|old| old.id == id && old.region == *region);
        self.id.as_deref().filter(|id| !is_old(id))
    }

    /// What is left of a creation once its first calls have been made.
    #[must_use]
    pub fn resumed(&self, made: usize, id: String, outputs: Map<String, Value>) -> Self {
        let is_core = made == self.core && made > 0;
        Self {
            steps: self.steps.iter().skip(made).cloned().collect(),
            id: Some(id),
            outputs,
            core: self.core.saturating_sub(made),
            after: if is_core { self.completion_after.clone() } else { self.after.clone() },
            completion_after: if is_core { BTreeSet::new() } else { self.completion_after.clone() },
            ..self.clone()
        }
    }

    /// How long its steps usually take on AWS, in milliseconds.
    pub fn usually_ms(&self) -> u64 {
        self.steps.iter().map(|step| step.usually_ms).sum()
    }
}

impl Action {
    /// Whether it changes AWS, and not only the state.
    pub fn is_in_aws(self) -> bool {
        match self {
            Self::Create | Self::Update | Self::Replace | Self::Delete => true,
            Self::Adopt | Self::Record | Self::Forget => false,
        }
    }
}
