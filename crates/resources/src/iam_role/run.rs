//! Making the calls that change a role.

use aws_sdk_iam::Client;
use provision_reconciler::{CloudError, ErrorClass, Progress, Scope, ownership};

use super::call::Call;
use super::read;
use crate::Aws;
use crate::iam::{self, gone, is_attached, is_not_found, is_unknown_principal, patiently, until_detached};

/// Makes one call.
pub(super) async fn run(aws: &Aws, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
    let clients = aws.region(&scope.region).await;
    let iam = clients.iam();
    if let Call::CreateRole { .. } = call {
        return create(aws, iam, scope, call, progress).await;
    }
    let (name, notes) = (progress.id(call.action())?.to_owned(), progress.notes.clone());
    if let Call::DeleteRole = call {
        let made = until_detached(&notes, || change(aws, iam, &name, &call)).await;
        return made.map_err(|error| match is_attached(&error) {
            true => error.with_hint("something was put on the role meanwhile; run the same command again"),
            false => error,
        });
    }
    let passes = |error: &CloudError| match &call {
        Call::UpdateAssumeRolePolicy { .. } => is_unknown_principal(error) || is_not_found(error),
        Call::DetachRolePolicy { .. } | Call::DeleteRolePolicy { .. } | Call::RemoveRoleFromInstanceProfile { .. } => {
            false
        }
        // The role, or the policy, may be too new.
        _ => is_not_found(error),
    };
    patiently(&notes, passes, || change(aws, iam, &name, &call)).await
}

async fn create(aws: &Aws, iam: &Client, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
    let action = call.action();
    let Call::CreateRole {
        role_name,
        path,
        description,
        assume_role_policy,
        max_session_duration,
        permissions_boundary,
        tags,
    } = call
    else {
        return Ok(());
    };
    let tags = iam::to_sdk_tags(action, &ownership::tags_for_create(&tags, scope))?;
    let request = iam
        .create_role()
        .role_name(role_name)
        .path(path)
        .set_description((!description.is_empty()).then_some(description))
        .assume_role_policy_document(assume_role_policy.to_json())
        .max_session_duration(max_session_duration)
        .set_permissions_boundary((!permissions_boundary.is_empty()).then_some(permissions_boundary))
        .set_tags(Some(tags));
    // A boundary that was just made may not be known yet either.
    let passes = |error: &CloudError| is_unknown_principal(error) || is_not_found(error);
    let answer = patiently(&progress.notes, passes, || aws.call(action, request.clone().send())).await?;
    let role = answer.role.ok_or_else(|| {
        CloudError::new(action, ErrorClass::Ambiguous, "the answer does not describe the role that was made")
    })?;
    let outputs = read::outputs(&role);
    progress.output("arn", outputs.arn);
    progress.output("role_id", outputs.role_id);
    progress.id = Some(role.role_name);
    Ok(())
}

async fn change(aws: &Aws, iam: &Client, name: &str, call: &Call) -> Result<(), CloudError> {
    let action = call.action();
    match call {
        // Made by `create`.
        Call::CreateRole { .. } => Ok(()),
        Call::UpdateAssumeRolePolicy { policy } => {
            let request = iam.update_assume_role_policy().role_name(name).policy_document(policy.to_json());
            aws.call(action, request.send()).await.map(drop)
        }
        Call::UpdateRole { description, max_session_duration } => {
            let request = iam.update_role().role_name(name).description(description);
            aws.call(action, request.max_session_duration(*max_session_duration).send()).await.map(drop)
        }
        Call::PutRolePermissionsBoundary { policy_arn } => {
            let request = iam.put_role_permissions_boundary().role_name(name).permissions_boundary(policy_arn);
            aws.call(action, request.send()).await.map(drop)
        }
        Call::DeleteRolePermissionsBoundary => {
            gone(aws.call(action, iam.delete_role_permissions_boundary().role_name(name).send()).await)
        }
        Call::AttachRolePolicy { policy_arn } => {
            let request = iam.attach_role_policy().role_name(name).policy_arn(policy_arn);
            aws.call(action, request.send()).await.map(drop)
        }
        Call::DetachRolePolicy { policy_arn } => {
            gone(aws.call(action, iam.detach_role_policy().role_name(name).policy_arn(policy_arn).send()).await)
        }
        Call::PutRolePolicy { policy_name, policy } => {
            let request = iam.put_role_policy().role_name(name).policy_name(policy_name);
            aws.call(action, request.policy_document(policy.to_json()).send()).await.map(drop)
        }
        Call::DeleteRolePolicy { policy_name } => {
            gone(aws.call(action, iam.delete_role_policy().role_name(name).policy_name(policy_name).send()).await)
        }
        Call::TagRole { tags } => {
            let tags = iam::to_sdk_tags(action, tags)?;
            aws.call(action, iam.tag_role().role_name(name).set_tags(Some(tags)).send()).await.map(drop)
        }
        Call::UntagRole { keys } => {
            let request = iam.untag_role().role_name(name).set_tag_keys(Some(keys.clone()));
            aws.call(action, request.send()).await.map(drop)
        }
        Call::RemoveRoleFromInstanceProfile { instance_profile_name } => {
            let request = iam.remove_role_from_instance_profile().role_name(name);
            gone(aws.call(action, request.instance_profile_name(instance_profile_name).send()).await)
        }
        Call::DeleteRole => gone(aws.call(action, iam.delete_role().role_name(name).send()).await),
    }
}
