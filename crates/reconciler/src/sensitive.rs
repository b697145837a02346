//! Values that are never printed and never stored: a salted hash stands in for them.

use provision_config::{Fields, Shape};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The key of the object that stands for a sealed value.
const SEALED: &str = "$sha256";

/// The spec with each sensitive value replaced by a salted hash of it, as the state keeps it.
pub fn seal(fields: &Fields, spec: &Value, salt: &str) -> Value {
    let Some(object) = spec.as_object() else { return spec.clone() };
    let sealed = object.iter().map(|(name, value)| {
        let sealed = match fields.get(name) {
            Some(field) if field.sensitive && !value.is_null() => seal_value(value, salt),
            Some(field) => seal_inside(&field.shape, value, salt),
            None => value.clone(),
        };
        (name.clone(), sealed)
    });
    Value::Object(sealed.collect())
}

/// Whether two values are the same, where either may be sealed.
pub fn same(left: &Value, right: &Value) -> bool {
    match (sealed(left), sealed(right)) {
        (Some((salt, hash)), None) => !right.is_null() && self::hash(right, salt) == hash,
        (None, Some((salt, hash))) => !left.is_null() && self::hash(left, salt) == hash,
        _ => left == right,
    }
}

/// What may be shown of a sensitive value: that there is one.
pub fn redact(value: &Value) -> Value {
    if value.is_null() { Value::Null } else { json!("(sensitive)") }
}

fn seal_inside(shape: &Shape, value: &Value, salt: &str) -> Value {
    match (shape, value) {
        (Shape::Table(fields), _) => seal(fields, value, salt),
        (Shape::List(item) | Shape::Set { item, .. }, Value::Array(items)) => {
            items.iter().map(|value| seal_inside(item, value, salt)).collect()
        }
        (Shape::Map(item), Value::Object(fields)) => {
            fields.iter().map(|(key, value)| (key.clone(), seal_inside(item, value, salt))).collect()
        }
        _ => value.clone(),
    }
}

fn seal_value(value: &Value, salt: &str) -> Value {
    json!({ SEALED: { "salt": salt, "hash": hash(value, salt) } })
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
