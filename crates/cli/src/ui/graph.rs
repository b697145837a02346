//! The dependency graph of an environment, for drawing.

use std::collections::{BTreeMap, BTreeSet};

use provision_config::{Address, Environment};
use provision_graph::{Cycle, Graph, Node, Region};
use provision_reconciler::Record;

use crate::failure::Failure;

/// The graph of an environment, as its file says: its own region first, then the one for disaster recovery.
///
/// # Errors
/// If resources need each other, which loading the file has ruled out.
pub fn of(environment: &Environment) -> Result<Graph, Failure> {
    let resources = environment.resources.values();
    draw(environment, resources.map(|resource| (&resource.address, &resource.region, &resource.dependencies)))
}

/// The same as it was last applied.
///
/// # Errors
/// If resources need each other, which applying them has ruled out.
pub fn of_records(environment: &Environment, records: &BTreeMap<Address, Record>) -> Result<Graph, Failure> {
    draw(environment, records.iter().map(|(address, record)| (address, &record.region, &record.dependencies)))
}

fn draw<'a>(
    environment: &Environment,
    resources: impl Iterator<Item = (&'a Address, &'a String, &'a BTreeSet<Address>)>,
) -> Result<Graph, Failure> {
    let mut regions = vec![Region { name: environment.region.clone(), role: "main region".to_owned() }];
    if let Some(name) = environment.dr_region.clone().filter(|name| *name != environment.region) {
        regions.push(Region { name, role: "disaster recovery".to_owned() });
    }
    let nodes = resources
        .map(|(address, region, needs)| Node::new(address.clone(), region.clone()).needs(needs.iter().cloned()));
    Graph::new(environment.name.clone(), regions, nodes.collect()).map_err(|Cycle(address)| {
        Failure::new(format!("{address} depends on itself"))
            .code("cycle")
            .hint("this is a bug in the engine; please report it")
    })
}
