//! What an environment asks for, complete: the file's fields, the defaults that depend on the account, whose it is.

use std::collections::{BTreeMap, BTreeSet};

use provision_config::unknown::{self, Reference};
use provision_config::{Address, Environment, Resource};
use serde_json::{Value, json};

use crate::graph::Graph;
use crate::kind::{Grant, Problem};
use crate::ownership;
use crate::plan::Intent;
use crate::registry::Registry;
use crate::scope::{Account, Scope};

/// One resource that the environment asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// Where and for whom.
    pub scope: Scope,
    /// What it is to be, ownership tags included. May contain unknowns.
    pub spec: Value,
    /// What it needs: what the file says, and what the statements of its grants refer to.
    pub dependencies: BTreeSet<Address>,
    /// The fields that refer to what it needs. What is needed for another reason is not in it.
    pub referring: BTreeMap<Address, BTreeSet<String>>,
    /// Whether it may neither be deleted nor replaced.
    pub protect: bool,
}

/// What keeps an environment from being planned, by resource: all of it at once.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} of the environment's resources cannot be planned", .0.len())]
pub struct Unready(pub Vec<(Address, Problem)>);

impl Wanted {
    /// What of its needs only these fields refer to.
    pub fn needed_by(&self, fields: &BTreeSet<String>) -> BTreeSet<Address> {
        let only = self.referring.iter().filter(|(_, from)| from.is_subset(fields));
        only.map(|(need, _)| need.clone()).collect()
    }
}

/// Everything that an environment asks for. If all of it is to go, what a spec points to does not matter.
///
/// # Errors
/// If something that a spec points to (a folder of code, a variable with a secret) is not there, or a grant cannot be given: there
/// is no such access, or resources would need each other.
pub fn wanted(
    environment: &Environment,
    registry: &Registry,
    account: &Account,
    intent: Intent,
) -> Result<BTreeMap<Address, Wanted>, Unready> {
    let mut problems = Vec::new();
    let mut all = BTreeMap::new();
    for (address, resource) in &environment.resources {
        let scope = account.scope(&environment.name, address, &resource.region);
        let completed = match (complete(registry, resource, &scope), intent) {
            (Err(_), Intent::Destroy) => Ok(resource.spec.clone()),
            (completed, _) => completed,
        };
        match completed {
            Ok(spec) => {
                let (dependencies, protect) = (resource.dependencies.clone(), resource.lifecycle.protect);
                let referring = resource.referring.clone();
                all.insert(address.clone(), Wanted { scope, spec, dependencies, referring, protect });
            }
            Err(problem) => problems.push((address.clone(), problem)),
        }
    }
    if problems.is_empty() && intent == Intent::Apply {
        grant(registry, &mut all, &mut problems);
    }
    if problems.is_empty() { Ok(all) } else { Err(Unready(problems)) }
}

fn complete(registry: &Registry, resource: &Resource, scope: &Scope) -> Result<Value, Problem> {
    let kind = registry.kind(&resource.address)?;
    let mut spec = kind.complete(resource.spec.clone(), scope)?;
    if kind.schema().fields.get("tags").is_some() {
        own(&mut spec, scope);
    }
    Ok(spec)
}

/// Turns grants into the statements that they take, and what these refer to into needs: that a resource is granted access to
/// another makes it wait for that only where a statement names what AWS chooses.
fn grant(registry: &Registry, all: &mut BTreeMap<Address, Wanted>, problems: &mut Vec<(Address, Problem)>) {
    let mut received = Vec::new();
    for (address, wanted) in &*all {
        match statements(registry, all, address, wanted) {
            Ok(Some(granted)) => received.push((address.clone(), granted)),
            Ok(None) => {}
            Err(problem) => problems.push((address.clone(), problem)),
        }
    }
    let mut needs = Vec::new();
    for (address, (spec, needed)) in received {
        let Some(wanted) = all.get_mut(&address) else { continue };
        wanted.spec = spec;
        for need in needed {
            if need.reference.address == address {
                let problem = need.problem(&address, std::slice::from_ref(&address));
                problems.push((address.clone(), problem));
                continue;
            }
            wanted.dependencies.insert(need.reference.address.clone());
            wanted.referring.remove(&need.reference.address);
            needs.push((address.clone(), need));
        }
    }
    let graph = Graph::new(all.iter().map(|(address, wanted)| (address.clone(), wanted.dependencies.clone())));
    for (address, need) in needs {
        if let Some(way) = graph.way(&need.reference.address, &address) {
            let problem = need.problem(&address, &way);
            problems.push((address, problem));
        }
    }
}

/// What a granted statement refers to.
struct Need {
    grant: Grant,
    reference: Reference,
}

impl Need {
    /// What is wrong if the way from the resource that is referred to leads back to the one that is granted access.
    fn problem(self, granted: &Address, way: &[Address]) -> Problem {
        let Self { grant: Grant { to, access, pointer }, reference } = self;
        let circle: Vec<String> = std::iter::once(granted).chain(way).map(Address::to_string).collect();
        let message = format!(
            "its grant `{access}` of {to} names `{reference}`, so these resources need each other: {}",
            circle.join(" -> ")
        );
        Problem::new(pointer, message).help(
            "what AWS chooses is not known before it exists; write one of the other values out instead of referring to it, or \
             keep it in `[vars]`",
        )
    }
}

/// The spec of a resource that is granted something, with the statements for it, and what these refer to.
fn statements(
    registry: &Registry,
    all: &BTreeMap<Address, Wanted>,
    address: &Address,
    wanted: &Wanted,
) -> Result<Option<(Value, Vec<Need>)>, Problem> {
    let kind = registry.kind(address)?;
    let grants = kind.grants(&wanted.spec)?;
    if grants.is_empty() {
        return Ok(None);
    }
    let (mut statements, mut needs) = (Vec::new(), Vec::new());
    for grant in grants {
        let Some(target) = all.get(&grant.to) else {
            return Err(Problem::new(grant.pointer, format!("there is no {}", grant.to)));
        };
        let granted = registry.kind(&grant.to)?.granted(&target.spec, &target.scope, &grant.access);
        let granted = granted.map_err(|problem| Problem { pointer: grant.pointer.clone(), ..problem })?;
        let references: BTreeSet<Reference> = granted.iter().flat_map(unknown::references_in).collect();
        needs.extend(references.into_iter().map(|reference| Need { grant: grant.clone(), reference }));
        statements.extend(granted);
    }
    Ok(Some((kind.receive(&wanted.spec, statements)?, needs)))
}

fn own(spec: &mut Value, scope: &Scope) {
    let Some(fields) = spec.as_object_mut() else { return };
    let tags = fields.entry("tags").or_insert_with(|| json!({}));
    if tags.is_null() {
        *tags = json!({});
    }
    if let Some(tags) = tags.as_object_mut() {
        tags.extend(
            ownership::tags(&scope.environment, &scope.address).into_iter().map(|(key, value)| (key, value.into())),
        );
    }
}
