//! `provision.apply/1`: what came of an apply or a destroy, complete or not.

use provision_reconciler::execute::Outcome;
use provision_reconciler::plan::{Action, Plan};
use serde::Serialize;

use super::errors::Error;
use crate::failure::Problem;

/// What came of an apply or a destroy.
#[derive(Debug, Serialize)]
pub struct Applied {
    format: &'static str,
    /// The environment.
    environment: String,
    /// Whether everything was done.
    complete: bool,
    /// The resources whose change is complete, by address.
    done: Vec<Done>,
    /// The resources whose change failed, by address.
    failed: Vec<Error>,
    /// The addresses of the resources whose change was not begun, or was interrupted.
    skipped: Vec<String>,
    /// How many resources were as they should be.
    unchanged: usize,
    /// How many calls that change something were made.
    calls: usize,
    /// The serial of the state that was written; null if none was.
    serial: Option<u64>,
}

/// A resource whose change is complete.
#[derive(Debug, Serialize)]
struct Done {
    address: String,
    action: Option<Action>,
}

impl Applied {
    /// The machine form of an outcome, and the state that was written.
    pub fn new(plan: &Plan, outcome: &Outcome, serial: u64) -> Self {
        let done = outcome.finished.iter().map(|address| Done {
            address: address.to_string(),
            action: plan.changes.get(address).map(|change| change.action),
        });
        let failed = outcome.failed.iter().map(|(address, failure)| Error::from(&Problem::change(address, failure)));
        Self {
            format: "provision.apply/1",
            environment: plan.environment.clone(),
            complete: outcome.is_complete(),
            done: done.collect(),
            failed: failed.collect(),
            skipped: outcome.skipped.iter().map(ToString::to_string).collect(),
            unchanged: plan.unchanged,
            calls: outcome.calls,
            serial: Some(serial),
        }
    }

    /// There was nothing to do.
    pub fn nothing(plan: &Plan) -> Self {
        Self { serial: None, ..Self::new(plan, &Outcome::default(), 0) }
    }
}
