//! `[state]` and the resources behind it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::address::Address;
use crate::environment::{Resource, StateSettings};
use crate::report::{Problem, Report};
use crate::source::Place;
use crate::tree::Node;
use crate::unknown;

/// Puts the settings together from the checked section.
///
/// `referred` are the resources that the section refers to.
pub(crate) fn settings(
    section: &Map<String, Value>,
    node: &Node,
    (environment, region): (&str, &str),
    referred: BTreeSet<Address>,
    resources: &BTreeMap<Address, Resource>,
    report: &Report,
) -> Option<StateSettings> {
    let known = |name: &str| {
        let text = section.get(name)?.as_str()?;
        if !unknown::is_unknown(text) {
            return Some(text.to_owned());
        }
        let message = format!("`{name}` must be known before anything exists");
        let problem = Problem::new("config::unknown_setting", message).label("an output, which AWS will choose");
        report.add(place(node, name), problem.help("refer to an input, as in `${s3_bucket.state.bucket}`"));
        None
    };
    let bucket = known("bucket");
    let lock_table = known("lock_table");
    let key = match section.get("key") {
        Some(_) => known("key"),
        None => Some(format!("provision/{environment}/state.json")),
    };
    let (bucket, lock_table, key) = (bucket?, lock_table?, key?);
    let bucket_resource = owner("s3_bucket", "bucket", &bucket, &referred, resources);
    let lock_resource = owner("dynamodb_table", "table_name", &lock_table, &referred, resources);
    // A bucket may also be encrypted by a key that is no one's own (`AES256`), which is not enough for the state.
    let is_key = |text: &&str| unknown::is_unknown(text) || text.starts_with("arn:");
    let of_bucket = || resources.get(bucket_resource.as_ref()?)?.spec.get("kms_key")?.as_str().filter(is_key);
    let kms_key = section.get("kms_key").and_then(Value::as_str).or_else(of_bucket).map(str::to_owned);
    let Some(kms_key) = kms_key else {
        // A key that was given, but wrongly, has been reported.
        if node.as_table().is_none_or(|table| !table.contains_key("kms_key")) {
            report.add(node.at, no_key(bucket_resource.as_ref()));
        }
        return None;
    };
    let of_key = unknown::references(&kms_key).into_iter().map(|reference| reference.address);
    let roots = referred.iter().cloned().chain(of_key).chain(lock_resource.clone()).chain(bucket_resource.clone());
    let needed = closure(roots, resources);
    let region_of = |resource: Option<&Address>| {
        let resource = resource.and_then(|address| resources.get(address));
        resource.map_or(region, |resource| &resource.region).to_owned()
    };
    Some(StateSettings {
        bucket_region: region_of(bucket_resource.as_ref()),
        lock_region: region_of(lock_resource.as_ref()),
        bucket,
        lock_table,
        key,
        kms_key,
        resources: needed,
        lock_resource,
        bucket_resource,
    })
}

/// The resource of a kind that has that name on AWS. If several claim it, the one that `[state]` refers to.
fn owner(
    kind: &str,
    field: &str,
    name: &str,
    referred: &BTreeSet<Address>,
    resources: &BTreeMap<Address, Resource>,
) -> Option<Address> {
    let named = |resource: &&Resource| {
        resource.address.kind == kind && resource.spec.get(field).and_then(Value::as_str) == Some(name)
    };
    let addresses = || resources.values().filter(named).map(|resource| &resource.address);
    addresses().find(|address| referred.contains(*address)).or_else(|| addresses().next()).cloned()
}

/// These resources and all that they need.
fn closure(roots: impl Iterator<Item = Address>, resources: &BTreeMap<Address, Resource>) -> BTreeSet<Address> {
    let mut closure = BTreeSet::new();
    let mut todo: Vec<Address> = roots.collect();
    while let Some(address) = todo.pop() {
        if let Some(resource) = resources.get(&address)
            && closure.insert(address)
        {
            todo.extend(resource.dependencies.iter().cloned());
        }
    }
    closure
}

fn no_key(bucket: Option<&Address>) -> Problem {
    let problem = Problem::new("config::state_key", "nothing says which KMS key encrypts the state");
    let problem = problem.label("needs `kms_key`");
    problem.help(match bucket {
        Some(bucket) => {
            format!("set `kms_key` of `{bucket}`, or `kms_key = \"${{kms_key.NAME.arn}}\"` under `[state]`")
        }
        None => "set `kms_key = \"${kms_key.NAME.arn}\"` under `[state]`, or the ARN of a key".to_owned(),
    })
}

fn place(node: &Node, name: &str) -> Place {
    node.as_table().and_then(|table| table.get(name)).map_or(node.at, |entry| entry.node.at)
}
