//! How many calls must come one after the other.
//!
//! On an empty account what keeps the state comes first, and everything else waits for it.

use std::collections::BTreeMap;

use serde_json::Value;

/// The calls of the plan's longest chain, each after the one before; nothing comes first but what the file says.
pub fn longest_chain(plan: &Value) -> Vec<String> {
    longest(&changes(plan))
}

/// The same on an empty account: the longest chain of what keeps the state, and then that of the rest.
pub fn longest_chain_of_a_first_run(plan: &Value) -> Vec<String> {
    let all = changes(plan);
    let mut first: BTreeMap<&str, &Value> = BTreeMap::new();
    let mut todo = vec!["dynamodb_table.lock", "s3_bucket.state"];
    while let Some(address) = todo.pop() {
        if let Some((address, change)) = all.get_key_value(address)
            && first.insert(address, change).is_none()
        {
            todo.extend(change["after"].as_array().unwrap().iter().map(|need| need.as_str().unwrap()));
        }
    }
    let rest = all.iter().filter(|(address, _)| !first.contains_key(*address));
    let rest = rest.map(|(address, change)| (*address, *change)).collect();
    longest(&first).into_iter().chain(longest(&rest)).collect()
}

fn changes(plan: &Value) -> BTreeMap<&str, &Value> {
    let changes = plan["changes"].as_array().unwrap().iter();
    changes.map(|change| (change["address"].as_str().unwrap(), change)).collect()
}

fn longest(changes: &BTreeMap<&str, &Value>) -> Vec<String> {
    let mut known = BTreeMap::new();
    let chains = changes.keys().map(|address| chain(address, changes, &mut known));
    chains.max_by_key(Vec::len).unwrap_or_default()
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
