//! Making the calls that change a managed policy.

use aws_sdk_iam::Client;
use aws_sdk_iam::operation::list_entities_for_policy::ListEntitiesForPolicyOutput;
use provision_reconciler::{CloudError, ErrorClass, Notes, Progress, Scope, ownership};

use super::call::Call;
use super::read;
use crate::Aws;
use crate::aws::Clients;
use crate::document::Document;
use crate::iam::{self, gone, is_attached, is_not_found, patiently, until_detached};

const ENTITIES: &str = "iam:ListEntitiesForPolicy";

/// Makes one call.
pub(super) async fn run(aws: &Aws, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
    let clients = aws.region(&scope.region).await;
    let (iam, action) = (clients.iam(), call.action());
    if let Call::CreatePolicy { .. } = call {
        return create(aws, iam, scope, call, progress).await;
    }
    let (arn, notes) = (progress.id(action)?, &progress.notes);
    match call {
        // Made above.
        Call::CreatePolicy { .. } => Ok(()),
        Call::CreatePolicyVersion { policy } => new_version(aws, &clients, arn, &policy, notes).await,
        Call::DeletePolicyVersion { version_id } => {
            let request = iam.delete_policy_version().policy_arn(arn).version_id(version_id);
            patiently(notes, |_| false, || async { gone(aws.call(action, request.clone().send()).await) }).await
        }
        Call::TagPolicy { tags } => {
            let request = iam.tag_policy().policy_arn(arn).set_tags(Some(iam::to_sdk_tags(action, &tags)?));
            patiently(notes, is_not_found, || aws.call(action, request.clone().send())).await.map(drop)
        }
        Call::UntagPolicy { keys } => {
            let request = iam.untag_policy().policy_arn(arn).set_tag_keys(Some(keys));
            patiently(notes, is_not_found, || aws.call(action, request.clone().send())).await.map(drop)
        }
        Call::DeletePolicy => delete(aws, iam, arn, notes).await,
    }
}

async fn create(aws: &Aws, iam: &Client, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
    let action = call.action();
    let Call::CreatePolicy { policy_name, path, description, policy, tags } = call else { return Ok(()) };
    let tags = iam::to_sdk_tags(action, &ownership::tags_for_create(&tags, scope))?;
    let request = iam
        .create_policy()
        .policy_name(policy_name)
        .path(path)
        .set_description((!description.is_empty()).then_some(description))
        .policy_document(policy.to_json())
        .set_tags(Some(tags));
    let answer = patiently(&progress.notes, |_| false, || aws.call(action, request.clone().send())).await?;
    let policy = answer.policy.ok_or_else(|| {
        CloudError::new(action, ErrorClass::Ambiguous, "the answer does not describe the policy that was made")
    })?;
    let outputs = read::outputs(&policy);
    progress.id = Some(outputs.arn.clone());
    progress.output("arn", outputs.arn);
    progress.output("policy_id", outputs.policy_id);
    Ok(())
}

/// A second call would make a second version, and five are all that IAM keeps: after a lost answer, the default version says
/// whether the first one was carried out.
async fn new_version(
    aws: &Aws,
    clients: &Clients,
    arn: &str,
    policy: &Document,
    notes: &Notes,
) -> Result<(), CloudError> {
    let action = "iam:CreatePolicyVersion";
    let make = || async {
        let request = clients.once().iam().create_policy_version().policy_arn(arn).policy_document(policy.to_json());
        aws.create(action, notes, is_not_found, || request.clone().set_as_default(true).send()).await
    };
    let lost = match patiently(notes, |_| false, make).await {
        Err(error) if error.class == ErrorClass::Ambiguous => error,
        made => return made.map(drop),
    };
    notes.say("no answer came; looking whether the version was made");
    let iam = clients.iam();
    let Some(live) = read::policy(aws, iam, arn).await? else { return Err(lost) };
    let version_id = live.default_version_id().unwrap_or_default();
    if read::document(aws, iam, arn, version_id).await?.as_ref() == Some(policy) {
        return Ok(());
    }
    patiently(notes, |_| false, make).await.map(drop)
}

/// IAM may still see an attachment that was just taken away; one that stays is somebody's, who is named.
async fn delete(aws: &Aws, iam: &Client, arn: &str, notes: &Notes) -> Result<(), CloudError> {
    let action = "iam:DeletePolicy";
    let request = iam.delete_policy().policy_arn(arn);
    match until_detached(notes, || async { gone(aws.call(action, request.clone().send()).await) }).await {
        Err(error) if is_attached(&error) => {
            let answer = aws.call(ENTITIES, iam.list_entities_for_policy().policy_arn(arn).send()).await;
            let whom = answer.ok().map(|answer| entities(&answer)).filter(|names| !names.is_empty());
            let whom = whom.map_or_else(|| "whatever it is attached to".to_owned(), |names| names.join(", "));
            let hint = format!("detach it from {whom} first; to replace it, give the new one another `policy_name`");
            Err(error.with_hint(hint))
        }
        made => made,
    }
}

/// What bears the policy: `role a`, `user b`.
fn entities(answer: &ListEntitiesForPolicyOutput) -> Vec<String> {
    let roles = answer.policy_roles().iter().filter_map(|role| role.role_name()).map(|name| format!("role {name}"));
    let users = answer.policy_users().iter().filter_map(|user| user.user_name()).map(|name| format!("user {name}"));
    let groups =
        answer.policy_groups().iter().filter_map(|group| group.group_name()).map(|name| format!("group {name}"));
    roles.chain(users).chain(groups).collect()
}
