//! Environment files, as the config crate would hand them over.

use std::collections::{BTreeMap, BTreeSet};

use provision_config::{
    Address, DrSettings, Environment, Fields, Lifecycle, Origin, Resource, Shape, StateSettings,
    unknown::{self, Reference},
};
use provision_reconciler::Registry;
use serde_json::{Map, Value};

pub const REGION: &str = "us-east-1";

/// An environment file.
#[derive(Clone, Debug, Default)]
pub struct File {
    pub resources: BTreeMap<Address, Entry>,
}

#[derive(Clone, Debug)]
pub struct Entry {
    pub region: String,
    pub spec: Value,
    pub protect: bool,
    pub depends_on: BTreeSet<Address>,
}

pub fn address(text: &str) -> Address {
    text.parse().unwrap()
}

impl File {
    /// With a resource. References are written `${kind.name.output}`.
    pub fn with(mut self, name: &str, spec: Value) -> Self {
        self.set(name, spec);
        self
    }

    pub fn set(&mut self, name: &str, spec: Value) {
        let spec = marked(&spec);
        let entry = Entry { region: REGION.to_owned(), spec, protect: false, depends_on: BTreeSet::new() };
        self.resources.insert(address(name), entry);
    }

    /// With another value of one field; null takes it away.
    pub fn edited(mut self, name: &str, field: &str, value: Value) -> Self {
        self.edit(name, field, value);
        self
    }

    pub fn edit(&mut self, name: &str, field: &str, value: Value) {
        let spec = &mut self.resources.get_mut(&address(name)).unwrap().spec;
        let fields = spec.as_object_mut().unwrap();
        match value {
            Value::Null => fields.remove(field),
            value => fields.insert(field.to_owned(), marked(&value)),
        };
    }

    pub fn without(mut self, name: &str) -> Self {
        assert!(self.resources.remove(&address(name)).is_some());
        self
    }

    pub fn protected(mut self, name: &str) -> Self {
        self.resources.get_mut(&address(name)).unwrap().protect = true;
        self
    }

    pub fn moved(mut self, name: &str, region: &str) -> Self {
        self.resources.get_mut(&address(name)).unwrap().region = region.to_owned();
        self
    }

    pub fn depending(mut self, name: &str, on: &str) -> Self {
        self.resources.get_mut(&address(name)).unwrap().depends_on.insert(address(on));
        self
    }

    pub fn environment(&self, registry: &Registry) -> Environment {
        let resource = |(address, entry): (&Address, &Entry)| {
            let fields = &registry.kind(address).unwrap().schema().fields;
            let mut dependencies = entry.depends_on.clone();
            dependencies.extend(referenced(&entry.spec));
            let mut referring: BTreeMap<Address, BTreeSet<String>> = BTreeMap::new();
            for (field, value) in entry.spec.as_object().unwrap() {
                for need in referenced(value) {
                    referring.entry(need).or_default().insert(field.clone());
                }
            }
            referring.retain(|need, _| !entry.depends_on.contains(need));
            let resource = Resource {
                address: address.clone(),
                region: entry.region.clone(),
                spec: filled(fields, &entry.spec),
                dependencies,
                referring,
                lifecycle: Lifecycle { protect: entry.protect },
                origin: Origin::default(),
            };
            (address.clone(), resource)
        };
        Environment {
            name: "test".to_owned(),
            account: "123456789012".to_owned(),
            region: REGION.to_owned(),
            dr_region: None,
            policy_exceptions: Vec::new(),
            drift_ignores: Vec::new(),
            dr: DrSettings::default(),
            state: StateSettings {
                bucket_region: String::new(),
                lock_region: String::new(),
                bucket: String::new(),
                lock_table: String::new(),
                key: String::new(),
                kms_key: String::new(),
                resources: BTreeSet::new(),
                lock_resource: None,
                bucket_resource: None,
            },
            resources: self.resources.iter().map(resource).collect(),
        }
    }
}

/// `${…}` as marks.
pub fn marked(value: &Value) -> Value {
    match value {
        Value::String(text) => {
            let mut pieces = text.split("${");
            let mut marked = pieces.next().unwrap().to_owned();
            for piece in pieces {
                let (reference, rest) = piece.split_once('}').unwrap();
                marked.push_str(&reference.parse::<Reference>().unwrap().mark());
                marked.push_str(rest);
            }
            Value::String(marked)
        }
        Value::Array(items) => items.iter().map(marked).collect(),
        Value::Object(fields) => fields.iter().map(|(key, value)| (key.clone(), marked(value))).collect(),
        other => other.clone(),
    }
}

fn referenced(value: &Value) -> BTreeSet<Address> {
    match value {
        Value::String(text) => unknown::references(text).into_iter().map(|reference| reference.address).collect(),
        Value::Array(items) => items.iter().flat_map(referenced).collect(),
        Value::Object(fields) => fields.values().flat_map(referenced).collect(),
        _ => BTreeSet::new(),
    }
}

/// A spec with its schema's defaults.
fn filled(fields: &Fields, spec: &Value) -> Value {
    let mut filled: Map<String, Value> = spec.as_object().unwrap().clone();
    for (name, field) in &fields.0 {
        match (filled.get(name), &field.shape, &field.default) {
            (None, _, Some(default)) => {
                filled.insert(name.clone(), default.clone());
            }
            (Some(value), Shape::Table(inner), _) => {
                let value = self::filled(inner, value);
                filled.insert(name.clone(), value);
            }
            _ => {}
        }
    }
    Value::Object(filled)
}
