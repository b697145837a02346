//! From a change of a key to its calls, as far as all keys are alike.

use provision_reconciler::diff::Cause;
use provision_reconciler::{Differences, Idempotency, Step};

use super::call::Call;
use super::read::is_of_another_key;
use super::settings::{Deletion, Settings};
use crate::tags::{self, TagChanges};

/// An update, with the change of the rotation where there is one.
pub(crate) fn update(
    live: &Settings,
    desired: &Settings,
    differences: &Differences,
    rotation: Option<Step<Call>>,
) -> Vec<Step<Call>> {
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
    steps.extend(rotation);
    if differences.touch("alias") {
        steps.extend(alias(live, desired, differences));
    }
    steps.extend(tagging(live, desired));
    if !desired.enabled && live.enabled {
        steps.push(disable());
    }
    steps
}

/// The old alias is removed only if it is the one that we gave: one that somebody else gave to the key is theirs.
fn alias(live: &Settings, desired: &Settings, differences: &Differences) -> Vec<Step<Call>> {
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

fn tagging(live: &Settings, desired: &Settings) -> Vec<Step<Call>> {
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
pub(crate) fn delete(live: &Settings) -> Vec<Step<Call>> {
    if live.deletion == Deletion::Pending {
        return Vec::new();
    }
    let days = live.pending_window_in_days;
    let call = Call::ScheduleKeyDeletion { pending_window_in_days: days };
    vec![Step::new("kms:ScheduleKeyDeletion", format!("schedule the key's deletion in {days} days"), call)]
}

/// The first alias of a key.
pub(crate) fn create_alias(alias: &str) -> Step<Call> {
    let call = Call::CreateAlias { alias: alias.to_owned() };
    Step::new("kms:CreateAlias", format!("create {alias}"), call).idempotency(Idempotency::Token)
}

/// The key's end of use, for now.
pub(crate) fn disable() -> Step<Call> {
    Step::new("kms:DisableKey", "disable the key", Call::DisableKey)
}
