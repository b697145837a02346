//! How many calls must come one after the other.

use std::collections::BTreeMap;

use serde_json::Value;

/// The calls of the file's longest chain: those of a resource, each after the one before, after all those of what it refers to.
pub fn of_the_file(plan: &Value) -> Vec<String> {
    let all = changes(plan);
    Chains { all: &all, cores: false, known: BTreeMap::new() }.longest()
}

/// The calls of the plan's longest chain: nobody waits for the completion of a creation, and what only that needs is waited for
/// only then.
pub fn of_the_plan(plan: &Value) -> Vec<String> {
    let all = changes(plan);
    Chains { all: &all, cores: true, known: BTreeMap::new() }.longest()
}

fn changes(plan: &Value) -> BTreeMap<&str, &Value> {
    let changes = plan["changes"].as_array().unwrap().iter();
    changes.map(|change| (change["address"].as_str().unwrap(), change)).collect()
}

struct Chains<'a> {
    all: &'a BTreeMap<&'a str, &'a Value>,
    /// Whether creations come in two.
    cores: bool,
    /// Those that are known, by address and whether they end with the core.
    known: BTreeMap<(&'a str, bool), Vec<String>>,
}

impl<'a> Chains<'a> {
    fn longest(mut self) -> Vec<String> {
        let all: Vec<&str> = self.all.keys().copied().collect();
        let chains = all.into_iter().flat_map(|address| [true, false].map(|core| self.to(address, core)));
        chains.max_by_key(Vec::len).unwrap_or_default()
    }

    /// The longest chain that ends with a resource, or with its core.
    fn to(&mut self, address: &'a str, core: bool) -> Vec<String> {
        if let Some(chain) = self.known.get(&(address, core)) {
            return chain.clone();
        }
        let Some(change) = self.all.get(address).copied() else { return Vec::new() };
        let calls = change["calls"].as_array().unwrap();
        let calls: Vec<String> =
            calls.iter().map(|call| format!("{address}: {}", call["action"].as_str().unwrap())).collect();
        let completion = &change["completion"];
        let chain = match (self.cores, completion["from"].as_u64().map(|from| usize::try_from(from).unwrap())) {
            (true, Some(from)) if core => [self.before(&change["after"]), calls[..from].to_vec()].concat(),
            (true, Some(from)) => {
                let ways = [self.to(address, true), self.before(&completion["after"])];
                let longest = ways.into_iter().max_by_key(Vec::len).unwrap();
                [longest, calls[from..].to_vec()].concat()
            }
            _ => {
                let ways = [self.before(&change["after"]), self.before(&completion["after"])];
                let longest = ways.into_iter().max_by_key(Vec::len).unwrap();
                [longest, calls].concat()
            }
        };
        self.known.insert((address, core), chain.clone());
        chain
    }

    fn before(&mut self, needs: &'a Value) -> Vec<String> {
        let needs = needs.as_array().into_iter().flatten();
        needs.map(|need| self.to(need.as_str().unwrap(), true)).max_by_key(Vec::len).unwrap_or_default()
    }
}
