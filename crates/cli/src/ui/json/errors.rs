//! `provision.error/1`: why a command could not do what was asked.

use provision_config::Diagnostic;
use serde::Serialize;

use crate::failure::{Failure, Problem};

/// Why a command could not do what was asked.
#[derive(Debug, Serialize)]
pub struct Errors {
    format: &'static str,
    /// The exit code.
    exit: u8,
    /// What went wrong. Never empty.
    errors: Vec<Error>,
}

/// One thing that went wrong.
#[derive(Debug, Serialize)]
pub struct Error {
    /// A stable name for this kind of error: `config::unknown_field`, `cloud`, `locked`, `refused`, …
    code: String,
    /// What went wrong.
    message: String,
    /// The file, if it is about one.
    file: Option<String>,
    /// The line, counted from 1.
    line: Option<usize>,
    /// The column, counted from 1, in characters.
    column: Option<usize>,
    /// What to do next.
    help: Option<String>,
    /// The resource, if it is about one.
    address: Option<String>,
    /// The IAM action of the AWS call that failed.
    action: Option<String>,
    /// AWS's own code for the error.
    aws_code: Option<String>,
    /// AWS's id for the request.
    request_id: Option<String>,
}

impl Errors {
    /// The machine form of a failure.
    pub fn new(failure: &Failure) -> Self {
        Self { format: "provision.error/1", exit: failure.exit().code(), errors: errors(failure) }
    }
}

fn errors(failure: &Failure) -> Vec<Error> {
    match failure {
        Failure::Invalid(diagnostics) => diagnostics.0.iter().map(Error::from).collect(),
        Failure::Failed { problems, .. } => problems.iter().map(Error::from).collect(),
        Failure::Several(failures) => failures.iter().flat_map(errors).collect(),
    }
}

impl From<&Diagnostic> for Error {
    fn from(diagnostic: &Diagnostic) -> Self {
        let place = diagnostic.location.as_ref().map(|location| location.line_column());
        Self {
            code: diagnostic.code.to_owned(),
            message: diagnostic.message.clone(),
            file: diagnostic.location.as_ref().map(|location| location.path.display().to_string()),
            line: place.map(|(line, _)| line),
            column: place.map(|(_, column)| column),
            help: diagnostic.help.clone(),
            address: None,
            action: None,
            aws_code: None,
            request_id: None,
        }
    }
}

impl From<&Problem> for Error {
    fn from(problem: &Problem) -> Self {
        Self {
            code: problem.code.to_owned(),
            message: problem.message.clone(),
            file: None,
            line: None,
            column: None,
            help: problem.hint.clone(),
            address: problem.address.as_ref().map(ToString::to_string),
            action: problem.action.clone(),
            aws_code: problem.aws_code.clone(),
            request_id: problem.request_id.clone(),
        }
    }
}
