//! What can be worked on while a region is lost: everything else is left alone, and remembered.

use std::collections::{BTreeMap, BTreeSet};

use provision_config::{Address, Environment, unknown};
use provision_reconciler::observe::Interrupted;
use provision_reconciler::{Record, Wanted};

use crate::exit::Exit;
use crate::failure::Failure;

/// Which regions are taken for lost.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    lost: BTreeSet<String>,
}

impl Reach {
    /// The environment as it is worked on from its other region, and what is out of reach there.
    ///
    /// # Errors
    /// If its state is copied nowhere.
    pub fn from_the_other_region(environment: &Environment) -> Result<(Environment, Self), Failure> {
        let Some(recovered) = environment.recovered() else { return Err(no_replica(environment)) };
        Ok((recovered, Self::without(BTreeSet::from([environment.state.bucket_region.clone()]))))
    }

    /// Everything but what is in these regions.
    pub fn without(lost: BTreeSet<String>) -> Self {
        Self { lost }
    }

    /// Whether everything can be reached.
    pub fn is_whole(&self) -> bool {
        self.lost.is_empty()
    }

    /// Whether a region is.
    pub fn is_lost(&self, region: &str) -> bool {
        self.lost.contains(region)
    }

    /// What is remembered of what can be reached.
    pub fn records(&self, records: &BTreeMap<Address, Record>) -> BTreeMap<Address, Record> {
        let within = records.iter().filter(|(_, record)| !self.is_lost(&record.region));
        within.map(|(address, record)| (address.clone(), record.clone())).collect()
    }

    /// What is asked for of what can be reached. What refers to something that cannot, refers to what was last known of it; nothing
    /// waits for it.
    pub fn wanted(
        &self,
        wanted: BTreeMap<Address, Wanted>,
        records: &BTreeMap<Address, Record>,
    ) -> BTreeMap<Address, Wanted> {
        if self.is_whole() {
            return wanted;
        }
        let is_within = |address: &Address, wanted: &Wanted| {
            let recorded = records.get(address).map(|record| &record.region);
            !self.is_lost(&wanted.scope.region) && !recorded.is_some_and(|region| self.is_lost(region))
        };
        let within: BTreeSet<Address> = wanted
            .iter()
            .filter(|(address, wanted)| is_within(address, wanted))
            .map(|(address, _)| address.clone())
            .collect();
        let last_known = |reference: &unknown::Reference| {
            let record = records.get(&reference.address).filter(|_| !within.contains(&reference.address))?;
            record.outputs.get(&reference.output)?.as_str().map(str::to_owned)
        };
        let kept = wanted.into_iter().filter(|(address, _)| within.contains(address)).map(|(address, mut wanted)| {
            wanted.spec = unknown::substitute(&wanted.spec, &last_known);
            wanted.referring.retain(|need, _| within.contains(need));
            (address, wanted)
        });
        kept.collect()
    }

    /// What an interrupted run meant to do, where that can be looked at.
    pub fn interrupted(&self, interrupted: BTreeMap<Address, Interrupted>) -> BTreeMap<Address, Interrupted> {
        let is_within = |one: &Interrupted| !one.region.as_deref().is_some_and(|region| self.is_lost(region));
        interrupted.into_iter().filter(|(_, one)| is_within(one)).collect()
    }

    /// Which of these are out of reach.
    pub fn left_alone(&self, records: &BTreeMap<Address, Record>) -> Vec<String> {
        let lost = records.iter().filter(|(_, record)| self.is_lost(&record.region));
        lost.map(|(address, _)| address.to_string()).collect()
    }
}

/// The state of an environment is copied nowhere.
pub fn no_replica(environment: &Environment) -> Failure {
    let bucket = environment.state.bucket_resource.as_ref().map_or("its bucket".to_owned(), ToString::to_string);
    Failure::new(format!("the state of {} is copied to no other region", environment.name))
        .code("no_replica")
        .exit_with(Exit::INVALID)
        .hint(format!("give {bucket} a replication rule to a bucket in another region, and apply while there is time"))
}
