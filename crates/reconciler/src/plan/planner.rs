//! From the three facts (wanted, live, recorded) to a plan. Pure: the same facts give the same plan.

use std::collections::{BTreeMap, BTreeSet};

use provision_config::{Address, DriftIgnore, unknown};
use serde_json::{Map, Value};

use super::in_two::InTwo;
use super::order::arrange;
use super::retire::{Compared, Present, agree};
use super::{Action, Plan, Reason, ResourceChange};
use crate::diff::{Difference, diff, overlay};
use crate::erased::{AnyKind, Observed};
use crate::error::{CloudError, ErrorClass};
use crate::graph::Graph;
use crate::kind::{Change, Differences};
use crate::observe::{Observation, Subject};
use crate::ownership;
use crate::path;
use crate::record::Record;
use crate::registry::Registry;
use crate::remark::remarks;
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
    /// The fields that may stay as they are, however they differ. They are remembered as they were last applied all the same.
    pub leave: &'a [DriftIgnore],
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self { intent: Intent::Apply, delete_data: false, empty_buckets: false, bootstrap: None, leave: &[] }
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
    let needs = subject.wanted.iter().map(|(address, wanted)| (address.clone(), wanted.dependencies.clone()));
    let mut planner = Planner {
        registry,
        graph: Graph::new(needs),
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
        planner.plan.remarks = remarks(observation);
        planner.plan.remarks.retain(|remark| subject.wanted.contains_key(&remark.address));
        let order = planner.graph.order().map_err(|cycle| mistake(&cycle.0, &cycle.to_string()))?;
        for address in order {
            planner.keep(&address)?;
        }
    }
    planner.remove()?;
    agree(&mut planner.plan.changes);
    arrange(&mut planner.plan.changes, subject.records);
    planner.plan.refusals.sort_by(|one, other| one.address.cmp(&other.address));
    Ok(planner.plan)
}

pub(super) struct Planner<'a> {
    registry: &'a Registry,
    /// What the file's resources need.
    graph: Graph,
    pub(super) subject: Subject<'a>,
    pub(super) observation: &'a Observation,
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
        if let Some(live) = self.observation.live.get(address).filter(|live| self.is_foreign(address, live, record)) {
            self.foreign(address, live);
            return Ok(());
        }
        let (current, old) = self.choose(address, kind, wanted, &desired);
        let compared = match current {
            None => Compared { change: self.create(address, kind, wanted, desired, record)?, differs: true },
            Some(current) => self.compare(address, kind, wanted, desired, current)?,
        };
        match self.retire(address, kind, wanted, (current, &old), compared)? {
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
        // Of a first run's lock table not even the core: that may need what does not exist yet.
        let first = kind.bare(&desired)?.filter(|_| self.options.bootstrap == Some(address));
        let (part, has_core) = match first {
            Some(bare) => (Some(bare), false),
            None => (kind.core(&desired)?, true),
        };
        let making = InTwo::new(kind, part.as_ref().unwrap_or(&desired), &desired)?;
        let core = if has_core && !making.completion.is_empty() { making.first.len() } else { 0 };
        let completion_after = if core > 0 { wanted.needed_by(&making.later) } else { BTreeSet::new() };
        let steps = [making.first, making.completion].concat();
        let reason = if record.is_some() { Reason::DeletedOutside } else { Reason::New };
        let change = change(Action::Create, reason, wanted);
        Ok(ResourceChange { identity, predicted, steps, core, completion_after, desired: Some(desired), ..change })
    }

    /// A resource that is there: as it should be, to be changed, or to be replaced.
    fn compare(
        &mut self,
        address: &Address,
        kind: &dyn AnyKind,
        wanted: &Wanted,
        desired: Value,
        current: Present<'_>,
    ) -> Result<Compared, CloudError> {
        let fields = &kind.schema().fields;
        let Present { observed: live, region, .. } = current;
        let record = self.subject.records.get(address);
        // What is remembered of another one says nothing of this one.
        let own = record.filter(|record| record.id == live.id && record.region == region);
        let last_applied = own.and_then(|record| record.spec.as_ref());
        let differences = diff(fields, &live.spec, &desired, last_applied);
        let is_left =
            |difference: &Difference| self.options.leave.iter().any(|one| one.covers(address, &difference.path));
        let (left, mut differences): (Vec<_>, Vec<_>) = differences.into_iter().partition(is_left);
        let (kept, going): (Vec<_>, Vec<_>) = self
            .abandoned(fields, &live.spec, &desired, record)
            .into_iter()
            .partition(|abandoned| self.subject.wanted.contains_key(&abandoned.to));
        differences.extend(going.into_iter().map(|abandoned| abandoned.difference));
        let moved = region != wanted.scope.region;
        let predicted = kind.predict(&desired, &wanted.scope)?;
        let base = ResourceChange {
            id: Some(live.id.clone()),
            outputs: live.outputs.clone(),
            predicted: predicted.clone(),
            ..change(Action::Update, if moved { Reason::Moved } else { Reason::Differs }, wanted)
        };
        if moved || differences.iter().any(|difference| difference.immutable) {
            let old_region = moved.then(|| region.to_owned());
            let base = ResourceChange { differences, old_region, ..base };
            let change = self.replace(address, kind, wanted, desired, base)?;
            return Ok(Compared { change, differs: true });
        }
        // Still referred to, whatever the file says: should that be to go one day, this goes before it.
        let kept = kept.into_iter().map(|abandoned| abandoned.to).filter(|to| self.graph.way(to, address).is_none());
        let dependencies: BTreeSet<Address> = wanted.dependencies.iter().cloned().chain(kept).collect();
        let base = ResourceChange { dependencies: dependencies.clone(), ..base };
        let differences = Differences(differences);
        let renewed = kind.renews(&differences);
        let mut known = live.outputs.clone();
        known.extend(predicted);
        known.retain(|name, _| !renewed.contains(&name.as_str()));
        self.known.insert(address.clone(), known);
        if differences.0.is_empty() {
            let action = if record.is_none() { Action::Adopt } else { Action::Record };
            let differs =
                record.is_none_or(|record| self.is_stale(record, &desired, live, wanted, &dependencies, fields));
            let change = ResourceChange { action, reason: Reason::Unrecorded, desired: Some(desired), ..base };
            return Ok(Compared { change, differs });
        }
        let mut full = overlay(fields, &live.spec, &desired);
        for Difference { path, .. } in &left {
            path::put(fields, &mut full, path, path::value(fields, &live.spec, path));
        }
        let steps = kind.steps(Change::Update { live: &live.spec, desired: &full, differences: &differences })?;
        if steps.is_empty() {
            let paths: Vec<&str> = differences.0.iter().map(|difference| difference.path.as_str()).collect();
            return Err(mistake(address, &format!("the kind has no step that changes {}", paths.join(", "))));
        }
        let change = ResourceChange { differences: differences.0, steps, desired: Some(desired), ..base };
        Ok(Compared { change, differs: true })
    }

    /// The creation; what it takes the place of is added by [`Planner::retire`].
    fn replace(
        &mut self,
        address: &Address,
        kind: &dyn AnyKind,
        wanted: &Wanted,
        desired: Value,
        base: ResourceChange,
    ) -> Result<ResourceChange, CloudError> {
        let fields = immutable_paths(&base.differences);
        let because = if fields.is_empty() { "its region".to_owned() } else { fields };
        self.guard(address, kind, wanted.protect, &format!("replace, because AWS cannot change {because} in place"));
        self.known.insert(address.clone(), base.predicted.clone());
        let identity = kind.identity(&desired, &wanted.scope)?;
        let steps = kind.steps(Change::Create { desired: &desired })?;
        Ok(ResourceChange { action: Action::Replace, identity, steps, desired: Some(desired), ..base })
    }

    /// Everything that the file does not have, or nothing has any more.
    fn remove(&mut self) -> Result<(), CloudError> {
        let destroying = self.options.intent == Intent::Destroy;
        let reason = if destroying { Reason::Destroyed } else { Reason::Removed };
        // Destroying also takes what is ours by its tags but is missing from the state; and what an interrupted run made is taken
        // where the file has given it up since.
        let unrecorded = self.observation.live.iter().filter(|(address, live)| {
            (destroying || !self.subject.wanted.contains_key(*address))
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
            let base = ResourceChange {
                region: self.place(address).to_owned(),
                dependencies: record
                    .map(|record| record.dependencies.clone())
                    .or_else(|| wanted.map(|wanted| wanted.dependencies.clone()))
                    .unwrap_or_default(),
                ..empty(Action::Forget, reason)
            };
            // What had this name may be gone, and somebody else have made something of the same name since.
            let mut present = self.present(address);
            present.retain(|one| !self.is_foreign(address, one.observed, record));
            let all = self.deletion(kind, &present, base.clone())?;
            let change = if all.steps.is_empty() {
                // There is none, or its deletion is under way already and needs nothing more: a key that is scheduled for it.
                base
            } else {
                // The file has the last word; the state remembers what it said once it is gone.
                let protect = wanted
                    .map(|wanted| wanted.protect)
                    .or_else(|| record.map(|record| record.protect))
                    .unwrap_or(kind.schema().stateful);
                self.guard(address, kind, protect, "delete");
                ResourceChange { action: Action::Delete, ..all }
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
        dependencies: &BTreeSet<Address>,
        fields: &provision_config::Fields,
    ) -> bool {
        let sealed = sensitive::seal(fields, desired, self.subject.salt);
        record.spec.as_ref().is_none_or(|spec| !same_spec(&sealed, spec))
            || record.id != live.id
            || record.region != wanted.scope.region
            || record.outputs != live.outputs
            || record.dependencies != *dependencies
            || record.protect != wanted.protect
            || !record.superseded.is_empty()
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
        whole: wanted.dependencies.iter().filter(|need| !wanted.referring.contains_key(*need)).cloned().collect(),
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
        old: Vec::new(),
        creates_first: false,
        desired: None,
        outputs: Map::new(),
        predicted: Map::new(),
        after: BTreeSet::new(),
        whole: BTreeSet::new(),
        core: 0,
        completion_after: BTreeSet::new(),
        deletion_after: BTreeSet::new(),
        dependencies: BTreeSet::new(),
        protect: false,
    }
}

fn mistake(address: &Address, message: &str) -> CloudError {
    CloudError::new(address.to_string(), ErrorClass::Refused, message)
        .with_hint("this is a bug in the engine; please report it")
}
