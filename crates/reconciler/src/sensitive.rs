//! Values that are never printed and never stored: a salted hash stands in for them.

use provision_config::{Fields, Shape};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The key of the object that stands for a sealed value.
const SEALED: &str = "$sha256";

/// The spec with each sensitive value replaced by a salted hash of it, as the state keeps it.
pub fn seal(fields: &Fields, spec: &Value, salt: &str) -> Value {
    replace_table(fields, spec, false, &|value| seal_value(value, salt))
}

/// Whether two values are the same, where either may be sealed, or have something sealed in it.
pub fn same(left: &Value, right: &Value) -> bool {
    match (sealed(left), sealed(right)) {
        (Some((salt, hash)), None) => !right.is_null() && self::hash(right, salt) == hash,
        (None, Some((salt, hash))) => !left.is_null() && self::hash(left, salt) == hash,
        (Some(left), Some(right)) => left == right,
        (None, None) => match (left, right) {
            (Value::Object(left), Value::Object(right)) => left
                .keys()
                .chain(right.keys())
                .all(|key| same(left.get(key).unwrap_or(&Value::Null), right.get(key).unwrap_or(&Value::Null))),
            (Value::Array(left), Value::Array(right)) => {
                left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
            }
            _ => left == right,
        },
    }
}

/// What may be shown of a sensitive value: that there is one.
pub fn redact(value: &Value) -> Value {
    if value.is_null() { Value::Null } else { json!("(sensitive)") }
}

/// A value with every sensitive one inside it redacted.
pub fn redact_inside(shape: &Shape, value: &Value) -> Value {
    replace(shape, value, false, &redact)
}

fn replace_table(fields: &Fields, table: &Value, sensitive: bool, with: &impl Fn(&Value) -> Value) -> Value {
    let Some(object) = table.as_object() else { return table.clone() };
    let replaced = object.iter().map(|(name, value)| {
        let value = match fields.get(name) {
            Some(field) => replace(&field.shape, value, sensitive || field.sensitive, with),
            None => value.clone(),
        };
        (name.clone(), value)
    });
    Value::Object(replaced.collect())
}

/// A table is replaced field by field, so that it can be compared field by field; anything else as a whole.
fn replace(shape: &Shape, value: &Value, sensitive: bool, with: &impl Fn(&Value) -> Value) -> Value {
    match (shape, value) {
        (_, Value::Null) => Value::Null,
        (Shape::Table(fields), Value::Object(_)) => replace_table(fields, value, sensitive, with),
        _ if sensitive => with(value),
        (Shape::List(item) | Shape::Set { item, .. }, Value::Array(items)) => {
            items.iter().map(|value| replace(item, value, false, with)).collect()
        }
        (Shape::Map(item), Value::Object(fields)) => {
            fields.iter().map(|(key, value)| (key.clone(), replace(item, value, false, with))).collect()
        }
        _ => value.clone(),
    }
}

fn seal_value(value: &Value, salt: &str) -> Value {
    json!({ SEALED: { "salt": salt, "hash": hash(value, salt) } })
}

/// Whether a value is sealed, or has something sealed in it: then what it was is not known any more.
pub(crate) fn is_sealed_inside(value: &Value) -> bool {
    match value {
        Value::Object(_) if sealed(value).is_some() => true,
        Value::Object(fields) => fields.values().any(is_sealed_inside),
        Value::Array(items) => items.iter().any(is_sealed_inside),
        _ => false,
    }
}

fn sealed(value: &Value) -> Option<(&str, &str)> {
    let seal = value.as_object().filter(|object| object.len() == 1)?.get(SEALED)?;
    Some((seal.get("salt")?.as_str()?, seal.get("hash")?.as_str()?))
}

fn hash(value: &Value, salt: &str) -> String {
    let mut digest = Sha256::new();
    digest.update(salt.as_bytes());
    digest.update([0]);
    digest.update(value.to_string().as_bytes());
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
