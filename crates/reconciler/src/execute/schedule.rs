//! What runs when: a change begins when all that it waits for is done, the one with the longest chain behind it first.

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use provision_config::Address;

use super::resource::{self, Ended, Report};
use super::{Event, Execution, Outcome, Standing};
use crate::graph::Cycle;
use crate::plan::{Plan, ResourceChange};

/// How many changes of one service are under way at once. AWS throttles control planes per service and account.
const CHANGES_PER_SERVICE: usize = 10;

/// Carries out a plan as far as it can be: a failed change stops only what waits for it.
///
/// # Errors
/// If changes wait for each other; then nothing is done.
pub async fn execute(plan: &Plan, execution: Execution<'_>) -> Result<Outcome, Cycle> {
    let mut queue = Queue::new(plan)?;
    let mut outcome = Outcome { outputs: execution.outputs.clone(), ..Outcome::default() };
    let mut running = FuturesUnordered::new();
    loop {
        while execution.permit.standing() == Standing::Good {
            let Some((address, change)) = queue.next() else { break };
            let known = outcome.outputs.clone();
            let execution = &execution;
            running.push(async move {
                let report = resource::run(plan, address, change, execution, &known).await;
                (address, change, report)
            });
        }
        let Some((address, change, report)) = running.next().await else { break };
        queue.done(address, change, matches!(report.ended, Ended::Complete));
        settle(&mut outcome, address, report);
    }
    for address in queue.left() {
        let because = queue.blockers(&address);
        (execution.listener)(Event::Skipped { address: address.clone(), because });
        outcome.skipped.insert(address);
    }
    Ok(outcome)
}

fn settle(outcome: &mut Outcome, address: &Address, report: Report) {
    outcome.calls += report.calls;
    if let Some(record) = report.record {
        outcome.records.insert(address.clone(), record);
    }
    outcome.outputs.insert(address.clone(), report.outputs);
    match report.ended {
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

/// The changes that have not begun, and what they wait for.
struct Queue<'a> {
    waiting: BTreeMap<&'a Address, &'a ResourceChange>,
    poles: BTreeMap<Address, u64>,
    unfinished: BTreeSet<&'a Address>,
    busy: BTreeMap<String, usize>,
}

impl<'a> Queue<'a> {
    fn new(plan: &'a Plan) -> Result<Self, Cycle> {
        Ok(Self {
            waiting: plan.changes.iter().collect(),
            poles: plan.poles()?,
            unfinished: plan.changes.keys().collect(),
            busy: BTreeMap::new(),
        })
    }

    /// The change with the longest pole among those that wait for nothing and whose service has room.
    fn next(&mut self) -> Option<(&'a Address, &'a ResourceChange)> {
        let ready = self.waiting.iter().filter(|(_, change)| {
            change.after.is_disjoint_from(&self.unfinished)
                && self.busy.get(service(change)).copied().unwrap_or(0) < CHANGES_PER_SERVICE
        });
        // The first of equals, so that the order is stable.
        let (address, change) =
            ready.rev().max_by_key(|(address, _)| self.poles.get(**address)).map(|(a, c)| (*a, *c))?;
        self.waiting.remove(address);
        *self.busy.entry(service(change).to_owned()).or_default() += 1;
        Some((address, change))
    }

    fn done(&mut self, address: &'a Address, change: &ResourceChange, complete: bool) {
        if let Some(busy) = self.busy.get_mut(service(change)) {
            *busy -= 1;
        }
        if complete {
            self.unfinished.remove(address);
        }
    }

    /// What never began.
    fn left(&self) -> Vec<Address> {
        self.waiting.keys().map(|address| (*address).clone()).collect()
    }

    /// What a change was still waiting for.
    fn blockers(&self, address: &Address) -> BTreeSet<Address> {
        let after = self.waiting.get(address).map(|change| &change.after);
        after.into_iter().flatten().filter(|need| self.unfinished.contains(need)).cloned().collect()
    }
}

/// The service whose control plane a change uses.
fn service(change: &ResourceChange) -> &str {
    change.steps.first().and_then(|step| step.action.split(':').next()).unwrap_or_default()
}

trait Disjoint {
    fn is_disjoint_from(&self, others: &BTreeSet<&Address>) -> bool;
}

impl Disjoint for BTreeSet<Address> {
    fn is_disjoint_from(&self, others: &BTreeSet<&Address>) -> bool {
        !self.iter().any(|address| others.contains(address))
    }
}
