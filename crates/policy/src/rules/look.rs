//! Looking at specs.

use provision_config::unknown;
use serde_json::Value;

pub(super) fn is_true(spec: &Value, field: &str) -> bool {
    spec.get(field) == Some(&Value::Bool(true))
}

pub(super) fn is(spec: &Value, field: &str, value: &str) -> bool {
    spec.get(field).and_then(Value::as_str) == Some(value)
}

pub(super) fn at_least(spec: &Value, field: &str, least: i64) -> bool {
    spec.get(field).and_then(Value::as_i64).is_some_and(|value| value >= least)
}

/// Whether a field names a customer managed key: by its ARN, or by a reference to one.
pub(super) fn is_key(spec: &Value, field: &str) -> bool {
    let key = spec.get(field).and_then(Value::as_str);
    key.is_some_and(|key| unknown::is_unknown(key) || (key.starts_with("arn:") && key.contains(":kms:")))
}

pub(super) fn blocks_public_access(spec: &Value) -> bool {
    let ways = spec.get("public_access_block").and_then(Value::as_object);
    ways.is_some_and(|ways| ways.len() == 4 && ways.values().all(|way| *way == Value::Bool(true)))
}

/// The items of a list; none if there is no such list.
pub(super) fn items<'a>(spec: &'a Value, field: &str) -> &'a [Value] {
    spec.get(field).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
