//! What an environment asks for, complete: the file's fields, the defaults that depend on the account, whose it is.

use std::collections::{BTreeMap, BTreeSet};

use provision_config::{Address, Environment};
use serde_json::{Value, json};

use crate::error::CloudError;
use crate::ownership;
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

/// Everything that an environment asks for.
///
/// # Errors
/// If a spec does not fit its kind, which is a mistake in the engine: the config crate has checked it.
pub fn wanted(
    environment: &Environment,
    registry: &Registry,
    account: &Account,
) -> Result<BTreeMap<Address, Wanted>, CloudError> {
    let complete = |(address, resource): (&Address, &provision_config::Resource)| {
        let kind = registry.kind(address)?;
        let scope = account.scope(&environment.name, address, &resource.region);
        let mut spec = kind.complete(resource.spec.clone(), &scope)?;
        if kind.schema().fields.get("tags").is_some() {
            own(&mut spec, &scope);
        }
        let wanted =
            Wanted { scope, spec, dependencies: resource.dependencies.clone(), protect: resource.lifecycle.protect };
        Ok((address.clone(), wanted))
    };
    environment.resources.iter().map(complete).collect()
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
