//! From a change of a managed policy to its calls.

use provision_reconciler::{Change, Differences, Idempotency, Step};

use super::call::Call;
use super::spec::{ManagedPolicySpec, Version};
use crate::tags::{self, TagChanges};

/// How many versions of a policy IAM keeps. <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const MOST_VERSIONS: usize = 5;

pub(super) fn steps(change: Change<'_, ManagedPolicySpec>) -> Vec<Step<Call>> {
    match change {
        Change::Create { desired } => create(desired),
        Change::Update { live, desired, differences } => update(live, desired, differences),
        Change::Delete { live, .. } => delete(live),
    }
}

/// A step of a call; the action is the call's.
fn step(summary: impl Into<String>, call: Call) -> Step<Call> {
    Step::new(call.action(), summary, call)
}

fn create(desired: &ManagedPolicySpec) -> Vec<Step<Call>> {
    let policy_name = desired.policy_name.clone();
    let summary = format!("create the policy {policy_name}");
    let call = Call::CreatePolicy {
        policy_name,
        path: desired.path.clone(),
        description: desired.description.clone(),
        policy: desired.policy.clone(),
        tags: desired.tags.clone(),
    };
    vec![step(summary, call).idempotency(Idempotency::Token)]
}

fn update(live: &ManagedPolicySpec, desired: &ManagedPolicySpec, differences: &Differences) -> Vec<Step<Call>> {
    let mut steps = Vec::new();
    if differences.touch("policy") {
        if live.versions.len() >= MOST_VERSIONS {
            let oldest = others(live).into_iter().min_by_key(|version| version.number());
            steps.extend(oldest.map(|oldest| delete_version(oldest, ", the oldest, to make room")));
        }
        let call = Call::CreatePolicyVersion { policy: desired.policy.clone() };
        steps.push(step("make a new default version", call));
    }
    // Removing comes first: to IAM, a key that is new in another case is the old one.
    let TagChanges { set, remove } = TagChanges::between(&live.tags, &desired.tags);
    if !remove.is_empty() {
        steps.push(step(tags::summary("remove", remove.iter()), Call::UntagPolicy { keys: remove }));
    }
    if !set.is_empty() {
        steps.push(step(tags::summary("set", set.keys()), Call::TagPolicy { tags: set }));
    }
    steps
}

/// The default version goes with the policy, and only with it. The policy is not taken from whatever it is attached to: those
/// permissions are somebody's, and IAM refuses.
fn delete(live: &ManagedPolicySpec) -> Vec<Step<Call>> {
    let mut steps: Vec<_> = others(live).into_iter().map(|version| delete_version(version, "")).collect();
    steps.push(step(format!("delete the policy {}", live.policy_name), Call::DeletePolicy));
    steps
}

fn delete_version(version: &Version, why: &str) -> Step<Call> {
    let version_id = version.version_id.clone();
    step(format!("delete version {version_id}{why}"), Call::DeletePolicyVersion { version_id })
}

/// All versions but the default.
fn others(live: &ManagedPolicySpec) -> Vec<&Version> {
    live.versions.iter().filter(|version| !version.is_default).collect()
}

#[cfg(test)]
mod tests;
