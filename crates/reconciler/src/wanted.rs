//! What an environment asks for, complete: the file's fields, the defaults that depend on the account, whose it is.

use std::collections::{BTreeMap, BTreeSet};

use provision_config::{Address, Environment, Resource};
use serde_json::{Value, json};

use crate::kind::Problem;
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
    /// What it needs.
    pub dependencies: BTreeSet<Address>,
    /// Whether it may neither be deleted nor replaced.
    pub protect: bool,
}

/// What keeps an environment from being planned, by resource: all of it at once.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} of the environment's resources cannot be planned", .0.len())]
pub struct Unready(pub Vec<(Address, Problem)>);

/// Everything that an environment asks for. If all of it is to go, what a spec points to does not matter.
///
/// # Errors
/// If something that a spec points to (a folder of code, a variable with a secret) is not there, or a grant cannot be given.
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
                all.insert(address.clone(), Wanted { scope, spec, dependencies, protect });
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

/// Turns grants into the statements that they take.
fn grant(registry: &Registry, all: &mut BTreeMap<Address, Wanted>, problems: &mut Vec<(Address, Problem)>) {
    let mut received = Vec::new();
    for (address, wanted) in &*all {
        match statements(registry, all, address, wanted) {
            Ok(Some(spec)) => received.push((address.clone(), spec)),
            Ok(None) => {}
            Err(problem) => problems.push((address.clone(), problem)),
        }
    }
    for (address, spec) in received {
        if let Some(wanted) = all.get_mut(&address) {
            wanted.spec = spec;
        }
    }
}

/// The spec of a resource that is granted something, with the statements for it.
fn statements(
    registry: &Registry,
    all: &BTreeMap<Address, Wanted>,
    address: &Address,
    wanted: &Wanted,
) -> Result<Option<Value>, Problem> {
    let kind = registry.kind(address)?;
    let grants = kind.grants(&wanted.spec)?;
    if grants.is_empty() {
        return Ok(None);
    }
    let mut statements = Vec::new();
    for grant in grants {
        let Some(target) = all.get(&grant.to) else {
            return Err(Problem::new(grant.pointer, format!("there is no {}", grant.to)));
        };
        let granted = registry.kind(&grant.to)?.granted(&target.spec, &target.scope, &grant.access);
        statements.extend(granted.map_err(|problem| Problem { pointer: grant.pointer, ..problem })?);
    }
    kind.receive(&wanted.spec, statements).map(Some)
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
