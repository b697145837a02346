//! What runs when: a change begins when all that it waits for is done, the one with the longest chain behind it first.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use provision_config::Address;

use super::resource::{self, Before, Ended, Known, Part, Report};
use super::{Event, Execution, Outcome, Standing};
use crate::graph::Cycle;
use crate::plan::{Action, Plan, ResourceChange};

/// How many changes of one service are under way at once. AWS throttles control planes per service and account.
const CHANGES_PER_SERVICE: usize = 10;

/// Carries out a plan as far as it can be: a failed change stops only what waits for it.
///
/// # Errors
/// If changes wait for each other; then nothing is done.
pub async fn execute(plan: &Plan, execution: Execution<'_>) -> Result<Outcome, Cycle> {
    let mut queue = Queue::new(plan, execution.only_cores)?;
    let mut outcome = Outcome::default();
    let known = Mutex::new(execution.outputs.clone());
    let mut running = FuturesUnordered::new();
    loop {
        while execution.permit.standing() == Standing::Good {
            let Some(unit) = queue.next() else { break };
            let (execution, known) = (&execution, &known);
            let record = outcome.records.get(unit.address).cloned().flatten();
            let before = Before { took: unit.spent, record };
            running.push(async move {
                let report =
                    resource::run(plan, unit.address, unit.change, (unit.part, before), execution, known).await;
                (unit, report)
            });
        }
        let Some((unit, report)) = running.next().await else { break };
        queue.done(&unit, &report);
        settle(&mut outcome, &known, &unit, report);
    }
    drop(running);
    for (address, because) in queue.left() {
        (execution.listener)(Event::Skipped { address: address.clone(), because });
        outcome.skipped.insert(address);
    }
    outcome.outputs = known.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(outcome)
}

fn settle(outcome: &mut Outcome, known: &Known, unit: &Unit<'_>, report: Report) {
    let address = unit.address;
    outcome.calls += report.calls;
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    if report.record == Some(None) {
        known.remove(address);
    } else {
        known.insert(address.clone(), report.outputs);
    }
    if let Some(record) = report.record {
        outcome.records.insert(address.clone(), record);
    }
    match report.ended {
        Ended::Complete if !unit.is_last() => {}
        Ended::Complete => {
            outcome.finished.insert(address.clone());
        }
        Ended::Failed(failure) => {
            outcome.failed.insert(address.clone(), failure);
        }
        Ended::Interrupted => {
            outcome.skipped.insert(address.clone());
        }
    }
}

/// A change, or a part of one, that runs as a whole.
#[derive(Clone, Copy)]
struct Unit<'a> {
    address: &'a Address,
    change: &'a ResourceChange,
    part: Part,
    /// What its other part took.
    spent: Duration,
}

impl Unit<'_> {
    fn is_last(&self) -> bool {
        Part::of(self.change).last() == Some(&self.part)
    }
}

/// The changes that have not begun, and what they wait for.
struct Queue<'a> {
    waiting: BTreeMap<&'a Address, Unit<'a>>,
    poles: BTreeMap<Address, u64>,
    /// The changes of which something is left to do.
    unfinished: BTreeSet<&'a Address>,
    /// Those of which what is new is not there yet.
    unmade: BTreeSet<&'a Address>,
    /// The replacements whose old one is still there.
    undeleted: BTreeSet<&'a Address>,
    /// The replacements, and whether they create first.
    replaced: BTreeMap<&'a Address, bool>,
    busy: BTreeMap<String, usize>,
    /// Whether creations end with their core.
    only_cores: bool,
    /// The creations that have a completion which somebody may wait for.
    split: BTreeSet<&'a Address>,
}

impl<'a> Queue<'a> {
    fn new(plan: &'a Plan, only_cores: bool) -> Result<Self, Cycle> {
        let unit = |(address, change): (&'a Address, &'a ResourceChange)| {
            let part = *Part::of(change).first()?;
            Some((address, Unit { address, change, part, spent: Duration::ZERO }))
        };
        let split = plan.changes.iter().filter(|(_, change)| change.core > 0 && !only_cores);
        let replaced = plan.changes.iter().filter(|(_, change)| change.action == Action::Replace);
        let replaced: BTreeMap<_, _> = replaced.map(|(address, change)| (address, change.creates_first)).collect();
        Ok(Self {
            waiting: plan.changes.iter().filter_map(unit).collect(),
            poles: plan.poles()?,
            unfinished: plan.changes.keys().collect(),
            unmade: plan.changes.keys().collect(),
            undeleted: replaced.keys().copied().collect(),
            replaced,
            busy: BTreeMap::new(),
            only_cores,
            split: split.map(|(address, _)| address).collect(),
        })
    }

    /// The unit with the longest pole among those that wait for nothing and whose service has room. What changes only the
    /// state comes before everything else.
    fn next(&mut self) -> Option<Unit<'a>> {
        let ready = self.waiting.values().filter(|unit| {
            let room = self.busy.get(service(unit.change)).is_none_or(|busy| *busy < CHANGES_PER_SERVICE);
            (room || !unit.change.action.is_in_aws()) && self.blockers(unit).next().is_none()
        });
        // The first of equals, so that the order is stable.
        let first = |unit: &&Unit<'_>| (!unit.change.action.is_in_aws(), self.poles.get(unit.address).copied());
        let unit = *ready.rev().max_by_key(first)?;
        self.waiting.remove(unit.address);
        *self.busy.entry(service(unit.change).to_owned()).or_default() += 1;
        Some(unit)
    }

    fn done(&mut self, unit: &Unit<'a>, report: &Report) {
        if let Some(busy) = self.busy.get_mut(service(unit.change)) {
            *busy -= 1;
        }
        if !matches!(report.ended, Ended::Complete) {
            return;
        }
        if unit.part == Part::Old {
            self.undeleted.remove(unit.address);
        } else {
            self.unmade.remove(unit.address);
        }
        if unit.is_last() {
            self.unfinished.remove(unit.address);
        } else if self.only_cores && unit.part == Part::Core {
            // Its completion is somebody else's.
        } else if let Some(part) = Part::of(unit.change).last() {
            self.waiting.insert(unit.address, Unit { part: *part, spent: report.took, ..*unit });
        }
    }

    /// What never began, or only in part, and what it was still waiting for.
    fn left(&self) -> Vec<(Address, BTreeSet<Address>)> {
        let left = self.waiting.values().map(|unit| (unit.address.clone(), self.blockers(unit).cloned().collect()));
        left.collect()
    }

    /// What a unit is still waiting for.
    fn blockers(&self, unit: &Unit<'a>) -> impl Iterator<Item = &'a Address> {
        let (part, change) = (unit.part, unit.change);
        let after = match part {
            Part::Whole | Part::New | Part::Core => &change.after,
            Part::Completion => &change.completion_after,
            Part::Old => &change.deletion_after,
        };
        after.iter().filter(move |need| {
            let blocking = match (part, self.replaced.get(need)) {
                // What is deleted for good goes after everything that is done with those that used it.
                (Part::Whole, _) if change.action == Action::Delete => &self.unfinished,
                _ if part != Part::Old && change.whole.contains(*need) && self.split.contains(need) => &self.unfinished,
                (Part::Whole | Part::New | Part::Core | Part::Completion, _) => &self.unmade,
                (Part::Old, None) => &self.unfinished,
                // What creates first is what the new one needs (see the plan's order), else what used the old one.
                (Part::Old, Some(true)) if !change.creates_first => &self.unmade,
                (Part::Old, Some(_)) => &self.undeleted,
            };
            blocking.contains(need)
        })
    }
}

/// The service whose control plane a change uses.
fn service(change: &ResourceChange) -> &str {
    change.steps.first().and_then(|step| step.action.split(':').next()).unwrap_or_default()
}
