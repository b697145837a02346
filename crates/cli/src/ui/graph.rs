//! The dependency graph of an environment, for drawing.

use provision_config::Environment;
use provision_graph::{Cycle, Graph, Node, Region};

use crate::failure::Failure;

/// The graph of an environment, as its file says: its own region first, then the one for disaster recovery.
///
/// # Errors
/// If resources need each other, which loading the file has ruled out.
pub fn of(environment: &Environment) -> Result<Graph, Failure> {
    let mut regions = vec![Region { name: environment.region.clone(), role: "main region".to_owned() }];
    if let Some(name) = environment.dr_region.clone().filter(|name| *name != environment.region) {
        regions.push(Region { name, role: "disaster recovery".to_owned() });
    }
    let nodes = environment.resources.values().map(|resource| {
        Node::new(resource.address.clone(), resource.region.clone()).needs(resource.dependencies.iter().cloned())
    });
    Graph::new(environment.name.clone(), regions, nodes.collect()).map_err(|Cycle(address)| {
        Failure::new(format!("{address} depends on itself"))
            .code("cycle")
            .hint("this is a bug in the engine; please report it")
    })
}
