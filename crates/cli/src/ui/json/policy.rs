//! `provision.policy/1`: environments that break no rule. Those that do are errors.

use serde::Serialize;

/// Environments that break no rule.
#[derive(Debug, Serialize)]
pub struct PolicyChecked {
    format: &'static str,
    /// Their names.
    environments: Vec<String>,
    /// How many rules there are.
    rules: usize,
}

impl PolicyChecked {
    /// The machine form of environments that break no rule.
    pub fn new(environments: Vec<String>, rules: usize) -> Self {
        Self { format: "provision.policy/1", environments, rules }
    }
}
