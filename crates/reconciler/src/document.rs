//! Policy documents: from the file's own form to AWS's, and compared by what they mean.
//!
//! IAM lets the same policy be written in many ways, and AWS hands some of them back rewritten: one text or a list of
//! one, lists in any order, an account's id or its root ARN. See
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>.

mod statements;

use serde_json::{Map, Value};

pub use statements::{problems, to_aws};

/// What AWS takes a policy without a `Version` to be.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html>
const OLD_VERSION: &str = "2008-10-17";

/// The one form of a document that all its spellings share. JSON text is parsed first.
pub fn canonical(document: &Value) -> Value {
    match document {
        Value::String(text) => match serde_json::from_str::<Value>(text) {
            Ok(parsed @ Value::Object(_)) => canonical(&parsed),
            _ => document.clone(),
        },
        Value::Object(fields) => Value::Object(policy(fields)),
        other => other.clone(),
    }
}

fn policy(fields: &Map<String, Value>) -> Map<String, Value> {
    let mut policy = fields.clone();
    if let Some(statements) = policy.get_mut("Statement") {
        // Their order does not count, and a statement said twice says nothing more.
        *statements = set(as_list(statements).iter().map(statement));
        policy.entry("Version").or_insert_with(|| OLD_VERSION.into());
    }
    policy
}

fn statement(statement: &Value) -> Value {
    let Some(fields) = statement.as_object() else { return statement.clone() };
    let canonical = fields.iter().map(|(name, value)| {
        let value = match name.as_str() {
            // Actions are matched without regard to case.
            "Action" | "NotAction" => set(as_list(value).iter().map(lower_case)),
            "Resource" | "NotResource" => set(as_list(value)),
            "Principal" | "NotPrincipal" => principal(value),
            "Condition" => condition(value),
            _ => value.clone(),
        };
        (name.clone(), value)
    });
    Value::Object(canonical.filter(|(name, value)| !is_empty(name, value)).collect())
}

/// An empty Sid or an empty list of conditions says nothing.
fn is_empty(name: &str, value: &Value) -> bool {
    match name {
        "Sid" => value.as_str() == Some(""),
        "Condition" => value.as_object().is_some_and(Map::is_empty),
        _ => false,
    }
}

/// `"*"` and `{"AWS": "*"}` mean the same; an account's id and its root ARN mean the same.
fn principal(value: &Value) -> Value {
    let Some(fields) = value.as_object() else {
        return match value.as_str() {
            Some("*") => Value::Object(Map::from_iter([("AWS".to_owned(), set(["*".into()]))])),
            _ => value.clone(),
        };
    };
    let canonical = fields.iter().map(|(kind, value)| {
        let members = as_list(value);
        let members = match kind.as_str() {
            "AWS" => set(members.iter().map(account)),
            _ => set(members),
        };
        (kind.clone(), members)
    });
    Value::Object(canonical.collect())
}

/// The account id for `arn:PARTITION:iam::ACCOUNT:root`, and for an id that is written as a number.
fn account(principal: &Value) -> Value {
    if let Some(number) = principal.as_u64() {
        return format!("{number:012}").into();
    }
    let id = principal.as_str().and_then(|arn| {
        let (head, rest) = arn.split_once(":iam::")?;
        head.starts_with("arn:").then(|| rest.strip_suffix(":root")).flatten()
    });
    id.map_or_else(|| principal.clone(), Value::from)
}

/// Operators as they are, keys without regard to case, values as sets of texts. An operator without keys tests nothing.
fn condition(value: &Value) -> Value {
    let Some(operators) = value.as_object() else { return value.clone() };
    let canonical = operators.iter().map(|(operator, keys)| {
        let keys = match keys.as_object() {
            Some(keys) => Value::Object(condition_keys(operator, keys)),
            None => keys.clone(),
        };
        (operator.clone(), keys)
    });
    Value::Object(canonical.filter(|(_, keys)| keys.as_object().is_none_or(|keys| !keys.is_empty())).collect())
}

fn condition_keys(operator: &str, keys: &Map<String, Value>) -> Map<String, Value> {
    let value = |value: &Value| if is_boolean(operator) { lower_case(&text(value)) } else { text(value) };
    let values = |values: &Value| set(as_list(values).iter().map(value));
    let canonical: Map<_, _> = keys.iter().map(|(key, value)| (key.to_ascii_lowercase(), values(value))).collect();
    // Two keys that differ in case only: none may hide the other.
    if canonical.len() < keys.len() { keys.clone() } else { canonical }
}

/// Whether an operator compares with `true` or `false`, in whatever case.
fn is_boolean(operator: &str) -> bool {
    let operator = operator.rsplit(':').next().unwrap_or_default();
    matches!(operator.strip_suffix("IfExists").unwrap_or(operator), "Bool" | "Null")
}

fn lower_case(value: &Value) -> Value {
    value.as_str().map_or_else(|| value.clone(), |text| text.to_ascii_lowercase().into())
}

/// `true` and `"true"`, `5` and `"5"` mean the same in a condition.
fn text(value: &Value) -> Value {
    match value {
        Value::Bool(_) | Value::Number(_) => value.to_string().into(),
        other => other.clone(),
    }
}

fn as_list(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items.clone(),
        other => vec![other.clone()],
    }
}

fn set(items: impl IntoIterator<Item = Value>) -> Value {
    let mut items: Vec<Value> = items.into_iter().collect();
    sort(&mut items);
    items.dedup();
    Value::Array(items)
}

fn sort(items: &mut [Value]) {
    items.sort_by_cached_key(Value::to_string);
}

#[cfg(test)]
mod tests;
