//! What is drawn.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::algo::toposort;
use petgraph::algo::tred::{dag_to_toposorted_adjacency_list, dag_transitive_reduction_closure};
use petgraph::graph::{DiGraph, NodeIndex};
use provision_config::Address;

use crate::service::Service;

/// A graph of resources that need each other.
#[derive(Clone, Debug)]
pub struct Graph {
    pub(crate) title: String,
    pub(crate) regions: Vec<Region>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) edges: Vec<Edge>,
}

/// A region, drawn as a panel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// Its name, as in `us-west-2`.
    pub name: String,
    /// What it is for, as in `disaster recovery`. May be empty.
    pub role: String,
}

/// A resource, drawn as a box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its address.
    pub address: Address,
    /// The region it lives in.
    pub region: String,
    /// What it needs.
    pub needs: BTreeSet<Address>,
    /// What is to be noticed about it.
    pub mark: Option<Mark>,
}

/// What is to be noticed about a resource, as that it has drifted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// A word or two, as in `drifted`.
    pub text: String,
    /// How grave it is.
    pub tone: Tone,
}

/// How grave something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Good,
    /// Worth a look.
    Warning,
    /// Wrong.
    Alarm,
}

/// That one resource needs another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The one that needs: an index into [`Graph::nodes`].
    pub from: usize,
    /// What it needs.
    pub to: usize,
    /// Whether it follows from others: `from` needs something that needs `to`, keys left aside.
    pub implied: bool,
}

/// Resources that need each other. No environment has such: loading one refuses them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cycle(
    /// One of them.
    pub Address,
);

impl std::fmt::Display for Cycle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} depends on itself", self.0)
    }
}

impl std::error::Error for Cycle {}

impl Node {
    /// A resource that needs nothing yet.
    pub fn new(address: Address, region: impl Into<String>) -> Self {
        Self { address, region: region.into(), needs: BTreeSet::new(), mark: None }
    }

    /// What it needs.
    #[must_use]
    pub fn needs(mut self, needs: impl IntoIterator<Item = Address>) -> Self {
        self.needs.extend(needs);
        self
    }

    /// The service it belongs to.
    pub fn service(&self) -> Service {
        Service::of(&self.address.kind)
    }

    /// Its name without the kind: `data`, or `data["eu"]`.
    pub(crate) fn name(&self) -> String {
        match &self.address.key {
            Some(key) => format!("{}[\"{key}\"]", self.address.name),
            None => self.address.name.clone(),
        }
    }

    pub(crate) fn is_key(&self) -> bool {
        self.address.kind == "kms_key"
    }
}

impl Graph {
    /// The graph of these resources. The regions are drawn in this order; one that only a resource names comes last. What
    /// is needed but not among the resources is left out.
    ///
    /// # Errors
    /// If some need each other.
    pub fn new(title: impl Into<String>, regions: Vec<Region>, nodes: Vec<Node>) -> Result<Self, Cycle> {
        let nodes: BTreeMap<Address, Node> = nodes.into_iter().map(|node| (node.address.clone(), node)).collect();
        let nodes: Vec<Node> = nodes.into_values().collect();
        let mut regions: Vec<Region> = regions;
        for node in &nodes {
            if regions.iter().all(|region| region.name != node.region) {
                regions.push(Region { name: node.region.clone(), role: String::new() });
            }
        }
        // A region without resources, as a DR region that is not used yet, says nothing.
        regions.retain(|region| nodes.iter().any(|node| node.region == region.name));
        let edges = edges(&nodes)?;
        Ok(Self { title: title.into(), regions, nodes, edges })
    }

    /// The regions, in the order in which they are drawn.
    pub fn regions(&self) -> &[Region] {
        &self.regions
    }

    /// The resources, in address order.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// What needs what, in address order.
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// Marks a resource. An address that is not in the graph is passed over.
    pub fn mark(&mut self, address: &Address, mark: Mark) {
        if let Ok(index) = self.nodes.binary_search_by(|node| node.address.cmp(address)) {
            self.nodes[index].mark = Some(mark);
        }
    }

    /// The index of a node's region.
    pub(crate) fn region_of(&self, node: &Node) -> usize {
        self.regions.iter().position(|region| region.name == node.region).unwrap_or(0)
    }
}

fn edges(nodes: &[Node]) -> Result<Vec<Edge>, Cycle> {
    let index = |address: &Address| nodes.binary_search_by(|node| node.address.cmp(address)).ok();
    let mut all = Vec::new();
    for (from, node) in nodes.iter().enumerate() {
        all.extend(node.needs.iter().filter_map(index).map(|to| (from, to)));
    }
    let mut graph = of(nodes.len(), &all);
    let order = toposort(&graph, None).map_err(|cycle| Cycle(nodes[cycle.node_id().index()].address.clone()))?;
    // What encrypts a resource is a fact about that resource, whatever it also needs that is encrypted so. And an arrow
    // must not be left out for the sake of a way through a key, which is not drawn.
    graph.retain_edges(|graph, edge| graph.edge_endpoints(edge).is_some_and(|(_, to)| !nodes[to.index()].is_key()));
    let (sorted, position) = dag_to_toposorted_adjacency_list::<_, u32>(&graph, &order);
    let (reduced, _) = dag_transitive_reduction_closure(&sorted);
    let is_implied =
        |from: usize, to: usize| !nodes[to].is_key() && !reduced.contains_edge(position[from], position[to]);
    Ok(all.into_iter().map(|(from, to)| Edge { from, to, implied: is_implied(from, to) }).collect())
}

fn of(count: usize, edges: &[(usize, usize)]) -> DiGraph<(), ()> {
    let mut graph = DiGraph::with_capacity(count, edges.len());
    for _ in 0..count {
        graph.add_node(());
    }
    for (from, to) in edges {
        graph.add_edge(NodeIndex::new(*from), NodeIndex::new(*to), ());
    }
    graph
}
