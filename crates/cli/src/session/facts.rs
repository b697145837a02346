//! The facts that a plan is made of: wanted, recorded, live.

use std::collections::BTreeMap;

use provision_config::{Address, unknown};
use provision_reconciler::drift::as_applied;
use provision_reconciler::observe::{Interrupted, Observation, Subject, observe};
use provision_reconciler::plan::{self, Action, Options, Plan};
use provision_reconciler::{Record, Wanted, wanted};
use provision_state::{ChangeKind, Intent, Loaded, Operation, State};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::Session;
use crate::exit::Exit;
use crate::failure::Failure;

/// The command that sets back what has drifted, for the lock and the history.
pub const MENDING: &str = "drift --fix";

/// What the file asks for, what is remembered, and what there is.
pub struct Facts<'a> {
    session: &'a Session,
    wanted: BTreeMap<Address, Wanted>,
    /// What is remembered; a new state if nothing is.
    pub state: State,
    /// What there is.
    pub observation: Observation,
    recover: bool,
    interrupted: BTreeMap<Address, Interrupted>,
    /// What of the state is to be gone by, if not all.
    only: Option<BTreeMap<Address, Record>>,
}

impl<'a> Facts<'a> {
    /// Reads everything live that the file or the state names. If there is no state yet, the new one is of `lineage`.
    ///
    /// # Errors
    /// If a kind is not known.
    pub async fn gather(
        session: &'a Session,
        loaded: Loaded,
        intent: plan::Intent,
        lineage: Option<Uuid>,
    ) -> Result<Self, Failure> {
        // The state is gone, but what it was kept in is there: whatever it remembered may be.
        let lost = matches!(loaded, Loaded::Absent { .. });
        let stored = loaded.stored();
        let first = stored.is_none();
        let state = stored.map_or_else(
            || {
                let new = State::new(&session.environment.name);
                State { lineage: lineage.unwrap_or(new.lineage), ..new }
            },
            |stored| stored.state,
        );
        let recover = state.operation.is_some() || lost;
        let mut facts = Self { recover, ..Self::unobserved(session, state, intent)? };
        facts.observe().await;
        // A lock table of ours without a state: an earlier first run made things before there was a place to note them.
        let begun = session.environment.state.lock_resource.as_ref();
        if first && !lost && begun.is_some_and(|address| facts.observation.live.contains_key(address)) {
            facts.recover = true;
            facts.observe().await;
        }
        Ok(facts)
    }

    /// Reads everything live that the file or this state names, and looks by tags for all that is missing, as if a run had been
    /// interrupted of which nothing is known.
    ///
    /// # Errors
    /// As for [`Facts::gather`].
    pub async fn recover(session: &'a Session, state: State) -> Result<Self, Failure> {
        let mut facts = Self { recover: true, ..Self::unobserved(session, state, plan::Intent::Apply)? };
        facts.observe().await;
        Ok(facts)
    }

    /// What the file asks for and what is remembered, as far as it can be reached; nothing has been read yet.
    fn unobserved(session: &'a Session, state: State, intent: plan::Intent) -> Result<Self, Failure> {
        let reach = &session.reach;
        if intent == plan::Intent::Destroy && !reach.is_whole() {
            return Err(Failure::new("what cannot be reached cannot be destroyed, and must not be forgotten")
                .code("arguments")
                .exit_with(Exit::INVALID)
                .hint(
                    "take out of the file what is to go, and `apply --dr`; what is in the lost region stays remembered",
                ));
        }
        let wanted = wanted(&session.environment, &session.registry, &session.account, intent)?;
        let wanted = reach.wanted(wanted, &state.resources);
        let interrupted = state.operation.as_ref().map(interrupted).unwrap_or_default();
        let interrupted = reach.interrupted(interrupted);
        let only = (!reach.is_whole()).then(|| reach.records(&state.resources));
        let observation = Observation::default();
        Ok(Self { session, wanted, state, observation, recover: false, interrupted, only })
    }

    /// Reads everything live that was last applied, to be made again as it was applied, whatever the file says by now.
    ///
    /// # Errors
    /// If nothing was applied, if the last operation was interrupted, or if the file cannot be read as far as it is still applied.
    pub async fn of_drift(session: &'a Session, loaded: Loaded) -> Result<Self, Failure> {
        let name = &session.environment.name;
        let state = loaded.stored().ok_or_else(|| super::never_applied(name))?.state;
        // What mending itself has left unfinished, mending goes on with.
        let begun = state.operation.as_ref();
        if begun.is_some_and(|operation| operation.command != MENDING) {
            return Err(Failure::new(format!(
                "the last operation on {name} did not finish, so it is not known what was applied"
            ))
            .code("unfinished")
            .hint(format!("`provision apply {name}` goes on from there")));
        }
        let (registry, account) = (&session.registry, &session.account);
        let file = wanted(&session.environment, registry, account, plan::Intent::Apply)?;
        let wanted = as_applied(registry, name, account, &file, &state.resources)?;
        let wanted = session.reach.wanted(wanted, &state.resources);
        let only = state.resources.iter().filter(|(address, _)| wanted.contains_key(address));
        let only = Some(only.map(|(address, record)| (address.clone(), record.clone())).collect());
        let (observation, recover) = (Observation::default(), begun.is_some());
        let interrupted = session.reach.interrupted(begun.map(interrupted).unwrap_or_default());
        let mut facts = Self { session, wanted, state, observation, recover, interrupted, only };
        facts.observe().await;
        Ok(facts)
    }

    async fn observe(&mut self) {
        self.observation = observe(&self.session.registry, self.subject(&self.salt())).await;
        // Written with the intents of what is done next, before it is done.
        self.observation.acknowledge(&self.wanted, &mut self.state.resources);
    }

    /// What would be done.
    ///
    /// # Errors
    /// If something could not be read.
    pub fn plan(&self, options: Options<'_>) -> Result<Plan, Failure> {
        Ok(plan::plan(&self.session.registry, self.subject(&self.salt()), &self.observation, options)?)
    }

    /// The operation that was interrupted, if one was.
    pub fn interrupted(&self) -> Option<&Operation> {
        self.state.operation.as_ref()
    }

    /// The outputs of all that there is.
    pub fn outputs(&self) -> BTreeMap<Address, Map<String, Value>> {
        self.observation.live.iter().map(|(address, live)| (address.clone(), live.outputs.clone())).collect()
    }

    fn subject<'s>(&'s self, salt: &'s str) -> Subject<'s> {
        Subject {
            environment: &self.session.environment.name,
            account: &self.session.account,
            wanted: &self.wanted,
            records: self.only.as_ref().unwrap_or(&self.state.resources),
            salt,
            recover: self.recover,
            interrupted: &self.interrupted,
        }
    }

    fn salt(&self) -> String {
        self.state.lineage.to_string()
    }
}

/// What an interrupted operation meant to do.
fn interrupted(operation: &Operation) -> BTreeMap<Address, Interrupted> {
    let meant = operation.intents.iter().map(|(address, intent)| {
        let action = match intent.change {
            ChangeKind::Created => Action::Create,
            ChangeKind::Updated => Action::Update,
            ChangeKind::Replaced => Action::Replace,
            ChangeKind::Deleted => Action::Delete,
        };
        let Intent { region, identity, .. } = intent.clone();
        (address.clone(), Interrupted { action, region, identity })
    });
    meant.collect()
}

impl Session {
    /// Reads live what the state remembers, as it was last applied: for drift, whatever the file now says.
    pub async fn observe_recorded(&self, records: &BTreeMap<Address, Record>) -> Observation {
        let wanted = records.iter().filter_map(|(address, record)| {
            let scope = self.account.scope(&self.environment.name, address, &record.region);
            let spec = record.spec.clone()?;
            Some((
                address.clone(),
                Wanted {
                    scope,
                    spec,
                    dependencies: record.dependencies.clone(),
                    referring: BTreeMap::new(),
                    protect: record.protect,
                },
            ))
        });
        let subject = Subject {
            environment: &self.environment.name,
            account: &self.account,
            wanted: &wanted.collect(),
            records,
            salt: "",
            recover: false,
            interrupted: &BTreeMap::new(),
        };
        observe(&self.registry, subject).await
    }

    /// The ARN of the key that encrypts the state, if the outputs tell it.
    pub fn state_key(&self, outputs: &BTreeMap<Address, Map<String, Value>>) -> Option<String> {
        let key = unknown::substitute_text(&self.environment.state.kms_key, &|reference| {
            outputs.get(&reference.address)?.get(&reference.output)?.as_str().map(str::to_owned)
        });
        (!unknown::is_unknown(&key)).then_some(key)
    }
}
