//! `provision.graph/1`: what depends on what.

use provision_config::Address;
use serde::Serialize;

/// The dependency graph of an environment, as its file says.
#[derive(Debug, Serialize)]
pub struct Graph {
    format: &'static str,
    environment: String,
    regions: Vec<Region>,
    nodes: Vec<Node>,
    edges: Vec<Edge>,
}

/// A region that has resources.
#[derive(Debug, Serialize)]
struct Region {
    name: String,
    /// What it is for: `main region`, `disaster recovery`; empty for any other.
    role: String,
}

/// A resource.
#[derive(Debug, Serialize)]
struct Node {
    address: Address,
    kind: String,
    /// As a person calls it, as in `DynamoDB`; `other` if there is no name for it.
    service: &'static str,
    region: String,
}

/// That one resource needs another.
#[derive(Debug, Serialize)]
struct Edge {
    /// The one that needs.
    from: Address,
    /// What it needs.
    to: Address,
    /// Whether it follows from other edges, keys left aside.
    implied: bool,
}

impl Graph {
    /// The machine form of a graph.
    pub fn new(environment: &str, graph: &provision_graph::Graph) -> Self {
        let address = |index: usize| graph.nodes()[index].address.clone();
        let regions =
            graph.regions().iter().map(|region| Region { name: region.name.clone(), role: region.role.clone() });
        let nodes = graph.nodes().iter().map(|node| Node {
            address: node.address.clone(),
            kind: node.address.kind.clone(),
            service: node.service().name(),
            region: node.region.clone(),
        });
        let edges = graph.edges().iter().map(|edge| Edge {
            from: address(edge.from),
            to: address(edge.to),
            implied: edge.implied,
        });
        Self {
            format: "provision.graph/1",
            environment: environment.to_owned(),
            regions: regions.collect(),
            nodes: nodes.collect(),
            edges: edges.collect(),
        }
    }
}
