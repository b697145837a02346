//! `[drift]`: which differences from what was last applied are nobody's concern.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::address::Address;
use crate::environment::{DriftIgnore, Resource};
use crate::nearest::suggestion;
use crate::report::{Problem, Report};
use crate::schema::{Catalog, Field, Fields, Shape, Text};
use crate::source::Place;
use crate::tree::Node;

/// The fields of the section.
pub(crate) fn fields() -> Fields {
    let some = || Shape::Text(Text { min_length: Some(1), ..Text::default() });
    let required = |doc: &str| Field { required: true, ..Field::new(some(), doc) };
    let ignore = Fields(BTreeMap::from([
        (
            "resource".to_owned(),
            required(
                "the resource's address, as in `resource = \"ec2_instance.worker\"`; `\"ec2_instance.*\"` is every one of the kind",
            ),
        ),
        (
            "field".to_owned(),
            required(
                "the field as a drift report names it, with all that is in it, as in `field = \"tags[\\\"Scanned\\\"]\"`",
            ),
        ),
        ("reason".to_owned(), required("why nobody need know that it changed, for whoever reads the file")),
    ]));
    let doc = "which fields may differ from what was last applied, and why";
    Fields(BTreeMap::from([("ignore".to_owned(), Field::new(Shape::List(Box::new(Shape::Table(ignore))), doc))]))
}

/// What the checked section says. That it names resources and fields which there are is checked here.
pub(crate) fn ignores(
    section: &Map<String, Value>,
    node: &Node,
    resources: &BTreeMap<Address, Resource>,
    catalog: &Catalog,
    report: &Report,
) -> Vec<DriftIgnore> {
    let text = |entry: &Value, name: &str| entry.get(name).and_then(Value::as_str).map(str::to_owned);
    let entries = section.get("ignore").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let written = node.as_table().and_then(|section| section.get("ignore")?.node.as_list()).unwrap_or_default();
    let mut ignores = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let parts = (text(entry, "resource"), text(entry, "field"), text(entry, "reason"));
        // What is incomplete, or is not even a table and so not among these, has been reported.
        let (true, (Some(resource), Some(field), Some(reason))) = (entries.len() == written.len(), parts) else {
            continue;
        };
        let ignore = DriftIgnore { resource, field, reason };
        let at = |name: &str| place(&written[index], name);
        match kind_of(&ignore.resource, resources) {
            Ok(kind) => {
                if let Some(schema) = catalog.kinds.get(kind)
                    && let Err(problem) = find(&schema.fields, &ignore.field, kind)
                {
                    report.add(at("field"), problem);
                }
            }
            Err(problem) => report.add(at("resource"), problem),
        }
        ignores.push(ignore);
    }
    ignores
}

/// The kind that an entry is about, if there is such a resource.
fn kind_of<'a>(resource: &'a str, resources: &BTreeMap<Address, Resource>) -> Result<&'a str, Problem> {
    let (kind, _) = resource.split_once('.').unwrap_or((resource, ""));
    let is_there = match resource.strip_suffix(".*") {
        Some(kind) => resources.keys().any(|address| address.kind == kind),
        None => resources.keys().any(|address| address.to_string() == resource),
    };
    if is_there {
        return Ok(kind);
    }
    let addresses: Vec<String> = resources.keys().map(ToString::to_string).collect();
    let problem = Problem::new("config::unknown_resource", format!("there is no resource `{resource}`"));
    let help = suggestion(resource, "there are", addresses.iter().map(String::as_str));
    Err(problem.label("not in this environment").help(help))
}

/// Looks whether a path, as a drift report writes it, leads to a field.
fn find(fields: &Fields, path: &str, kind: &str) -> Result<(), Problem> {
    let end = path.find(['.', '[']).unwrap_or(path.len());
    let (name, rest) = path.split_at(end);
    let Some(field) = fields.get(name) else {
        let problem = Problem::new("config::unknown_field", format!("`{kind}` has no field `{name}`"));
        return Err(problem.label("not found").help(suggestion(name, "there are", fields.names())));
    };
    within(&field.shape, rest, kind)
}

fn within(shape: &Shape, rest: &str, kind: &str) -> Result<(), Problem> {
    match (shape, rest.chars().next()) {
        (_, None) => Ok(()),
        (Shape::Table(fields), Some('.')) => find(fields, &rest[1..], kind),
        // A key of a map, or what tells an item of a set from the others: whatever it is.
        (Shape::Map(item) | Shape::Set { item, key: Some(_) }, Some('[')) => match after_key(rest) {
            Some(rest) => within(item, rest, kind),
            None => {
                let problem = Problem::new("config::field_path", format!("`{rest}` names no entry"));
                Err(problem.label("not an entry").help("write it in quotes, as in `tags[\\\"Name\\\"]`"))
            }
        },
        _ => {
            let problem = Problem::new(
                "config::field_path",
                format!("`{rest}` leads nowhere: a report names the field as a whole"),
            );
            Err(problem.label("not told apart").help("name the field itself; `provision drift` shows how it is called"))
        }
    }
}

/// What follows `["key"]`.
fn after_key(rest: &str) -> Option<&str> {
    let quoted = rest.strip_prefix('[')?;
    let mut values = serde_json::Deserializer::from_str(quoted).into_iter::<String>();
    values.next()?.ok()?;
    quoted[values.byte_offset()..].strip_prefix(']')
}

/// Where a field of an entry stands.
fn place(entry: &Node, name: &str) -> Place {
    entry.as_table().and_then(|fields| fields.get(name)).map_or(entry.at, |field| field.node.at)
}
