//! From a change of a role to its calls.

use std::collections::BTreeSet;

use provision_reconciler::{Change, Differences, Idempotency, Step};

use super::call::Call;
use super::spec::RoleSpec;
use crate::tags::{self, TagChanges};

/// How many managed policies a role may have, unless AWS has raised the quota.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const MOST_ATTACHED: usize = 10;

pub(super) fn steps(change: Change<'_, RoleSpec>) -> Vec<Step<Call>> {
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

fn create(desired: &RoleSpec) -> Vec<Step<Call>> {
    let role = Call::CreateRole {
        role_name: desired.role_name.clone(),
        path: desired.path.clone(),
        description: desired.description.clone(),
        assume_role_policy: desired.assume_role_policy.clone(),
        max_session_duration: desired.max_session_duration,
        permissions_boundary: desired.permissions_boundary.clone(),
        tags: desired.tags.clone(),
    };
    let mut steps = vec![step(format!("create the role {}", desired.role_name), role).idempotency(Idempotency::Token)];
    steps.extend(attach(&BTreeSet::new(), &desired.managed_policy_arns));
    for policy_name in desired.inline_policies.keys() {
        steps.extend(put(policy_name, "put", desired));
    }
    steps
}

/// The role is never allowed more than either before or after: a new boundary comes before everything, and one goes after it.
/// Nor less than both, if AWS's quota lets the old policies go after the new ones came.
fn update(live: &RoleSpec, desired: &RoleSpec, differences: &Differences) -> Vec<Step<Call>> {
    let mut steps = Vec::new();
    let boundary = differences.touch("permissions_boundary");
    if boundary && !desired.permissions_boundary.is_empty() {
        let policy_arn = desired.permissions_boundary.clone();
        let summary = format!("bound the role by {}", name_of(&policy_arn));
        steps.push(step(summary, Call::PutRolePermissionsBoundary { policy_arn }));
    }
    if differences.touch("assume_role_policy") {
        let policy = desired.assume_role_policy.clone();
        steps.push(step("replace the trust policy", Call::UpdateAssumeRolePolicy { policy }));
    }
    steps.extend(settings(desired, differences));
    steps.extend(managed(live, desired));
    steps.extend(inline(live, desired));
    if boundary && desired.permissions_boundary.is_empty() {
        steps.push(step("remove the permissions boundary", Call::DeleteRolePermissionsBoundary));
    }
    steps.extend(tagging(live, desired));
    steps
}

fn settings(desired: &RoleSpec, differences: &Differences) -> Option<Step<Call>> {
    let summary = match (differences.touch("description"), differences.touch("max_session_duration")) {
        (false, false) => return None,
        (true, false) => "change the description".to_owned(),
        (false, true) => format!("let sessions last {} s", desired.max_session_duration),
        (true, true) => format!("change the description, and let sessions last {} s", desired.max_session_duration),
    };
    let (description, max_session_duration) = (desired.description.clone(), desired.max_session_duration);
    Some(step(summary, Call::UpdateRole { description, max_session_duration }))
}

fn managed(live: &RoleSpec, desired: &RoleSpec) -> Vec<Step<Call>> {
    let (old, new) = (&live.managed_policy_arns, &desired.managed_policy_arns);
    let (attach, detach) = (attach(old, new), detach(old, new));
    if old.union(new).count() > MOST_ATTACHED {
        return detach.into_iter().chain(attach).collect();
    }
    attach.into_iter().chain(detach).collect()
}

fn attach(live: &BTreeSet<String>, desired: &BTreeSet<String>) -> Vec<Step<Call>> {
    let attach = |policy_arn: &String| {
        step(format!("attach {}", name_of(policy_arn)), Call::AttachRolePolicy { policy_arn: policy_arn.clone() })
    };
    desired.difference(live).map(attach).collect()
}

fn detach(live: &BTreeSet<String>, desired: &BTreeSet<String>) -> Vec<Step<Call>> {
    let detach = |policy_arn: &String| {
        step(format!("detach {}", name_of(policy_arn)), Call::DetachRolePolicy { policy_arn: policy_arn.clone() })
    };
    live.difference(desired).map(detach).collect()
}

fn inline(live: &RoleSpec, desired: &RoleSpec) -> Vec<Step<Call>> {
    let mut steps = Vec::new();
    for (policy_name, policy) in &desired.inline_policies {
        match live.inline_policies.get(policy_name) {
            Some(same) if same == policy => {}
            Some(_) => steps.extend(put(policy_name, "replace", desired)),
            None => steps.extend(put(policy_name, "put", desired)),
        }
    }
    let superfluous = live.inline_policies.keys().filter(|name| !desired.inline_policies.contains_key(*name));
    steps.extend(superfluous.map(|policy_name| delete_policy(policy_name)));
    steps
}

fn put(policy_name: &str, verb: &str, desired: &RoleSpec) -> Option<Step<Call>> {
    let policy = desired.inline_policies.get(policy_name)?.clone();
    let call = Call::PutRolePolicy { policy_name: policy_name.to_owned(), policy };
    Some(step(format!("{verb} the inline policy {policy_name}"), call))
}

fn delete_policy(policy_name: &str) -> Step<Call> {
    let call = Call::DeleteRolePolicy { policy_name: policy_name.to_owned() };
    step(format!("delete the inline policy {policy_name}"), call)
}

/// Removing comes first: to IAM, a key that is new in another case is the old one.
fn tagging(live: &RoleSpec, desired: &RoleSpec) -> Vec<Step<Call>> {
    let TagChanges { set, remove } = TagChanges::between(&live.tags, &desired.tags);
    let mut steps = Vec::new();
    if !remove.is_empty() {
        steps.push(step(tags::summary("remove", remove.iter()), Call::UntagRole { keys: remove }));
    }
    if !set.is_empty() {
        steps.push(step(tags::summary("set", set.keys()), Call::TagRole { tags: set }));
    }
    steps
}

/// IAM deletes a role only when nothing is left on it and it is in no instance profile.
fn delete(live: &RoleSpec) -> Vec<Step<Call>> {
    let mut steps = Vec::new();
    for instance_profile_name in &live.instance_profiles {
        let summary = format!("take the role out of the instance profile {instance_profile_name}");
        let instance_profile_name = instance_profile_name.clone();
        steps.push(step(summary, Call::RemoveRoleFromInstanceProfile { instance_profile_name }));
    }
    steps.extend(detach(&live.managed_policy_arns, &BTreeSet::new()));
    steps.extend(live.inline_policies.keys().map(|policy_name| delete_policy(policy_name)));
    steps.push(step(format!("delete the role {}", live.role_name), Call::DeleteRole));
    steps
}

/// The name of a managed policy: what follows the last slash of its ARN.
fn name_of(policy_arn: &str) -> &str {
    policy_arn.rsplit('/').next().unwrap_or(policy_arn)
}

#[cfg(test)]
mod tests;
