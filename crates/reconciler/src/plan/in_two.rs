//! Making a resource in two goes, so that others need not wait for all of it.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::diff::{Difference, diff, overlay};
use crate::erased::AnyKind;
use crate::error::CloudError;
use crate::kind::{Change, Differences};
use crate::step::AnyStep;

/// How a resource is made in two goes: a part of it, and then the rest.
pub(super) struct InTwo {
    pub first: Vec<AnyStep>,
    pub completion: Vec<AnyStep>,
    /// The fields that come with the completion.
    pub later: BTreeSet<String>,
}

impl InTwo {
    pub fn new(kind: &dyn AnyKind, part: &Value, desired: &Value) -> Result<Self, CloudError> {
        let fields = &kind.schema().fields;
        let mut differences = Differences(diff(fields, part, desired, None));
        // What is not known yet may be anything, but it is the same in both.
        differences.0.retain(|difference| difference.live != difference.desired);
        let first = kind.steps(Change::Create { desired: part })?;
        let completion = if differences.0.is_empty() {
            Vec::new()
        } else {
            let full = overlay(fields, part, desired);
            kind.steps(Change::Update { live: part, desired: &full, differences: &differences })?
        };
        let outer = |difference: &Difference| difference.path.split(['.', '[']).next().unwrap_or_default().to_owned();
        Ok(Self { first, completion, later: differences.0.iter().map(outer).collect() })
    }
}
