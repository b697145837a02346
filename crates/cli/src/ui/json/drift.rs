//! `provision.drift/1`: what was changed in AWS behind our back.

use provision_reconciler::drift::Drifted;
use serde::Serialize;
use serde_json::Value;

use super::plan::{self, Remark};

/// What was changed in AWS since the last apply.
#[derive(Debug, Serialize)]
pub struct Drift {
    format: &'static str,
    /// The environment.
    environment: String,
    /// How many resources were looked at.
    resources: usize,
    /// Those that are not as they were left, by address.
    drifted: Vec<Resource>,
    /// What should be known of resources, whether or not they drifted.
    remarks: Vec<Remark>,
}

/// A resource that is not as it was left.
#[derive(Debug, Serialize)]
struct Resource {
    address: String,
    kind: String,
    id: String,
    region: String,
    /// Whether it is gone.
    deleted: bool,
    /// The fields that differ. Empty if it is gone.
    differences: Vec<Difference>,
}

/// A field that differs.
#[derive(Debug, Serialize)]
struct Difference {
    /// The field: `logging.prefix`, `tags["Project"]`.
    path: String,
    /// What was last applied; null for nothing.
    expected: Value,
    /// What AWS has; null for nothing.
    actual: Value,
}

impl Drift {
    /// The machine form of a drift report.
    pub fn new(
        environment: &str,
        drifted: &[Drifted],
        remarks: &[provision_reconciler::Remark],
        resources: usize,
    ) -> Self {
        let drifted = drifted.iter().map(|resource| Resource {
            address: resource.address.to_string(),
            kind: resource.address.kind.clone(),
            id: resource.id.clone(),
            region: resource.region.clone(),
            deleted: resource.deleted,
            differences: resource.differences.iter().map(Difference::new).collect(),
        });
        Self {
            format: "provision.drift/1",
            environment: environment.to_owned(),
            resources,
            drifted: drifted.collect(),
            remarks: remarks.iter().map(Remark::new).collect(),
        }
    }
}

impl Difference {
    fn new(difference: &provision_reconciler::diff::Difference) -> Self {
        let plan::Difference { path, live, desired, .. } = plan::Difference::new(difference);
        Self { path, expected: desired, actual: live }
    }
}
