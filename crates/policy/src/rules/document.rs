//! Looking at policy documents, in IAM's JSON.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use serde_json::Value;

/// The statements that allow something.
pub(super) fn allowing(document: &Value) -> impl Iterator<Item = &Value> {
    let statements = document.get("Statement");
    let many = statements.and_then(Value::as_array).into_iter().flatten();
    let one = statements.filter(|statement| statement.is_object());
    many.chain(one).filter(|statement| statement.get("Effect").is_none_or(|effect| effect == "Allow"))
}

/// Whether a statement lets in everybody, whatever else holds.
pub(super) fn lets_anybody(document: &Value) -> bool {
    let anybody = |statement: &Value| {
        let Some(principal) = statement.get("Principal") else { return false };
        principal == "*" || principal.get("AWS").is_some_and(|accounts| texts(accounts).any(|account| account == "*"))
    };
    allowing(document).any(|statement| anybody(statement) && statement.get("Condition").is_none())
}

/// Whether a statement allows an action that `which` says so of.
pub(super) fn allows(document: &Value, which: impl Fn(&str) -> bool) -> bool {
    allowing(document).any(|statement| statement.get("Action").is_some_and(|actions| texts(actions).any(&which)))
}

/// Whether a statement allows such an action on everything.
pub(super) fn allows_on_all(document: &Value, which: impl Fn(&str) -> bool) -> bool {
    let everywhere = |statement: &Value| {
        statement.get("Resource").is_some_and(|resources| texts(resources).any(|resource| resource == "*"))
    };
    allowing(document)
        .filter(|statement| everywhere(statement))
        .any(|statement| statement.get("Action").is_some_and(|actions| texts(actions).any(&which)))
}

/// A text, or a list of them.
fn texts(value: &Value) -> impl Iterator<Item = &str> {
    let many = value.as_array().into_iter().flatten().filter_map(Value::as_str);
    many.chain(value.as_str())
}
