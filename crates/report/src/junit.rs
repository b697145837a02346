//! JUnit XML, from which CI systems draw a history: the same thing has the same name from run to run. So nothing that AWS chose is part
//! of a name.

pub mod drift;
mod plain;
pub mod recovery;

use std::collections::BTreeSet;

use jiff::Timestamp;
use provision_config::shown::safe;
use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use crate::text::time;

/// The names that a suite has given already: none is given twice.
#[derive(Debug, Default)]
struct Names(BTreeSet<String>);

impl Names {
    fn unique(&mut self, name: &str) -> String {
        let mut unique = name.to_owned();
        let mut next = 2_usize;
        while !self.0.insert(unique.clone()) {
            unique = format!("{name} ({next})");
            next += 1;
        }
        unique
    }
}

/// The suite of an environment.
fn suite(environment: &str, checked_at: Timestamp, engine: &str) -> TestSuite {
    let mut suite = TestSuite::new(safe(environment));
    suite.add_property(Property::new("checked_at", time(checked_at)));
    suite.add_property(Property::new("engine", format!("provision {}", safe(engine))));
    suite
}

/// A test. `class` says what kind of report it is in.
fn case(class: &str, environment: &str, name: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(name, status);
    case.set_classname(format!("provision.{class}.{}", safe(environment)));
    case
}

/// That a test failed: what kind of failure, in a line, and all of it.
fn failure(kind: NonSuccessKind, what: &str, message: &str, details: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(what).set_message(message).set_description(details);
    status
}

/// That an environment could not be looked at.
fn error(message: &str, hint: Option<&str>) -> TestCaseStatus {
    let message = safe(message);
    let details = match hint {
        Some(hint) => format!("{message}\n\nwhat to do: {}", safe(hint)),
        None => message.clone(),
    };
    failure(NonSuccessKind::Error, "not looked at", &message, &details)
}

/// The document. Writing to memory does not fail.
fn document(report: &Report) -> String {
    let mut bytes = Vec::new();
    match report.serialize(&mut bytes) {
        Ok(()) => String::from_utf8_lossy(&bytes).into_owned(),
        // Whoever reads this must not take it for a report of nothing.
        Err(error) => format!("<error>{}</error>\n", maud::html! { (error) }.into_string()),
    }
}
