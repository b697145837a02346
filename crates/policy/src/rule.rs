//! What a rule is.

use serde_json::Value;

/// One requirement on one kind of resource.
#[derive(Debug)]
pub struct Rule {
    /// Its name, as in `s3-bucket-versioning`.
    pub name: &'static str,
    /// The kind that it is about.
    pub kind: &'static str,
    /// The field that decides it.
    pub field: &'static str,
    /// What must hold, as a sentence without a full stop.
    pub requirement: &'static str,
    /// What to do if it does not.
    pub remedy: &'static str,
    /// What others call it.
    pub ids: Ids,
    /// Whether it holds for a spec.
    pub holds: fn(&Value) -> bool,
}

/// What others call a rule; empty where they have none.
#[derive(Clone, Copy, Debug)]
pub struct Ids {
    /// CIS AWS Foundations Benchmark v7.0.0.
    pub cis: &'static str,
    /// AWS Security Hub.
    pub security_hub: &'static str,
    /// Prowler.
    pub prowler: &'static str,
    /// Checkov.
    pub checkov: &'static str,
    /// Trivy.
    pub trivy: &'static str,
}
