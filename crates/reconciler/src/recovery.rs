//! Whether replicas would really serve if what they are copies of were lost.
//!
//! For each replica its settings are compared with what its primary declares, field by field; then it is used: something is put
//! into the primary, awaited in the replica and read back there. What that makes, it takes away again, whatever became of it.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::join_all;
use provision_config::Address;
use serde_json::{Map, Value};

use crate::error::CloudError;
use crate::execute::Permit;
use crate::record::Record;
use crate::registry::Registry;
use crate::scope::{Account, Scope};

/// A deployed resource whose replicas are to be looked at.
#[derive(Clone)]
pub struct Recovery<S> {
    /// Where and for whom.
    pub scope: Scope,
    /// What AWS calls it.
    pub id: String,
    /// What was last applied.
    pub spec: S,
    /// What references can name.
    pub outputs: Map<String, Value>,
    /// What is asked of replicas.
    pub objective: Objective,
    /// Whether to go on waiting.
    pub permit: Permit,
}

/// What is asked of replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Objective {
    /// The recovery point objective: how far they may be behind.
    pub rpo: Duration,
    /// How long to wait for something to arrive. Not shorter than `rpo` if that is to be proven.
    pub patience: Duration,
}

/// Whether the replicas of one environment would serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// The environment's name.
    pub environment: String,
    /// The account that it lives in.
    pub account: String,
    /// The region whose loss is prepared for.
    pub region: String,
    /// What was asked of them.
    pub objective: Objective,
    /// Every replica, by primary.
    pub replicas: Vec<Replica>,
    /// What holds data and has no replica.
    pub unreplicated: Vec<Address>,
}

/// A replica and what was found about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replica {
    /// What it is a copy of.
    pub primary: Party,
    /// Itself.
    pub replica: Party,
    /// What was looked at, in that order.
    pub aspects: Vec<Aspect>,
}

/// One side of a replication.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Party {
    /// What it is called in the file: an address, or `state` for the environment's own state. Empty if the file does not have it.
    pub name: String,
    /// What AWS calls it.
    pub id: String,
    /// The region.
    pub region: String,
}

/// Something that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aspect {
    /// What, in a few words: `versioning`, `the canary arrives`.
    pub name: String,
    /// What the primary declares, or what it takes to serve.
    pub declared: String,
    /// What there is.
    pub found: String,
    /// What is to be thought of it.
    pub verdict: Verdict,
}

/// What is to be thought of what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is as it should be.
    Good,
    /// It is as it was asked for, and this should be known of it.
    Note(String),
    /// It is not, so the replica would not serve, or not as it should.
    Finding(Finding),
    /// It could not be looked at here, and why. That is no fault of the replica's.
    Untested(String),
}

/// How a replica stands, or all of an environment's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It would serve.
    Ready,
    /// It would serve as far as it could be looked at.
    AsFarAsTested,
    /// There is nothing that could serve.
    Nothing,
    /// It would not serve.
    NotReady,
}

/// Why a replica would not serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// A stable name for this kind of finding, as in `rule-disabled`.
    pub code: &'static str,
    /// The cause, in lower case, without a full stop.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl Party {
    /// A party of which it is not known yet what the file calls it.
    pub fn new(id: impl Into<String>, region: impl Into<String>) -> Self {
        Self { name: String::new(), id: id.into(), region: region.into() }
    }

    /// A party of which nothing is known.
    pub fn unknown() -> Self {
        Self::new("not known", "")
    }

    /// What a person calls it.
    pub fn label(&self) -> &str {
        if self.name.is_empty() { &self.id } else { &self.name }
    }
}

impl Aspect {
    /// Something that is as it should be.
    pub fn good(name: impl Into<String>, declared: impl Into<String>, found: impl Into<String>) -> Self {
        Self { name: name.into(), declared: declared.into(), found: found.into(), verdict: Verdict::Good }
    }

    /// The same, but not as it should be.
    #[must_use]
    pub fn finding(self, code: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        let finding = Finding { code, message: message.into(), hint: hint.into() };
        Self { verdict: Verdict::Finding(finding), ..self }
    }

    /// The same, with something that should be known of it.
    #[must_use]
    pub fn note(self, text: impl Into<String>) -> Self {
        Self { verdict: Verdict::Note(text.into()), ..self }
    }

    /// Something that could not be looked at here, and why.
    pub fn untested(name: impl Into<String>, declared: impl Into<String>, why: impl Into<String>) -> Self {
        let verdict = Verdict::Untested(why.into());
        Self { name: name.into(), declared: declared.into(), found: "not looked at".to_owned(), verdict }
    }

    /// Something that could not be looked at because a call failed. Nobody knows then whether the replica serves, so this is a
    /// finding.
    pub fn failed(name: impl Into<String>, declared: impl Into<String>, error: &CloudError) -> Self {
        let hint = error.hint.clone().unwrap_or_else(|| "see the error, and check again".to_owned());
        Self::good(name, declared, "could not be read").finding("unreadable", error.to_string(), hint)
    }

    /// The finding, if it is one.
    pub fn as_finding(&self) -> Option<&Finding> {
        match &self.verdict {
            Verdict::Finding(finding) => Some(finding),
            Verdict::Good | Verdict::Note(_) | Verdict::Untested(_) => None,
        }
    }
}

impl Replica {
    /// What is wrong with it.
    pub fn findings(&self) -> impl Iterator<Item = (&Aspect, &Finding)> {
        self.aspects.iter().filter_map(|aspect| Some((aspect, aspect.as_finding()?)))
    }

    /// Whether everything about it could be looked at.
    pub fn is_tested(&self) -> bool {
        !self.aspects.iter().any(|aspect| matches!(aspect.verdict, Verdict::Untested(_)))
    }

    /// How it stands.
    pub fn standing(&self) -> Standing {
        if self.findings().next().is_some() {
            Standing::NotReady
        } else if !self.is_tested() {
            Standing::AsFarAsTested
        } else {
            Standing::Ready
        }
    }
}

impl Standing {
    /// In a word or two.
    pub fn words(self) -> &'static str {
        match self {
            Self::Ready => "Ready",
            Self::AsFarAsTested => "Ready, as far as tested",
            Self::Nothing => "No replicas",
            Self::NotReady => "Not ready",
        }
    }
}

impl Readiness {
    /// Whether every replica would serve, as far as it could be looked at.
    pub fn is_ready(&self) -> bool {
        self.replicas.iter().all(|replica| replica.findings().next().is_none())
    }

    /// Whether everything about every replica could be looked at.
    pub fn is_tested(&self) -> bool {
        self.replicas.iter().all(Replica::is_tested)
    }

    /// How all of them stand.
    pub fn standing(&self) -> Standing {
        match (self.is_ready(), self.is_tested()) {
            (false, _) => Standing::NotReady,
            _ if self.replicas.is_empty() => Standing::Nothing,
            (true, false) => Standing::AsFarAsTested,
            (true, true) => Standing::Ready,
        }
    }

    /// How many findings there are.
    pub fn findings(&self) -> usize {
        self.replicas.iter().map(|replica| replica.findings().count()).sum()
    }
}

/// Looks at the replicas of everything that the state remembers, all at once.
///
/// # Errors
/// If a record is of a kind that is not known.
pub async fn recovery(
    registry: &Registry,
    environment: &str,
    account: &Account,
    records: &BTreeMap<Address, Record>,
    objective: Objective,
    permit: &Permit,
) -> Result<Vec<Replica>, CloudError> {
    let mut looks = Vec::new();
    let mut replicas = Vec::new();
    for (address, record) in records {
        let kind = registry.kind(address)?;
        let Some(spec) = record.spec.clone() else {
            replicas.extend(kind.schema().stateful.then(|| unfinished(address, record)));
            continue;
        };
        let scope = account.scope(environment, address, &record.region);
        let (id, outputs) = (record.id.clone(), record.outputs.clone());
        let permit = permit.clone();
        looks.push(kind.replicas(Recovery { scope, id, spec, outputs, objective, permit }));
    }
    replicas.extend(join_all(looks).await.into_iter().flatten());
    for replica in &mut replicas {
        for party in [&mut replica.primary, &mut replica.replica] {
            name(party, records);
        }
    }
    replicas.sort_by(|one, other| (&one.primary, &one.replica).cmp(&(&other.primary, &other.replica)));
    Ok(replicas)
}

/// Something of which it is not known what it was to be copied to.
fn unfinished(address: &Address, record: &Record) -> Replica {
    let why = "it was made, but an apply ended before it was finished: which replicas it is to have is known after the next one";
    Replica {
        primary: Party { name: address.to_string(), ..Party::new(&record.id, &record.region) },
        replica: Party::unknown(),
        aspects: vec![Aspect::untested("replicas", "those of the file", why)],
    }
}

/// What holds data, as far as its kind goes, and is on neither side of any replica.
pub fn unreplicated(
    registry: &Registry,
    records: &BTreeMap<Address, Record>,
    replicas: &[Replica],
) -> Result<Vec<Address>, CloudError> {
    let parties = || replicas.iter().flat_map(|replica| [&replica.primary, &replica.replica]);
    let mut alone = Vec::new();
    for address in records.keys() {
        let name = address.to_string();
        if registry.kind(address)?.schema().stateful && !parties().any(|party| party.name == name) {
            alone.push(address.clone());
        }
    }
    Ok(alone)
}

/// Gives a party the address by which the state knows it, unless its kind has told.
fn name(party: &mut Party, records: &BTreeMap<Address, Record>) {
    if !party.name.is_empty() {
        return;
    }
    let is_it = |record: &Record| record.id == party.id && record.region == party.region;
    if let Some((address, _)) = records.iter().find(|(_, record)| is_it(record)) {
        party.name = address.to_string();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replica(aspects: &[Aspect]) -> Replica {
        Replica {
            primary: Party::new("a", "eu-west-1"),
            replica: Party::new("b", "eu-west-3"),
            aspects: aspects.to_vec(),
        }
    }

    #[test]
    fn what_was_not_tested_is_not_simply_ready() {
        let good = Aspect::good("versioning", "on", "on");
        let untested = Aspect::untested("it can be read there", "as it was put", "there is none");
        let wrong = good.clone().finding("lag", "late", "wait");
        let ready = [good.clone(), good.clone().note("slower")];
        let objective = Objective { rpo: Duration::ZERO, patience: Duration::ZERO };
        for (replicas, expected) in [
            (vec![replica(&ready)], Standing::Ready),
            (vec![replica(&ready), replica(&[good.clone(), untested.clone()])], Standing::AsFarAsTested),
            (vec![replica(std::slice::from_ref(&untested))], Standing::AsFarAsTested),
            (vec![replica(&[untested.clone(), wrong.clone()]), replica(&ready)], Standing::NotReady),
            (Vec::new(), Standing::Nothing),
        ] {
            if let [one] = replicas.as_slice() {
                assert_eq!(one.standing(), expected);
            }
            let is_tested = !replicas.iter().flat_map(|one| &one.aspects).any(|aspect| *aspect == untested);
            let readiness = Readiness {
                environment: "dev".to_owned(),
                account: "1".to_owned(),
                region: "eu-west-1".to_owned(),
                objective,
                replicas,
                unreplicated: Vec::new(),
            };
            assert_eq!((readiness.standing(), readiness.is_tested()), (expected, is_tested));
        }
    }
}
