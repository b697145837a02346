//! What a rule is.

use provision_config::{Address, Environment};
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
    /// Whether it holds.
    pub holds: Holds,
}

/// What tells whether a rule holds.
#[derive(Clone, Copy, Debug)]
pub enum Holds {
    /// The spec of the resource.
    Of(fn(&Value) -> bool),
    /// The resource among all of its environment.
    Among(fn(&Address, &Environment) -> bool),
}

impl Rule {
    /// Whether it holds for a resource of its kind.
    pub fn holds(&self, address: &Address, spec: &Value, environment: &Environment) -> bool {
        match self.holds {
            Holds::Of(holds) => holds(spec),
            Holds::Among(holds) => holds(address, environment),
        }
    }
}

impl Ids {
    /// What the two benchmarks call it, as one text: `CIS 4.6, KMS.4`. Empty if neither has the rule.
    pub fn in_benchmarks(&self) -> String {
        let cis = if self.cis.is_empty() { String::new() } else { format!("CIS {}", self.cis) };
        let ids: Vec<&str> = [cis.as_str(), self.security_hub].into_iter().filter(|id| !id.is_empty()).collect();
        ids.join(", ")
    }

    /// All of them, as one text: `CIS 4.6, KMS.4, CKV_AWS_7`. Empty if nobody else has the rule.
    pub fn known_as(&self) -> String {
        let cis = if self.cis.is_empty() { String::new() } else { format!("CIS {}", self.cis) };
        let all = [cis.as_str(), self.security_hub, self.prowler, self.checkov, self.trivy];
        let all: Vec<&str> = all.into_iter().filter(|id| !id.is_empty()).collect();
        all.join(", ")
    }
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
