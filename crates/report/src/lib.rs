//! Reports as text from data: what was changed in AWS behind our back, and whether replicas would serve.
//!
//! Data in, text out: no network, no clock, no files, no terminal. What a report says is decided once (`wording`, `tally`,
//! [`lines`]); each form only sets it:
//!
//! - `html` is one file for a person to read: it loads nothing and runs nothing.
//! - `markdown` is for step summaries and pull requests, and keeps within their limits.
//! - `junit` is for CI systems, which draw a history from it: so its names are the same from run to run.
//!
//! What AWS or a file says is hostile until it is escaped. Everything goes through [`provision_config::shown::safe`] first,
//! whatever the form, and then through the form's own escaping, which only `html` (by its templates), `markdown::escape` and `junit` do.

mod anchor;
mod html;
mod junit;
pub mod lines;
mod markdown;
mod model;
pub mod policy;
mod prose;
mod tally;
pub mod text;
pub mod value;
mod wording;

pub use markdown::{COMMENT, STEP_SUMMARY};
pub use model::{Checked, DriftLook, DriftReport, Outcome, RecoveryReport};

/// A report in every form.
pub trait Report {
    /// What the check is called that it is of.
    const CHECK: &'static str;

    /// As one HTML file that stands by itself. It is read in any browser, light or dark as the reader's system is, and printed.
    fn html(&self) -> String;

    /// As GitHub flavoured Markdown that fits into a step summary.
    fn markdown(&self) -> String {
        self.markdown_within(STEP_SUMMARY)
    }

    /// The same in no more than so many bytes. What does not fit is left out, and that is said.
    fn markdown_within(&self, bytes: usize) -> String;

    /// As JUnit XML: a suite for each environment, a test for everything that was looked at or found.
    fn junit(&self) -> String;
}

impl Report for DriftReport {
    const CHECK: &'static str = "drift";

    fn html(&self) -> String {
        html::drift::page(self)
    }

    fn markdown_within(&self, bytes: usize) -> String {
        markdown::drift::render(self, bytes)
    }

    fn junit(&self) -> String {
        junit::drift::render(self)
    }
}

impl Report for RecoveryReport {
    const CHECK: &'static str = "dr";

    fn html(&self) -> String {
        html::recovery::page(self)
    }

    fn markdown_within(&self, bytes: usize) -> String {
        markdown::recovery::render(self, bytes)
    }

    fn junit(&self) -> String {
        junit::recovery::render(self)
    }
}
