//! What there is of a resource, where that is more than one; and what a change deletes of it: what a replacement takes the place
//! of, what an earlier one did and left, and what is to go for good.

use std::collections::{BTreeMap, BTreeSet};

use provision_config::Address;
use serde_json::Value;

use super::planner::Planner;
use super::{Action, Old, Reason, ResourceChange};
use crate::diff::diff;
use crate::erased::{AnyKind, Observed};
use crate::error::CloudError;
use crate::kind::Change;
use crate::step::AnyStep;
use crate::wanted::Wanted;

/// One of those that there are of a resource.
#[derive(Clone, Copy)]
pub(super) struct Present<'a> {
    pub region: &'a str,
    /// What it needs.
    pub dependencies: Option<&'a BTreeSet<Address>>,
    pub observed: &'a Observed,
}

/// What comes of a comparison.
pub(super) struct Compared {
    pub change: ResourceChange,
    /// Whether there is anything to do at all.
    pub differs: bool,
}

impl<'a> Planner<'a> {
    /// Where a resource is: where the state says, unless it was found elsewhere; else where the file says.
    pub(super) fn place(&self, address: &Address) -> &'a str {
        let record = self.subject.records.get(address).map(|record| &record.region);
        let wanted = self.subject.wanted.get(address).map(|wanted| &wanted.scope.region);
        self.observation.found.get(address).or(record).or(wanted).map_or("", String::as_str)
    }

    /// All that there is of a resource: what is known as it first, then what it took the place of.
    pub(super) fn present(&self, address: &Address) -> Vec<Present<'a>> {
        let recorded = self.subject.records.get(address).map(|record| &record.dependencies);
        let dependencies = recorded.or(self.subject.wanted.get(address).map(|wanted| &wanted.dependencies));
        let current = self.observation.live.get(address);
        let current = current.map(|observed| Present { region: self.place(address), dependencies, observed });
        let superseded = self.observation.superseded.get(address).into_iter().flatten().map(|one| Present {
            region: &one.region,
            dependencies: Some(&one.dependencies),
            observed: &one.observed,
        });
        current.into_iter().chain(superseded).collect()
    }

    /// Which of those that there are is to stay or to be replaced, and the others. A file that was changed back asks for the one
    /// that another was to take the place of.
    pub(super) fn choose(
        &self,
        address: &Address,
        kind: &dyn AnyKind,
        wanted: &Wanted,
        desired: &Value,
    ) -> (Option<Present<'a>>, Vec<Present<'a>>) {
        let mut present = self.present(address);
        let fields = &kind.schema().fields;
        let suits = |one: &Present<'_>| {
            let differences = || diff(fields, &one.observed.spec, desired, None);
            one.region == wanted.scope.region && !differences().iter().any(|difference| difference.immutable)
        };
        let known = self.observation.live.contains_key(address).then_some(0);
        // Where there is only one, there is no choice.
        let chosen =
            if present.len() > 1 || known.is_none() { present.iter().position(suits).or(known) } else { known };
        let chosen = chosen.map(|index| present.remove(index));
        (chosen, present)
    }

    /// Adds to what is to be done with a resource that the file has the deletion of what it takes, or took, the place of.
    pub(super) fn retire(
        &mut self,
        address: &Address,
        kind: &dyn AnyKind,
        wanted: &Wanted,
        (current, others): (Option<Present<'_>>, &[Present<'_>]),
        compared: Compared,
    ) -> Result<Option<ResourceChange>, CloudError> {
        let Compared { mut change, differs } = compared;
        let replaced = current.filter(|_| change.action == Action::Replace);
        if replaced.is_none() && others.is_empty() {
            return Ok(differs.then_some(change));
        }
        change.creates_first = true;
        if let (Some(_), Some(desired)) = (replaced, &change.desired) {
            // In another region there is room for one that AWS gives its id, whatever it is called.
            let unnamed = kind.identity(desired, &wanted.scope)?.is_none();
            for old in replaced.iter().chain(others) {
                let elsewhere = unnamed && old.region != wanted.scope.region;
                change.creates_first &= elsewhere || kind.creates_first(&old.observed.spec, desired)?;
            }
        } else if !matches!(change.action, Action::Create | Action::Update) {
            change.reason = Reason::Superseded;
        }
        change.action = Action::Replace;
        // It is made as a whole.
        change.core = 0;
        change.completion_after.clear();
        for Present { observed, .. } in others {
            self.guard(address, kind, wanted.protect, &format!("delete {}, which it took the place of", observed.id));
        }
        let mut all = replaced.iter().chain(others);
        let mut change = all.try_fold(change, |change, old| self.and_delete(kind, old, change))?;
        if !change.creates_first {
            turn(&mut change);
        }
        Ok(Some(change))
    }

    /// The deletion of all that there is of a resource that is to go.
    pub(super) fn deletion(
        &self,
        kind: &dyn AnyKind,
        present: &[Present<'_>],
        base: ResourceChange,
    ) -> Result<ResourceChange, CloudError> {
        let first = present.first().map(|one| one.observed);
        let base = ResourceChange {
            id: first.map(|observed| observed.id.clone()),
            outputs: first.map(|observed| observed.outputs.clone()).unwrap_or_default(),
            ..base
        };
        present.iter().try_fold(base, |change, old| self.and_delete(kind, old, change))
    }

    /// Adds the deletion of one to a change.
    fn and_delete(
        &self,
        kind: &dyn AnyKind,
        old: &Present<'_>,
        mut change: ResourceChange,
    ) -> Result<ResourceChange, CloudError> {
        let Present { region, dependencies, observed } = old;
        let steps = kind.steps(Change::Delete { live: &observed.spec, empty: self.options.empty_buckets })?;
        change.old.push(Old {
            id: observed.id.clone(),
            region: (*region).to_owned(),
            outputs: observed.outputs.clone(),
            dependencies: dependencies.cloned().unwrap_or_default(),
            steps: steps.len(),
        });
        change.steps.extend::<Vec<AnyStep>>(steps);
        Ok(change)
    }
}

/// Brings the calls that delete to the front.
fn turn(change: &mut ResourceChange) {
    let count: usize = change.old.iter().map(|old| old.steps).sum();
    change.creates_first = false;
    let all = change.steps.len();
    change.steps.rotate_right(count.min(all));
}

/// Lets those be deleted first that depend on something that is: their new one could only be made after that is gone, and it can
/// only go after them.
pub(super) fn agree(changes: &mut BTreeMap<Address, ResourceChange>) {
    loop {
        let first = |address: &Address| {
            changes.get(address).is_some_and(|change| change.action == Action::Replace && !change.creates_first)
        };
        let bound = changes.iter().filter(|(_, change)| change.creates_first).find(|(address, change)| {
            let needs = change.old.iter().flat_map(|old| &old.dependencies).chain(&change.dependencies);
            needs.filter(|need| need != address).any(first)
        });
        let Some(address) = bound.map(|(address, _)| address.clone()) else { return };
        if let Some(change) = changes.get_mut(&address) {
            turn(change);
        }
    }
}
