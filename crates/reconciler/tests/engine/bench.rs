//! Runs of the engine, one after the other, on one cloud and one state.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::{Arc, Mutex};

use provision_config::Address;
use provision_reconciler::execute::{Event, Execution, Outcome, Permit, execute};
use provision_reconciler::observe::{Interrupted, Observation, Subject, observe};
use provision_reconciler::plan::{Action, Intent, Options, Plan, ResourceChange, plan};
use provision_reconciler::{Account, CloudError, Record, Registry, Unready, Wanted, wanted};
use provision_testkit::memory::{Made, MemoryCloud};

use crate::file::File;

pub type Records = BTreeMap<Address, Record>;

static NO_INTENTS: BTreeMap<Address, Interrupted> = BTreeMap::new();

/// One cloud and one state.
pub struct Bench {
    pub cloud: Arc<MemoryCloud>,
    pub registry: Registry,
    pub account: Account,
    pub records: Records,
    pub recover: bool,
    /// What the last run meant to do, until it has done it.
    pub intents: BTreeMap<Address, Interrupted>,
    /// What the last plan was made of: written with the intents.
    acknowledged: Mutex<Option<Records>>,
    pub options: Options<'static>,
    pub only_cores: bool,
    /// How many of the last results a run that dies has not come to append to the journal.
    pub unrecorded: usize,
    runs: usize,
    events: Arc<Mutex<Vec<Event>>>,
}

impl Bench {
    pub fn new() -> Self {
        let cloud = MemoryCloud::new();
        Self {
            registry: cloud.registry(),
            cloud,
            account: Account { partition: "memory".to_owned(), id: "123456789012".to_owned() },
            records: BTreeMap::new(),
            recover: false,
            intents: BTreeMap::new(),
            acknowledged: Mutex::default(),
            options: Options { delete_data: true, ..Options::default() },
            only_cores: false,
            unrecorded: 0,
            runs: 0,
            events: Arc::default(),
        }
    }

    pub fn wanted(&self, file: &File) -> BTreeMap<Address, Wanted> {
        self.try_wanted(file).unwrap()
    }

    pub fn try_wanted(&self, file: &File) -> Result<BTreeMap<Address, Wanted>, Unready> {
        wanted(&file.environment(&self.registry), &self.registry, &self.account, Intent::Apply)
    }

    pub fn subject<'a>(&'a self, wanted: &'a BTreeMap<Address, Wanted>) -> Subject<'a> {
        Subject {
            environment: "test",
            account: &self.account,
            wanted,
            records: &self.records,
            salt: "salt",
            recover: self.recover,
            interrupted: if self.recover { &self.intents } else { &NO_INTENTS },
        }
    }

    pub async fn observe(&self, file: &File) -> Observation {
        observe(&self.registry, self.subject(&self.wanted(file))).await
    }

    pub async fn try_plan(&self, file: &File) -> Result<(Plan, Observation), CloudError> {
        let wanted = self.wanted(file);
        let observation = observe(&self.registry, self.subject(&wanted)).await;
        let mut records = self.records.clone();
        observation.acknowledge(&wanted, &mut records);
        let subject = Subject { records: &records, ..self.subject(&wanted) };
        let plan = plan(&self.registry, subject, &observation, self.options)?;
        plan.note(&mut records);
        *self.acknowledged.lock().unwrap() = Some(records);
        Ok((plan, observation))
    }

    /// What a run would do by these facts.
    pub fn plan_of(&self, file: &File, observation: &Observation, records: &Records) -> Result<Plan, CloudError> {
        let (wanted, mut records) = (self.wanted(file), records.clone());
        observation.acknowledge(&wanted, &mut records);
        let subject = Subject { records: &records, ..self.subject(&wanted) };
        plan(&self.registry, subject, observation, self.options)
    }

    /// Lets what is remembered as `from` be remembered as `to`, wherever it is named: `state mv`.
    pub fn move_record(&mut self, from: &Address, to: &Address) {
        let record = self.records.remove(from).unwrap();
        self.records.insert(to.clone(), record);
        let renamed = |needs: &mut BTreeSet<Address>| {
            if needs.remove(from) {
                needs.insert(to.clone());
            }
        };
        for record in self.records.values_mut() {
            renamed(&mut record.dependencies);
            record.superseded.iter_mut().for_each(|one| renamed(&mut one.dependencies));
        }
    }

    /// What a run would do. That planning makes no mutating call is checked each time.
    pub async fn plan(&self, file: &File) -> Plan {
        let before = self.cloud.mutations().len();
        let (plan, _) = self.try_plan(file).await.unwrap();
        assert_eq!(self.cloud.mutations().len(), before, "planning changed something");
        plan
    }

    pub async fn execute(&mut self, plan: &Plan, observation: &Observation) -> Outcome {
        let (_sender, permit) = Permit::new();
        self.execute_with(plan, observation, permit).await
    }

    /// Carries out a plan, keeping the state as a journal would: by the events alone.
    pub async fn execute_with(&mut self, plan: &Plan, observation: &Observation, permit: Permit) -> Outcome {
        self.begin();
        let mut told = self.records.clone();
        let outcome = self.run(plan, observation, permit).await.expect("nobody crashes here");
        for (address, record) in outcome.records.clone() {
            match record {
                Some(record) => told.insert(address, record),
                None => told.remove(&address),
            };
        }
        assert_eq!(told, self.records, "the events and the outcome tell different things");
        outcome
    }

    /// Carries out a plan unless the cloud's caller dies on the way: then nothing but what was journaled is left.
    pub async fn run(&mut self, plan: &Plan, observation: &Observation, permit: Permit) -> Option<Outcome> {
        self.runs += 1;
        self.begin();
        let intents = plan.changes.iter().map(|(address, change)| {
            let identity = change.identity.clone().filter(|_| change.kept().is_none());
            let intent = Interrupted { action: change.action, region: Some(change.region.clone()), identity };
            (address.clone(), intent)
        });
        self.intents = intents.collect();
        self.events.lock().unwrap().clear();
        let events = Arc::clone(&self.events);
        let execution = Execution {
            registry: &self.registry,
            account: &self.account,
            operation: &format!("operation-{}", self.runs),
            outputs: observation.live.iter().map(|(address, live)| (address.clone(), live.outputs.clone())).collect(),
            only_cores: self.only_cores,
            permit,
            listener: Arc::new(move |event| events.lock().unwrap().push(event)),
        };
        let outcome = tokio::select! {
            outcome = execute(plan, execution) => Some(outcome.unwrap()),
            () = self.cloud.crashed() => None,
        };
        self.journal(if outcome.is_none() { self.unrecorded } else { 0 });
        if outcome.as_ref().is_some_and(Outcome::is_complete) {
            self.intents.clear();
        }
        outcome
    }

    /// What is written before anything is done.
    fn begin(&mut self) {
        if let Some(records) = self.acknowledged.lock().unwrap().take() {
            self.records = records;
        }
    }

    /// Enters the results, but for the last ones.
    fn journal(&mut self, lost: usize) {
        let events = self.events.lock().unwrap();
        let results = events.iter().filter_map(|event| match event {
            Event::Recorded { address, record } => Some((address.clone(), record.clone())),
            _ => None,
        });
        let results: Vec<_> = results.collect();
        let kept = results.len().saturating_sub(lost);
        for (address, record) in results.into_iter().take(kept) {
            match record {
                Some(record) => self.records.insert(address, record),
                None => self.records.remove(&address),
            };
        }
    }

    pub fn events(&self) -> Vec<Event> {
        self.events.lock().unwrap().clone()
    }

    /// A whole run that must succeed: the calls made are those planned, in an order that respects the plan.
    pub async fn apply(&mut self, file: &File) -> Plan {
        let (plan, observation) = self.try_plan(file).await.unwrap();
        assert_eq!(plan.refusals, [], "refused");
        self.cloud.forget_calls();
        let outcome = self.execute(&plan, &observation).await;
        assert!(outcome.is_complete(), "failed: {:?}, skipped: {:?}", outcome.failed, outcome.skipped);
        let calls = self.cloud.mutations();
        assert_planned(&plan, &calls);
        assert_eq!(outcome.calls, calls.len());
        plan
    }

    /// Everything is as the file says: no changes at all, not even of the state, and no calls.
    pub async fn assert_settled(&self, file: &File) {
        let plan = self.plan(file).await;
        assert_eq!(plan.changes, BTreeMap::new());
        assert_eq!(self.acknowledged.lock().unwrap().as_ref(), Some(&self.records));
        assert_eq!(plan.refusals, []);
        assert_eq!(plan.unchanged, file.resources.len());
        self.assert_faithful();
    }

    /// Everything in the cloud is in the state, once, and the other way round.
    pub fn assert_faithful(&self) {
        let objects = self.cloud.objects();
        let ids: BTreeSet<_> =
            objects.iter().map(|object| (object.kind.clone(), object.region.clone(), object.id.clone())).collect();
        let records = self.records.values();
        let recorded: BTreeSet<_> =
            records.map(|record| (record.kind.clone(), record.region.clone(), record.id.clone())).collect();
        assert_eq!(ids, recorded, "the cloud and the state know different things");
        let addresses: BTreeSet<_> = objects.iter().map(|object| object.address()).collect();
        assert_eq!(addresses.len(), objects.len(), "something was made twice");
    }

    pub async fn differences(&self, file: &File, name: &str) -> Vec<provision_reconciler::diff::Difference> {
        self.plan(file).await.changes[&crate::file::address(name)].differences.clone()
    }
}

/// The calls are exactly the planned ones: each resource's in order, and each resource's after those that it waits for.
pub fn assert_planned(plan: &Plan, calls: &[Made]) {
    let made =
        |address: &Address| -> Vec<&Made> { calls.iter().filter(|made| made.subject == address.to_string()).collect() };
    for (address, change) in &plan.changes {
        let planned: Vec<&str> = change.steps.iter().map(|step| step.action.as_str()).collect();
        let made_actions: Vec<&str> = made(address).iter().map(|made| made.action.as_str()).collect();
        assert_eq!(planned, made_actions, "{address}");
        let position = |address: &Address, which: usize| {
            calls.iter().enumerate().filter(|(_, made)| made.subject == address.to_string()).nth(which).map(|(i, _)| i)
        };
        // When the last of some calls of a change was made, if it has such calls.
        let last = |address: &Address, which: Range<usize>| which.last().map(|last| position(address, last));
        let first = |address: &Address, mut which: Range<usize>| which.next().map(|first| position(address, first));
        let replaced = |change: &ResourceChange| change.action == Action::Replace;
        for need in &change.after {
            let other = &plan.changes[need];
            let done = if change.action == Action::Delete { 0..other.steps.len() } else { other.core() };
            let done = if change.whole.contains(need) && other.core > 0 { 0..other.steps.len() } else { done };
            let begun = if change.action == Action::Delete { change.deletions() } else { change.makings() };
            if let (Some(done), Some(begun)) = (last(need, done), first(address, begun)) {
                assert!(done < begun, "{address} did not wait for {need}");
            }
        }
        for need in &change.completion_after {
            let completion = change.core().end..change.steps.len();
            if let (Some(done), Some(begun)) = (last(need, plan.changes[need].core()), first(address, completion)) {
                assert!(done < begun, "{address} was completed before {need}");
            }
        }
        for need in &change.deletion_after {
            let other = &plan.changes[need];
            let done = match replaced(other) {
                true if other.creates_first && !change.creates_first => other.makings(),
                true => other.deletions(),
                false => 0..other.steps.len(),
            };
            if let (Some(done), Some(begun)) = (last(need, done), first(address, change.deletions())) {
                assert!(done < begun, "{address} was deleted before {need}");
            }
        }
    }
    let planned: usize = plan.changes.values().map(|change| change.steps.len()).sum();
    assert_eq!(planned, calls.len());
}
