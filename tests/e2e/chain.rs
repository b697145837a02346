//! How many calls must come one after the other.

use std::collections::BTreeMap;

use serde_json::Value;

/// The calls of the plan's longest chain, each after the one before.
pub fn longest_chain(plan: &Value) -> Vec<String> {
    let changes: BTreeMap<&str, &Value> = plan["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| (change["address"].as_str().unwrap(), change))
        .collect();
    let mut known = BTreeMap::new();
    let chains = changes.keys().map(|address| chain(address, &changes, &mut known));
    chains.max_by_key(Vec::len).unwrap()
}

fn chain<'a>(
    address: &'a str,
    changes: &BTreeMap<&'a str, &'a Value>,
    known: &mut BTreeMap<&'a str, Vec<String>>,
) -> Vec<String> {
    if let Some(chain) = known.get(address) {
        return chain.clone();
    }
    let Some(change) = changes.get(address) else { return Vec::new() };
    let before = change["after"].as_array().unwrap().iter().map(|need| chain(need.as_str().unwrap(), changes, known));
    let mut longest = before.max_by_key(Vec::len).unwrap_or_default();
    let calls = change["calls"].as_array().unwrap().iter();
    longest.extend(calls.map(|call| format!("{address}: {}", call["action"].as_str().unwrap())));
    known.insert(address, longest.clone());
    longest
}
