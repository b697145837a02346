//! Values as a person reads them: without secrets, and without the marks of unknown values.

use provision_config::shown::safe;
use serde_json::{Map, Value};

/// What stands for a value that may not be shown.
pub const SENSITIVE: &str = "(sensitive)";
/// What stands for no value.
pub const NOTHING: &str = "(none)";
/// The key of the object that stands for a sensitive value in plans and in the state.
const SEALED: &str = "$sha256";

/// A value on one line: texts as they are, lists in brackets, tables in braces as in TOML.
pub fn line(value: &Value) -> String {
    match value {
        Value::Null => NOTHING.to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => self::text(text),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(line).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(_) if is_sealed(value) => SENSITIVE.to_owned(),
        Value::Object(fields) if fields.is_empty() => "{}".to_owned(),
        Value::Object(fields) => {
            let fields = fields.iter().filter(|(_, value)| !value.is_null());
            let fields: Vec<String> = fields.map(|(key, value)| format!("{} = {}", safe(key), line(value))).collect();
            format!("{{ {} }}", fields.join(", "))
        }
    }
}

/// A text, in quotes only where it could be taken for something else.
fn text(text: &str) -> String {
    let shown = safe(text);
    let ambiguous = shown.is_empty()
        || shown.trim() != shown
        || matches!(serde_json::from_str(&shown), Ok(Value::Null | Value::Bool(_) | Value::Number(_)));
    if ambiguous { format!("\"{shown}\"") } else { shown }
}

/// A value as lines of JSON. Nothing for null.
pub fn pretty(value: &Value) -> Vec<String> {
    if value.is_null() {
        return Vec::new();
    }
    let pretty = serde_json::to_string_pretty(&redacted(value)).unwrap_or_default();
    // Line by line, since the newlines between tokens are to stay.
    pretty.lines().map(safe).collect()
}

/// A value with nothing sealed in it, and without fields that say nothing.
fn redacted(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(redacted).collect(),
        Value::Object(_) if is_sealed(value) => SENSITIVE.into(),
        Value::Object(fields) => {
            let fields = fields.iter().filter(|(_, value)| !value.is_null());
            Value::Object(fields.map(|(key, value)| (key.clone(), redacted(value))).collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

/// Whether a value stands for a sensitive one.
pub fn is_sealed(value: &Value) -> bool {
    value.as_object().is_some_and(|fields| fields.len() == 1 && fields.contains_key(SEALED))
}

/// The JSON document (a policy) that a value is, as a table or as JSON text.
pub fn document(value: &Value) -> Option<Value> {
    match value {
        Value::Object(fields) if fields.contains_key("Statement") => Some(value.clone()),
        Value::String(text) if text.trim_start().starts_with('{') => {
            serde_json::from_str(text).ok().filter(Value::is_object)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use provision_config::unknown::Reference;
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_shown_without_marks_and_secrets() {
        let mark = "s3_bucket.data.arn".parse::<Reference>().unwrap().mark();
        let value = json!({
            "plain": "aws:kms", "number": 3, "digits": "3", "flag": true, "word": "true", "empty": "", "absent": null,
            "list": ["a", "b c"], "table": { "deep": [] }, "arn": format!("{mark}/*"),
            "secret": { "$sha256": { "salt": "s", "hash": "h" } },
            "trick": "one\u{1b}[2Jtwo\nthree",
        });
        let lines: Vec<String> =
            value.as_object().unwrap().iter().map(|(key, value)| format!("{key}: {}", line(value))).collect();
        insta::assert_snapshot!(lines.join("\n"), @r#"
        absent: (none)
        arn: (known after apply)/*
        digits: "3"
        empty: ""
        flag: true
        list: [a, b c]
        number: 3
        plain: aws:kms
        secret: (sensitive)
        table: { deep = [] }
        trick: one\u{1b}[2Jtwo\nthree
        word: "true"
        "#);
        insta::assert_snapshot!(pretty(&value).join("\n"), @r#"
        {
          "arn": "(known after apply)/*",
          "digits": "3",
          "empty": "",
          "flag": true,
          "list": [
            "a",
            "b c"
          ],
          "number": 3,
          "plain": "aws:kms",
          "secret": "(sensitive)",
          "table": {
            "deep": []
          },
          "trick": "one\u001b[2Jtwo\nthree",
          "word": "true"
        }
        "#);
    }
}
