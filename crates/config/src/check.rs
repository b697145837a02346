//! Values against what their kind says of them, and from there to plain JSON with the defaults filled in.

mod address;
mod document;
mod format;
mod path;
mod text;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::nearest::{nearest, suggestion};
use crate::report::{Problem, Report};
use crate::resolve::Resolver;
use crate::schema::{Fields, Shape};
use crate::source::Place;
use crate::tree::{Data, Node, Table};
use crate::unknown;

pub(crate) use text::Patterns;

/// Checks one resource or section.
pub(crate) struct Checker<'a> {
    report: &'a Report,
    resolver: &'a Resolver<'a>,
    /// Names that are allowed beside the fields of the outermost table: worth suggesting.
    also: &'a [&'a str],
    /// Where each value stands, by JSON pointer.
    pub places: BTreeMap<String, Place>,
    /// A value that was left out because its mistake is known already.
    pub left_out: Option<Place>,
}

/// The way from the outermost table to a value.
#[derive(Clone, Debug, Default)]
struct Way<'d> {
    /// As a JSON pointer: `/attributes/0/name`.
    pointer: String,
    /// As a person writes it: `attributes[0].name`.
    name: String,
    /// Whether the value must not be printed.
    sensitive: bool,
    /// What the documentation says of the field.
    doc: &'d str,
}

impl<'d> Way<'d> {
    fn field(&self, name: &str) -> Self {
        let dot = if self.name.is_empty() { "" } else { "." };
        let escaped = name.replace('~', "~0").replace('/', "~1");
        Self { pointer: format!("{}/{escaped}", self.pointer), name: format!("{}{dot}{name}", self.name), ..*self }
    }

    fn item(&self, index: usize) -> Self {
        Self { pointer: format!("{}/{index}", self.pointer), name: format!("{}[{index}]", self.name), ..*self }
    }
}

/// Whether a value would pass, without saying why not.
pub(crate) fn fits(node: &Node, shape: &Shape, resolver: &Resolver<'_>) -> bool {
    let report = Report::default();
    Checker::new(&report, resolver, &[]).value(node, shape, &Way::default());
    report.is_empty()
}

impl<'a> Checker<'a> {
    pub fn new(report: &'a Report, resolver: &'a Resolver<'a>, also: &'a [&'a str]) -> Self {
        Self { report, resolver, also, places: BTreeMap::new(), left_out: None }
    }

    /// The fields of a resource or section, whose table stands at `at`. What is wrong is reported and left out.
    pub fn fields(&mut self, table: &Table, at: Place, fields: &Fields) -> Map<String, Value> {
        self.table(table, at, fields, &Way::default())
    }

    fn value(&mut self, node: &Node, shape: &Shape, way: &Way<'_>) -> Option<Value> {
        self.places.insert(way.pointer.clone(), node.at);
        match (shape, &node.data) {
            (_, Data::Broken) => {
                self.left_out = Some(node.at);
                None
            }
            (Shape::Text(rules), Data::Text(text)) => self.text(node, text, rules, way),
            (Shape::Integer { min, max }, Data::Integer(value)) => {
                if min.is_some_and(|min| *value < min) || max.is_some_and(|max| *value > max) {
                    return self.wrong_type("config::out_of_bounds", node, shape, way);
                }
                Some(Value::from(*value))
            }
            (Shape::Boolean, Data::Boolean(value)) => Some(Value::from(*value)),
            (Shape::List(item), Data::List(items)) => Some(Value::Array(self.items(items, item, way))),
            (Shape::Set { item, key }, Data::List(items)) => {
                let values = self.items(items, item, way);
                // An item with a mistake is not among the values, and then the two do not correspond.
                if values.len() == items.len() {
                    self.distinct(&values, items, key.as_deref(), way);
                }
                Some(Value::Array(values))
            }
            (Shape::Map(item), Data::Table(entries)) => {
                let values = entries
                    .iter()
                    .filter_map(|(name, entry)| Some((name.clone(), self.value(&entry.node, item, &way.field(name))?)));
                Some(Value::Object(values.collect()))
            }
            (Shape::Table(fields), Data::Table(entries)) => {
                Some(Value::Object(self.table(entries, node.at, fields, way)))
            }
            (Shape::Document, _) => self.document(node, way),
            _ => self.wrong_type("config::type", node, shape, way),
        }
    }

    fn table(&mut self, table: &Table, at: Place, fields: &Fields, way: &Way<'_>) -> Map<String, Value> {
        let mut values = Map::new();
        for (name, entry) in table {
            let inner = way.field(name);
            let Some(field) = fields.get(name) else {
                self.unknown_field(name, entry.key, fields, way);
                continue;
            };
            let inner = Way { sensitive: way.sensitive || field.sensitive, doc: &field.doc, ..inner };
            if let Some(value) = self.value(&entry.node, &field.shape, &inner) {
                values.insert(name.clone(), value);
            }
        }
        // A field that is only misspelt is not missing as well.
        let misspelt: BTreeSet<&str> = table.keys().filter_map(|name| self.meant(name, fields, way)).collect();
        for (name, field) in fields.0.iter().filter(|(name, _)| !table.contains_key(*name)) {
            if let Some(default) = &field.default {
                values.insert(name.clone(), complete(default, &field.shape));
            } else if field.required && !misspelt.contains(name.as_str()) {
                let name = &way.field(name).name;
                let problem = Problem::new("config::missing_field", format!("the required field `{name}` is missing"));
                let problem = problem.label(format!("needs `{name}`"));
                self.report.add(at, problem.help(sentence(&field.doc)));
            }
        }
        values
    }

    /// The field that a name that is none was meant to be.
    fn meant<'f>(&'f self, name: &str, fields: &'f Fields, way: &Way<'_>) -> Option<&'f str> {
        match fields.get(name) {
            Some(_) => None,
            None => nearest(name, self.names(fields, way)),
        }
    }

    /// What may stand in a table.
    fn names<'f>(&'f self, fields: &'f Fields, way: &Way<'_>) -> impl Iterator<Item = &'f str> {
        let also = if way.pointer.is_empty() { self.also } else { &[] };
        fields.names().chain(also.iter().copied())
    }

    fn unknown_field(&self, name: &str, key: Place, fields: &Fields, way: &Way<'_>) {
        let problem = Problem::new("config::unknown_field", format!("there is no field `{}`", way.field(name).name));
        let problem = problem.label("not a field").help(suggestion(name, "the fields are", self.names(fields, way)));
        self.report.add(key, problem);
    }

    fn items(&mut self, items: &[Node], shape: &Shape, way: &Way<'_>) -> Vec<Value> {
        let values = items.iter().enumerate().filter_map(|(index, item)| self.value(item, shape, &way.item(index)));
        values.collect()
    }

    /// Items of a set must differ; where a field tells them apart, in that field.
    fn distinct(&self, values: &[Value], items: &[Node], key: Option<&str>, way: &Way<'_>) {
        let mut seen: BTreeSet<String> = BTreeSet::new();
        for (value, item) in values.iter().zip(items) {
            let identity = match key {
                None => Some(value),
                Some(key) => value.get(key),
            };
            let Some(identity) = identity else { continue };
            if seen.insert(identity.to_string()) {
                continue;
            }
            let name = &way.name;
            let message = match (key, way.sensitive) {
                (Some(key), false) => format!("two items of `{name}` have the same `{key}`, {identity}"),
                (None, false) if !identity.is_object() && !unknown::contains_unknown(identity) => {
                    format!("{identity} is twice in `{name}`")
                }
                _ => format!("the same item is twice in `{name}`"),
            };
            let problem = Problem::new("config::duplicate", message).label("the second one");
            self.report.add(item.at, problem.help("keep one of them"));
        }
    }

    /// Always `None`, so that it can end a check.
    fn wrong_type(&self, code: &'static str, node: &Node, shape: &Shape, way: &Way<'_>) -> Option<Value> {
        let found = node.describe(!way.sensitive);
        let message = format!("`{}`: expected {}, found {found}", way.name, shape.noun());
        let problem = Problem::new(code, message).label(format!("expected {}", shape.noun()));
        self.report.add(node.at, problem.help(type_help(node, shape, way.sensitive)));
        None
    }
}

fn type_help(node: &Node, shape: &Shape, sensitive: bool) -> String {
    match (shape, &node.data) {
        (Shape::Text(_), Data::Integer(_) | Data::Float(_) | Data::Boolean(_) | Data::Date(_)) => {
            "put it in quotes".to_owned()
        }
        (Shape::Integer { .. } | Shape::Boolean, Data::Text(text)) if unknown::is_unknown(text) => {
            "outputs are texts; only a field that takes a text can refer to one".to_owned()
        }
        (Shape::Integer { .. }, Data::Text(text)) if !sensitive && text.parse::<i64>().is_ok() => {
            format!("write {text} without the quotes")
        }
        (Shape::Boolean, Data::Text(text)) if matches!(text.as_str(), "true" | "false") => {
            format!("write {text} without the quotes")
        }
        (Shape::List(_) | Shape::Set { .. }, Data::Text(text)) if !sensitive && !unknown::is_unknown(text) => {
            format!("write `[\"{text}\"]`")
        }
        (Shape::List(_) | Shape::Set { .. }, Data::Text(_) | Data::Table(_)) => "put it in brackets: `[…]`".to_owned(),
        _ => String::new(),
    }
}

/// A default with the defaults of what is inside it. `null` inside a default means unset.
fn complete(value: &Value, shape: &Shape) -> Value {
    match (shape, value) {
        (Shape::Table(fields), Value::Object(given)) => {
            let default = |name: &String| fields.get(name)?.default.as_ref();
            let value = |name: &String| given.get(name).filter(|value| !value.is_null()).or_else(|| default(name));
            let completed =
                fields.0.iter().filter_map(|(name, field)| Some((name.clone(), complete(value(name)?, &field.shape))));
            Value::Object(completed.collect())
        }
        (Shape::List(item) | Shape::Set { item, .. }, Value::Array(items)) => {
            items.iter().map(|value| complete(value, item)).collect()
        }
        (Shape::Map(item), Value::Object(entries)) => {
            entries.iter().map(|(name, value)| (name.clone(), complete(value, item))).collect()
        }
        _ => value.clone(),
    }
}

/// The first sentence of a documentation, as a hint.
fn sentence(doc: &str) -> String {
    let paragraph = doc.split("\n\n").next().unwrap_or_default().replace('\n', " ");
    let end = paragraph.find(". ").unwrap_or(paragraph.len());
    paragraph[..end].trim_end_matches('.').to_owned()
}
