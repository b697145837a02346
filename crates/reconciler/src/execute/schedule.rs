//! What runs when: a change begins when all that it waits for is done, the one with the longest chain behind it first.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use provision_config::Address;

use super::resource::{self, Ended, Known, Part, Report};
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
    let mut queue = Queue::new(plan)?;
    let mut outcome = Outcome::default();
    let known = Mutex::new(execution.outputs.clone());
    let mut running = FuturesUnordered::new();
    loop {
        while execution.permit.standing() == Standing::Good {
            let Some(unit) = queue.next() else { break };
            let (execution, known) = (&execution, &known);
            running.push(async move {
                let report =
                    resource::run(plan, unit.address, unit.change, (unit.part, unit.spent), execution, known).await;
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
        Ended::Complete if unit.part == Part::Old => {}
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

/// The changes that have not begun, and what they wait for.
struct Queue<'a> {
    waiting: BTreeMap<&'a Address, Unit<'a>>,
    poles: BTreeMap<Address, u64>,
    unfinished: BTreeSet<&'a Address>,
    replaced: BTreeSet<&'a Address>,
    /// The replacements whose old one is still there.
    undeleted: BTreeSet<&'a Address>,
    busy: BTreeMap<String, usize>,
}

impl<'a> Queue<'a> {
    fn new(plan: &'a Plan) -> Result<Self, Cycle> {
        let replaced = |change: &ResourceChange| change.action == Action::Replace;
        let unit = |(address, change): (&'a Address, &'a ResourceChange)| {
            let part = if replaced(change) { Part::Old } else { Part::Whole };
            (address, Unit { address, change, part, spent: Duration::ZERO })
        };
        let undeleted = plan.changes.iter().filter(|(_, change)| replaced(change)).map(|(address, _)| address);
        let undeleted: BTreeSet<_> = undeleted.collect();
        Ok(Self {
            waiting: plan.changes.iter().map(unit).collect(),
            poles: plan.poles()?,
            unfinished: plan.changes.keys().collect(),
            replaced: undeleted.clone(),
            undeleted,
            busy: BTreeMap::new(),
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
        match (&report.ended, unit.part) {
            (Ended::Complete, Part::Old) => {
                self.undeleted.remove(unit.address);
                self.waiting.insert(unit.address, Unit { part: Part::New, spent: report.took, ..*unit });
            }
            (Ended::Complete, Part::Whole | Part::New) => {
                self.unfinished.remove(unit.address);
            }
            _ => {}
        }
    }

    /// What never began, or only in part, and what it was still waiting for.
    fn left(&self) -> Vec<(Address, BTreeSet<Address>)> {
        let left = self.waiting.values().map(|unit| (unit.address.clone(), self.blockers(unit).cloned().collect()));
        left.collect()
    }

    /// What a unit is still waiting for.
    fn blockers(&self, unit: &Unit<'a>) -> impl Iterator<Item = &'a Address> {
        let (after, old) = match unit.part {
            Part::Whole | Part::New => (&unit.change.after, false),
            Part::Old => (&unit.change.deletion_after, true),
        };
        after.iter().filter(move |need| {
            let replaced = old && self.replaced.contains(need);
            if replaced { self.undeleted.contains(need) } else { self.unfinished.contains(need) }
        })
    }
}

/// The service whose control plane a change uses.
fn service(change: &ResourceChange) -> &str {
    change.steps.first().and_then(|step| step.action.split(':').next()).unwrap_or_default()
}
