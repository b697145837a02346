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

/// Reports one cycle, the shortest, for each group of resources that need each other.
pub(crate) fn check(inventory: &Inventory<'_>, edges: &[Edge], report: &Report) {
    let mut graph = DiGraph::<(), ()>::new();
    let nodes: Vec<NodeIndex> = inventory.instances.iter().map(|_| graph.add_node(())).collect();
    for edge in edges {
        graph.update_edge(nodes[edge.from], nodes[edge.to], ());
    }
    let needs = needs(nodes.len(), edges);
    for group in tarjan_scc(&graph).into_iter().filter(|group| group.len() > 1) {
        let members: BTreeSet<usize> = group.into_iter().map(NodeIndex::index).collect();
        let cycle = members.iter().filter_map(|start| shortest(*start, &members, &needs)).min_by_key(Vec::len);
        let Some(cycle) = cycle else { continue };
        let cycle = from_the_first(cycle, inventory);
        let names: Vec<String> =
            cycle.iter().chain(cycle.first()).map(|index| inventory.instances[*index].address.to_string()).collect();
        let at = |from: usize, to: usize| {
            edges.iter().filter(|edge| edge.from == from && edge.to == to).map(|edge| edge.at).min()
        };
        let place = cycle.first().zip(cycle.get(1)).and_then(|(from, to)| at(*from, *to));
        let message = format!("these resources need each other: {}", names.join(" -> "));
        let problem = Problem::new("config::dependency_cycle", message).label(format!("needs {}", names[1]));
        let help =
            "every reference makes the one it names come first; write one of the values out, or keep it in `[vars]`";
        report.add(place.unwrap_or(Place::START), problem.help(help));
    }
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
