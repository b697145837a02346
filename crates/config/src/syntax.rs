//! TOML's own mistakes, all at once and in words that help.

use toml::de::DeTable;

use crate::report::{Problem, Report};
use crate::source::Place;
use crate::tree::{self, Table};

/// Parses a file. What is wrong goes into the report; what could be understood is returned.
pub(crate) fn parse(text: &str, file: usize, report: &Report) -> Table {
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let span = error.span().unwrap_or_default();
        let start = span.start.min(text.len());
        let place = Place { file, start, end: span.end.clamp(start, text.len()) };
        report.add(place, problem(error.message(), text, place));
    }
    tree::from_toml(table.get_ref(), file, report)
}

fn problem(message: &str, text: &str, place: Place) -> Problem {
    if message == "duplicate key" {
        return duplicate(text, place);
    }
    let problem = Problem::new("config::syntax", format!("invalid TOML: {message}")).label("here");
    problem.help(if message.starts_with("string values must be quoted") {
        "put the text in quotes: `name = \"value\"`"
    } else {
        ""
    })
}

/// The parser does not hand on where the first one stands, so it is looked for in the text, line by line.
fn duplicate(text: &str, place: Place) -> Problem {
    let key = text.get(place.start..place.end).unwrap_or_default();
    let before = text.get(..place.start).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = text.get(line_start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    let earlier = text.get(..line_start).unwrap_or_default();
    if let Some(header) = header(line) {
        let first = earlier.lines().position(|line| self::header(line) == Some(header.clone()));
        let problem = Problem::new("config::duplicate", format!("the table `[{header}]` is given twice"));
        return finish(problem, first);
    }
    // A key is only a duplicate within its table, which begins at the last header.
    let lines: Vec<&str> = earlier.lines().collect();
    let begin = lines.iter().rposition(|line| header(line).is_some()).map_or(0, |header| header + 1);
    let first = lines.iter().skip(begin).position(|line| line.split('=').next().is_some_and(|left| left.trim() == key));
    finish(Problem::new("config::duplicate", format!("`{key}` is given twice")), first.map(|offset| begin + offset))
}

fn finish(problem: Problem, first: Option<usize>) -> Problem {
    let problem = problem.label("the second one");
    problem.help(match first {
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
