//! Resources that need each other.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::address::Address;
use crate::inventory::Inventory;
use crate::report::{Problem, Report};
use crate::resolve::Edge;
use crate::source::Place;

/// What each resource needs, by index.
pub(crate) fn needs(count: usize, edges: &[Edge]) -> Vec<BTreeSet<usize>> {
    let mut needs = vec![BTreeSet::new(); count];
    for edge in edges {
        if let Some(needs) = needs.get_mut(edge.from) {
            needs.insert(edge.to);
        }
    }
    needs
}

/// Reports the cycles, the shortest of each group of resources that need each other first, and then those that would be
/// left if that one were broken up where it is reported.
pub(crate) fn check(inventory: &Inventory<'_>, edges: &[Edge], report: &Report) {
    let mut edges = edges.to_vec();
    loop {
        let found = cycles(inventory, &edges);
        if found.is_empty() {
            return;
        }
        for cycle in found {
            let (Some(from), Some(to)) = (cycle.first().copied(), cycle.get(1).copied()) else { return };
            let address = |index: &usize| inventory.instances[*index].address.to_string();
            let names: Vec<String> = cycle.iter().chain([&from]).map(address).collect();
            let is_this = |edge: &&Edge| edge.from == from && edge.to == to;
            let at = edges.iter().filter(is_this).map(|edge| edge.at).min().unwrap_or(Place::START);
            let message = format!("these resources need each other: {}", names.join(" -> "));
            let problem = Problem::new("config::dependency_cycle", message).label(format!("needs {}", address(&to)));
            let help =
                "a reference makes what it names come first; write one of the values out, or keep it in `[vars]`";
            report.add(at, problem.help(help));
            edges.retain(|edge| !is_this(&edge));
        }
    }
}

/// The shortest cycle of each group of resources that need each other.
fn cycles(inventory: &Inventory<'_>, edges: &[Edge]) -> Vec<Vec<usize>> {
    let mut graph = DiGraph::<(), ()>::new();
    let nodes: Vec<NodeIndex> = inventory.instances.iter().map(|_| graph.add_node(())).collect();
    for edge in edges {
        graph.update_edge(nodes[edge.from], nodes[edge.to], ());
    }
    let needs = needs(nodes.len(), edges);
    let groups = tarjan_scc(&graph).into_iter().filter(|group| group.len() > 1);
    let cycles = groups.filter_map(|group| {
        let members: BTreeSet<usize> = group.into_iter().map(NodeIndex::index).collect();
        members.iter().filter_map(|start| shortest(*start, &members, &needs)).min_by_key(Vec::len)
    });
    cycles.map(|cycle| from_the_first(cycle, inventory)).collect()
}

/// The shortest way from a resource back to itself.
fn shortest(start: usize, members: &BTreeSet<usize>, needs: &[BTreeSet<usize>]) -> Option<Vec<usize>> {
    let mut came_from: BTreeMap<usize, usize> = BTreeMap::new();
    let mut todo = VecDeque::from([start]);
    while let Some(here) = todo.pop_front() {
        for next in needs[here].intersection(members) {
            if *next == start {
                let mut way = vec![here];
                while let Some(before) = came_from.get(&way[way.len() - 1]) {
                    way.push(*before);
                }
                way.reverse();
                return Some(way);
            }
            if *next != start && !came_from.contains_key(next) {
                came_from.insert(*next, here);
                todo.push_back(*next);
            }
        }
    }
    None
}

/// The same cycle, beginning with the first address.
fn from_the_first(mut cycle: Vec<usize>, inventory: &Inventory<'_>) -> Vec<usize> {
    let address = |index: &usize| -> &Address { &inventory.instances[*index].address };
    let first = (0..cycle.len()).min_by_key(|position| address(&cycle[*position]));
    cycle.rotate_left(first.unwrap_or_default());
    cycle
}
