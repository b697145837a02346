//! The order of things.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use petgraph::algo::toposort;
use petgraph::graphmap::DiGraphMap;
use provision_config::Address;

/// A directed graph of addresses: each needs some others to be done first.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    needs: BTreeMap<Address, BTreeSet<Address>>,
}

/// Addresses that need each other.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} depends on itself", .0)]
pub struct Cycle(pub Address);

impl Graph {
    /// The graph of what each address needs. Needs that are not themselves in the graph are left out.
    pub fn new(needs: impl IntoIterator<Item = (Address, BTreeSet<Address>)>) -> Self {
        let mut needs: BTreeMap<_, _> = needs.into_iter().collect();
        let known: BTreeSet<Address> = needs.keys().cloned().collect();
        for some in needs.values_mut() {
            some.retain(|address| known.contains(address));
        }
        Self { needs }
    }

    /// What an address needs directly.
    pub fn needs(&self, address: &Address) -> impl Iterator<Item = &Address> {
        self.needs.get(address).into_iter().flatten()
    }

    /// Every address after all that it needs.
    ///
    /// # Errors
    /// If some need each other.
    pub fn order(&self) -> Result<Vec<Address>, Cycle> {
        let mut graph = DiGraphMap::<&Address, ()>::new();
        for (address, needs) in &self.needs {
            graph.add_node(address);
            for need in needs {
                graph.add_edge(need, address, ());
            }
        }
        let order = toposort(&graph, None).map_err(|cycle| Cycle(cycle.node_id().clone()))?;
        Ok(order.into_iter().cloned().collect())
    }

    /// For each address, the weight of the heaviest chain that begins with it: it and, one after the other, those that wait for it.
    ///
    /// # Errors
    /// If some need each other.
    pub fn poles(&self, weight: impl Fn(&Address) -> u64) -> Result<BTreeMap<Address, u64>, Cycle> {
        let mut poles: BTreeMap<Address, u64> = BTreeMap::new();
        for address in self.order()?.into_iter().rev() {
            let pole = poles.get(&address).copied().unwrap_or(0) + weight(&address);
            for need in self.needs(&address) {
                let longest = poles.entry(need.clone()).or_default();
                *longest = (*longest).max(pole);
            }
            poles.insert(address, pole);
        }
        Ok(poles)
    }

    /// The shortest way from an address to one that it needs, directly or not: both, and what is between them.
    pub fn way(&self, from: &Address, to: &Address) -> Option<Vec<Address>> {
        let mut seen = BTreeSet::from([from.clone()]);
        let mut ways = VecDeque::from([vec![from.clone()]]);
        while let Some(way) = ways.pop_front() {
            let last = way.last()?;
            if last == to {
                return Some(way);
            }
            for next in self.needs(last) {
                if seen.insert(next.clone()) {
                    ways.push_back(way.iter().chain([next]).cloned().collect());
                }
            }
        }
        None
    }

    /// These addresses and everything that they need, directly or not.
    pub fn closure(&self, roots: impl IntoIterator<Item = Address>) -> BTreeSet<Address> {
        let mut closure = BTreeSet::new();
        let mut todo: Vec<Address> = roots.into_iter().collect();
        while let Some(address) = todo.pop() {
            if closure.insert(address.clone()) {
                todo.extend(self.needs(&address).cloned());
            }
        }
        closure
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(edges: &[(&str, &[&str])]) -> Graph {
        let address = |name: &str| Address::new("kind", name);
        Graph::new(edges.iter().map(|(name, needs)| (address(name), needs.iter().map(|need| address(need)).collect())))
    }

    #[test]
    fn orders_by_need_and_weighs_chains() {
        let graph = graph(&[("a", &["b", "c"]), ("b", &["d"]), ("c", &[]), ("d", &["elsewhere"])]);
        let order = graph.order().expect("no cycle");
        let position = |name: &str| order.iter().position(|address| address.name == name);
        assert!(position("d") < position("b") && position("b") < position("a") && position("c") < position("a"));
        let poles = graph.poles(|_| 1).expect("no cycle");
        let pole = |name: &str| poles[&Address::new("kind", name)];
        assert_eq!([pole("d"), pole("b"), pole("c"), pole("a")], [3, 2, 2, 1]);
        assert_eq!(graph.closure([Address::new("kind", "b")]).len(), 2);
    }

    #[test]
    fn the_heaviest_chain_counts_not_the_longest() {
        // b and c wait for a; d waits for c.
        let graph = graph(&[("a", &[]), ("b", &["a"]), ("c", &["a"]), ("d", &["c"])]);
        let weights = |address: &Address| if address.name == "b" { 100 } else { 1 };
        let poles = graph.poles(weights).expect("no cycle");
        let pole = |name: &str| poles[&Address::new("kind", name)];
        assert_eq!([pole("a"), pole("b"), pole("c"), pole("d")], [101, 100, 2, 1]);
    }

    #[test]
    fn a_closure_holds_what_is_needed_indirectly_and_nothing_else() {
        let graph = graph(&[("a", &["b"]), ("b", &["c"]), ("c", &[]), ("d", &["c"])]);
        let names: Vec<String> =
            graph.closure([Address::new("kind", "a")]).into_iter().map(|address| address.name).collect();
        assert_eq!(names, ["a", "b", "c"]);
        assert!(graph.closure([]).is_empty());
    }

    #[test]
    fn a_way_is_the_shortest() {
        let graph = graph(&[("a", &["b", "c"]), ("b", &["c"]), ("c", &["d"]), ("d", &["a"])]);
        let way = |from: &str, to: &str| {
            let way = graph.way(&Address::new("kind", from), &Address::new("kind", to))?;
            Some(way.into_iter().map(|address| address.name).collect::<String>())
        };
        assert_eq!(way("a", "d").as_deref(), Some("acd"));
        assert_eq!(way("d", "b").as_deref(), Some("dab"));
        assert_eq!(way("a", "a").as_deref(), Some("a"));
        assert_eq!(way("a", "elsewhere"), None);
    }

    #[test]
    fn a_cycle_is_an_error() {
        assert!(graph(&[("a", &["b"]), ("b", &["a"])]).order().is_err());
    }
}
