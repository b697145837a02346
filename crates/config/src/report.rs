//! Collects what is wrong, once each and in the order of the files.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::{Place, Sources};

/// One thing that is wrong, without its place.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    code: &'static str,
    message: String,
    label: Option<String>,
    help: Option<String>,
}

impl Problem {
    /// A problem of this kind.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), label: None, help: None }
    }

    /// With what to write under the marked span.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// With what to do next. An empty text is no help.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into()).filter(|help: &String| !help.is_empty());
        self
    }

    /// As a diagnostic of its own, for what has no place in any file.
    pub fn without_place(self) -> Diagnostics {
        Diagnostics(vec![self.at(&Sources::default(), Place::START)])
    }

    fn at(self, sources: &Sources, place: Place) -> Diagnostic {
        let Self { code, message, label, help } = self;
        Diagnostic { code, message, location: sources.location(place), label, help }
    }
}

/// Everything that was found to be wrong so far.
///
/// Keyed by place, code and message, so that what several `for_each` entries or references stumble over is said once.
#[derive(Debug, Default)]
pub(crate) struct Report(RefCell<BTreeMap<(Place, &'static str, String), Problem>>);

impl Report {
    /// Adds a problem.
    pub fn add(&self, place: Place, problem: Problem) {
        self.0.borrow_mut().entry((place, problem.code, problem.message.clone())).or_insert(problem);
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }

    /// Everything, in the order of the files.
    pub fn into_diagnostics(self, sources: &Sources) -> Diagnostics {
        let problems = self.0.into_inner();
        Diagnostics(problems.into_iter().map(|((place, ..), problem)| problem.at(sources, place)).collect())
    }
}
