//! Reading everything live, at once.

use std::collections::BTreeMap;

use futures::future::join_all;
use provision_config::{Address, unknown};

use crate::erased::Observed;
use crate::error::CloudError;
use crate::kind::Target;
use crate::record::Record;
use crate::registry::Registry;
use crate::scope::{Account, Scope};
use crate::wanted::Wanted;

/// What AWS has.
#[derive(Clone, Debug, Default)]
pub struct Observation {
    /// What there is. An address that is absent here and in `failures` does not exist.
    pub live: BTreeMap<Address, Observed>,
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
    /// its tags, which is slower.
    pub recover: bool,
}

/// Reads everything that the file or the state names, in one round trip; what only tags can find, in another.
pub async fn observe(registry: &Registry, subject: Subject<'_>) -> Observation {
    let mut observation = Observation::default();
    let mut targets = BTreeMap::new();
    for (address, target) in subject.targets(registry, &mut observation.failures) {
        targets.insert(address, target);
    }
    read(registry, targets, &mut observation).await;
    if subject.recover {
        let found = find(registry, subject, &mut observation).await;
        read(registry, found, &mut observation).await;
    }
    observation
}

impl Subject<'_> {
    /// Everything that has an id: from the state, or known from the spec.
    fn targets(
        &self,
        registry: &Registry,
        failures: &mut BTreeMap<Address, CloudError>,
    ) -> Vec<(Address, Target<serde_json::Value>)> {
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
async fn read(
    registry: &Registry,
    targets: BTreeMap<Address, Target<serde_json::Value>>,
    observation: &mut Observation,
) {
    let mut groups: BTreeMap<(String, String), Vec<(Address, Target<serde_json::Value>)>> = BTreeMap::new();
    for (address, target) in targets {
        groups.entry((address.kind.clone(), target.scope.region.clone())).or_default().push((address, target));
    }
    let reads = groups.into_values().map(|group| async move {
        let (addresses, targets): (Vec<_>, Vec<_>) = group.into_iter().unzip();
        let answers = match addresses.first().map(|address| registry.kind(address)) {
            Some(Ok(kind)) => kind.read(targets).await,
            Some(Err(error)) => vec![Err(error); addresses.len()],
            None => Vec::new(),
        };
        addresses.into_iter().zip(answers).collect::<Vec<_>>()
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

/// Looks by tags for what the file asks for, the state does not know and no name led to.
async fn find(
    registry: &Registry,
    subject: Subject<'_>,
    observation: &mut Observation,
) -> BTreeMap<Address, Target<serde_json::Value>> {
    let missing = subject.wanted.iter().filter(|(address, _)| {
        !subject.records.contains_key(address)
            && !observation.live.contains_key(address)
            && !observation.failures.contains_key(address)
    });
    let searches = missing.map(|(address, wanted)| async move {
        let id = match registry.kind(address) {
            Ok(kind) => kind.find(&wanted.scope).await,
            Err(error) => Err(error),
        };
        (address.clone(), wanted, id)
    });
    let mut found = BTreeMap::new();
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
