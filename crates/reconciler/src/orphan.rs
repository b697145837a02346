//! What carries an environment's tags and is in no state: left behind by a state that was lost or mended by hand, or made by
//! somebody who copied the tags.

use std::collections::BTreeMap;

use provision_config::Address;
use serde::Serialize;

use crate::arn;
use crate::error::{CloudError, ErrorClass};
use crate::kind::Target;
use crate::observe::read;
use crate::ownership;
use crate::record::Record;
use crate::registry::Registry;
use crate::scope::Account;

/// Something that AWS has, as it can be found by tags alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tagged {
    /// Its ARN.
    pub arn: String,
    /// The region in which it was found. Not in every ARN.
    pub region: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

/// Something that carries an environment's tags and is in no state.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Orphan {
    /// The address that its tags name.
    pub address: Address,
    /// What AWS calls it.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// The region.
    pub region: String,
    /// The operation that made it, as its tags say.
    pub operation: Option<String>,
    /// What the state knows by that address, if it knows something else by it.
    pub other: Option<String>,
}

/// What among `tagged` is this environment's and in no record, in address order.
///
/// What the operation that is under way has made is not among them, nor is what came with a resource and carries its tags (an
/// instance's volumes). AWS goes on naming for a while what is gone: so each is looked at before it is told.
///
/// # Errors
/// If one cannot be looked at, for another reason than that it may not be.
pub async fn orphans(
    registry: &Registry,
    account: &Account,
    environment: &str,
    records: &BTreeMap<Address, Record>,
    operation: Option<&str>,
    tagged: &[Tagged],
) -> Result<Vec<Orphan>, CloudError> {
    let own =
        tagged.iter().filter(|one| one.tags.get(ownership::ENVIRONMENT).is_some_and(|owner| owner == environment));
    let at_work = |one: &Orphan| one.operation.is_some() && one.operation.as_deref() == operation;
    let suspects = own.filter_map(|one| suspect(registry, records, one)).filter(|one| !at_work(one));
    let suspects: BTreeMap<String, Orphan> = suspects.map(|one| (one.arn.clone(), one)).collect();
    let questions: Vec<(&Orphan, Target<_>)> = suspects
        .values()
        .map(|one| {
            let scope = account.scope(environment, &one.address, &one.region);
            (one, Target { scope, id: one.id.clone(), desired: None })
        })
        .collect();
    let answers = read(registry, questions.iter().map(|(one, target)| (&one.address, target)).collect()).await;
    let mut orphans = Vec::new();
    for ((one, _), answer) in questions.iter().zip(answers) {
        match answer {
            // Its tags may have been taken off since.
            Ok(Some(live)) if ownership::is_ours(&live.tags, environment, &one.address) => orphans.push((*one).clone()),
            Ok(_) => {}
            Err(error) if error.class == ErrorClass::NotFound => {}
            // It is there, and its tags name us.
            Err(error) if error.class == ErrorClass::Denied => orphans.push((*one).clone()),
            Err(error) => return Err(error),
        }
    }
    orphans.sort();
    Ok(orphans)
}

/// What may be an orphan: a resource of the kind that its address names, but not the one that the state knows by it.
fn suspect(registry: &Registry, records: &BTreeMap<Address, Record>, one: &Tagged) -> Option<Orphan> {
    let address = ownership::address(one.tags.get(ownership::ADDRESS)?)?;
    let kind = registry.kind(&address).ok()?;
    let id = kind.id_in(&one.arn)?;
    // A bucket's ARN, or that of what is global, names no region.
    let is_at = |region: &str| arn::region(&one.arn).is_empty() || region == one.region;
    // By whatever address: what was given another one in the state carries the old one in its tags until the next apply.
    let is_copy = |record: &Record| {
        let copies = record.spec.as_ref().and_then(|spec| kind.copied_to(spec).ok()).unwrap_or_default();
        copies.iter().any(|region| is_at(region))
    };
    let is_known = records.values().filter(|record| record.kind == address.kind).any(|record| {
        let superseded = record.superseded.iter().any(|old| old.id == id && is_at(&old.region));
        (record.id == id && (is_at(&record.region) || is_copy(record))) || superseded
    });
    if is_known {
        return None;
    }
    Some(Orphan {
        other: records.get(&address).map(|record| record.id.clone()),
        address,
        id,
        arn: one.arn.clone(),
        region: one.region.clone(),
        operation: one.tags.get(ownership::OPERATION).cloned(),
    })
}
