//! JSON documents (policies) as fields of a spec.

use std::borrow::Cow;

use provision_config::unknown;
use provision_reconciler::{Problem, document};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

/// A JSON document such as a policy, given as a table or as JSON text. Compared by meaning, never by spelling.
///
/// A policy may also be given in the file's own form, `{ statements = [{ actions = […], resources = […] }] }` (see
/// [`document::to_aws`]); deserialising makes AWS's JSON of it, so that everything after sees one form.
#[derive(Clone, Debug)]
pub struct Document(Value);

impl Document {
    /// The document of a JSON object.
    pub fn new(value: Value) -> Self {
        Self(value)
    }

    /// The document of JSON text, as AWS returns it. `None` if it is not a JSON object.
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str::<Map<String, Value>>(text).ok().map(|fields| Self(Value::Object(fields)))
    }

    /// The JSON value. An object, unless the whole document is still unknown.
    pub fn value(&self) -> &Value {
        &self.0
    }

    /// The JSON text to send to AWS.
    pub fn to_json(&self) -> String {
        match &self.0 {
            Value::String(text) => text.clone(),
            value => value.to_string(),
        }
    }

    /// Whether it says nothing at all.
    pub fn is_empty(&self) -> bool {
        self.0.as_object().is_some_and(Map::is_empty)
    }
}

/// The empty document, `{}`.
impl Default for Document {
    fn default() -> Self {
        Self(Value::Object(Map::new()))
    }
}

/// Equal if they mean the same.
impl PartialEq for Document {
    fn eq(&self, other: &Self) -> bool {
        document::canonical(&self.0) == document::canonical(&other.0)
    }
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            value @ Value::Object(_) => of_aws(value).map_err(D::Error::custom),
            Value::String(text) => match Self::parse(&text) {
                Some(Self(value)) => of_aws(value).map_err(D::Error::custom),
                // The text of a document that another resource will output.
                None if unknown::is_unknown(&text) => Ok(Self(Value::String(text))),
                None => Err(D::Error::custom("expected the text of a JSON object")),
            },
            _ => Err(D::Error::custom("expected a table, or the text of a JSON object")),
        }
    }
}

/// The document in AWS's form. The mistakes of a file are found, each at its place, before anything is deserialised; here they
/// are only put into words.
fn of_aws(value: Value) -> Result<Document, String> {
    match document::to_aws(&value) {
        Ok(Cow::Borrowed(_)) => Ok(Document(value)),
        Ok(Cow::Owned(translated)) => Ok(Document(translated)),
        Err(problems) => Err(problems.into_iter().map(said).collect::<Vec<_>>().join("; ")),
    }
}

fn said(problem: Problem) -> String {
    match problem.help {
        Some(help) => format!("{} ({help})", problem.message),
        None => problem.message,
    }
}

impl JsonSchema for Document {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Document".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "document": true })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    #[test]
    fn a_table_and_its_text_are_the_same_document() {
        let table = json!({ "Statement": [{ "Effect": "Allow", "Action": "s3:GetObject" }] });
        let from_table: Document = serde_json::from_value(table.clone()).unwrap();
        let from_text: Document = serde_json::from_value(Value::String(table.to_string())).unwrap();
        assert_eq!(from_table, from_text);
        assert_eq!(serde_json::to_value(&from_text).unwrap(), table);
        assert!(Document::default().is_empty());
    }

    #[test]
    fn what_is_no_document_is_refused() {
        for value in [json!("{"), json!("[]"), json!(["a"]), json!(1), json!(null)] {
            assert!(serde_json::from_value::<Document>(value.clone()).is_err(), "{value}");
        }
    }

    #[test]
    fn statements_become_aws_own_form_whether_a_table_or_text() {
        let ours = json!({ "statements": [{ "actions": "s3:GetObject", "resources": ["*"] }] });
        let aws = json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["*"] },
        ]});
        for value in [ours.clone(), Value::String(ours.to_string())] {
            let document: Document = serde_json::from_value(value).unwrap();
            assert_eq!(serde_json::to_value(&document).unwrap(), aws);
        }
        let wrong = json!({ "statements": [{ "acton": "s3:GetObject", "effect": "Permit" }] });
        let error = serde_json::from_value::<Document>(wrong).unwrap_err().to_string();
        insta::assert_snapshot!(error, @r#"there is no field `statements[0].acton` (did you mean `actions`?); `statements[0].effect`: expected `Allow` or `Deny`, found "Permit""#);
    }

    #[test]
    fn a_wholly_unknown_document_is_kept() {
        let mark = Value::String(format!("{}iam_role.a.policy{}", unknown::OPEN, unknown::CLOSE));
        let document: Document = serde_json::from_value(mark.clone()).unwrap();
        assert_eq!(document.value(), &mark);
    }
}
