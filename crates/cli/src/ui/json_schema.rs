//! A JSON Schema of environment files, so that editors complete and check them.
//!
//! References (`"${…}"`) stand wherever a value does, so every value may also be such a text.

use provision_config::schema::Text;
use provision_config::{Catalog, Field, Fields, KindSchema, Shape};
use serde_json::{Map, Value, json};

/// The schema of environment files.
pub fn environment(catalog: &Catalog) -> Value {
    let text = json!({ "type": "string" });
    let mut properties = Map::from_iter([
        ("extends".to_owned(), json!({ "description": "The file of the layer beneath.", "type": "string" })),
        (
            "environment".to_owned(),
            table(
                "Which environment it is.",
                [("name", &text), ("account", &text), ("region", &text), ("dr_region", &text)],
            ),
        ),
        ("provision".to_owned(), table("What the file asks of this program.", [("version", &text)])),
        (
            "policy".to_owned(),
            json!({
                "description": "Security rules.",
                "type": "object",
                "properties": {
                    "exceptions": {
                        "description": "Where which rule need not hold, and why.",
                        "type": "array",
                        "items": table("One exception.", [("rule", &text), ("resource", &text), ("reason", &text)]),
                    },
                },
                "additionalProperties": false,
            }),
        ),
        ("vars".to_owned(), json!({ "description": "Values for `${vars.NAME}`.", "type": "object" })),
        (
            "tags".to_owned(),
            json!({ "description": "Tags of every resource.", "type": "object", "additionalProperties": text }),
        ),
        (
            "drift".to_owned(),
            json!({
                "description": "What a drift report leaves out.",
                "type": "object",
                "properties": {
                    "ignore": {
                        "description": "Which fields may differ from what was last applied, and why.",
                        "type": "array",
                        "items": table("One field.", [("resource", &text), ("field", &text), ("reason", &text)]),
                    },
                },
                "additionalProperties": false,
            }),
        ),
        (
            "dr".to_owned(),
            table("What is asked of the replicas in the other region.", [("rpo", &text), ("lock_table", &text)]),
        ),
        (
            "state".to_owned(),
            table(
                "Where the state and the lock are.",
                [("bucket", &text), ("lock_table", &text), ("key", &text), ("kms_key", &text)],
            ),
        ),
    ]);
    properties.extend(catalog.kinds.iter().map(|(name, kind)| {
        let resources = json!({
            "description": kind.doc,
            "type": "object",
            "additionalProperties": resource(kind),
        });
        (name.clone(), resources)
    }));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An environment of provision",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    })
}

/// The schema of one resource of a kind.
pub fn kind(kind: &KindSchema) -> Value {
    let mut schema = resource(kind);
    if let Some(fields) = schema.as_object_mut() {
        fields.insert("$schema".to_owned(), "https://json-schema.org/draft/2020-12/schema".into());
        fields.insert("title".to_owned(), kind.name.into());
        fields.insert("x-aws-type".to_owned(), kind.aws_type.into());
        fields.insert("x-outputs".to_owned(), json!(kind.outputs));
    }
    schema
}

/// A table of a resource: the kind's fields, and those that every kind has.
fn resource(kind: &KindSchema) -> Value {
    let mut schema = fields(&kind.fields);
    let common = [
        ("region", json!({ "description": "The region, if not the environment's.", "type": "string" })),
        (
            "depends_on",
            json!({
                "description": "Addresses of what must exist first, beside what is referred to.",
                "type": "array",
                "items": { "type": "string" },
            }),
        ),
        (
            "for_each",
            or_reference(json!({ "description": "One resource for each entry.", "type": ["array", "object"] })),
        ),
        (
            "protect",
            or_reference(json!({
                "description": "While true, it is neither deleted nor replaced.",
                "type": "boolean",
                "default": kind.stateful,
            })),
        ),
    ];
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.extend(common.map(|(name, schema)| (name.to_owned(), schema)));
    }
    if let Some(fields) = schema.as_object_mut() {
        fields.insert("description".to_owned(), kind.doc.clone().into());
        // A layer may leave to another what is required of the whole.
        fields.remove("required");
    }
    schema
}

fn fields(fields: &Fields) -> Value {
    let properties: Map<String, Value> =
        fields.0.iter().map(|(name, field)| (name.clone(), self::field(field))).collect();
    let required: Vec<&String> = fields.0.iter().filter(|(_, field)| field.required).map(|(name, _)| name).collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

fn field(field: &Field) -> Value {
    let mut schema = or_reference(shape(&field.shape));
    if let Some(fields) = schema.as_object_mut() {
        fields.insert("description".to_owned(), field.doc.clone().into());
        if let Some(default) = &field.default {
            fields.insert("default".to_owned(), default.clone());
        }
        for (name, flag) in [("x-immutable", field.immutable), ("x-sensitive", field.sensitive)] {
            if flag {
                fields.insert(name.to_owned(), true.into());
            }
        }
    }
    schema
}

fn shape(shape: &Shape) -> Value {
    let mut schema = match shape {
        Shape::Text(constraints) => text(constraints),
        Shape::Integer { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Shape::Boolean => json!({ "type": "boolean" }),
        Shape::List(item) => json!({ "type": "array", "items": or_reference(self::shape(item)) }),
        Shape::Set { item, .. } => {
            json!({ "type": "array", "items": or_reference(self::shape(item)), "uniqueItems": true })
        }
        Shape::Map(item) => json!({ "type": "object", "additionalProperties": or_reference(self::shape(item)) }),
        Shape::Table(inner) => fields(inner),
        Shape::Document => json!({ "type": ["object", "string"] }),
    };
    if let Some(fields) = schema.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    schema
}

fn text(text: &Text) -> Value {
    let one_of = (!text.one_of.is_empty()).then_some(&text.one_of);
    json!({
        "type": "string",
        "enum": one_of,
        "pattern": text.pattern,
        "minLength": text.min_length,
        "maxLength": text.max_length,
    })
}

/// The schema, or a text with a reference. A text without constraints of its own admits one anyway.
fn or_reference(schema: Value) -> Value {
    let free = schema.get("type") == Some(&"string".into())
        && ["enum", "pattern", "minLength", "maxLength"].iter().all(|name| schema.get(name).is_none());
    if free {
        return schema;
    }
    json!({ "anyOf": [schema, { "type": "string", "pattern": r"\$\{" }] })
}

fn table<'a>(doc: &str, fields: impl IntoIterator<Item = (&'a str, &'a Value)>) -> Value {
    let properties: Map<String, Value> =
        fields.into_iter().map(|(name, schema)| (name.to_owned(), schema.clone())).collect();
    json!({ "description": doc, "type": "object", "properties": properties, "additionalProperties": false })
}

#[cfg(test)]
pub(in crate::ui) mod samples {
    use super::*;

    /// A kind with a field of every sort.
    pub fn sample() -> KindSchema {
        let field = |shape: Shape, doc: &str| Field::new(shape, doc);
        let text = || Shape::Text(Text::default());
        let status =
            Shape::Text(Text { one_of: vec!["Enabled".to_owned(), "Suspended".to_owned()], ..Text::default() });
        let logging = Shape::Table(Fields(
            [(
                "prefix".to_owned(),
                Field { required: true, ..field(text(), "What the names of the logs begin with.") },
            )]
            .into(),
        ));
        let days = Shape::Integer { min: Some(1), max: None };
        KindSchema {
            name: "s3_bucket",
            aws_type: "AWS::S3::Bucket",
            doc: "A bucket. It is encrypted.\n\nSee the API reference.".to_owned(),
            fields: Fields(
                [
                    ("bucket".to_owned(), Field { required: true, immutable: true, ..field(text(), "Its name.") }),
                    ("versioning".to_owned(), Field { default: Some("Enabled".into()), ..field(status, "Whether every version of an object is kept, which is what makes it possible to undo a deletion or an overwrite later on.") }),
                    ("logging".to_owned(), field(logging, "Where access is logged.")),
                    ("days".to_owned(), field(days, "How long.")),
                    ("policy".to_owned(), field(Shape::Document, "Who may do what.")),
                    ("tags".to_owned(), field(Shape::Map(Box::new(text())), "Its tags.")),
                    ("secret".to_owned(), Field { sensitive: true, ..field(text(), "A secret.") }),
                ]
                .into(),
            ),
            outputs: [("arn".to_owned(), "Its ARN.".to_owned())].into(),
            stateful: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_as_json_schema() {
        let catalog = Catalog { kinds: [("s3_bucket".to_owned(), samples::sample())].into() };
        insta::assert_json_snapshot!("json_schema", environment(&catalog));
    }
}
