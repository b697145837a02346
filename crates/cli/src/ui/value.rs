//! Values as a person reads them, and as JSON carries them: without secrets, and without the marks of unknown values.

use provision_config::unknown::{self, Reference};
use serde_json::{Map, Value, json};

pub use provision_config::shown::safe as known;
pub use provision_report::value::{SENSITIVE, document, is_sealed, line};

/// A text that is safe to show and whose lines stay lines.
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn mark(reference: &str) -> String {
        reference.parse::<Reference>().unwrap().mark()
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
