//! From a change of an instance profile to its calls.

use provision_reconciler::{Change, Differences, Idempotency, Step};

use super::call::Call;
use super::spec::InstanceProfileSpec;
use crate::tags::{self, TagChanges};

pub(super) fn steps(change: Change<'_, InstanceProfileSpec>) -> Vec<Step<Call>> {
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

fn create(desired: &InstanceProfileSpec) -> Vec<Step<Call>> {
    let call = Call::CreateInstanceProfile {
        instance_profile_name: desired.instance_profile_name.clone(),
        path: desired.path.clone(),
        tags: desired.tags.clone(),
    };
    let summary = format!("create the instance profile {}", desired.instance_profile_name);
    let create = step(summary, call).idempotency(Idempotency::Token);
    std::iter::once(create).chain(add(&desired.role)).collect()
}

/// A profile holds one role: the old one goes before the new one comes.
fn update(live: &InstanceProfileSpec, desired: &InstanceProfileSpec, differences: &Differences) -> Vec<Step<Call>> {
    let mut steps = Vec::new();
    if differences.touch("role") {
        steps.extend(remove(&live.role));
        steps.extend(add(&desired.role));
    }
    // Removing comes first: to IAM, a key that is new in another case is the old one.
    let changes = TagChanges::between(&live.tags, &desired.tags);
    if !changes.remove.is_empty() {
        let summary = tags::summary("remove", changes.remove.iter());
        steps.push(step(summary, Call::UntagInstanceProfile { keys: changes.remove }));
    }
    if !changes.set.is_empty() {
        let summary = tags::summary("set", changes.set.keys());
        steps.push(step(summary, Call::TagInstanceProfile { tags: changes.set }));
    }
    steps
}

/// IAM deletes a profile only when no role is in it.
fn delete(live: &InstanceProfileSpec) -> Vec<Step<Call>> {
    let summary = format!("delete the instance profile {}", live.instance_profile_name);
    remove(&live.role).into_iter().chain([step(summary, Call::DeleteInstanceProfile)]).collect()
}

fn add(role: &str) -> Option<Step<Call>> {
    let call = Call::AddRoleToInstanceProfile { role_name: role.to_owned() };
    (!role.is_empty()).then(|| step(format!("put the role {role} into it"), call))
}

fn remove(role: &str) -> Option<Step<Call>> {
    let call = Call::RemoveRoleFromInstanceProfile { role_name: role.to_owned() };
    (!role.is_empty()).then(|| step(format!("take the role {role} out of it"), call))
}

#[cfg(test)]
mod tests;
