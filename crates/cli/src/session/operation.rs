//! Carrying out a plan under the lock, with the state kept up as results come in.

use std::collections::BTreeMap;
use std::sync::Arc;

use provision_config::{Address, unknown};
use provision_reconciler::execute::{Event, Execution, Outcome, Standing, execute};
use provision_reconciler::plan::{Action, Intent, Plan};
use provision_state::{Book, ChangeKind, Entry, Operation, State, StateError, Store, Token};
use serde_json::{Map, Value};

use super::amend::sweep;
use super::recorder::Recorder;
use super::{Leased, Session};
use crate::failure::Failure;

/// The outputs of resources, by address.
type Outputs = BTreeMap<Address, Map<String, Value>>;

/// What an operation begins with.
pub struct Beginning {
    /// What is remembered.
    pub state: State,
    /// What the first write must show; `None` if there is no state yet.
    pub token: Option<Token>,
    /// The outputs of all that there is.
    pub outputs: Outputs,
    /// Whether the state's bucket exists.
    pub has_bucket: bool,
}

/// What came of an operation.
pub struct Performed {
    /// What came of the plan.
    pub outcome: Outcome,
    /// What is remembered now.
    pub state: State,
    /// Why the state could not be written, if it could not.
    pub unsaved: Option<Failure>,
}

/// Carries out a plan as far as it can be.
///
/// # Errors
/// If nothing could be begun: the state could not be written, or changes wait for each other.
pub async fn perform(
    session: &Session,
    leased: &Leased,
    plan: &Plan,
    intent: Intent,
    beginning: Beginning,
    listener: &Arc<dyn Fn(Event) + Send + Sync>,
) -> Result<Performed, Failure> {
    let Beginning { state, token, outputs, has_bucket } = beginning;
    let mut run = Run { session, leased, listener, state, done: Outcome { outputs, ..Outcome::default() } };
    let ours = &session.environment.state.resources;
    let key = session.state_key(&run.done.outputs).filter(|_| has_bucket);
    let key = match (key, intent) {
        (Some(key), _) => Some(key),
        // There is nowhere to keep the state yet: the bucket and the key come first, and AWS's own tags remember them meanwhile.
        (None, Intent::Apply) => {
            run.cores(&plan.cores_of(&session.environment.state.roots())).await?;
            session.state_key(&run.done.outputs).filter(|_| run.done.is_complete())
        }
        // Nor is there one any more: an earlier run was interrupted at the very end.
        (None, Intent::Destroy) => None,
    };
    let unsaved = match (key, intent) {
        (Some(key), Intent::Apply) => {
            let rest = run.rest(plan);
            run.recorded(&rest, &key, token).await?
        }
        (Some(key), Intent::Destroy) => {
            let rest = plan.retain(|address| !ours.contains(address));
            run.recorded(&rest, &key, token).await?
        }
        (None, Intent::Apply) => None,
        (None, Intent::Destroy) => {
            run.phase(&plan.retain(|address| !ours.contains(address)), None).await?;
            None
        }
    };
    if intent == Intent::Destroy && run.done.is_complete() && unsaved.is_none() {
        // The state's own bucket and keys go last, and after them the lock table: from here on only AWS remembers.
        let lock = session.environment.state.lock_resource.as_ref();
        run.phase(&plan.retain(|address| ours.contains(address) && Some(address) != lock), None).await?;
        if run.done.is_complete() {
            run.phase(&plan.retain(|address| Some(address) == lock), None).await?;
        }
    }
    Ok(Performed { outcome: run.done, state: run.state, unsaved })
}

struct Run<'a> {
    session: &'a Session,
    leased: &'a Leased,
    listener: &'a Arc<dyn Fn(Event) + Send + Sync>,
    state: State,
    done: Outcome,
}

impl Run<'_> {
    /// A part of the plan, with its intents written to the state and its results to the journal as it goes.
    async fn recorded(&mut self, plan: &Plan, key: &str, token: Option<Token>) -> Result<Option<Failure>, Failure> {
        let store: Arc<dyn Store> = Arc::new(self.session.store(Some(key)).await);
        let book = |state: &State| Book::new(store, state.clone(), token, self.leased.fencing(), self.leased.author());
        if !plan.has_changes() {
            // Only the state changes: one write says it all.
            self.phase(plan, None).await?;
            let mut book = book(&self.state);
            let saved = book.finish(true).await;
            return Ok(self.close(book, saved).await);
        }
        // With the intents: what an earlier run made and did not note must not be forgotten if this one is interrupted too.
        plan.note(&mut self.state.resources);
        let mut book = book(&self.state);
        book.begin(self.intents(plan)).await?;
        let recorder = Recorder::start(book, self.leased.standing.clone());
        let result = self.phase(plan, Some(recorder.entries())).await;
        let (mut book, recorded) =
            recorder.finish().await.map_err(|error| Failure::new(format!("failed to write the state: {error}")))?;
        result?;
        let saved = match self.leased.permit.standing() {
            Standing::LeaseLost => recorded,
            // What could not be appended is written with the rest; that the run stopped for it is told all the same. What is
            // left unfinished stays announced, so that the next run looks for what it may have made.
            Standing::Good | Standing::Interrupted => book.finish(self.done.is_complete()).await.and(recorded),
        };
        Ok(self.close(book, saved).await)
    }

    /// Takes the state from the book, and deletes its journal if it is not needed any more.
    async fn close(&mut self, mut book: Book, saved: Result<(), StateError>) -> Option<Failure> {
        if saved.is_ok() && self.leased.permit.standing() == Standing::Good {
            sweep(self.session, &mut book).await;
        }
        self.state = book.into_state();
        saved.err().map(Failure::from)
    }

    /// A part of the plan, of creations only their core.
    async fn cores(&mut self, plan: &Plan) -> Result<(), Failure> {
        self.execute(plan, None, true).await
    }

    /// What is left of the plan.
    fn rest(&self, plan: &Plan) -> Plan {
        let mut rest = plan.retain(|address| !self.done.finished.contains(address));
        for (address, change) in &mut rest.changes {
            if let Some(Some(record)) = self.done.records.get(address) {
                *change = change.resumed(change.core, record.id.clone(), record.outputs.clone());
            }
        }
        rest
    }

    /// A part of the plan.
    async fn phase(
        &mut self,
        plan: &Plan,
        entries: Option<tokio::sync::mpsc::UnboundedSender<Entry>>,
    ) -> Result<(), Failure> {
        self.execute(plan, entries, false).await
    }

    async fn execute(
        &mut self,
        plan: &Plan,
        entries: Option<tokio::sync::mpsc::UnboundedSender<Entry>>,
        only_cores: bool,
    ) -> Result<(), Failure> {
        let listener = Arc::clone(self.listener);
        let tell: Arc<dyn Fn(Event) + Send + Sync> = match entries {
            Some(entries) => Arc::new(move |event| {
                if let Event::Recorded { address, record } = &event {
                    // The recorder lives until `finish`; should it have ended early, its own error tells why.
                    entries.send(Entry { address: address.clone(), record: record.clone() }).ok();
                }
                listener(event);
            }),
            None => listener,
        };
        let execution = Execution {
            registry: &self.session.registry,
            account: &self.session.account,
            operation: &self.leased.operation,
            outputs: std::mem::take(&mut self.done.outputs),
            only_cores,
            permit: self.leased.permit.clone(),
            listener: tell,
        };
        let outcome = execute(plan, execution).await?;
        for (address, record) in &outcome.records {
            self.state.enter(address.clone(), record.clone());
        }
        self.merge(outcome);
        Ok(())
    }

    fn merge(&mut self, outcome: Outcome) {
        self.done.records.extend(outcome.records);
        self.done.finished.extend(outcome.finished);
        self.done.failed.extend(outcome.failed);
        self.done.skipped.extend(outcome.skipped);
        self.done.calls += outcome.calls;
        self.done.outputs = outcome.outputs;
    }

    fn intents(&self, plan: &Plan) -> Operation {
        let intents = plan.changes.iter().filter_map(|(address, change)| {
            let kind = match change.action {
                Action::Create => ChangeKind::Created,
                Action::Update => ChangeKind::Updated,
                Action::Replace => ChangeKind::Replaced,
                Action::Delete => ChangeKind::Deleted,
                Action::Adopt | Action::Record | Action::Forget => return None,
            };
            let intent = provision_state::Intent {
                change: kind,
                region: Some(change.region.clone()),
                identity: change.identity.clone().filter(|identity| !unknown::is_unknown(identity)),
                done: false,
            };
            Some((address.clone(), intent))
        });
        Operation {
            id: self.leased.operation.clone(),
            command: self.leased.command.to_owned(),
            owner: self.leased.owner.clone(),
            started_at: jiff::Timestamp::now(),
            fencing: self.leased.fencing(),
            intents: intents.collect(),
            folded: 0,
        }
    }
}
