//! Policy documents: what changed in them, line by line, without what AWS merely writes differently.

use provision_reconciler::document::canonical;
use serde_json::{Map, Value, json};

use crate::lines::{self, Line};

/// What happened to a document, from what was expected to what was found: the lines in which they differ, with some lines
/// around them. Null for no document.
pub fn drifted(expected: &Value, found: &Value) -> Vec<Line> {
    lines::diff(&lines::whole(expected), &lines::whole(&aligned(found, expected)))
}

/// What is to happen to a document, from what there is to what is desired: see [`drifted`].
pub fn planned(live: &Value, desired: &Value) -> Vec<Line> {
    lines::diff(&lines::whole(&aligned(live, desired)), &lines::whole(desired))
}

/// The document that was found, written as the expected one is wherever the two mean the same.
fn aligned(found: &Value, expected: &Value) -> Value {
    let (Some(fields), Some(wanted)) = (found.as_object(), expected.as_object()) else { return found.clone() };
    let mut fields = fields.clone();
    if fields.contains_key("Statement") && wanted.contains_key("Statement") {
        let single = wanted.get("Statement").is_some_and(Value::is_object);
        let mut statements = aligned_statements(statements(found), &statements(expected));
        // One statement needs no list.
        let value = if single && statements.len() == 1 { statements.remove(0) } else { Value::Array(statements) };
        fields.insert("Statement".to_owned(), value);
    }
    if !wanted.contains_key("Version") && canonical(&version(fields.get("Version"))) == canonical(&version(None)) {
        fields.remove("Version");
    }
    Value::Object(fields)
}

/// A document with no more than a version.
fn version(version: Option<&Value>) -> Value {
    let mut document = Map::from_iter([("Statement".to_owned(), json!([]))]);
    document.extend(version.map(|version| ("Version".to_owned(), version.clone())));
    Value::Object(document)
}

/// Whether a statement that was found is to be compared with an expected one.
type Match = fn(&Value, &Value) -> bool;

/// The statements that were found, each where the one stands that it is to be compared with: one that means the same, else one of
/// the same name, else the next that has no name either. The others come last.
fn aligned_statements(mut found: Vec<Value>, expected: &[Value]) -> Vec<Value> {
    let mut places: Vec<Option<Value>> = vec![None; expected.len()];
    let matches: [Match; 3] = [
        |one, wanted| meaning(one) == meaning(wanted),
        |one, wanted| !sid(one).is_empty() && sid(one) == sid(wanted),
        |one, wanted| sid(one).is_empty() && sid(wanted).is_empty(),
    ];
    for is_match in matches {
        for (place, wanted) in places.iter_mut().zip(expected).filter(|(place, _)| place.is_none()) {
            let index = found.iter().position(|one| is_match(one, wanted));
            *place = index.map(|index| respelled(&found.remove(index), wanted));
        }
    }
    places.into_iter().flatten().chain(found).collect()
}

/// A statement with every part that means the same as the other's written as there, and the items that both have in that order.
fn respelled(found: &Value, wanted: &Value) -> Value {
    let Some(fields) = found.as_object() else { return found.clone() };
    let part = |name: &str, value: &Value| {
        let Some(other) = wanted.get(name) else { return value.clone() };
        let alone = |value: &Value| meaning(&json!({ name: value }));
        if alone(value) == alone(other) {
            return other.clone();
        }
        let (Value::Array(items), Value::Array(order)) = (value, other) else { return value.clone() };
        let (mut left, mut sorted) = (items.clone(), Vec::new());
        for wanted in order {
            sorted.extend(left.iter().position(|item| item == wanted).map(|index| left.remove(index)));
        }
        sorted.append(&mut left);
        Value::Array(sorted)
    };
    Value::Object(fields.iter().map(|(name, value)| (name.clone(), part(name, value))).collect())
}

/// A statement's name; empty for none.
fn sid(statement: &Value) -> &str {
    statement.get("Sid").and_then(Value::as_str).unwrap_or_default()
}

fn meaning(statement: &Value) -> Value {
    canonical(&json!({ "Statement": [statement] }))
}

/// The statements of a document: it may have one alone, without a list.
pub fn statements(document: &Value) -> Vec<Value> {
    match document.get("Statement") {
        Some(Value::Array(statements)) => statements.clone(),
        Some(statement) => vec![statement.clone()],
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(expected: &Value, found: &Value) -> String {
        drifted(expected, found).iter().map(Line::marked).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn what_aws_writes_differently_is_not_shown() {
        let expected = json!({ "Version": "2012-10-17", "Statement": [
            { "Sid": "Root", "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::123456789012:root" }, "Action": "kms:*", "Resource": "*" },
            { "Sid": "Use", "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::123456789012:role/app" }, "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": "*" },
            { "Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": { "Bool": { "aws:SecureTransport": "false" } } },
        ]});
        let found = json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": "Deny", "Principal": { "AWS": "*" }, "Action": ["kms:Decrypt"], "Resource": "*", "Condition": { "Bool": { "aws:SecureTransport": "true" } } },
            { "Sid": "Use", "Effect": "Allow", "Principal": "*", "Action": ["kms:GenerateDataKey", "kms:Encrypt", "kms:Decrypt"], "Resource": ["*"] },
            { "Sid": "Root", "Effect": "Allow", "Principal": { "AWS": ["arn:aws:iam::123456789012:root"] }, "Action": ["kms:*"], "Resource": ["*"] },
        ]});
        insta::assert_snapshot!(shown(&expected, &found), @r#"
          … 11 lines that are the same
              {
                "Action": [
                  "kms:Decrypt",
        -         "kms:GenerateDataKey"
        +         "kms:GenerateDataKey",
        +         "kms:Encrypt"
                ],
                "Effect": "Allow",
        -       "Principal": {
        -         "AWS": "arn:aws:iam::123456789012:role/app"
        -       },
        +       "Principal": "*",
                "Resource": "*",
                "Sid": "Use"
              },
          … 1 line that is the same
                "Action": "kms:Decrypt",
                "Condition": {
                  "Bool": {
        -           "aws:SecureTransport": "false"
        +           "aws:SecureTransport": "true"
                  }
                },
                "Effect": "Deny",
          … 6 lines that are the same
        "#);
        assert!(shown(&expected, &expected).is_empty());
    }

    #[test]
    fn a_document_that_is_gone_is_shown_as_a_whole() {
        insta::assert_snapshot!(shown(&json!({ "Statement": { "Effect": "Deny" } }), &Value::Null), @r#"
        - {
        -   "Statement": {
        -     "Effect": "Deny"
        -   }
        - }
        + (none)
        "#);
    }
}
