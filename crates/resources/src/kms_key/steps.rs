//! From a change of a key to its calls.

use provision_reconciler::{Change, Differences, Idempotency, Step};

use super::spec::Spec;
use crate::kms::{self, Call, Deletion};

pub(super) fn steps(change: Change<'_, Spec>) -> Vec<Step<Call>> {
    match change {
        Change::Create { desired } => create(desired),
        Change::Update { live, desired, differences } => {
            let rotation = rotation(live, desired, differences);
            kms::update(&live.settings(), &desired.settings(), differences, rotation)
        }
        Change::Delete { live, .. } => kms::delete(&live.settings()),
    }
}

fn create(desired: &Spec) -> Vec<Step<Call>> {
    let key = Call::CreateKey {
        description: desired.description.clone(),
        key_usage: desired.key_usage,
        key_spec: desired.key_spec,
        multi_region: desired.multi_region,
        policy: desired.policy.clone(),
        tags: desired.tags.clone(),
    };
    let summary = if desired.multi_region { "create the multi-region key" } else { "create the key" };
    let mut steps =
        vec![Step::new("kms:CreateKey", summary, key).idempotency(Idempotency::FindFirst).usually_seconds(1)];
    steps.extend(desired.alias.as_deref().map(kms::create_alias));
    if desired.enable_key_rotation && desired.can_rotate() {
        steps.push(enable_rotation(desired));
    }
    // Last: a disabled key's rotation cannot be changed.
    if !desired.enabled {
        steps.push(kms::disable());
    }
    steps
}

fn rotation(live: &Spec, desired: &Spec, differences: &Differences) -> Option<Step<Call>> {
    if !desired.can_rotate() || !differences.touch_any(&["enable_key_rotation", "rotation_period_in_days"]) {
        return None;
    }
    // What the rotation will be once the deletion is cancelled cannot be read before; a key that is to stay disabled could not
    // be told anyway.
    if live.deletion == Deletion::Pending && !desired.enabled {
        return None;
    }
    match (live.enable_key_rotation, desired.enable_key_rotation) {
        (_, true) => Some(enable_rotation(desired)),
        (true, false) => Some(Step::new("kms:DisableKeyRotation", "turn off rotation", Call::DisableKeyRotation)),
        // The period of a rotation that is off stays off.
        (false, false) => None,
    }
}

fn enable_rotation(desired: &Spec) -> Step<Call> {
    let days = desired.rotation_period_in_days;
    let call = Call::EnableKeyRotation { rotation_period_in_days: days };
    Step::new("kms:EnableKeyRotation", format!("turn on rotation every {days} days"), call)
}

#[cfg(test)]
mod tests;
