//! Making the calls that change an instance profile.

use aws_sdk_iam::Client;
use provision_reconciler::{CloudError, ErrorClass, Progress, Scope, ownership};

use super::call::Call;
use super::read;
use crate::Aws;
use crate::iam::{self, gone, is_attached, is_not_found, patiently, until_detached};
use crate::tags::Tags;

/// Makes one call.
pub(super) async fn run(aws: &Aws, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
    let clients = aws.region(&scope.region).await;
    let iam = clients.iam();
    if let Call::CreateInstanceProfile { instance_profile_name, path, tags } = &call {
        let tags = ownership::tags_for_create(tags, scope);
        return create(aws, iam, instance_profile_name, path, &tags, progress).await;
    }
    let (name, notes) = (progress.id(call.action())?.to_owned(), progress.notes.clone());
    if let Call::DeleteInstanceProfile = call {
        let made = until_detached(&notes, || change(aws, iam, &name, &call)).await;
        return made.map_err(|error| match is_attached(&error) {
            true => error.with_hint("a role was put into the profile meanwhile; run the same command again"),
            false => error,
        });
    }
    // The profile, or the role, may be too new; and IAM may still see the role that was taken out a moment ago.
    let passes = |error: &CloudError| match &call {
        Call::AddRoleToInstanceProfile { .. } => is_not_found(error) || is_full(error),
        Call::RemoveRoleFromInstanceProfile { .. } => false,
        _ => is_not_found(error),
    };
    patiently(&notes, passes, || async {
        match (change(aws, iam, &name, &call).await, &call) {
            // An attempt that was answered with an error may have put it in all the same.
            (Err(error), Call::AddRoleToInstanceProfile { role_name }) if is_full(&error) => {
                if has_role(aws, iam, &name, role_name).await? { Ok(()) } else { Err(error) }
            }
            (made, _) => made,
        }
    })
    .await
}

/// Whether the role is in the profile.
async fn has_role(aws: &Aws, iam: &Client, name: &str, role_name: &str) -> Result<bool, CloudError> {
    let profile = read::describe(aws, iam, name).await?;
    Ok(profile.is_some_and(|profile| profile.roles().iter().any(|role| role.role_name() == role_name)))
}

/// Whether the profile has a role already: AWS's message, since its code says no more than that a quota is used up.
fn is_full(error: &CloudError) -> bool {
    error.code.as_deref() == Some("LimitExceeded") && error.message.contains("InstanceSessionsPerInstanceProfile")
}

async fn create(
    aws: &Aws,
    iam: &Client,
    name: &str,
    path: &str,
    tags: &Tags,
    progress: &mut Progress,
) -> Result<(), CloudError> {
    let action = "iam:CreateInstanceProfile";
    let tags = iam::to_sdk_tags(action, tags)?;
    let request = iam.create_instance_profile().instance_profile_name(name).path(path).set_tags(Some(tags));
    let answer = patiently(&progress.notes, |_| false, || aws.call(action, request.clone().send())).await?;
    let profile = answer.instance_profile.ok_or_else(|| {
        CloudError::new(action, ErrorClass::Ambiguous, "the answer does not describe the profile that was made")
    })?;
    let outputs = read::outputs(&profile);
    progress.output("arn", outputs.arn);
    progress.output("instance_profile_id", outputs.instance_profile_id);
    progress.id = Some(profile.instance_profile_name);
    Ok(())
}

async fn change(aws: &Aws, iam: &Client, name: &str, call: &Call) -> Result<(), CloudError> {
    let action = call.action();
    match call {
        // Made by `create`.
        Call::CreateInstanceProfile { .. } => Ok(()),
        Call::AddRoleToInstanceProfile { role_name } => {
            let request = iam.add_role_to_instance_profile().instance_profile_name(name).role_name(role_name);
            aws.call(action, request.send()).await.map(drop)
        }
        Call::RemoveRoleFromInstanceProfile { role_name } => {
            let request = iam.remove_role_from_instance_profile().instance_profile_name(name).role_name(role_name);
            gone(aws.call(action, request.send()).await)
        }
        Call::TagInstanceProfile { tags } => {
            let tags = iam::to_sdk_tags(action, tags)?;
            let request = iam.tag_instance_profile().instance_profile_name(name).set_tags(Some(tags));
            aws.call(action, request.send()).await.map(drop)
        }
        Call::UntagInstanceProfile { keys } => {
            let request = iam.untag_instance_profile().instance_profile_name(name).set_tag_keys(Some(keys.clone()));
            aws.call(action, request.send()).await.map(drop)
        }
        Call::DeleteInstanceProfile => {
            gone(aws.call(action, iam.delete_instance_profile().instance_profile_name(name).send()).await)
        }
    }
}
