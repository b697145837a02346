//! From a change of a key to its calls.

use provision_reconciler::diff::Cause;
use provision_reconciler::{Change, Differences, Idempotency, Step};

use super::call::Call;
use super::read::is_of_another_key;
use super::spec::{Deletion, Spec};
use crate::tags::{self, TagChanges};

pub(super) fn steps(change: Change<'_, Spec>) -> Vec<Step<Call>> {
    match change {
        Change::Create { desired } => create(desired),
        Change::Update { live, desired, differences } => update(live, desired, differences),
        Change::Delete { live, .. } => delete(live),
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
    steps.extend(desired.alias.as_deref().map(create_alias));
    if desired.enable_key_rotation && desired.can_rotate() {
        steps.push(enable_rotation(desired));
    }
    // Last: a disabled key's rotation cannot be changed.
    if !desired.enabled {
        steps.push(disable());
    }
    steps
}

fn update(live: &Spec, desired: &Spec, differences: &Differences) -> Vec<Step<Call>> {
    let mut steps = Vec::new();
    // First, because nearly every other call is refused on a key that is pending deletion, and a few on a disabled one.
    if live.deletion == Deletion::Pending && desired.deletion == Deletion::None {
        steps.push(Step::new("kms:CancelKeyDeletion", "cancel the deletion of the key", Call::CancelKeyDeletion));
    }
    if desired.enabled && !live.enabled {
        steps.push(Step::new("kms:EnableKey", "enable the key", Call::EnableKey));
    }
    if differences.touch("policy")
        && let Some(policy) = &desired.policy
    {
        let call = Call::PutKeyPolicy { policy: policy.clone() };
        steps.push(Step::new("kms:PutKeyPolicy", "replace the key policy", call));
    }
    if differences.touch("description") {
        let call = Call::UpdateKeyDescription { description: desired.description.clone() };
        steps.push(Step::new("kms:UpdateKeyDescription", "change the description", call));
    }
    steps.extend(rotation(live, desired, differences));
    if differences.touch("alias") {
        steps.extend(alias(live, desired, differences));
    }
    steps.extend(tagging(live, desired));
    if !desired.enabled && live.enabled {
        steps.push(disable());
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

/// The old alias is removed only if it is the one that we gave: one that somebody else gave to the key is theirs.
fn alias(live: &Spec, desired: &Spec, differences: &Differences) -> Vec<Step<Call>> {
    let Some(alias) = &desired.alias else { return Vec::new() };
    let old = live.alias.as_deref().unwrap_or_default();
    if is_of_another_key(old, alias) {
        let call = Call::UpdateAlias { alias: alias.clone() };
        return vec![Step::new("kms:UpdateAlias", format!("move {alias} back to this key"), call)];
    }
    let mut steps = vec![create_alias(alias)];
    let renamed =
        differences.0.iter().any(|difference| difference.path == "alias" && difference.cause == Cause::Config);
    if renamed && !old.is_empty() {
        let call = Call::DeleteAlias { alias: old.to_owned() };
        steps.push(Step::new("kms:DeleteAlias", format!("delete {old}"), call));
    }
    steps
}

fn tagging(live: &Spec, desired: &Spec) -> Vec<Step<Call>> {
    let TagChanges { set, remove } = TagChanges::between(&live.tags, &desired.tags);
    let mut steps = Vec::new();
    if !set.is_empty() {
        let summary = tags::summary("set", set.keys());
        steps.push(Step::new("kms:TagResource", summary, Call::TagResource { tags: set }));
    }
    if !remove.is_empty() {
        let summary = tags::summary("remove", remove.iter());
        steps.push(Step::new("kms:UntagResource", summary, Call::UntagResource { keys: remove }));
    }
    steps
}

/// The alias stays: it goes when the key goes, and until then leads the next apply to this key.
fn delete(live: &Spec) -> Vec<Step<Call>> {
    if live.deletion == Deletion::Pending {
        return Vec::new();
    }
    let days = live.pending_window_in_days;
    let call = Call::ScheduleKeyDeletion { pending_window_in_days: days };
    vec![Step::new("kms:ScheduleKeyDeletion", format!("schedule the key's deletion in {days} days"), call)]
}

fn create_alias(alias: &str) -> Step<Call> {
    let call = Call::CreateAlias { alias: alias.to_owned() };
    Step::new("kms:CreateAlias", format!("create {alias}"), call).idempotency(Idempotency::Token)
}

fn enable_rotation(desired: &Spec) -> Step<Call> {
    let days = desired.rotation_period_in_days;
    let call = Call::EnableKeyRotation { rotation_period_in_days: days };
    Step::new("kms:EnableKeyRotation", format!("turn on rotation every {days} days"), call)
}

fn disable() -> Step<Call> {
    Step::new("kms:DisableKey", "disable the key", Call::DisableKey)
}

#[cfg(test)]
mod tests;
