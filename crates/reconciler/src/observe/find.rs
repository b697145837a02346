//! Looking by tags for what neither an id from the state nor a name led to.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::join_all;
use provision_config::Address;
use serde_json::Value;
use tokio::time::sleep;

use super::{LOOKS, Observation, Subject, read};
use crate::kind::Target;
use crate::registry::Registry;
use crate::wanted::Wanted;

/// Looks for what the file asks for and what is missing: at first by its tags. A record does not help: the interrupted run may have made
/// the resource anew and not come to note its new id.
///
/// Then with patience. The creation of a moment ago may not be seen yet, or the run that died may have sent it with its last breath;
/// what has no name would be made a second time, and what has one refused.
pub(super) async fn missing(registry: &Registry, subject: Subject<'_>, observation: &mut Observation) {
    let mut missing: BTreeMap<&Address, &Wanted> = subject.wanted.iter().collect();
    for pause in std::iter::once(Duration::ZERO).chain(LOOKS) {
        missing.retain(|address, _| {
            !observation.live.contains_key(address) && !observation.failures.contains_key(address)
        });
        if missing.is_empty() {
            return;
        }
        sleep(pause).await;
        // By now a name leads to what has one, which takes fewer calls than its tags.
        let names = if pause.is_zero() { Vec::new() } else { named(registry, &missing) };
        let mut unnamed = missing.clone();
        for (address, _) in &names {
            unnamed.remove(address);
        }
        let found = once(registry, subject, &unnamed, observation).await;
        let questions = found.iter().chain(&names).map(|(address, target)| (address, target));
        let mut answers = read(registry, questions.collect()).await;
        observation.file(names.iter().map(|(address, _)| address), answers.split_off(found.len()));
        for ((address, target), answer) in found.iter().zip(answers) {
            match answer {
                Ok(Some(observed)) => observation.found(subject, address, &target.scope.region, observed),
                Ok(None) => {}
                Err(error) => {
                    observation.failures.insert(address.clone(), error);
                }
            }
        }
    }
}

/// Those that have a name.
fn named(registry: &Registry, missing: &BTreeMap<&Address, &Wanted>) -> Vec<(Address, Target<Value>)> {
    let target = |(address, wanted): (&&Address, &&Wanted)| {
        let kind = registry.kind(address).ok()?;
        let id = kind.identity(&wanted.spec, &wanted.scope).ok()??;
        let target = Target { scope: wanted.scope.clone(), id, desired: Some(wanted.spec.clone()) };
        Some(((*address).clone(), target))
    };
    missing.iter().filter_map(target).collect()
}

async fn once(
    registry: &Registry,
    subject: Subject<'_>,
    missing: &BTreeMap<&Address, &Wanted>,
    observation: &mut Observation,
) -> Vec<(Address, Target<Value>)> {
    let searches = missing.iter().map(|(address, wanted)| async move {
        let ids = match registry.kind(address) {
            Ok(kind) => kind.find_all(&wanted.scope).await,
            Err(error) => Err(error),
        };
        ((*address).clone(), *wanted, ids)
    });
    let mut found = Vec::new();
    for (address, wanted, ids) in join_all(searches).await {
        // What another one has taken the place of is not what is looked for.
        let superseded = subject.records.get(&address).map(|record| record.superseded.as_slice()).unwrap_or_default();
        let is_superseded = |id: &String| superseded.iter().any(|one| one.id == *id);
        match ids {
            Ok(ids) => found.extend(ids.into_iter().filter(|id| !is_superseded(id)).map(|id| {
                let target = Target { scope: wanted.scope.clone(), id, desired: Some(wanted.spec.clone()) };
                (address.clone(), target)
            })),
            Err(error) => {
                observation.failures.insert(address, error);
            }
        }
    }
    found
}
