//! Reading everything live, at once.

mod beside;
mod find;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::future::join_all;
use provision_config::{Address, unknown};
use serde_json::Value;
use tokio::time::sleep;

use crate::erased::Observed;
use crate::error::{CloudError, ErrorClass};
use crate::kind::Target;
use crate::ownership;
use crate::plan::Action;
use crate::record::{Record, Superseded};
use crate::registry::Registry;
use crate::scope::{Account, Scope};
use crate::wanted::Wanted;

/// How far apart to look for what cannot be seen yet.
const LOOKS: [Duration; 3] = [Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(5)];

/// What to read, by address.
type Targets = BTreeMap<Address, Target<Value>>;

/// Something to read.
pub(crate) type Question<'a> = (&'a Address, &'a Target<Value>);

/// What AWS has.
#[derive(Clone, Debug, Default)]
pub struct Observation {
    /// What there is. An address that is absent here and in `failures` does not exist.
    pub live: BTreeMap<Address, Observed>,
    /// Those of `live` that were found by their tags, with the region they are in; the state, if it knows of one, means another.
    pub found: BTreeMap<Address, String>,
    /// What others have taken the place of and what is still there.
    pub superseded: BTreeMap<Address, Vec<Predecessor>>,
    /// What could not be read.
    pub failures: BTreeMap<Address, CloudError>,
}

/// What another one has taken the place of, and what is still there.
#[derive(Clone, Debug)]
pub struct Predecessor {
    /// The region.
    pub region: String,
    /// What it needs.
    pub dependencies: BTreeSet<Address>,
    /// What it is.
    pub observed: Observed,
}

/// What an interrupted run meant to do with a resource. What it made and did not come to note can be found by this alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interrupted {
    /// What was to happen to it.
    pub action: Action,
    /// Where, if that is known.
    pub region: Option<String>,
    /// What AWS would call it, if that was known beforehand. May contain unknowns.
    pub identity: Option<String>,
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
    /// What the run that was interrupted meant to do, if that is known. Beside what the state knows there may be another one of
    /// what was to be replaced, and one of what the file has given up since.
    pub interrupted: &'a BTreeMap<Address, Interrupted>,
}

/// Reads everything that the file or the state names, in one round trip; what only tags can find, in another.
pub async fn observe(registry: &Registry, subject: Subject<'_>) -> Observation {
    let mut observation = Observation::default();
    let targets: Targets = subject.targets(registry, &mut observation.failures).into_iter().collect();
    let superseded = subject.superseded();
    let questions = targets.iter().chain(superseded.iter().map(|(address, target)| (*address, target)));
    let mut answers = read(registry, questions.collect()).await;
    let predecessors = answers.split_off(targets.len());
    observation.file(targets.keys(), answers);
    observation.file_superseded(subject, &superseded, predecessors);
    look_again(registry, subject, &targets, &mut observation).await;
    if subject.recover {
        find::missing(registry, subject, &mut observation).await;
    }
    if !subject.interrupted.is_empty() {
        beside::look(registry, subject, &mut observation).await;
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
        let unseen: Vec<Question<'_>> = unseen.collect();
        if unseen.is_empty() {
            return;
        }
        sleep(pause).await;
        let answers = read(registry, unseen.clone()).await;
        observation.file(unseen.into_iter().map(|(address, _)| address), answers);
    }
}

impl Observation {
    /// Brings what the state remembers up to date with what was found of interrupted runs and could not be found by the next run's
    /// intents: to be written together with these, before anything is changed.
    pub fn acknowledge(&self, wanted: &BTreeMap<Address, Wanted>, records: &mut BTreeMap<Address, Record>) {
        for (address, region) in &self.found {
            let Some(live) = self.live.get(address) else { continue };
            let (wanted, old) = (wanted.get(address), records.get(address));
            let others = self.superseded.get(address).map(Vec::as_slice).unwrap_or_default();
            // The next run finds it by its tags as this one did.
            if old.is_none() && others.is_empty() && wanted.is_some_and(|wanted| wanted.scope.region == *region) {
                continue;
            }
            let spec = old.filter(|old| old.id == live.id && old.region == *region).and_then(|old| old.spec.clone());
            let needs = old.map(|old| &old.dependencies).or(wanted.map(|wanted| &wanted.dependencies));
            let superseded = others.iter().map(|one| Superseded {
                id: one.observed.id.clone(),
                region: one.region.clone(),
                dependencies: one.dependencies.clone(),
            });
            let record = Record {
                kind: address.kind.clone(),
                id: live.id.clone(),
                region: region.clone(),
                spec,
                outputs: live.outputs.clone(),
                dependencies: needs.cloned().unwrap_or_default(),
                protect: old.map(|old| old.protect).or(wanted.map(|wanted| wanted.protect)).unwrap_or_default(),
                superseded: superseded.collect(),
            };
            records.insert(address.clone(), record);
        }
    }

    /// Puts answers down.
    fn file<'a>(
        &mut self,
        addresses: impl IntoIterator<Item = &'a Address>,
        answers: Vec<Result<Option<Observed>, CloudError>>,
    ) {
        for (address, answer) in addresses.into_iter().zip(answers) {
            match answer {
                Ok(Some(observed)) => {
                    self.live.insert(address.clone(), observed);
                }
                Ok(None) => {}
                Err(error) => {
                    self.failures.insert(address.clone(), error);
                }
            }
        }
    }

    /// Puts down what was found by its tags: from now on it is what there is, and it took the place of what was known.
    fn found(&mut self, subject: Subject<'_>, address: &Address, region: &str, observed: Observed) {
        let record = subject.records.get(address);
        let known = self.found.get(address).or(record.map(|record| &record.region));
        let place = known.map_or(region, String::as_str).to_owned();
        if let Some(old) = self.live.insert(address.clone(), observed)
            && !ownership::is_theirs(&old.tags, subject.environment)
        {
            let needs = record.map(|record| &record.dependencies);
            let needs = needs.or(subject.wanted.get(address).map(|wanted| &wanted.dependencies));
            let dependencies = needs.cloned().unwrap_or_default();
            let old = Predecessor { region: place, dependencies, observed: old };
            self.superseded.entry(address.clone()).or_default().push(old);
        }
        self.found.insert(address.clone(), region.to_owned());
    }

    /// Puts down what is still there of what the state says others have taken the place of.
    fn file_superseded(
        &mut self,
        subject: Subject<'_>,
        targets: &[(&Address, Target<Value>)],
        answers: Vec<Result<Option<Observed>, CloudError>>,
    ) {
        for ((address, target), answer) in targets.iter().zip(answers) {
            match answer {
                Ok(Some(observed)) if !ownership::is_theirs(&observed.tags, subject.environment) => {
                    let all = subject.records.get(*address).map(|record| record.superseded.as_slice());
                    let own = all.into_iter().flatten().find(|one| one.id == target.id);
                    let dependencies = own.map(|one| one.dependencies.clone()).unwrap_or_default();
                    let predecessor = Predecessor { region: target.scope.region.clone(), dependencies, observed };
                    self.superseded.entry((*address).clone()).or_default().push(predecessor);
                }
                Ok(_) => {}
                Err(error) => {
                    self.failures.insert((*address).clone(), error);
                }
            }
        }
    }
}

impl<'a> Subject<'a> {
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

    /// What the state says that others have taken the place of.
    fn superseded(&self) -> Vec<(&'a Address, Target<Value>)> {
        let all =
            self.records.iter().flat_map(|(address, record)| record.superseded.iter().map(move |one| (address, one)));
        let target = |(address, one): (&'a Address, &Superseded)| {
            let scope = self.account.scope(self.environment, address, &one.region);
            (address, Target { scope, id: one.id.clone(), desired: None })
        };
        all.map(target).collect()
    }

    /// Where a resource is: where the state says that it was made, even if the file now asks for another region.
    fn scope(&self, address: &Address, wanted: &Scope) -> Scope {
        let region = self.records.get(address).map_or(&wanted.region, |record| &record.region);
        Scope { region: region.clone(), ..wanted.clone() }
    }
}

/// Reads targets, all kinds and regions at once, each kind and region together. An answer for each, in order.
pub(crate) async fn read(
    registry: &Registry,
    questions: Vec<Question<'_>>,
) -> Vec<Result<Option<Observed>, CloudError>> {
    let mut groups: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for (index, (address, target)) in questions.iter().enumerate() {
        groups.entry((&address.kind, &target.scope.region)).or_default().push(index);
    }
    let questions = &questions;
    let reads = groups.into_values().map(|group| async move {
        let asked: Vec<Question<'_>> = group.iter().map(|index| questions[*index]).collect();
        let answers = match asked.first().map(|(address, _)| registry.kind(address)) {
            Some(Ok(kind)) => kind.read(asked.iter().map(|(_, target)| (*target).clone()).collect()).await,
            Some(Err(error)) => vec![Err(error); asked.len()],
            None => Vec::new(),
        };
        // A target without an answer must not be taken for one that does not exist.
        let missing = std::iter::repeat_with(|| Err(unanswered(&asked)));
        let answers = answers.into_iter().chain(missing);
        group.iter().copied().zip(answers).collect::<Vec<_>>()
    });
    let mut answers: Vec<_> = join_all(reads).await.into_iter().flatten().collect();
    answers.sort_by_key(|(index, _)| *index);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

fn unanswered(asked: &[Question<'_>]) -> CloudError {
    let kind = asked.first().map_or("", |(address, _)| address.kind.as_str());
    CloudError::new(kind, ErrorClass::Refused, "reading gave fewer answers than there were questions")
        .with_hint("this is a bug in the engine; please report it")
}
