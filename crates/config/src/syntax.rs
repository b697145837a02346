//! TOML's own mistakes, all at once and in words that help.

use std::collections::BTreeSet;

use toml::de::DeTable;

use crate::report::{Problem, Report};
use crate::source::Place;
use crate::tree::{self, Table};

/// Parses a file. What is wrong goes into the report; what could be understood is returned.
pub(crate) fn parse(text: &str, file: usize, report: &Report) -> Table {
    let (table, errors) = DeTable::parse_recoverable(text);
    // Tables that are given a second time, by their lines: the parser goes on with them as if they were the first.
    let mut repeated = BTreeSet::new();
    for error in &errors {
        let span = error.span().unwrap_or_default();
        let start = span.start.min(text.len());
        let place = Place { file, start, end: span.end.clamp(start, text.len()) };
        let problem = match error.message() {
            "duplicate key" => duplicate(text, place, &mut repeated),
            message => Some(problem(message)),
        };
        if let Some(problem) = problem {
            report.add(place, problem);
        }
    }
    tree::from_toml(table.get_ref(), file, report)
}

fn problem(message: &str) -> Problem {
    let problem = Problem::new("config::syntax", format!("invalid TOML: {message}")).label("here");
    problem.help(match message.starts_with("string values must be quoted") {
        true => "put the text in quotes: `name = \"value\"`",
        false => "",
    })
}

/// The parser does not hand on where the first one stands, so it is looked for in the text, line by line. `None` if the
/// key only repeats because its whole table does.
fn duplicate(text: &str, place: Place, repeated: &mut BTreeSet<usize>) -> Option<Problem> {
    let key = text.get(place.start..place.end).unwrap_or_default();
    let before = text.get(..place.start).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = text.get(line_start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    let earlier: Vec<&str> = text.get(..line_start).unwrap_or_default().lines().collect();
    if let Some(header) = header(line) {
        repeated.insert(earlier.len());
        let first = earlier.iter().position(|line| self::header(line).as_ref() == Some(&header));
        let problem = Problem::new("config::duplicate", format!("the table `[{header}]` is given twice"));
        return Some(finish(problem, first, false));
    }
    // A key is only a duplicate within its table, which begins at the last header.
    let header = earlier.iter().rposition(|line| header(line).is_some());
    let begin = header.map_or(0, |header| header + 1);
    let is_key = |line: &&str| line.split('=').next().is_some_and(|left| left.trim() == key);
    let first = earlier.iter().skip(begin).position(is_key).map(|offset| begin + offset);
    let same_line = before.get(line_start..).is_some_and(|before| before.contains(key));
    if first.is_none() && !same_line && header.is_some_and(|header| repeated.contains(&header)) {
        return None;
    }
    Some(finish(Problem::new("config::duplicate", format!("`{key}` is given twice")), first, same_line))
}

fn finish(problem: Problem, first: Option<usize>, same_line: bool) -> Problem {
    let problem = problem.label("the second one");
    problem.help(match first {
        _ if same_line => "the first one is on the same line; keep one of them".to_owned(),
        Some(line) => format!("the first one is on line {}; keep one of them", line + 1),
        None => "keep one of them".to_owned(),
    })
}

/// What stands between the brackets of a table's header, without spaces.
fn header(line: &str) -> Option<String> {
    let inner = line.trim_start().strip_prefix('[')?;
    let (inner, _) = inner.split_once(']')?;
    Some(inner.trim_start_matches('[').split('.').map(str::trim).collect::<Vec<_>>().join("."))
}
