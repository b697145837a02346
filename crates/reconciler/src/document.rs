//! Policy documents compared by what they mean.
//!
//! IAM lets the same policy be written in many ways, and AWS hands some of them back rewritten: one text or a list of
//! one, lists in any order, an account's id or its root ARN. See
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>.

use serde_json::{Map, Value};

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
        let mut list: Vec<Value> = as_list(statements).iter().map(statement).collect();
        sort(&mut list);
        *statements = Value::Array(list);
    }
    policy
}

fn statement(statement: &Value) -> Value {
    let Some(fields) = statement.as_object() else { return statement.clone() };
    let canonical = fields.iter().filter(|(name, value)| !is_empty(name, value)).map(|(name, value)| {
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
    Value::Object(canonical.collect())
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

/// The account id for `arn:PARTITION:iam::ACCOUNT:root`.
fn account(principal: &Value) -> Value {
    let id = principal.as_str().and_then(|arn| {
        let (head, rest) = arn.split_once(":iam::")?;
        head.starts_with("arn:").then(|| rest.strip_suffix(":root")).flatten()
    });
    id.map_or_else(|| principal.clone(), Value::from)
}

/// Operators and keys as they are (keys are matched without regard to case), values as sets of texts.
fn condition(value: &Value) -> Value {
    let Some(operators) = value.as_object() else { return value.clone() };
    let canonical = operators.iter().map(|(operator, keys)| {
        let keys = match keys.as_object() {
            Some(keys) => Value::Object(
                keys.iter()
                    .map(|(key, value)| (key.to_ascii_lowercase(), set(as_list(value).iter().map(text))))
                    .collect(),
            ),
            None => keys.clone(),
        };
        (operator.clone(), keys)
    });
    Value::Object(canonical.collect())
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
