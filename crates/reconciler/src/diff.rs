//! The one comparison of two specs, for every kind.
//!
//! Live and desired have the same type, so a difference is found by walking both along the kind's [`Fields`]. Three
//! facts per field (desired, live, last applied) tell a changed file from a change made outside.

use std::collections::BTreeSet;

use provision_config::unknown;
use provision_config::{Field, Fields, Severity, Shape};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::document;
use crate::path::name_of;
use crate::sensitive;

/// One field in which live and desired differ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    /// The field as in the file: `logging.prefix`, `tags["Project"]`, `global_secondary_indexes["by_date"].projection_type`.
    pub path: String,
    /// What AWS has; null for nothing.
    pub live: Value,
    /// What the file asks for; null for nothing. May contain unknowns.
    pub desired: Value,
    /// Who changed it.
    pub cause: Cause,
    /// AWS cannot change it in place.
    pub immutable: bool,
    /// Neither value may be shown.
    pub sensitive: bool,
    /// How grave it is if it was changed behind our back.
    pub severity: Severity,
}

/// Who made a field differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The file asks for something else than was last applied.
    Config,
    /// AWS has something else than was last applied.
    Drift,
    /// Both.
    ConfigAndDrift,
    /// Nothing is known of an earlier, finished apply.
    Unrecorded,
}

/// The fields in which `live` and `desired` differ.
///
/// A field that is null or absent in `desired` is not managed. An entry of a list, a set or a map is the file's as a whole:
/// there an absent field is to be absent, since the calls that set such a field send all of it (see [`overlay`]).
///
/// `last_applied` is what the state recorded, with sensitive values sealed; `None` if nothing (finished) was.
pub fn diff(fields: &Fields, live: &Value, desired: &Value, last_applied: Option<&Value>) -> Vec<Difference> {
    let mut differences = Vec::new();
    Walk { found: &mut differences, recorded: last_applied.is_some() }.table(
        fields,
        "",
        [live, desired, last_applied.unwrap_or(&Value::Null)],
        Inherited::default(),
        false,
    );
    differences
}

/// Whether two values of a shape mean the same. Sensitive values may be sealed on either side.
pub fn same(shape: &Shape, left: &Value, right: &Value) -> bool {
    match (is_nothing(shape, left), is_nothing(shape, right)) {
        (true, true) => return true,
        (false, false) => {}
        _ => return false,
    }
    match shape {
        Shape::Document => document::canonical(left) == document::canonical(right),
        Shape::List(item) => match (left.as_array(), right.as_array()) {
            (Some(left), Some(right)) => {
                left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(item, left, right))
            }
            _ => left == right,
        },
        Shape::Set { item, .. } => match (left.as_array(), right.as_array()) {
            // A value that is named twice is in the set once.
            (Some(left), Some(right)) => {
                let within =
                    |few: &[Value], all: &[Value]| few.iter().all(|one| all.iter().any(|other| same(item, one, other)));
                within(left, right) && within(right, left)
            }
            _ => left == right,
        },
        Shape::Map(item) => match (left.as_object(), right.as_object()) {
            (Some(left), Some(right)) => {
                left.len() == right.len()
                    && left.iter().all(|(key, value)| right.get(key).is_some_and(|other| same(item, value, other)))
            }
            _ => left == right,
        },
        Shape::Table(fields) => fields.0.iter().all(|(name, field)| {
            let (left, right) = (entry(left, name), entry(right, name));
            if field.sensitive { sensitive::same(left, right) } else { same(&field.shape, left, right) }
        }),
        Shape::Text(_) | Shape::Integer { .. } | Shape::Boolean => left == right,
    }
}

/// Whether a value says that there is none: AWS makes no difference between an empty list and no list.
fn is_nothing(shape: &Shape, value: &Value) -> bool {
    match (shape, value) {
        (_, Value::Null) => true,
        (Shape::List(_) | Shape::Set { .. }, Value::Array(items)) => items.is_empty(),
        (Shape::Map(_) | Shape::Document, Value::Object(fields)) => fields.is_empty(),
        _ => false,
    }
}

/// The file's fields, and the live value of every field that the file does not manage: what a call that sets a whole
/// group of fields must send so as not to reset the others.
pub fn overlay(fields: &Fields, live: &Value, desired: &Value) -> Value {
    if desired.is_null() {
        return live.clone();
    }
    let merged = fields.0.iter().filter_map(|(name, field)| {
        let (live, desired) = (entry(live, name), entry(desired, name));
        let value = match &field.shape {
            Shape::Table(inner) if !live.is_null() && !desired.is_null() => overlay(inner, live, desired),
            _ if desired.is_null() => live.clone(),
            _ => desired.clone(),
        };
        (!value.is_null()).then(|| (name.clone(), value))
    });
    Value::Object(merged.collect())
}

/// The three facts of one value: live, desired, last applied.
type Facts<'a> = [&'a Value; 3];

/// The attributes that a table hands down to what is inside it.
#[derive(Clone, Copy, Default)]
struct Inherited {
    immutable: bool,
    sensitive: bool,
    severity: Severity,
}

impl Inherited {
    fn with(self, field: &Field) -> Self {
        Self {
            immutable: self.immutable || field.immutable,
            sensitive: self.sensitive || field.sensitive,
            severity: field.severity.unwrap_or(self.severity),
        }
    }
}

struct Walk<'a> {
    found: &'a mut Vec<Difference>,
    recorded: bool,
}

impl Walk<'_> {
    /// `owned`: the value's absence from the file means that it is to go (an entry of a map or of a keyed set and all that
    /// is inside it), rather than that nobody cares (a field).
    fn table(&mut self, fields: &Fields, path: &str, facts: Facts<'_>, inherited: Inherited, owned: bool) {
        for (name, field) in &fields.0 {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            self.value(&field.shape, &path, facts.map(|fact| entry(fact, name)), inherited.with(field), owned);
        }
    }

    fn value(&mut self, shape: &Shape, path: &str, facts: Facts<'_>, inherited: Inherited, owned: bool) {
        let [live, desired, _] = facts;
        if desired.is_null() && !owned {
            return;
        }
        match shape {
            Shape::Table(fields) if !live.is_null() && !desired.is_null() => {
                self.table(fields, path, facts, inherited, owned);
            }
            Shape::Map(item) if !inherited.sensitive && !desired.is_null() => {
                for key in keys(facts) {
                    let path = format!("{path}[{}]", quoted(&key));
                    self.value(item, &path, facts.map(|fact| entry(fact, &key)), inherited, true);
                }
            }
            Shape::Set { item, key: Some(key) } if !inherited.sensitive && !desired.is_null() => {
                for name in names(facts, key) {
                    let path = format!("{path}[{}]", quoted(&name));
                    self.value(item, &path, facts.map(|fact| named(fact, key, &name)), inherited, true);
                }
            }
            _ => self.leaf(shape, path, facts, inherited, owned),
        }
    }

    fn leaf(&mut self, shape: &Shape, path: &str, [live, desired, last]: Facts<'_>, inherited: Inherited, owned: bool) {
        let equal = |left: &Value, right: &Value| {
            if inherited.sensitive { sensitive::same(left, right) } else { same(shape, left, right) }
        };
        // Sensitive values that AWS does not give back are read as null: then the record stands for live.
        let live = if inherited.sensitive && live.is_null() { last } else { live };
        if !unknown::contains_unknown(desired) && equal(live, desired) {
            return;
        }
        let cause = match (self.recorded, equal(last, desired), equal(last, live)) {
            (false, ..) => Cause::Unrecorded,
            // Nobody cared for this field until the file named it, so nothing was done behind its back.
            (true, ..) if last.is_null() && !owned => Cause::Config,
            (true, true, _) => Cause::Drift,
            (true, false, true) => Cause::Config,
            (true, false, false) => Cause::ConfigAndDrift,
        };
        let Inherited { immutable, sensitive, severity } = inherited;
        let shown =
            |value: &Value| if sensitive { sensitive::redact(value) } else { sensitive::redact_inside(shape, value) };
        self.found.push(Difference {
            path: path.to_owned(),
            live: shown(live),
            desired: shown(desired),
            cause,
            immutable,
            sensitive,
            severity,
        });
    }
}

/// A key as it stands in a path: in quotes, with quotes inside it escaped.
fn quoted(key: &str) -> String {
    Value::from(key).to_string()
}

fn entry<'a>(value: &'a Value, name: &str) -> &'a Value {
    value.get(name).unwrap_or(&Value::Null)
}

/// The keys that live or desired has.
fn keys([live, desired, _]: Facts<'_>) -> BTreeSet<String> {
    [live, desired].into_iter().filter_map(Value::as_object).flat_map(|fields| fields.keys().cloned()).collect()
}

fn names([live, desired, _]: Facts<'_>, key: &str) -> BTreeSet<String> {
    let items = [live, desired].into_iter().filter_map(Value::as_array).flatten();
    items.map(|item| name_of(item, key)).collect()
}

fn named<'a>(list: &'a Value, key: &str, name: &str) -> &'a Value {
    let items = list.as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().find(|item| name_of(item, key) == name).unwrap_or(&Value::Null)
}

#[cfg(test)]
mod tests;
