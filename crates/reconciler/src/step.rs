//! A plan's steps: one AWS call each, as data.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One mutating AWS call that has not been made yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Step<C> {
    /// The IAM action that the call needs, as in `kms:EnableKeyRotation`.
    pub action: &'static str,
    /// What it does, for a person, in the imperative: `turn on rotation every 365 days`.
    pub summary: String,
    /// What happens if it is made twice.
    pub idempotency: Idempotency,
    /// How long it usually takes on AWS, waiting included; decides what starts first.
    pub usually: Duration,
    /// The call itself, with everything that it needs. May contain unknowns in its texts.
    pub call: C,
}

/// What happens if a step's call is made twice, which decides what may be done when its answer is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Idempotency {
    /// The call carries a client token, or a name that AWS keeps unique: a second one does nothing, or is refused by name.
    Token,
    /// The call sets something to a value: a second one sets it again.
    Natural,
    /// A second one would make a second resource: after a lost answer, look for the first one by its tags.
    FindFirst,
}

/// A [`Step`] of any kind, as plans, plan files and `--json` carry it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnyStep {
    /// The IAM action.
    pub action: String,
    /// What it does, for a person.
    pub summary: String,
    /// What happens if it is made twice.
    pub idempotency: Idempotency,
    /// How long it usually takes on AWS, in milliseconds.
    pub usually_ms: u64,
    /// The kind's own call.
    pub call: Value,
}

impl<C> Step<C> {
    /// A step that sets something, takes no time to speak of and may be repeated. The builder methods say otherwise.
    pub fn new(action: &'static str, summary: impl Into<String>, call: C) -> Self {
        Self {
            action,
            summary: summary.into(),
            idempotency: Idempotency::Natural,
            usually: Duration::from_secs(1),
            call,
        }
    }

    /// With what happens if it is made twice.
    pub fn idempotency(mut self, idempotency: Idempotency) -> Self {
        self.idempotency = idempotency;
        self
    }

    /// With how long it usually takes on AWS, in seconds.
    pub fn usually_seconds(mut self, seconds: u64) -> Self {
        self.usually = Duration::from_secs(seconds);
        self
    }
}
