//! Carrying out one resource's change, step by step.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use provision_config::{Address, unknown};
use serde_json::{Map, Value};
use tokio::time::{Instant, sleep};

use super::{Event, Execution, Failure, Permit, Standing};
use crate::erased::AnyKind;
use crate::error::{CloudError, ErrorClass};
use crate::kind::{Notes, Progress, Target};
use crate::ownership;
use crate::plan::{Action, Plan, ResourceChange};
use crate::record::Record;
use crate::scope::Scope;
use crate::step::{AnyStep, Idempotency};

/// How often, and how far apart, a creation whose answer was lost is looked for before it is taken not to have happened.
/// Reads of a resource lag its creation by up to some seconds.
const LOOKS: [Duration; 4] =
    [Duration::ZERO, Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(5)];

/// How long what is under way may still take once the run is to stop. CI runners follow a SIGTERM with a SIGKILL some ten
/// seconds later; the state must be written by then.
const GRACE: Duration = Duration::from_secs(4);

/// The outputs known so far, by address.
type Known = BTreeMap<Address, Map<String, Value>>;

/// What came of one resource's change.
pub(super) struct Report {
    pub ended: Ended,
    /// What the state should say, if that changed. `Some(None)`: there is none any more.
    pub record: Option<Option<Record>>,
    pub outputs: Map<String, Value>,
    pub calls: usize,
}

pub(super) enum Ended {
    Complete,
    Failed(Failure),
    Interrupted,
}

/// Carries out one change.
pub(super) async fn run(
    plan: &Plan,
    address: &Address,
    change: &ResourceChange,
    execution: &Execution<'_>,
    known: &Known,
) -> Report {
    let start = Instant::now();
    (execution.listener)(Event::Started { address: address.clone(), action: change.action, steps: change.steps.len() });
    let scope = Scope {
        operation: execution.operation.to_owned(),
        ..execution.account.scope(&plan.environment, address, &change.region)
    };
    let mut work = Work::new(address, change, execution, known, scope);
    let ended = work.run().await;
    match &ended {
        Ended::Complete => (execution.listener)(Event::Finished {
            address: address.clone(),
            action: change.action,
            took: start.elapsed(),
        }),
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
    Report { ended, record: work.record, outputs: work.progress.outputs, calls: work.calls }
}

struct Work<'a> {
    address: &'a Address,
    change: &'a ResourceChange,
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
        execution: &'a Execution<'a>,
        known: &'a Known,
        scope: Scope,
    ) -> Self {
        let listener = Arc::clone(&execution.listener);
        let speaker = address.clone();
        let notes = Notes::to(move |text| listener(Event::Note { address: speaker.clone(), text: text.to_owned() }));
        let progress = Progress { id: change.id.clone(), outputs: change.outputs.clone(), notes };
        Self { address, change, execution, known, scope, progress, record: None, calls: 0 }
    }

    async fn run(&mut self) -> Ended {
        let kind = match self.execution.registry.kind(self.address) {
            Ok(kind) => Arc::clone(kind),
            Err(error) => return Ended::Failed(Failure { summary: "find its kind".to_owned(), error }),
        };
        for (index, step) in self.change.steps.iter().enumerate() {
            if self.execution.permit.standing() != Standing::Good {
                return Ended::Interrupted;
            }
            match self.step(kind.as_ref(), index, step).await {
                Some(Ok(())) => {}
                Some(Err(error)) => return Ended::Failed(Failure { summary: step.summary.clone(), error }),
                None => return Ended::Interrupted,
            }
        }
        self.complete(kind.as_ref())
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
        let permit = self.execution.permit.clone();
        if let Err(error) = within_grace(&permit, self.call(kind, &step)).await? {
            return Some(Err(error));
        }
        self.note(index);
        let settled = within_grace(&permit, kind.settle(&self.scope, &step, &mut self.progress)).await?;
        if settled.is_ok() && index + 1 == self.change.deletion_steps {
            self.progress.id = None;
            self.progress.outputs.clear();
        }
        Some(settled)
    }

    /// Makes the call. If its answer is lost, finds out whether it was carried out before any second attempt.
    async fn call(&mut self, kind: &dyn AnyKind, step: &AnyStep) -> Result<(), CloudError> {
        self.calls += 1;
        let Err(error) = kind.run(&self.scope, step, &mut self.progress).await else { return Ok(()) };
        let creating = self.progress.id.is_none() && self.change.action != Action::Delete;
        match (step.idempotency, error.class) {
            (Idempotency::FindFirst, ErrorClass::Ambiguous) if creating => {
                self.progress.notes.say("no answer came; looking for what may have been made");
                if self.found(kind).await? {
                    return Ok(());
                }
                self.calls += 1;
                kind.run(&self.scope, step, &mut self.progress).await
            }
            // A repeated request whose first answer was lost: what is there carries this operation's id.
            (Idempotency::Token, ErrorClass::Ambiguous | ErrorClass::AlreadyExists | ErrorClass::Busy) if creating => {
                if self.is_there(kind).await? {
                    Ok(())
                } else {
                    Err(error)
                }
            }
            _ => Err(error),
        }
    }

    /// Looks, with patience, by its tags for what a call without an answer may have made.
    async fn found(&mut self, kind: &dyn AnyKind) -> Result<bool, CloudError> {
        for pause in LOOKS {
            sleep(pause).await;
            if let Some(id) = kind.find(&self.scope).await?
                && self.read(kind, id).await?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether what has the name that was to be made was made by this very operation.
    async fn is_there(&mut self, kind: &dyn AnyKind) -> Result<bool, CloudError> {
        let Some(desired) = self.desired() else { return Ok(false) };
        match kind.identity(&desired, &self.scope)? {
            Some(id) => self.read(kind, id).await,
            None => Ok(false),
        }
    }

    /// Reads what was found; takes its id and outputs if it is of this operation.
    async fn read(&mut self, kind: &dyn AnyKind, id: String) -> Result<bool, CloudError> {
        let target = Target { scope: self.scope.clone(), id, desired: None };
        let Some(observed) = kind.read(vec![target]).await.into_iter().next().transpose()?.flatten() else {
            return Ok(false);
        };
        let ours = observed.tags.get(ownership::OPERATION) == Some(&self.scope.operation);
        if ours {
            self.progress.id = Some(observed.id);
            self.progress.outputs.extend(observed.outputs);
        }
        Ok(ours)
    }

    /// The step with every unknown replaced by what is known by now.
    fn resolved(&self, step: &AnyStep) -> Result<AnyStep, CloudError> {
        let call = unknown::substitute(&step.call, &|reference| self.value(reference));
        if unknown::contains_unknown(&call) {
            let message = "a value that the call needs is still unknown; this is a bug in the engine";
            return Err(CloudError::new(&step.action, ErrorClass::Refused, message));
        }
        Ok(AnyStep { call, ..step.clone() })
    }

    fn desired(&self) -> Option<Value> {
        self.change.desired.as_ref().map(|spec| unknown::substitute(spec, &|reference| self.value(reference)))
    }

    fn value(&self, reference: &unknown::Reference) -> Option<String> {
        let outputs = if reference.address == *self.address {
            &self.progress.outputs
        } else {
            self.known.get(&reference.address)?
        };
        outputs.get(&reference.output)?.as_str().map(str::to_owned)
    }

    /// What the state should say after a call, while others are still to come.
    fn note(&mut self, index: usize) {
        if index + 1 == self.change.deletion_steps {
            self.remember(None);
        } else if matches!(self.change.action, Action::Create | Action::Replace) && index >= self.change.deletion_steps
        {
            // Made, but not finished: the next run compares it with the file, whatever is missing.
            let record = self.progress.id.clone().map(|id| self.record(id, None));
            if let Some(record) = record {
                self.remember(Some(record));
            }
        }
    }

    fn complete(&mut self, kind: &dyn AnyKind) -> Ended {
        match (self.change.action, self.progress.id.clone()) {
            (Action::Delete | Action::Forget, _) => self.remember(None),
            (_, Some(id)) => {
                if let Some(desired) = self.desired() {
                    // What was known beforehand fills in for what no answer told.
                    for (name, value) in kind.predict(&desired, &self.scope).unwrap_or_default() {
                        self.progress.outputs.entry(name).or_insert(value);
                    }
                    let record = self.record(id, Some(desired));
                    self.remember(Some(record));
                }
            }
            (_, None) => {
                let message = "its steps ended without an id; this is a bug in the engine";
                let error = CloudError::new(&self.address.kind, ErrorClass::Refused, message);
                return Ended::Failed(Failure { summary: "record it".to_owned(), error });
            }
        }
        Ended::Complete
    }

    fn record(&self, id: String, spec: Option<Value>) -> Record {
        Record {
            kind: self.address.kind.clone(),
            id,
            region: self.change.region.clone(),
            spec,
            outputs: self.progress.outputs.clone(),
            dependencies: self.change.dependencies.clone(),
            protect: self.change.protect,
        }
    }

    fn remember(&mut self, record: Option<Record>) {
        (self.execution.listener)(Event::Recorded { address: self.address.clone(), record: record.clone() });
        self.record = Some(record);
    }
}

/// Lets a future finish, but not longer than [`GRACE`] after the permit is withdrawn. `None`: it was dropped.
async fn within_grace<T>(permit: &Permit, future: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        result = future => Some(result),
        () = async { permit.withdrawn().await; sleep(GRACE).await } => None,
    }
}
