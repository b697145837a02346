//! Policy documents for people: what changed in them, line by line, instead of two long texts.

use provision_report::lines::{Line, Tag};
use provision_report::policy::statements;
use serde_json::Value;

use crate::ui::Style;
use crate::ui::value::{known, line};

/// Lines in which two documents differ, in colour.
pub fn coloured(lines: &[Line], style: Style) -> Vec<String> {
    let colour = |line: &Line| match line.tag {
        Tag::Same | Tag::Gap => style.faint(&line.marked()),
        Tag::Old => style.bad(&line.marked()),
        Tag::New => style.good(&line.marked()),
    };
    lines.iter().map(colour).collect()
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
