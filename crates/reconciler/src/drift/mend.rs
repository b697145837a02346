//! What sets right what has drifted.

use serde::Serialize;
use serde_json::Value;

use crate::diff::{Difference, overlay};
use crate::erased::AnyKind;
use crate::error::CloudError;
use crate::kind::{Change, Differences};
use crate::path;
use crate::step::AnyStep;

/// What sets something right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mend {
    /// These calls, in order.
    Calls(Vec<MendingCall>),
    /// Nothing less than another resource in its place: AWS cannot change the field.
    Replacement,
    /// No call that the engine knows.
    ByHand,
}

/// One of the calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MendingCall {
    /// The IAM action.
    pub action: String,
    /// What it does.
    pub summary: String,
}

/// What sets one field back to what was last applied.
pub(super) fn back(
    kind: &dyn AnyKind,
    live: &Value,
    expected: &Value,
    difference: &Difference,
) -> Result<Mend, CloudError> {
    if difference.immutable {
        return Ok(Mend::Replacement);
    }
    let fields = &kind.schema().fields;
    // As it is but for this one field: what else differs is mended by calls of its own.
    let mut desired = live.clone();
    if !path::put(fields, &mut desired, &difference.path, path::value(fields, expected, &difference.path)) {
        desired = overlay(fields, live, expected);
    }
    let differences = Differences(vec![difference.clone()]);
    let steps = kind.steps(Change::Update { live, desired: &desired, differences: &differences })?;
    Ok(calls(steps))
}

/// What makes a resource anew that is gone.
pub(super) fn anew(kind: &dyn AnyKind, expected: &Value) -> Result<Mend, CloudError> {
    Ok(calls(kind.steps(Change::Create { desired: expected })?))
}

fn calls(steps: Vec<AnyStep>) -> Mend {
    if steps.is_empty() {
        return Mend::ByHand;
    }
    Mend::Calls(steps.into_iter().map(|AnyStep { action, summary, .. }| MendingCall { action, summary }).collect())
}
