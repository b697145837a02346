//! References that AWS still has, that it cannot change, and that the file no longer says anything about.
//!
//! A field that the file does not name is not managed, and so it is of no matter what it refers to, until that is to go: it
//! cannot go while it is referred to. So what refers to it is replaced by one that does not.

use std::collections::BTreeSet;

use provision_config::{Address, Fields, Severity, Shape};
use serde_json::Value;

use super::planner::Planner;
use crate::diff::{Cause, Difference};
use crate::record::Record;

/// What an abandoned reference leads to, and the field that has it, as a difference from having none.
pub(super) struct Abandoned {
    pub to: Address,
    pub difference: Difference,
}

impl Planner<'_> {
    /// The abandoned references of a resource to others that it depended on.
    pub(super) fn abandoned(
        &self,
        fields: &Fields,
        live: &Value,
        desired: &Value,
        record: Option<&Record>,
    ) -> Vec<Abandoned> {
        let dependencies = record.map(|record| &record.dependencies).into_iter().flatten();
        let named: Vec<(&Address, BTreeSet<&str>)> =
            dependencies.filter_map(|address| Some((address, names(self.subject.records.get(address)?)))).collect();
        let mut unnamed = Vec::new();
        if !named.is_empty() {
            collect(fields, "", live, desired, &mut unnamed);
        }
        let found = unnamed.into_iter().flat_map(|(path, live)| {
            let mut texts = BTreeSet::new();
            collect_texts(live, &mut texts);
            let to = named.iter().filter(move |(_, names)| !names.is_disjoint(&texts));
            to.map(move |(to, _)| Abandoned {
                to: (*to).clone(),
                difference: Difference {
                    path: path.clone(),
                    live: live.clone(),
                    desired: Value::Null,
                    cause: Cause::Config,
                    immutable: true,
                    sensitive: false,
                    severity: Severity::default(),
                },
            })
        });
        found.collect()
    }
}

/// What others call a resource by.
fn names(record: &Record) -> BTreeSet<&str> {
    let outputs = ["id", "arn"].into_iter().filter_map(|name| record.outputs.get(name)?.as_str());
    outputs.chain([record.id.as_str()]).collect()
}

/// The immutable fields that are there and that the file does not name.
fn collect<'v>(fields: &Fields, path: &str, live: &'v Value, desired: &Value, found: &mut Vec<(String, &'v Value)>) {
    for (name, field) in fields.0.iter().filter(|(_, field)| !field.sensitive) {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        let Some(live) = live.get(name).filter(|live| !live.is_null()) else { continue };
        match (desired.get(name).filter(|desired| !desired.is_null()), &field.shape) {
            (None, _) if field.immutable => found.push((path, live)),
            (Some(desired), Shape::Table(inner)) => collect(inner, &path, live, desired, found),
            _ => {}
        }
    }
}

fn collect_texts<'v>(value: &'v Value, texts: &mut BTreeSet<&'v str>) {
    match value {
        Value::String(text) => drop(texts.insert(text)),
        Value::Array(items) => items.iter().for_each(|item| collect_texts(item, texts)),
        Value::Object(fields) => fields.values().for_each(|value| collect_texts(value, texts)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
