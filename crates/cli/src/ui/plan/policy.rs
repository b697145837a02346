//! Policy documents in a plan: what changed in them, line by line, instead of two long texts.

use provision_reconciler::document::canonical;
use serde_json::{Value, json};
use similar::{ChangeTag, TextDiff};

use crate::ui::Style;
use crate::ui::value::{known, line};

/// How many unchanged lines are shown around a changed one.
const CONTEXT: usize = 2;

/// The lines in which two documents differ, with some lines around them.
pub fn diff(live: &Value, desired: &Value, style: Style) -> Vec<String> {
    let (old, new) = (pretty(&aligned(live, desired)), pretty(desired));
    let diff = TextDiff::from_lines(&old, &new);
    let mut lines = Vec::new();
    for (index, group) in diff.grouped_ops(CONTEXT).iter().enumerate() {
        if index > 0 {
            lines.push(style.faint("  …"));
        }
        for change in group.iter().flat_map(|operation| diff.iter_changes(operation)) {
            let text = change.value().trim_end_matches('\n');
            lines.push(match change.tag() {
                ChangeTag::Equal => style.faint(&format!("  {text}")),
                ChangeTag::Delete => style.bad(&format!("- {text}")),
                ChangeTag::Insert => style.good(&format!("+ {text}")),
            });
        }
    }
    lines
}

/// All of a document, line by line.
pub fn whole(document: &Value) -> Vec<String> {
    pretty(document).lines().map(str::to_owned).collect()
}

/// A document in a few words: `2 statements (AllowRead, DenyInsecureTransport)`.
pub fn summary(document: &Value) -> String {
    let statements = statements(document);
    let names: Vec<&str> = statements
        .iter()
        .filter_map(|statement| statement.get("Sid")?.as_str())
        .filter(|sid| !sid.is_empty())
        .collect();
    let count = match statements.len() {
        1 => "1 statement".to_owned(),
        count => format!("{count} statements"),
    };
    if names.is_empty() { count } else { known(&format!("{count} ({})", names.join(", "))) }
}

/// Each statement of a document in one line: `Allow s3:PutObject on arn:aws:s3:::data/*`.
pub fn statements_in_words(document: &Value) -> Vec<String> {
    statements(document).iter().map(in_words).collect()
}

fn in_words(statement: &Value) -> String {
    let part = |name: &str, before: &str| {
        let value = statement.get(name)?;
        let words = match value {
            Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(", "),
            other => text(other),
        };
        Some(format!("{before}{words}"))
    };
    let parts = [
        part("Effect", ""),
        part("Action", " "),
        part("NotAction", " all but "),
        part("Resource", " on "),
        part("NotResource", " on all but "),
        part("Principal", " to "),
        part("NotPrincipal", " to all but "),
        part("Condition", " if "),
    ];
    known(&parts.into_iter().flatten().collect::<String>())
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| line(value), str::to_owned)
}

/// The live document with its statements in the order of the desired one, and those that mean the same written the same:
/// what AWS merely writes differently is not shown as changed.
fn aligned(live: &Value, desired: &Value) -> Value {
    let mut left = statements(live);
    let mut aligned = Vec::new();
    for wanted in statements(desired) {
        let same = left.iter().position(|one| meaning(one) == meaning(&wanted));
        let named = || left.iter().position(|one| one.get("Sid").is_some() && one.get("Sid") == wanted.get("Sid"));
        match same {
            Some(index) => {
                left.remove(index);
                aligned.push(wanted);
            }
            None => aligned.extend(named().map(|index| left.remove(index))),
        }
    }
    aligned.append(&mut left);
    let mut live = live.clone();
    if let Some(fields) = live.as_object_mut().filter(|fields| fields.contains_key("Statement")) {
        fields.insert("Statement".to_owned(), Value::Array(aligned));
    }
    live
}

fn meaning(statement: &Value) -> Value {
    canonical(&json!({ "Statement": [statement] }))
}

fn statements(document: &Value) -> Vec<Value> {
    match document.get("Statement") {
        Some(Value::Array(statements)) => statements.clone(),
        Some(statement) => vec![statement.clone()],
        None => Vec::new(),
    }
}

fn pretty(document: &Value) -> String {
    let pretty = serde_json::to_string_pretty(document).unwrap_or_default();
    // Line by line, since the newlines between tokens are to stay.
    pretty.lines().map(|line| format!("{}\n", known(line))).collect()
}
