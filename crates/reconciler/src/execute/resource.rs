//! Carrying out one resource's change, step by step.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
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

/// How often a creation whose answer was lost is tried in all.
const ATTEMPTS: usize = 2;

/// The outputs known so far, by address.
pub(super) type Known = Mutex<BTreeMap<Address, Map<String, Value>>>;

/// Which part of a change is carried out: a replacement comes in two, since others' changes come between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Whole,
    /// The deletion of the old one.
    Old,
    /// The creation of the new one.
    New,
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

/// Carries out one change, or a part of it. `spent` is what its other part took.
pub(super) async fn run(
    plan: &Plan,
    address: &Address,
    change: &ResourceChange,
    (part, spent): (Part, Duration),
    execution: &Execution<'_>,
    known: &Known,
) -> Report {
    let start = Instant::now();
    if part != Part::New {
        let (address, steps) = (address.clone(), change.steps.len());
        (execution.listener)(Event::Started { address, action: change.action, steps });
    }
    let region = change.old_region.as_ref().filter(|_| part == Part::Old).unwrap_or(&change.region);
    let scope = Scope {
        operation: execution.operation.to_owned(),
        ..execution.account.scope(&plan.environment, address, region)
    };
    let mut work = Work::new(address, change, part, execution, known, scope);
    let ended = work.run().await;
    let took = spent + start.elapsed();
    match &ended {
        Ended::Complete if part == Part::Old => {}
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
        let (id, outputs) = match part {
            Part::Whole | Part::Old => (change.id.clone(), change.outputs.clone()),
            Part::New => (None, Map::new()),
        };
        let progress = Progress { id, outputs, notes };
        Self { address, change, part, execution, known, scope, progress, record: None, calls: 0 }
    }

    async fn run(&mut self) -> Ended {
        let kind = match self.execution.registry.kind(self.address) {
            Ok(kind) => Arc::clone(kind),
            Err(error) => return Ended::Failed(Failure { summary: "find its kind".to_owned(), error }),
        };
        let change = self.change;
        let (first, end) = match self.part {
            Part::Whole => (0, change.steps.len()),
            Part::Old => (0, change.deletion_steps),
            Part::New => (change.deletion_steps, change.steps.len()),
        };
        let permit = self.execution.permit.clone();
        for (index, step) in change.steps.iter().enumerate().take(end).skip(first) {
            if permit.standing() != Standing::Good {
                return Ended::Interrupted;
            }
            match until_stopped(&permit, self.step(kind.as_ref(), index, step)).await.flatten() {
                Some(Ok(())) => {}
                Some(Err(error)) => return Ended::Failed(Failure { summary: step.summary.clone(), error }),
                None => return Ended::Interrupted,
            }
        }
        self.complete()
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

    /// Makes the call. If its answer is lost, finds out whether it was carried out before any second attempt. `None`: there may
    /// be no second attempt.
    async fn call(&mut self, kind: &dyn AnyKind, step: &AnyStep) -> Option<Result<(), CloudError>> {
        let mut attempt = 1;
        loop {
            self.calls += 1;
            let Err(error) = kind.run(&self.scope, step, &mut self.progress).await else { return Some(Ok(())) };
            match self.verdict(kind, step, &error, attempt == ATTEMPTS).await {
                Verdict::Done => return Some(Ok(())),
                Verdict::Failed => return Some(Err(error)),
                Verdict::Again => {}
            }
            if self.execution.permit.standing() != Standing::Good {
                return None;
            }
            attempt += 1;
        }
    }

    /// What an error means for the call.
    async fn verdict(&mut self, kind: &dyn AnyKind, step: &AnyStep, error: &CloudError, last: bool) -> Verdict {
        // What is to go and is gone already is done: an earlier answer was lost.
        if self.is_deleting() {
            return if error.class == ErrorClass::NotFound { Verdict::Done } else { Verdict::Failed };
        }
        if self.progress.id.is_some() {
            return Verdict::Failed;
        }
        let there = match (step.idempotency, error.class) {
            (Idempotency::FindFirst, ErrorClass::Ambiguous) => {
                self.progress.notes.say("no answer came; looking for what may have been made");
                self.is_there(kind, true).await
            }
            // A second call does no harm, and its refusal tells that the first was carried out.
            (Idempotency::Token, ErrorClass::Ambiguous) if !last => Ok(false),
            // A repeated request whose first answer was lost: what is there carries this operation's id.
            (Idempotency::Token, ErrorClass::Ambiguous | ErrorClass::AlreadyExists | ErrorClass::Busy) => {
                self.is_there(kind, false).await
            }
            _ => return Verdict::Failed,
        };
        match (there, error.class) {
            (Ok(true), _) => Verdict::Done,
            (Ok(false), ErrorClass::Ambiguous) if !last => Verdict::Again,
            (Ok(false), _) => Verdict::Failed,
            // Nobody knows whether it is there: a second one must not be made.
            (Err(error), _) => {
                self.progress.notes.say(&format!("failed to look for it: {error}"));
                Verdict::Failed
            }
        }
    }

    fn is_deleting(&self) -> bool {
        self.change.action == Action::Delete || self.part == Part::Old
    }

    /// Looks, with patience, for what a call without an answer may have made: by its tags, or by its name. What a look cannot tell,
    /// the next may; that there is nothing is for the last to say.
    async fn is_there(&mut self, kind: &dyn AnyKind, by_tags: bool) -> Result<bool, CloudError> {
        let mut answer = Ok(None);
        for pause in LOOKS {
            sleep(pause).await;
            answer = self.look(kind, by_tags).await;
            match answer {
                Ok(Some(true)) => return Ok(true),
                // What has the name is somebody else's; what has the tags may be an older one.
                Ok(Some(false)) if !by_tags => return Ok(false),
                _ => {}
            }
        }
        answer.map(|_| false)
    }

    async fn look(&mut self, kind: &dyn AnyKind, by_tags: bool) -> Result<Option<bool>, CloudError> {
        let id = if by_tags {
            kind.find(&self.scope).await?
        } else {
            let identity = self.change.identity.as_ref();
            identity.map(|identity| unknown::substitute_text(identity, &|reference| self.value(reference)))
        };
        match id {
            Some(id) => self.read(kind, id).await,
            None => Ok(None),
        }
    }

    /// Reads what was found; takes its id and outputs if it is of this operation. `None`: nothing is seen there.
    async fn read(&mut self, kind: &dyn AnyKind, id: String) -> Result<Option<bool>, CloudError> {
        let target = Target { scope: self.scope.clone(), id, desired: None };
        let Some(observed) = kind.read(vec![target]).await.into_iter().next().transpose()?.flatten() else {
            return Ok(None);
        };
        let ours = observed.tags.get(ownership::OPERATION) == Some(&self.scope.operation)
            && ownership::is_ours(&observed.tags, &self.scope.environment, self.address);
        if ours {
            self.progress.id = Some(observed.id);
            self.progress.outputs.extend(observed.outputs);
        }
        Ok(Some(ours))
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
        let unfinished = match (self.part, self.change.action) {
            // Made, but not finished: the next run compares it with the file, whatever is missing.
            (Part::New, _) | (_, Action::Create) => self.progress.id.clone(),
            _ => None,
        };
        if let Some(id) = unfinished {
            let record = self.record(id, None);
            self.remember(Some(record));
        }
    }

    fn complete(&mut self) -> Ended {
        match (self.part, self.change.action, self.progress.id.clone()) {
            (Part::Old, ..) | (_, Action::Delete | Action::Forget, _) => {
                self.progress.outputs.clear();
                self.remember(None);
            }
            (.., Some(id)) => {
                // What was known beforehand fills in for what no answer told.
                for (name, value) in &self.change.predicted {
                    let value = unknown::substitute(value, &|reference| self.value(reference));
                    self.progress.outputs.entry(name.clone()).or_insert(value);
                }
                let record = self.record(id, self.desired());
                self.remember(Some(record));
            }
            (.., None) => {
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

/// What an error means for the call that ended in it.
enum Verdict {
    /// It was carried out.
    Done,
    /// It was not, and may be tried again.
    Again,
    /// It failed.
    Failed,
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
