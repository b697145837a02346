//! Texts: enumerations, patterns, lengths and well-known forms.

use std::cell::RefCell;
use std::collections::HashMap;

use regex::Regex;
use serde_json::Value;

use super::{Checker, Way, format, sentence};
use crate::nearest::nearest;
use crate::report::Problem;
use crate::schema::{Shape, Text};
use crate::tree::Node;
use crate::unknown;

/// The compiled patterns of a catalog, as far as they were needed.
#[derive(Debug, Default)]
pub(crate) struct Patterns(RefCell<HashMap<String, Result<Regex, regex::Error>>>);

impl Patterns {
    /// Whether the whole of a text matches.
    fn matches(&self, pattern: &str, text: &str) -> Result<bool, regex::Error> {
        let mut patterns = self.0.borrow_mut();
        let compiled = match patterns.get(pattern) {
            Some(compiled) => compiled,
            None => patterns.entry(pattern.to_owned()).or_insert_with(|| Regex::new(&format!("^(?:{pattern})$"))),
        };
        compiled.as_ref().map(|regex| regex.is_match(text)).map_err(Clone::clone)
    }
}

impl Checker<'_> {
    pub(super) fn text(&mut self, node: &Node, text: &str, rules: &Text, way: &Way<'_>) -> Option<Value> {
        if !unknown::is_unknown(text)
            && let Some(problem) = self.text_problem(node, text, rules, way)
        {
            self.report.add(node.at, problem);
            return None;
        }
        match rules.format.as_deref() {
            Some("address") => self.address(node, text, way),
            Some("path") => self.path(node, text, way),
            _ => Some(Value::from(text)),
        }
    }

    fn text_problem(&self, node: &Node, text: &str, rules: &Text, way: &Way<'_>) -> Option<Problem> {
        let name = &way.name;
        let found = node.describe(!way.sensitive);
        let noun = Shape::Text(rules.clone()).noun();
        if !rules.one_of.is_empty() && !rules.one_of.iter().any(|one| one == text) {
            let problem = Problem::new("config::unknown_value", format!("`{name}`: expected {noun}, found {found}"));
            let help =
                nearest(text, rules.one_of.iter().map(String::as_str)).map(|one| format!("did you mean \"{one}\"?"));
            return Some(problem.label("not one of the values").help(help.unwrap_or_default()));
        }
        if let Some(mistake) = rules.format.as_deref().and_then(|format| format::check(format, text)) {
            let problem = Problem::new("config::format", format!("`{name}`: expected {noun}, found {found}"));
            return Some(problem.label(mistake.label).help(mistake.help));
        }
        let length = u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
        if rules.min_length.is_some_and(|min| length < min) || rules.max_length.is_some_and(|max| length > max) {
            let bounds = match (rules.min_length, rules.max_length) {
                (Some(min), Some(max)) if min == max => format!("{min} characters"),
                (Some(min), Some(max)) => format!("{min} to {max} characters"),
                (Some(min), None) => format!("at least {min} characters"),
                (_, max) => format!("at most {} characters", max.unwrap_or_default()),
            };
            let problem = Problem::new("config::length", format!("`{name}`: expected {bounds}, found {length}"));
            let plural = if length == 1 { "" } else { "s" };
            return Some(problem.label(format!("{length} character{plural}")));
        }
        let pattern = rules.pattern.as_deref()?;
        match self.resolver.patterns().matches(pattern, text) {
            Ok(true) => None,
            Ok(false) => {
                let message = format!("`{name}`: {found} is not allowed");
                let problem = Problem::new("config::pattern", message).label(format!("does not match `{pattern}`"));
                Some(problem.help(sentence(way.doc)))
            }
            Err(error) => {
                let message = format!("the pattern of `{name}` is itself not valid: {error}");
                Some(Problem::new("config::catalog", message).help("this is a bug in provision; please report it"))
            }
        }
    }
}
