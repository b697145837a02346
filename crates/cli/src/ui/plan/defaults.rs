//! What a kind sets by itself, which a plan at a glance leaves out.

use provision_config::{Fields, Shape};
use serde_json::{Map, Value};

/// A spec without the fields that are as they would be if the file did not name them, and how many those are.
/// Empty ones are not counted: they say that there is nothing.
pub fn without(fields: &Fields, spec: &Value) -> (Value, usize) {
    let Some(object) = spec.as_object() else { return (spec.clone(), 0) };
    let mut left = Map::new();
    let mut hidden = 0;
    for (name, value) in object {
        let field = fields.get(name);
        if field.is_some_and(|field| field.default.as_ref() == Some(value)) {
            hidden += usize::from(!is_nothing(value));
            continue;
        }
        let (value, inside) = field.map_or_else(|| (value.clone(), 0), |field| inner(&field.shape, value));
        hidden += inside;
        if !is_nothing(&value) {
            left.insert(name.clone(), value);
        }
    }
    (Value::Object(left), hidden)
}

/// The same inside of a value.
fn inner(shape: &Shape, value: &Value) -> (Value, usize) {
    match (shape, value) {
        (Shape::Table(fields), _) => without(fields, value),
        (Shape::List(item) | Shape::Set { item, .. }, Value::Array(items)) => {
            let mut hidden = 0;
            let items = items.iter().map(|value| {
                let (value, inside) = inner(item, value);
                hidden += inside;
                value
            });
            (items.collect(), hidden)
        }
        _ => (value.clone(), 0),
    }
}

/// Whether a value says that there is none.
pub fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.values().all(Value::is_null),
        Value::String(text) => text.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ui::json_schema::samples::sample;

    #[test]
    fn what_is_as_by_default_is_left_out() {
        let spec = json!({ "bucket": "acme", "versioning": "Enabled", "logging": { "prefix": "" }, "days": 0, "policy": null });
        assert_eq!(without(&sample().fields, &spec), (json!({ "bucket": "acme", "days": 0 }), 1));
        let spec = json!({ "bucket": "acme", "versioning": "Suspended", "unheard_of": 1 });
        assert_eq!(without(&sample().fields, &spec), (spec.clone(), 0));
    }
}
