//! How two values differ: as two values side by side, or line by line where that is easier to read.

use provision_config::shown::safe;
use provision_reconciler::diff::Difference;
use serde_json::Value;
use similar::{Algorithm, ChangeTag, TextDiff};

use crate::policy;
use crate::value::{self, document, line, pretty};

/// How many lines that are the same are shown around one that is not.
const CONTEXT: usize = 3;
/// A list that is no longer is shown with all its items.
const WHOLE: usize = 12;

/// How a field differs, ready to be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// It is sensitive: that it differs is all that may be said.
    Sensitive,
    /// Two values that are read side by side.
    Values {
        /// What was last applied.
        expected: String,
        /// What AWS has.
        found: String,
    },
    /// Lines of which some are the same.
    Lines(Vec<Line>),
}

/// A line of something that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Where it is.
    pub tag: Tag,
    /// What it says.
    pub text: String,
}

/// Where a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    /// In both.
    Same,
    /// Only in what was expected, or is to be changed.
    Old,
    /// Only in what was found, or it is to be changed to.
    New,
    /// Here lines are left out that are in both.
    Gap,
}

impl Line {
    fn new(tag: Tag, text: impl Into<String>) -> Self {
        Self { tag, text: text.into() }
    }

    /// The line as in a `diff`: with a character before it that says where it is.
    pub fn marked(&self) -> String {
        let mark = match self.tag {
            Tag::Old => '-',
            Tag::New => '+',
            Tag::Same | Tag::Gap => ' ',
        };
        format!("{mark} {}", self.text)
    }
}

impl Shown {
    /// How a field differs: told as what happened, from what was expected to what was found.
    pub fn of(difference: &Difference) -> Self {
        let (expected, found) = (&difference.desired, &difference.live);
        match Self::between(difference.sensitive, expected, found) {
            // That they differ was found out by their meaning; where no line shows it, the values may.
            Self::Lines(lines) if lines.is_empty() => Self::Values { expected: line(expected), found: line(found) },
            shown => shown,
        }
    }

    fn between(sensitive: bool, expected: &Value, found: &Value) -> Self {
        if sensitive {
            return Self::Sensitive;
        }
        let is_document = |value: &Value| document(value).is_some();
        let is_none_or = |is: &dyn Fn(&Value) -> bool, value: &Value| value.is_null() || is(value);
        if (is_document(expected) && is_none_or(&is_document, found))
            || (is_document(found) && is_none_or(&is_document, expected))
        {
            let of = |value: &Value| document(value).unwrap_or(Value::Null);
            return Self::Lines(policy::drifted(&of(expected), &of(found)));
        }
        match (expected, found) {
            (Value::Array(expected), Value::Array(found)) => Self::Lines(items(expected, found)),
            (Value::String(expected), Value::String(found)) if expected.contains('\n') || found.contains('\n') => {
                let of = |text: &str| text.lines().map(safe).collect::<Vec<_>>();
                Self::Lines(diff(&of(expected), &of(found)))
            }
            _ if is_table(expected) || is_table(found) => Self::Lines(diff(&whole(expected), &whole(found))),
            _ => Self::Values { expected: line(expected), found: line(found) },
        }
    }
}

/// Whether a value has several parts, so that it is easier to read with a line for each.
fn is_table(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.len() > 1 || fields.values().any(is_table),
        Value::Array(items) => items.iter().any(Value::is_object),
        _ => false,
    }
}

/// All of a value. Where there is none, that is a line too: it must be seen which side has nothing.
pub fn whole(value: &Value) -> Vec<String> {
    if value.is_null() { vec![value::NOTHING.to_owned()] } else { pretty(value) }
}

/// What two lists have in common and what not. AWS keeps no order in what is a set, so what is in both is told as being in both,
/// wherever it stands; only where both have the same items it is their order that differs.
fn items(expected: &[Value], found: &[Value]) -> Vec<Line> {
    let lines = |item: &Value| if item.is_object() { pretty(item) } else { vec![line(item)] };
    let mut left: Vec<&Value> = found.iter().collect();
    let mut common = Vec::new();
    let mut missing = Vec::new();
    for item in expected {
        match left.iter().position(|other| *other == item) {
            Some(index) => common.push(left.remove(index)),
            None => missing.push(item),
        }
    }
    if missing.is_empty() && left.is_empty() {
        let all = |items: &[Value]| items.iter().flat_map(lines).collect::<Vec<_>>();
        return diff(&all(expected), &all(found));
    }
    // Of tables that are in one list only, most of the lines will be the same.
    if missing.iter().chain(&left).any(|item| item.is_object()) {
        let all = |some: &[&Value]| common.iter().chain(some).flat_map(|item| lines(item)).collect::<Vec<_>>();
        return diff(&all(&missing), &all(&left));
    }
    let tagged = |tag: Tag, items: &[&Value]| {
        items.iter().flat_map(|item| lines(item)).map(|text| Line::new(tag, text)).collect::<Vec<_>>()
    };
    let mut all = match common.len() {
        many if many > WHOLE => vec![Line::new(Tag::Gap, format!("… {many} items that are in both"))],
        _ => tagged(Tag::Same, &common),
    };
    all.extend(tagged(Tag::Old, &missing));
    all.extend(tagged(Tag::New, &left));
    all
}

/// The lines in which two texts differ, with some lines around them.
pub fn diff(expected: &[String], found: &[String]) -> Vec<Line> {
    let (old, new): (Vec<&str>, Vec<&str>) =
        (expected.iter().map(String::as_str).collect(), found.iter().map(String::as_str).collect());
    let diff = TextDiff::configure().algorithm(Algorithm::Patience).diff_slices(&old, &new);
    let mut lines = Vec::new();
    let mut shown = 0;
    for group in diff.grouped_ops(CONTEXT) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
        gap(&mut lines, first.old_range().start - shown);
        shown = last.old_range().end;
        for change in group.iter().flat_map(|operation| diff.iter_changes(operation)) {
            let tag = match change.tag() {
                ChangeTag::Equal => Tag::Same,
                ChangeTag::Delete => Tag::Old,
                ChangeTag::Insert => Tag::New,
            };
            lines.push(Line::new(tag, change.value()));
        }
    }
    if !lines.is_empty() {
        gap(&mut lines, old.len() - shown);
    }
    lines
}

/// That so many lines are left out.
fn gap(lines: &mut Vec<Line>, left_out: usize) {
    match left_out {
        0 => {}
        1 => lines.push(Line::new(Tag::Gap, "… 1 line that is the same")),
        several => lines.push(Line::new(Tag::Gap, format!("… {several} lines that are the same"))),
    }
}

#[cfg(test)]
mod tests;
