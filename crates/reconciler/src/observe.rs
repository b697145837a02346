//! Reading everything live, at once.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::future::join_all;
use provision_config::{Address, unknown};
use serde_json::Value;
use tokio::time::sleep;

use crate::erased::Observed;
use crate::error::{CloudError, ErrorClass};
use crate::kind::Target;
use crate::record::Record;
use crate::registry::Registry;
use crate::scope::{Account, Scope};
use crate::wanted::Wanted;

/// How far apart to look for what cannot be seen yet.
const LOOKS: [Duration; 3] = [Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(5)];

/// What to read, by address.
type Targets = BTreeMap<Address, Target<Value>>;

/// What is read in one go.
type Group<'a> = Vec<(&'a Address, &'a Target<Value>)>;

/// What AWS has.
#[derive(Clone, Debug, Default)]
pub struct Observation {
    /// What there is. An address that is absent here and in `failures` does not exist.
    pub live: BTreeMap<Address, Observed>,
    /// Those of `live` that were found by their tags, in the region that the file asks for; the state, if it knows of one, means
    /// another.
    pub found: BTreeSet<Address>,
    /// What could not be read.
    pub failures: BTreeMap<Address, CloudError>,
}

/// What to read.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The environment's name.
    pub environment: &'a str,
    /// The account it lives in.
    pub account: &'a Account,
    /// What the file asks for.
    pub wanted: &'a BTreeMap<Address, Wanted>,
    /// What the state remembers.
    pub records: &'a BTreeMap<Address, Record>,
    /// What the hashes of sensitive values are salted with: the state's lineage.
    pub salt: &'a str,
    /// Whether an earlier run was interrupted: then what is neither in the state nor found by its name is also looked for by
    /// its tags, which is slower: by some seconds if it is not there.
    pub recover: bool,
}

/// Reads everything that the file or the state names, in one round trip; what only tags can find, in another.
pub async fn observe(registry: &Registry, subject: Subject<'_>) -> Observation {
    let mut observation = Observation::default();
    let mut targets = Targets::new();
    targets.extend(subject.targets(registry, &mut observation.failures));
    read(registry, &targets, &mut observation).await;
    look_again(registry, subject, &targets, &mut observation).await;
    if subject.recover {
        find(registry, subject, &mut observation).await;
    }
    observation
}

/// Looks again for what an earlier run made but did not finish, and what cannot be seen: reads lag creations by some
/// seconds, so this is not an absence yet. Taken for one, the resource would be made a second time.
async fn look_again(registry: &Registry, subject: Subject<'_>, targets: &Targets, observation: &mut Observation) {
    for pause in LOOKS {
        let unseen = targets.iter().filter(|(address, _)| {
            subject.records.get(address).is_some_and(|record| record.spec.is_none())
                && !observation.live.contains_key(address)
                && !observation.failures.contains_key(address)
        });
        let unseen: Targets = unseen.map(|(address, target)| (address.clone(), target.clone())).collect();
        if unseen.is_empty() {
            return;
        }
        sleep(pause).await;
        read(registry, &unseen, observation).await;
    }
}

impl Subject<'_> {
    /// Everything that has an id: from the state, or known from the spec.
    fn targets(
        &self,
        registry: &Registry,
        failures: &mut BTreeMap<Address, CloudError>,
    ) -> Vec<(Address, Target<Value>)> {
        let mut targets = Vec::new();
        for (address, wanted) in self.wanted {
            let id = match self.records.get(address) {
                Some(record) => Ok(Some(record.id.clone())),
                None => registry.kind(address).and_then(|kind| kind.identity(&wanted.spec, &wanted.scope)),
            };
            match id {
                Ok(Some(id)) if !unknown::is_unknown(&id) => {
                    let scope = self.scope(address, &wanted.scope);
                    targets.push((address.clone(), Target { scope, id, desired: Some(wanted.spec.clone()) }));
                }
                Ok(_) => {}
                Err(error) => {
                    failures.insert(address.clone(), error);
                }
            }
        }
        for (address, record) in self.records {
            if !self.wanted.contains_key(address) {
                let scope = self.account.scope(self.environment, address, &record.region);
                targets.push((address.clone(), Target { scope, id: record.id.clone(), desired: None }));
            }
        }
        targets
    }

    /// Where a resource is: where the state says that it was made, even if the file now asks for another region.
    fn scope(&self, address: &Address, wanted: &Scope) -> Scope {
        let region = self.records.get(address).map_or(&wanted.region, |record| &record.region);
        Scope { region: region.clone(), ..wanted.clone() }
    }
}

/// Reads targets, all kinds and regions at once, each kind and region together.
async fn read(registry: &Registry, targets: &Targets, observation: &mut Observation) {
    let mut groups: BTreeMap<(&str, &str), Group<'_>> = BTreeMap::new();
    for (address, target) in targets {
        groups.entry((&address.kind, &target.scope.region)).or_default().push((address, target));
    }
    let reads = groups.into_values().map(|group| async move {
        let answers = match group.first().map(|(address, _)| registry.kind(address)) {
            Some(Ok(kind)) => kind.read(group.iter().map(|(_, target)| (*target).clone()).collect()).await,
            Some(Err(error)) => vec![Err(error); group.len()],
            None => Vec::new(),
        };
        // A target without an answer must not be taken for one that does not exist.
        let missing = std::iter::repeat_with(|| Err(unanswered(&group)));
        let answers = answers.into_iter().chain(missing);
        group.iter().map(|(address, _)| (*address).clone()).zip(answers).collect::<Vec<_>>()
    });
    for (address, answer) in join_all(reads).await.into_iter().flatten() {
        match answer {
            Ok(Some(observed)) => {
                observation.live.insert(address, observed);
            }
            Ok(None) => {}
            Err(error) => {
                observation.failures.insert(address, error);
            }
        }
    }
}

fn unanswered(group: &Group<'_>) -> CloudError {
    let kind = group.first().map_or("", |(address, _)| address.kind.as_str());
    CloudError::new(kind, ErrorClass::Refused, "reading gave fewer answers than there were questions")
        .with_hint("this is a bug in the engine; please report it")
}

/// Looks by tags for what the file asks for and neither an id from the state nor a name led to. A record does not help: the
/// interrupted run may have made the resource anew and not come to note its new id.
///
/// What has no name is looked for with patience, since its creation a moment ago may not be seen yet and nothing would keep
/// it from being made a second time.
async fn find(registry: &Registry, subject: Subject<'_>, observation: &mut Observation) {
    let mut missing: BTreeMap<&Address, &Wanted> = subject.wanted.iter().collect();
    for pause in std::iter::once(Duration::ZERO).chain(LOOKS) {
        missing.retain(|address, _| {
            !observation.live.contains_key(address) && !observation.failures.contains_key(address)
        });
        if missing.is_empty() {
            return;
        }
        sleep(pause).await;
        let found = find_once(registry, &missing, observation).await;
        read(registry, &found, observation).await;
        observation.found.extend(found.into_keys().filter(|address| observation.live.contains_key(address)));
        missing.retain(|address, wanted| !is_named(registry, address, wanted));
    }
}

fn is_named(registry: &Registry, address: &Address, wanted: &Wanted) -> bool {
    let identity = registry.kind(address).and_then(|kind| kind.identity(&wanted.spec, &wanted.scope));
    identity.is_ok_and(|identity| identity.is_some())
}

async fn find_once(
    registry: &Registry,
    missing: &BTreeMap<&Address, &Wanted>,
    observation: &mut Observation,
) -> Targets {
    let searches = missing.iter().map(|(address, wanted)| async move {
        let id = match registry.kind(address) {
            Ok(kind) => kind.find(&wanted.scope).await,
            Err(error) => Err(error),
        };
        ((*address).clone(), *wanted, id)
    });
    let mut found = Targets::new();
    for (address, wanted, id) in join_all(searches).await {
        match id {
            Ok(Some(id)) => {
                let target = Target { scope: wanted.scope.clone(), id, desired: Some(wanted.spec.clone()) };
                found.insert(address, target);
            }
            Ok(None) => {}
            Err(error) => {
                observation.failures.insert(address, error);
            }
        }
    }
    found
}
