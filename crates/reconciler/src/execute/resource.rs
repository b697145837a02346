//! Carrying out one resource's change, step by step.

mod answer;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use provision_config::{Address, unknown};
use serde_json::{Map, Value};
use tokio::time::{Instant, sleep};

use super::{Event, Execution, Failure, Permit, Standing};
use crate::erased::AnyKind;
use crate::error::{CloudError, ErrorClass};
use crate::kind::{Notes, Progress};
use crate::plan::{Action, Plan, ResourceChange};
use crate::record::{Record, Superseded};
use crate::scope::Scope;
use crate::step::AnyStep;

/// How long what is under way may still take once the run is to stop. CI runners follow a SIGTERM with a SIGKILL some ten
/// seconds later; the state must be written by then.
const GRACE: Duration = Duration::from_secs(4);

/// The outputs known so far, by address.
pub(super) type Known = Mutex<BTreeMap<Address, Map<String, Value>>>;

/// Which part of a change is carried out: a replacement comes in two, since others' changes come between them; and so may a
/// creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Whole,
    /// The deletion of the old one.
    Old,
    /// The creation of the new one.
    New,
    /// Of a creation, what others need of it.
    Core,
    /// Of a creation, the rest.
    Completion,
}

impl Part {
    /// The parts of a change, in order.
    pub(super) fn of(change: &ResourceChange) -> &'static [Self] {
        match (change.action, change.creates_first) {
            (Action::Replace, false) => &[Self::Old, Self::New],
            (Action::Replace, true) => &[Self::New, Self::Old],
            (Action::Create, _) if change.core > 0 => &[Self::Core, Self::Completion],
            _ => &[Self::Whole],
        }
    }
}

/// What the part before this one came to.
#[derive(Default)]
pub(super) struct Before {
    /// How long it took.
    pub took: Duration,
    /// What the state says since.
    pub record: Option<Record>,
}

/// What came of one resource's change.
pub(super) struct Report {
    pub ended: Ended,
    /// What the state should say, if that changed. `Some(None)`: there is none any more.
    pub record: Option<Option<Record>>,
    pub outputs: Map<String, Value>,
    pub calls: usize,
    pub took: Duration,
}

pub(super) enum Ended {
    Complete,
    Failed(Failure),
    Interrupted,
}

/// Carries out one change, or a part of it.
pub(super) async fn run(
    plan: &Plan,
    address: &Address,
    change: &ResourceChange,
    (part, before): (Part, Before),
    execution: &Execution<'_>,
    known: &Known,
) -> Report {
    let start = Instant::now();
    let parts = Part::of(change);
    if parts.first() == Some(&part) {
        let (address, steps) = (address.clone(), change.steps.len());
        let resumed = change.action == Action::Create && change.kept().is_some();
        (execution.listener)(Event::Started { address, action: change.action, steps, resumed });
    }
    let scope = Scope {
        operation: execution.operation.to_owned(),
        ..execution.account.scope(&plan.environment, address, &change.region)
    };
    let mut work = Work::new(address, change, part, execution, known, scope);
    let ended = work.run(before.record).await;
    let took = before.took + start.elapsed();
    match &ended {
        Ended::Complete if parts.last() != Some(&part) => {}
        Ended::Complete => {
            (execution.listener)(Event::Finished { address: address.clone(), action: change.action, took });
        }
        Ended::Failed(failure) => (execution.listener)(Event::Failed {
            address: address.clone(),
            summary: failure.summary.clone(),
            error: failure.error.to_string(),
            hint: failure.error.hint.clone(),
        }),
        Ended::Interrupted => {
            (execution.listener)(Event::Skipped { address: address.clone(), because: Default::default() });
        }
    }
    Report { ended, record: work.record, outputs: work.progress.outputs, calls: work.calls, took }
}

struct Work<'a> {
    address: &'a Address,
    change: &'a ResourceChange,
    part: Part,
    execution: &'a Execution<'a>,
    known: &'a Known,
    scope: Scope,
    progress: Progress,
    record: Option<Option<Record>>,
    calls: usize,
}

impl<'a> Work<'a> {
    fn new(
        address: &'a Address,
        change: &'a ResourceChange,
        part: Part,
        execution: &'a Execution<'a>,
        known: &'a Known,
        scope: Scope,
    ) -> Self {
        let listener = Arc::clone(&execution.listener);
        let speaker = address.clone();
        let notes = Notes::to(move |text| listener(Event::Note { address: speaker.clone(), text: text.to_owned() }));
        // The new one of a replacement has nothing of the old one.
        let id = change.kept().map(str::to_owned);
        let outputs = if id.is_some() { change.outputs.clone() } else { Map::new() };
        let progress = Progress { id, outputs, notes };
        Self { address, change, part, execution, known, scope, progress, record: None, calls: 0 }
    }

    /// `before` is what the state says since the part before this one.
    async fn run(&mut self, before: Option<Record>) -> Ended {
        let kind = match self.execution.registry.kind(self.address) {
            Ok(kind) => Arc::clone(kind),
            Err(error) => return Ended::Failed(Failure { summary: "find its kind".to_owned(), error }),
        };
        let ended = match self.is_deleting() {
            true => self.delete(kind.as_ref(), before).await,
            false => self.make(kind.as_ref(), before).await,
        };
        match ended {
            Some(ended) => ended,
            None if self.is_deleting() => Ended::Complete,
            None if self.part == Part::Core => {
                self.fill_in();
                Ended::Complete
            }
            None => self.complete(),
        }
    }

    /// Makes it, or changes it. `None`: all of this part was done.
    async fn make(&mut self, kind: &dyn AnyKind, before: Option<Record>) -> Option<Ended> {
        let which = match self.part {
            Part::Core => self.change.core(),
            Part::Completion => self.change.core().end..self.change.steps.len(),
            Part::Whole | Part::Old | Part::New => self.change.makings(),
        };
        if let (Part::Completion, Some(core)) = (self.part, before) {
            self.progress.id = Some(core.id);
            self.progress.outputs = core.outputs;
        }
        self.steps(kind, which).await
    }

    /// Deletes one after the other. `None`: all are gone.
    async fn delete(&mut self, kind: &dyn AnyKind, before: Option<Record>) -> Option<Ended> {
        let new = std::mem::take(&mut self.progress);
        let place = self.scope.region.clone();
        let mut index = self.change.deletions().start;
        // What the state says meanwhile: of a replacement that creates first, the new one and those that are left.
        let mut record = before.filter(|_| self.change.creates_first);
        let mut ended = None;
        for old in &self.change.old {
            self.scope.region.clone_from(&old.region);
            self.progress =
                Progress { id: Some(old.id.clone()), outputs: old.outputs.clone(), notes: new.notes.clone() };
            let steps = index..index + old.steps;
            index = steps.end;
            ended = self.steps(kind, steps).await;
            if ended.is_some() {
                break;
            }
            if let Some(record) = &mut record {
                record.superseded.retain(|one| one.id != old.id || one.region != old.region);
                let record = record.clone();
                self.remember(Some(record));
            }
        }
        self.progress = new;
        self.scope.region = place;
        match record {
            Some(record) => self.progress.outputs = record.outputs,
            None if ended.is_some() => self.progress.outputs.clone_from(&self.change.outputs),
            None => {
                // What stays is compared with the file by the part that follows.
                let kept = self.progress.id.clone().map(|id| self.record(id, None));
                self.remember(kept);
            }
        }
        ended
    }

    /// Makes some of the calls. `None`: all were made.
    async fn steps(&mut self, kind: &dyn AnyKind, which: Range<usize>) -> Option<Ended> {
        let permit = self.execution.permit.clone();
        let change = self.change;
        for (index, step) in change.steps.iter().enumerate().take(which.end).skip(which.start) {
            if permit.standing() != Standing::Good {
                return Some(Ended::Interrupted);
            }
            match until_stopped(&permit, self.step(kind, index, step)).await.flatten() {
                Some(Ok(())) => {}
                Some(Err(error)) => return Some(Ended::Failed(Failure { summary: step.summary.clone(), error })),
                None => return Some(Ended::Interrupted),
            }
        }
        None
    }

    /// One step: its call, the record of it, and the wait for what it began. `None`: interrupted on the way.
    async fn step(&mut self, kind: &dyn AnyKind, index: usize, step: &AnyStep) -> Option<Result<(), CloudError>> {
        (self.execution.listener)(Event::Step {
            address: self.address.clone(),
            index,
            action: step.action.clone(),
            summary: step.summary.clone(),
        });
        let step = match self.resolved(step) {
            Ok(step) => step,
            Err(error) => return Some(Err(error)),
        };
        if let Err(error) = self.call(kind, &step).await? {
            return Some(Err(error));
        }
        self.note();
        Some(kind.settle(&self.scope, &step, &mut self.progress).await)
    }

    fn is_deleting(&self) -> bool {
        self.change.action == Action::Delete || self.part == Part::Old
    }

    /// The step with every unknown replaced by what is known by now.
    fn resolved(&self, step: &AnyStep) -> Result<AnyStep, CloudError> {
        let call = unknown::substitute(&step.call, &|reference| self.value(reference));
        if unknown::contains_unknown(&call) {
            let missing = unknown::references(&call.to_string());
            let missing: Vec<String> = missing.iter().map(|reference| format!("`{reference}`")).collect();
            let message = format!("the call needs {}, which does not exist", missing.join(", "));
            return Err(CloudError::new(&step.action, ErrorClass::Refused, message)
                .with_hint("see what the resource has in `provision output`, and what its settings turn on"));
        }
        Ok(AnyStep { call, ..step.clone() })
    }

    fn desired(&self) -> Option<Value> {
        self.change.desired.as_ref().map(|spec| unknown::substitute(spec, &|reference| self.value(reference)))
    }

    fn value(&self, reference: &unknown::Reference) -> Option<String> {
        let of = |outputs: &Map<String, Value>| outputs.get(&reference.output)?.as_str().map(str::to_owned);
        if reference.address == *self.address {
            return of(&self.progress.outputs);
        }
        of(self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&reference.address)?)
    }

    /// What the state should say after a call, while others are still to come.
    fn note(&mut self) {
        // Made, but not finished: the next run compares it with the file, whatever is missing.
        if self.is_deleting() || self.change.kept().is_some() {
            return;
        }
        if let Some(id) = self.progress.id.clone() {
            let record = self.record(id, None);
            self.remember(Some(record));
        }
    }

    fn complete(&mut self) -> Ended {
        match (self.change.action, self.progress.id.clone()) {
            (Action::Forget, _) => {
                self.progress.outputs.clear();
                self.remember(None);
            }
            (_, Some(id)) => {
                self.fill_in();
                let record = self.record(id, self.desired());
                self.remember(Some(record));
            }
            (_, None) => {
                let message = "its steps ended without an id; this is a bug in the engine";
                let error = CloudError::new(&self.address.kind, ErrorClass::Refused, message);
                return Ended::Failed(Failure { summary: "record it".to_owned(), error });
            }
        }
        Ended::Complete
    }

    /// What was known beforehand fills in for what no answer told.
    fn fill_in(&mut self) {
        for (name, value) in &self.change.predicted {
            let value = unknown::substitute(value, &|reference| self.value(reference));
            self.progress.outputs.entry(name.clone()).or_insert(value);
        }
    }

    fn record(&self, id: String, spec: Option<Value>) -> Record {
        let old = self.change.old.iter().filter(|_| self.change.creates_first);
        let superseded = old.map(|old| Superseded {
            id: old.id.clone(),
            region: old.region.clone(),
            dependencies: old.dependencies.clone(),
        });
        Record {
            kind: self.address.kind.clone(),
            id,
            region: self.change.region.clone(),
            spec,
            outputs: self.progress.outputs.clone(),
            dependencies: self.change.dependencies.clone(),
            protect: self.change.protect,
            superseded: superseded.collect(),
        }
    }

    fn remember(&mut self, record: Option<Record>) {
        (self.execution.listener)(Event::Recorded { address: self.address.clone(), record: record.clone() });
        self.record = Some(record);
    }
}

/// Lets a future finish, but not longer than [`GRACE`] after the permit is withdrawn, and not at all once the lease is lost:
/// it may be about to repeat a call. `None`: it was dropped.
async fn until_stopped<T>(permit: &Permit, future: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        result = future => Some(result),
        () = permit.lost() => None,
        () = async { permit.withdrawn().await; sleep(GRACE).await } => None,
    }
}
