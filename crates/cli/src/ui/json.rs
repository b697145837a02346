//! The machine forms: one JSON document on stdout for each run with `--json`.
//!
//! These are promises. Each document names its form and version in `format`, as in `provision.plan/1`; within a version,
//! fields are only added. They have structs of their own, so that the engine's types may change without them.
//! Sensitive values are `"(sensitive)"`; what is not known before apply is `{"unknown": "${kms_key.s3.arn}/*"}`, with
//! the references written as in the file.

mod applied;
mod checked;
mod drift;
mod errors;
mod graph;
mod lock;
mod plan;
mod policy;
mod recovery;
mod sandbox;
mod schedule;
mod state;
mod validated;
mod verify;

use serde::Serialize;

pub use applied::Applied;
pub use drift::Drift;
pub use errors::Errors;
pub use graph::Graph;
pub use lock::LockStatus;
pub use plan::Plan;
pub use policy::PolicyChecked;
pub use recovery::{Recovery, Restored};
pub use sandbox::SandboxStatus;
pub use schedule::Scheduled;
pub use state::{Outputs, StateChanged, StateHistory, StateList, StateShow};
pub use validated::{Created, Validated};
pub use verify::Verification;

/// A document as text.
pub fn to_string(document: &impl Serialize) -> String {
    // Only a map with keys that are no texts has no JSON form; there is none here.
    serde_json::to_string_pretty(document).unwrap_or_else(|error| format!("{{\"error\": \"{error}\"}}"))
}

#[cfg(test)]
mod tests;
