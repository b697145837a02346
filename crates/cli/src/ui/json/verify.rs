//! `provision.verify/1`: the tests of what is deployed.

use std::collections::BTreeMap;

use provision_config::Address;
use provision_reconciler::verify::{self, Outcome, Verified};
use serde::Serialize;

use crate::ui::verify::Counts;

/// The tests of what is deployed.
#[derive(Debug, Serialize)]
pub struct Verification {
    format: &'static str,
    /// The environment.
    environment: String,
    /// How many tests passed.
    passed: usize,
    /// How many failed.
    failed: usize,
    /// How many were not made.
    skipped: usize,
    /// Every resource, by address.
    resources: Vec<Resource>,
}

/// A resource and its tests.
#[derive(Debug, Serialize)]
struct Resource {
    address: String,
    kind: String,
    id: String,
    region: String,
    /// In the order in which they were made. Empty: there is nothing to test by itself.
    checks: Vec<Check>,
}

/// A test.
#[derive(Debug, Serialize)]
struct Check {
    /// What was tested.
    name: String,
    /// `passed`, `failed` or `skipped`.
    result: &'static str,
    /// How it is known that it passed, what failed, or why it was skipped.
    detail: String,
    /// What to do if it failed; else null.
    hint: Option<String>,
}

impl Verification {
    /// The machine form of tests.
    pub fn new(environment: &str, verified: &BTreeMap<Address, Verified>) -> Self {
        let Counts { passed, failed, skipped } = Counts::of(verified);
        let resources = verified.iter().map(|(address, resource)| Resource {
            address: address.to_string(),
            kind: address.kind.clone(),
            id: resource.id.clone(),
            region: resource.region.clone(),
            checks: resource.checks.iter().map(Check::new).collect(),
        });
        Self {
            format: "provision.verify/1",
            environment: environment.to_owned(),
            passed,
            failed,
            skipped,
            resources: resources.collect(),
        }
    }
}

impl Check {
    fn new(check: &verify::Check) -> Self {
        let (result, detail, hint) = match &check.outcome {
            Outcome::Passed(detail) => ("passed", detail, None),
            Outcome::Failed { message, hint } => ("failed", message, Some(hint.clone())),
            Outcome::Skipped(reason) => ("skipped", reason, None),
        };
        Self { name: check.name.clone(), result, detail: detail.clone(), hint }
    }
}
