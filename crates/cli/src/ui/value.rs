//! Values as a person reads them, and as JSON carries them: without secrets, and without the marks of unknown values.

use provision_config::unknown::{self, Reference};
use serde_json::{Map, Value, json};

/// What stands for a value that is not known yet.
pub const UNKNOWN: &str = "(known after apply)";
/// What stands for a value that may not be shown.
pub const SENSITIVE: &str = "(sensitive)";
/// What stands for no value.
const NOTHING: &str = "(none)";
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
            let fields: Vec<String> = fields.map(|(key, value)| format!("{} = {}", known(key), line(value))).collect();
            format!("{{ {} }}", fields.join(", "))
        }
    }
}

/// A text, in quotes only where it could be taken for something else.
fn text(text: &str) -> String {
    let shown = known(text);
    let ambiguous = shown.is_empty()
        || shown.trim() != shown
        || matches!(serde_json::from_str(&shown), Ok(Value::Null | Value::Bool(_) | Value::Number(_)));
    if ambiguous { format!("\"{shown}\"") } else { shown }
}

/// A text with what is not known yet said so, on one line: what AWS answers must not be able to move the cursor.
pub fn known(text: &str) -> String {
    let known = unknown::substitute_text(text, &|_| Some(UNKNOWN.to_owned()));
    known.chars().fold(String::with_capacity(known.len()), |mut safe, next| {
        if next.is_control() {
            safe.extend(next.escape_default())
        } else {
            safe.push(next)
        }
        safe
    })
}

/// The same for a text whose lines are to stay lines.
pub fn known_lines(text: &str) -> String {
    text.lines().map(known).collect::<Vec<_>>().join("\n")
}

/// A value as JSON carries it: a text that is not known yet becomes `{"unknown": "${kms_key.s3.arn}/*"}`, with the
/// references written as in the file; a sensitive value becomes `"(sensitive)"`.
pub fn machine(value: &Value) -> Value {
    match value {
        Value::String(text) if unknown::is_unknown(text) => json!({ "unknown": template(text) }),
        Value::Array(items) => items.iter().map(machine).collect(),
        Value::Object(_) if is_sealed(value) => SENSITIVE.into(),
        Value::Object(fields) => {
            let fields: Map<String, Value> =
                fields.iter().map(|(key, value)| (template(key), machine(value))).collect();
            Value::Object(fields)
        }
        other => other.clone(),
    }
}

/// A text with its unknown parts as references.
pub fn template(text: &str) -> String {
    unknown::substitute_text(text, &|reference: &Reference| Some(format!("${{{reference}}}")))
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

    use super::*;

    fn mark(reference: &str) -> String {
        reference.parse::<Reference>().unwrap().mark()
    }

    #[test]
    fn values_on_one_line() {
        let value = json!({
            "plain": "aws:kms", "number": 3, "digits": "3", "flag": true, "word": "true", "empty": "", "absent": null,
            "list": ["a", "b c"], "table": { "deep": [] },
            "arn": format!("{}/*", mark("s3_bucket.data.arn")),
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
    }

    #[test]
    fn json_has_neither_marks_nor_secrets() {
        let value = json!({
            "key": mark("kms_key.s3.arn"),
            "arn": format!("{}/*", mark("s3_bucket.data[\"eu\"].arn")),
            "secret": { "$sha256": { "salt": "s", "hash": "h" } },
            mark("kms_key.s3.arn"): 1,
        });
        assert_eq!(
            machine(&value),
            json!({
                "key": { "unknown": "${kms_key.s3.arn}" },
                "arn": { "unknown": "${s3_bucket.data[\"eu\"].arn}/*" },
                "secret": "(sensitive)",
                "${kms_key.s3.arn}": 1,
            })
        );
    }
}
