//! From a spec's Rust type to the description that checking and comparing need.
//!
//! The type's JSON schema (made by schemars) carries everything: types, defaults, bounds, documentation and, as
//! extensions, our field attributes. So there is one source, the struct, and no second list to keep in step.

use std::collections::BTreeMap;

use provision_config::schema::Text;
use provision_config::{Field, Fields, Severity, Shape};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Deserialize;
use serde_json::{Map, Value};

/// The fields of a spec.
pub fn fields_of<T: JsonSchema>() -> Fields {
    fields(&schema_of::<T>())
}

/// The names of the fields of a type, with their documentation: the outputs of a kind.
pub(crate) fn docs_of<T: JsonSchema>() -> BTreeMap<String, String> {
    let fields = fields_of::<T>();
    fields.0.into_iter().map(|(name, field)| (name, field.doc)).collect()
}

/// A type's own documentation.
pub(crate) fn doc_of<T: JsonSchema>() -> String {
    text(&schema_of::<T>(), "description").unwrap_or_default()
}

fn schema_of<T: JsonSchema>() -> Map<String, Value> {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let schema = settings.into_generator().into_root_schema_for::<T>();
    schema.as_object().cloned().unwrap_or_default()
}

fn fields(schema: &Map<String, Value>) -> Fields {
    let required: Vec<&str> =
        schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    let fields = properties.map(|(name, property)| {
        let empty = Map::new();
        let property = property.as_object().unwrap_or(&empty);
        let field = Field {
            shape: shape(property),
            required: required.contains(&name.as_str()),
            default: property.get("default").filter(|value| !value.is_null()).cloned(),
            immutable: flag(property, "immutable"),
            sensitive: flag(property, "sensitive"),
            severity: property.get("severity").and_then(|severity| Severity::deserialize(severity).ok()),
            doc: text(property, "description").unwrap_or_default(),
        };
        (name.clone(), field)
    });
    Fields(fields.collect())
}

fn shape(property: &Map<String, Value>) -> Shape {
    if flag(property, "document") {
        return Shape::Document;
    }
    // `Option<T>` of a table or an enumeration is `anyOf [T, null]`; the attributes stand beside it.
    if let Some(inner) =
        property.get("anyOf").and_then(Value::as_array).and_then(|any| any.iter().find(|one| !is_null(one)))
    {
        let mut merged = inner.as_object().cloned().unwrap_or_default();
        merged.extend(
            property.iter().filter(|(key, _)| *key != "anyOf").map(|(key, value)| (key.clone(), value.clone())),
        );
        return shape(&merged);
    }
    match type_of(property) {
        "integer" => Shape::Integer { min: integer(property, "minimum"), max: integer(property, "maximum") },
        "boolean" => Shape::Boolean,
        "array" => {
            let empty = Map::new();
            let item = Box::new(shape(property.get("items").and_then(Value::as_object).unwrap_or(&empty)));
            match property.get("set") {
                Some(Value::Bool(true)) => Shape::Set { item, key: None },
                Some(Value::String(key)) => Shape::Set { item, key: Some(key.clone()) },
                // `BTreeSet<T>`.
                _ if flag(property, "uniqueItems") => Shape::Set { item, key: None },
                _ => Shape::List(item),
            }
        }
        "object" if property.contains_key("properties") => Shape::Table(fields(property)),
        "object" => {
            let empty = Map::new();
            Shape::Map(Box::new(shape(
                property.get("additionalProperties").and_then(Value::as_object).unwrap_or(&empty),
            )))
        }
        _ => Shape::Text(Text {
            one_of: one_of(property),
            pattern: text(property, "pattern"),
            format: text(property, "format"),
            min_length: property.get("minLength").and_then(Value::as_u64),
            max_length: property.get("maxLength").and_then(Value::as_u64),
        }),
    }
}

/// The values of an enumeration: `enum`, or `oneOf` constants where the variants are documented.
fn one_of(property: &Map<String, Value>) -> Vec<String> {
    let plain = property.get("enum").and_then(Value::as_array).into_iter().flatten();
    let documented = property.get("oneOf").and_then(Value::as_array).into_iter().flatten();
    let documented = documented.flat_map(|variant| {
        let several = variant.get("enum").and_then(Value::as_array).into_iter().flatten();
        variant.get("const").into_iter().chain(several)
    });
    plain.chain(documented).filter_map(|value| value.as_str().map(str::to_owned)).collect()
}

/// The schema's type; for `[type, null]`, the type.
fn type_of(property: &Map<String, Value>) -> &str {
    match property.get("type") {
        Some(Value::String(one)) => one,
        Some(Value::Array(several)) => {
            several.iter().filter_map(Value::as_str).find(|one| *one != "null").unwrap_or("string")
        }
        _ => "string",
    }
}

fn is_null(schema: &Value) -> bool {
    schema.get("type").and_then(Value::as_str) == Some("null")
}

fn flag(property: &Map<String, Value>, name: &str) -> bool {
    property.get(name).and_then(Value::as_bool).unwrap_or(false)
}

fn text(property: &Map<String, Value>, name: &str) -> Option<String> {
    property.get(name)?.as_str().map(str::to_owned)
}

fn integer(property: &Map<String, Value>, name: &str) -> Option<i64> {
    let value = property.get(name)?;
    value.as_i64().or_else(|| value.as_f64().map(|number| number as i64))
}

#[cfg(test)]
mod tests;
