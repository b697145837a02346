//! From the three facts (wanted, live, recorded) to a plan. Pure: the same facts give the same plan.

use std::collections::{BTreeMap, BTreeSet};

use provision_config::{Address, unknown};
use serde_json::{Map, Value};

use super::order::arrange;
use super::{Action, Plan, Reason, ResourceChange};
use crate::diff::{Difference, diff, overlay};
use crate::erased::{AnyKind, Observed};
use crate::error::{CloudError, ErrorClass};
use crate::graph::Graph;
use crate::kind::{Change, Differences};
use crate::observe::{Observation, Subject};
use crate::ownership;
use crate::record::Record;
use crate::registry::Registry;
use crate::sensitive;
use crate::wanted::Wanted;

/// What the run is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// Make AWS as the file says.
    Apply,
    /// Delete everything that the environment has.
    Destroy,
}

/// What the person has allowed, and where the run begins.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// What the run is for.
    pub intent: Intent,
    /// Whether resources that hold data may be deleted or replaced, if the file does not protect them.
    pub delete_data: bool,
    /// Whether buckets that are to go are emptied first.
    pub empty_buckets: bool,
    /// The resource that must exist before anything else does: the lock table of an account's first run. It is created
    /// bare and completed in its turn.
    pub bootstrap: Option<&'a Address>,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self { intent: Intent::Apply, delete_data: false, empty_buckets: false, bootstrap: None }
    }
}

/// What a run would do.
///
/// # Errors
/// If something could not be read, or if a kind makes a mistake. What the person must change first is not an error but
/// a [`Refusal`] in the plan, so that all of them are shown together.
pub fn plan(
    registry: &Registry,
    subject: Subject<'_>,
    observation: &Observation,
    options: Options<'_>,
) -> Result<Plan, CloudError> {
    if let Some(error) = observation.failures.values().next() {
        return Err(error.clone());
    }
    let mut planner = Planner {
        registry,
        subject,
        observation,
        options,
        known: BTreeMap::new(),
        plan: Plan {
            environment: subject.environment.to_owned(),
            account: subject.account.id.clone(),
            ..Plan::default()
        },
    };
    if options.intent == Intent::Apply {
        let graph =
            Graph::new(subject.wanted.iter().map(|(address, wanted)| (address.clone(), wanted.dependencies.clone())));
        let order = graph.order().map_err(|cycle| mistake(&cycle.0, &cycle.to_string()))?;
        for address in order {
            planner.keep(&address)?;
        }
    }
    planner.remove()?;
    arrange(&mut planner.plan.changes, subject.records);
    planner.plan.refusals.sort_by(|one, other| one.address.cmp(&other.address));
    Ok(planner.plan)
}

pub(super) struct Planner<'a> {
    registry: &'a Registry,
    pub(super) subject: Subject<'a>,
    observation: &'a Observation,
    pub(super) options: Options<'a>,
    /// The outputs that will not change, by address.
    pub(super) known: BTreeMap<Address, Map<String, Value>>,
    pub(super) plan: Plan,
}

impl Planner<'_> {
    /// A resource that the file has.
    fn keep(&mut self, address: &Address) -> Result<(), CloudError> {
        let Some(wanted) = self.subject.wanted.get(address) else { return Ok(()) };
        let kind = self.registry.kind(address)?.as_ref();
        let desired = unknown::substitute(&wanted.spec, &|reference| self.output(reference));
        self.refuse_missing(address, &desired);
        let record = self.subject.records.get(address);
        let change = match self.observation.live.get(address) {
            None => Some(self.create(address, kind, wanted, desired, record)?),
            Some(live) if self.is_foreign(address, live, record) => {
                self.foreign(address, live);
                return Ok(());
            }
            Some(live) => self.compare(address, kind, wanted, desired, live, record)?,
        };
        match change {
            Some(mut change) => {
                // What is kept of the spec from here on is for the record; the calls carry what they need.
                change.desired =
                    change.desired.map(|spec| sensitive::seal(&kind.schema().fields, &spec, self.subject.salt));
                self.plan.changes.insert(address.clone(), change);
            }
            None => self.plan.unchanged += 1,
        }
        Ok(())
    }

    fn create(
        &mut self,
        address: &Address,
        kind: &dyn AnyKind,
        wanted: &Wanted,
        desired: Value,
        record: Option<&Record>,
    ) -> Result<ResourceChange, CloudError> {
        let predicted = kind.predict(&desired, &wanted.scope)?;
        self.known.insert(address.clone(), predicted.clone());
        let identity = kind.identity(&desired, &wanted.scope)?;
        let steps = match kind.bare(&desired)?.filter(|_| self.options.bootstrap == Some(address)) {
            Some(bare) => {
                let mut steps = kind.steps(Change::Create { desired: &bare })?;
                let differences = Differences(diff(&kind.schema().fields, &bare, &desired, None));
                let full = overlay(&kind.schema().fields, &bare, &desired);
                steps.extend(kind.steps(Change::Update { live: &bare, desired: &full, differences: &differences })?);
                steps
            }
            None => kind.steps(Change::Create { desired: &desired })?,
        };
        let reason = if record.is_some() { Reason::DeletedOutside } else { Reason::New };
        let change = change(Action::Create, reason, wanted);
        Ok(ResourceChange { identity, predicted, steps, desired: Some(desired), ..change })
    }

    /// A resource that is there: as it should be, to be changed, or to be replaced.
    fn compare(
        &mut self,
        address: &Address,
        kind: &dyn AnyKind,
        wanted: &Wanted,
        desired: Value,
        live: &Observed,
        record: Option<&Record>,
    ) -> Result<Option<ResourceChange>, CloudError> {
        let fields = &kind.schema().fields;
        let last_applied = record.and_then(|record| record.spec.as_ref());
        let differences = diff(fields, &live.spec, &desired, last_applied);
        let moved = record.is_some_and(|record| self.region(address, record) != wanted.scope.region);
        let predicted = kind.predict(&desired, &wanted.scope)?;
        let base = ResourceChange {
            id: Some(live.id.clone()),
            outputs: live.outputs.clone(),
            predicted: predicted.clone(),
            ..change(Action::Update, if moved { Reason::Moved } else { Reason::Differs }, wanted)
        };
        if moved || differences.iter().any(|difference| difference.immutable) {
            let old_region = record.map(|record| record.region.clone()).filter(|_| moved);
            let base = ResourceChange { differences, old_region, ..base };
            return self.replace(address, kind, wanted, desired, live, base).map(Some);
        }
        let differences = Differences(differences);
        let renewed = kind.renews(&differences);
        let mut known = live.outputs.clone();
        known.extend(predicted);
        known.retain(|name, _| !renewed.contains(&name.as_str()));
        self.known.insert(address.clone(), known);
        if differences.0.is_empty() {
            let (action, reason) = match record {
                None => (Action::Adopt, Reason::Unrecorded),
                Some(record) if self.is_stale(record, &desired, live, wanted, fields) => {
                    (Action::Record, Reason::Unrecorded)
                }
                Some(_) => return Ok(None),
            };
            return Ok(Some(ResourceChange { action, reason, desired: Some(desired), ..base }));
        }
        let full = overlay(fields, &live.spec, &desired);
        let steps = kind.steps(Change::Update { live: &live.spec, desired: &full, differences: &differences })?;
        if steps.is_empty() {
            let paths: Vec<&str> = differences.0.iter().map(|difference| difference.path.as_str()).collect();
            return Err(mistake(address, &format!("the kind has no step that changes {}", paths.join(", "))));
        }
        Ok(Some(ResourceChange { differences: differences.0, steps, desired: Some(desired), ..base }))
    }

    fn replace(
        &mut self,
        address: &Address,
        kind: &dyn AnyKind,
        wanted: &Wanted,
        desired: Value,
        live: &Observed,
        base: ResourceChange,
    ) -> Result<ResourceChange, CloudError> {
        let fields = immutable_paths(&base.differences);
        let because = if fields.is_empty() { "its region".to_owned() } else { fields };
        self.guard(address, kind, wanted.protect, &format!("replace, because AWS cannot change {because} in place"));
        self.known.insert(address.clone(), base.predicted.clone());
        let identity = kind.identity(&desired, &wanted.scope)?;
        let mut steps = kind.steps(Change::Delete { live: &live.spec, empty: self.options.empty_buckets })?;
        let deletion_steps = steps.len();
        steps.extend(kind.steps(Change::Create { desired: &desired })?);
        let desired = Some(desired);
        Ok(ResourceChange { action: Action::Replace, identity, deletion_steps, steps, desired, ..base })
    }

    /// Everything that the file does not have, or nothing has any more.
    fn remove(&mut self) -> Result<(), CloudError> {
        let destroying = self.options.intent == Intent::Destroy;
        let reason = if destroying { Reason::Destroyed } else { Reason::Removed };
        // Destroying also takes what is ours by its tags but is missing from the state.
        let unrecorded = self.observation.live.iter().filter(|(address, live)| {
            destroying
                && !self.subject.records.contains_key(address)
                && ownership::is_ours(&live.tags, self.subject.environment, address)
        });
        let unrecorded: Vec<&Address> = unrecorded.map(|(address, _)| address).collect();
        let gone =
            self.subject.records.keys().filter(|address| destroying || !self.subject.wanted.contains_key(address));
        for address in gone.chain(unrecorded) {
            let kind = self.registry.kind(address)?.as_ref();
            let record = self.subject.records.get(address);
            let wanted = self.subject.wanted.get(address);
            let region = match (record, wanted) {
                (Some(record), _) => Some(self.region(address, record).to_owned()),
                (None, wanted) => wanted.map(|wanted| wanted.scope.region.clone()),
            };
            let base = ResourceChange {
                region: region.unwrap_or_default(),
                dependencies: record
                    .map(|record| record.dependencies.clone())
                    .or_else(|| wanted.map(|wanted| wanted.dependencies.clone()))
                    .unwrap_or_default(),
                ..empty(Action::Forget, reason)
            };
            let change = match self.observation.live.get(address) {
                None => base,
                // What had this name is gone, and somebody else has made something of the same name since.
                Some(live) if self.is_foreign(address, live, record) => base,
                Some(live) => {
                    let steps = kind.steps(Change::Delete { live: &live.spec, empty: self.options.empty_buckets })?;
                    if steps.is_empty() {
                        // Its deletion is under way already, and needs nothing more: a key that is scheduled for it.
                        base
                    } else {
                        // The file has the last word; the state remembers what it said once it is gone.
                        let protect = wanted
                            .map(|wanted| wanted.protect)
                            .or_else(|| record.map(|record| record.protect))
                            .unwrap_or(kind.schema().stateful);
                        self.guard(address, kind, protect, "delete");
                        ResourceChange {
                            action: Action::Delete,
                            id: Some(live.id.clone()),
                            outputs: live.outputs.clone(),
                            steps,
                            ..base
                        }
                    }
                }
            };
            if change.action == Action::Forget && record.is_none() {
                continue;
            }
            self.plan.changes.insert(address.clone(), change);
        }
        Ok(())
    }

    /// Whether the state remembers something else than is applied now, with nothing to change in AWS.
    fn is_stale(
        &self,
        record: &Record,
        desired: &Value,
        live: &Observed,
        wanted: &Wanted,
        fields: &provision_config::Fields,
    ) -> bool {
        let sealed = sensitive::seal(fields, desired, self.subject.salt);
        record.spec.as_ref().is_none_or(|spec| !same_spec(&sealed, spec))
            || record.id != live.id
            || record.region != wanted.scope.region
            || record.outputs != live.outputs
            || record.dependencies != wanted.dependencies
            || record.protect != wanted.protect
    }

    /// Where a resource is: where the state says, unless it was found elsewhere.
    fn region<'r>(&'r self, address: &Address, record: &'r Record) -> &'r str {
        let found = self.subject.wanted.get(address).filter(|_| self.observation.found.contains(address));
        found.map_or(&record.region, |wanted| &wanted.scope.region)
    }

    /// The value of a reference, if it will not change.
    fn output(&self, reference: &unknown::Reference) -> Option<String> {
        self.known.get(&reference.address)?.get(&reference.output)?.as_str().map(str::to_owned)
    }
}

/// Whether a spec is what the state remembers. A field that is null is one that is absent.
fn same_spec(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => left
            .keys()
            .chain(right.keys())
            .all(|key| same_spec(left.get(key).unwrap_or(&Value::Null), right.get(key).unwrap_or(&Value::Null))),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same_spec(left, right))
        }
        _ => left == right,
    }
}

fn immutable_paths(differences: &[Difference]) -> String {
    let paths: Vec<&str> = differences
        .iter()
        .filter(|difference| difference.immutable)
        .map(|difference| difference.path.as_str())
        .collect();
    paths.join(", ")
}

fn change(action: Action, reason: Reason, wanted: &Wanted) -> ResourceChange {
    ResourceChange {
        region: wanted.scope.region.clone(),
        dependencies: wanted.dependencies.clone(),
        protect: wanted.protect,
        ..empty(action, reason)
    }
}

fn empty(action: Action, reason: Reason) -> ResourceChange {
    ResourceChange {
        action,
        reason,
        region: String::new(),
        old_region: None,
        id: None,
        identity: None,
        differences: Vec::new(),
        steps: Vec::new(),
        deletion_steps: 0,
        desired: None,
        outputs: Map::new(),
        predicted: Map::new(),
        after: BTreeSet::new(),
        deletion_after: BTreeSet::new(),
        dependencies: BTreeSet::new(),
        protect: false,
    }
}

fn mistake(address: &Address, message: &str) -> CloudError {
    CloudError::new(address.to_string(), ErrorClass::Refused, message)
        .with_hint("this is a bug in the engine; please report it")
}
