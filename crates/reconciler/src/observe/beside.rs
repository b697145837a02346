//! Looking for what an interrupted run made beside what the state knows.
//!
//! A replacement that [creates first](crate::Kind::creates_first) makes the new one while the old one is there, and both carry the
//! address's tags. If the run died before it could note the new one, the state still says that the old one is what there is. The
//! intents say where to look; the tags, or the name, which it is. The same goes for what was made where the file has none any more.
//!
//! What is found is to be remembered before anything else is done ([`Observation::acknowledge`]): the next run's intents are others.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::future::join_all;
use provision_config::{Address, unknown};
use serde_json::Value;
use tokio::time::sleep;

use super::{Interrupted, LOOKS, Observation, Question, Subject, read};
use crate::erased::Observed;
use crate::error::CloudError;
use crate::kind::Target;
use crate::ownership;
use crate::plan::Action;
use crate::registry::Registry;
use crate::scope::Scope;

/// Looks for others, and takes the last one that is found for what there is now: it took the place of what was known.
///
/// With patience, also after one is found: a creation a moment ago may not be seen yet, while an older one is.
pub(super) async fn look(registry: &Registry, subject: Subject<'_>, observation: &mut Observation) {
    let mut sought: BTreeMap<&Address, &Interrupted> = subject.interrupted.iter().collect();
    sought.retain(|address, interrupted| match interrupted.action {
        // What is missing where the file asks for it has been looked for.
        Action::Create => {
            let wanted = subject.wanted.get(*address).map(|wanted| &wanted.scope.region);
            wanted.is_none() || wanted != interrupted.region.as_ref()
        }
        Action::Replace => true,
        Action::Update | Action::Delete | Action::Adopt | Action::Record | Action::Forget => false,
    });
    for pause in std::iter::once(Duration::ZERO).chain(LOOKS) {
        sought.retain(|address, _| !observation.failures.contains_key(*address));
        if sought.is_empty() {
            return;
        }
        sleep(pause).await;
        let known: &Observation = observation;
        let searches = sought.iter().map(|(address, interrupted)| async move {
            let others = others(registry, subject, known, address, interrupted).await;
            ((*address).clone(), others)
        });
        for (address, others) in join_all(searches).await {
            match others {
                Ok((region, others)) => {
                    for other in others {
                        observation.found(subject, &address, &region, other);
                    }
                }
                Err(error) => {
                    observation.failures.insert(address, error);
                }
            }
        }
        // What has the name that the file asks for cannot be made a second time.
        sought.retain(|address, interrupted| {
            interrupted.identity.is_none() || interrupted.identity != identity(registry, subject, address)
        });
    }
}

/// What AWS will call what the file asks for, if that is known.
fn identity(registry: &Registry, subject: Subject<'_>, address: &Address) -> Option<String> {
    let wanted = subject.wanted.get(address)?;
    registry.kind(address).ok()?.identity(&wanted.spec, &wanted.scope).ok()?
}

/// What carries the address's tags, or has the name that was meant, and is not known yet.
async fn others(
    registry: &Registry,
    subject: Subject<'_>,
    observation: &Observation,
    address: &Address,
    interrupted: &Interrupted,
) -> Result<(String, Vec<Observed>), CloudError> {
    let kind = registry.kind(address)?;
    let record = subject.records.get(address);
    let wanted = subject.wanted.get(address).map(|wanted| &wanted.scope.region);
    let region = interrupted.region.as_ref().or(wanted).or(record.map(|record| &record.region));
    let Some(region) = region else { return Ok((String::new(), Vec::new())) };
    let scope = subject.account.scope(subject.environment, address, region);
    let mut ids: BTreeSet<String> = BTreeSet::new();
    let named = interrupted.identity.iter().filter(|identity| !unknown::is_unknown(identity));
    let found = kind.find_all(&scope).await?;
    let candidates: Vec<String> = named.cloned().chain(found).filter(|id| ids.insert(id.clone())).collect();
    let known = |id: &String| {
        let recorded = record.map(|record| (&record.id, &record.region));
        let remembered = record.into_iter().flat_map(|record| &record.superseded).map(|one| (&one.id, &one.region));
        // What has neither a record nor been found was read by the name that the file gives it.
        let place = observation.found.get(address).or(record.map(|record| &record.region)).or(wanted);
        let live = observation.live.get(address).map(|live| &live.id).zip(place);
        let superseded = observation.superseded.get(address).into_iter().flatten();
        let superseded = superseded.map(|one| (&one.observed.id, &one.region));
        recorded.into_iter().chain(remembered).chain(live).chain(superseded).any(|one| one == (id, region))
    };
    let target = |id: String| Target { scope: scope.clone(), id, desired: None };
    let targets: Vec<Target<Value>> = candidates.into_iter().filter(|id| !known(id)).map(target).collect();
    let questions: Vec<Question<'_>> = targets.iter().map(|target| (address, target)).collect();
    let mut others = Vec::new();
    for answer in read(registry, questions).await {
        others.extend(answer?.filter(|observed| is_ours(observed, &scope)));
    }
    Ok((region.clone(), others))
}

fn is_ours(observed: &Observed, scope: &Scope) -> bool {
    ownership::is_ours(&observed.tags, &scope.environment, &scope.address)
}
