//! Making the calls that change a key.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_kms::Client;
use aws_sdk_kms::types::{KeyMetadata, Tag};
use provision_reconciler::{CloudError, ErrorClass, Progress, Scope, ownership};

use super::call::Call;
use super::read::is_pending_deletion;
use super::{Outputs, tags};
use crate::Aws;
use crate::aws::{Clients, retry_while};
use crate::document::Document;
use crate::values::to_aws;

/// How long a new key or a new state of a key may take to be known everywhere in KMS.
///
/// <https://docs.aws.amazon.com/kms/latest/developerguide/accessing-kms.html#programming-eventual-consistency>
const KEY_PROPAGATION: Duration = Duration::from_secs(15);

/// How long a new principal may take to be known everywhere.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency>
const PRINCIPAL_PROPAGATION: Duration = Duration::from_secs(60);

/// Makes one call on a key of any kind.
pub(crate) async fn run(aws: &Aws, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
    let clients = aws.region(&scope.region).await;
    match call {
        Call::CreateKey { .. } => return create(aws, &clients, scope, call, progress).await,
        Call::ReplicateKey { .. } => return replicate(aws, scope, call, progress).await,
        _ => {}
    }
    let (id, notes) = (progress.id("kms:DescribeKey")?.to_owned(), progress.notes.clone());
    let aimed = &call;
    let deadline = match call {
        // A key that is to go need not be waited for.
        Call::ScheduleKeyDeletion { .. } => Duration::ZERO,
        Call::PutKeyPolicy { .. } => PRINCIPAL_PROPAGATION,
        _ => KEY_PROPAGATION,
    };
    let made = retry_while(deadline, &notes, is_passing, || change(aws, clients.kms(), &id, aimed)).await;
    match (made, &call) {
        (Err(error), Call::CreateAlias { alias }) if error.class == ErrorClass::AlreadyExists => {
            take_over(aws, clients.kms(), scope, &id, alias, error).await?;
        }
        // Deleted meanwhile, or already scheduled, maybe behind its replicas.
        (Err(error), Call::ScheduleKeyDeletion { .. })
            if error.class == ErrorClass::NotFound
                || ["pending deletion", "pending replica deletion"]
                    .iter()
                    .any(|state| error.message.contains(state)) => {}
        (Err(error), _) => return Err(explain(error)),
        (Ok(()), _) => {}
    }
    if let Call::CreateAlias { alias } | Call::UpdateAlias { alias } = &call {
        progress.output("alias_name", alias.clone());
        progress.output("alias_arn", scope.arn("kms", alias));
    }
    Ok(())
}

async fn create(
    aws: &Aws,
    clients: &Clients,
    scope: &Scope,
    call: Call,
    progress: &mut Progress,
) -> Result<(), CloudError> {
    let Call::CreateKey { description, key_usage, key_spec, multi_region, policy, tags } = call else { return Ok(()) };
    let tags = sdk_tags("kms:CreateKey", &ownership::tags_for_create(&tags, scope))?;
    let request = || {
        let request = clients.once().kms().create_key();
        request
            .description(description.as_str())
            .key_usage(to_aws(&key_usage).as_str().into())
            .key_spec(to_aws(&key_spec).as_str().into())
            .multi_region(multi_region)
            .set_policy(policy.as_ref().map(Document::to_json))
            .set_tags(Some(tags.clone()))
            .send()
    };
    // A refusal of the policy is sure to have made nothing.
    let answer = aws.create("kms:CreateKey", &progress.notes, is_passing, request).await.map_err(explain)?;
    made("kms:CreateKey", scope, answer.key_metadata, progress)
}

/// A replica is unique in its region: what was made by an earlier attempt, whose answer was lost, is refused the second time, and
/// known by its tags.
async fn replicate(aws: &Aws, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
    const ACTION: &str = "kms:ReplicateKey";
    let Call::ReplicateKey { primary_key_arn, description, policy, tags } = call else { return Ok(()) };
    let tags = sdk_tags(ACTION, &ownership::tags_for_create(&tags, scope))?;
    let parts: Vec<&str> = primary_key_arn.split(':').collect();
    let (Some(region), Some(key_id)) = (parts.get(3), parts.last().and_then(|key| key.strip_prefix("key/"))) else {
        let message = format!("`{primary_key_arn}` is not the ARN of a key");
        return Err(CloudError::new(ACTION, ErrorClass::Refused, message));
    };
    let (primary, here) = futures::join!(aws.region(region), aws.region(&scope.region));
    let request = || {
        let request = primary.kms().replicate_key().key_id(&primary_key_arn).replica_region(&scope.region);
        let request = request.description(description.as_str()).set_tags(Some(tags.clone()));
        aws.call(ACTION, request.set_policy(policy.as_ref().map(Document::to_json)).send())
    };
    match retry_while(PRINCIPAL_PROPAGATION, &progress.notes, is_passing, request).await {
        Ok(answer) => made(ACTION, scope, answer.replica_key_metadata, progress),
        Err(error) if error.class == ErrorClass::AlreadyExists => {
            let kms = here.kms();
            let answer =
                aws.call("kms:ListResourceTags", kms.list_resource_tags().key_id(key_id).limit(50).send()).await?;
            let tags = super::tags(answer.tags());
            if !ownership::is_ours(&tags, &scope.environment, &scope.address)
                || tags.get(ownership::OPERATION) != Some(&scope.operation)
            {
                let hint = format!(
                    "{} has a replica of this key already; `provision import {} {key_id}` takes it over",
                    scope.region, scope.address
                );
                return Err(error.with_hint(hint));
            }
            let key = aws.call("kms:DescribeKey", kms.describe_key().key_id(key_id).send()).await?;
            made(ACTION, scope, key.key_metadata, progress)
        }
        Err(error) => Err(explain(error)),
    }
}

/// Takes note of the key that was made.
fn made(action: &str, scope: &Scope, key: Option<KeyMetadata>, progress: &mut Progress) -> Result<(), CloudError> {
    let key = key.ok_or_else(|| {
        CloudError::new(action, ErrorClass::Ambiguous, "the answer does not name the key that was made")
    })?;
    let outputs = Outputs::new(scope, &key.key_id, None);
    progress.output("arn", key.arn.unwrap_or(outputs.arn));
    progress.output("key_id", key.key_id.clone());
    progress.id = Some(key.key_id);
    Ok(())
}

async fn change(aws: &Aws, kms: &Client, id: &str, call: &Call) -> Result<(), CloudError> {
    match call {
        // Made by `create` and `replicate`.
        Call::CreateKey { .. } | Call::ReplicateKey { .. } => Ok(()),
        Call::CreateAlias { alias } => {
            let request = kms.create_alias().alias_name(alias).target_key_id(id);
            aws.call("kms:CreateAlias", request.send()).await.map(drop)
        }
        Call::UpdateAlias { alias } => {
            let request = kms.update_alias().alias_name(alias).target_key_id(id);
            aws.call("kms:UpdateAlias", request.send()).await.map(drop)
        }
        Call::DeleteAlias { alias } => {
            match aws.call("kms:DeleteAlias", kms.delete_alias().alias_name(alias).send()).await {
                Err(error) if error.class == ErrorClass::NotFound => Ok(()),
                answer => answer.map(drop),
            }
        }
        Call::EnableKeyRotation { rotation_period_in_days } => {
            let request = kms.enable_key_rotation().key_id(id).rotation_period_in_days(*rotation_period_in_days);
            aws.call("kms:EnableKeyRotation", request.send()).await.map(drop)
        }
        Call::DisableKeyRotation => {
            aws.call("kms:DisableKeyRotation", kms.disable_key_rotation().key_id(id).send()).await.map(drop)
        }
        Call::EnableKey => aws.call("kms:EnableKey", kms.enable_key().key_id(id).send()).await.map(drop),
        Call::DisableKey => aws.call("kms:DisableKey", kms.disable_key().key_id(id).send()).await.map(drop),
        Call::UpdateKeyDescription { description } => {
            let request = kms.update_key_description().key_id(id).description(description);
            aws.call("kms:UpdateKeyDescription", request.send()).await.map(drop)
        }
        Call::PutKeyPolicy { policy } => {
            let request = kms.put_key_policy().key_id(id).policy_name("default").policy(policy.to_json());
            aws.call("kms:PutKeyPolicy", request.send()).await.map(drop)
        }
        Call::TagResource { tags } => {
            let tags = sdk_tags("kms:TagResource", tags)?;
            aws.call("kms:TagResource", kms.tag_resource().key_id(id).set_tags(Some(tags)).send()).await.map(drop)
        }
        Call::UntagResource { keys } => {
            let request = kms.untag_resource().key_id(id).set_tag_keys(Some(keys.clone()));
            aws.call("kms:UntagResource", request.send()).await.map(drop)
        }
        Call::CancelKeyDeletion => {
            aws.call("kms:CancelKeyDeletion", kms.cancel_key_deletion().key_id(id).send()).await.map(drop)
        }
        Call::ScheduleKeyDeletion { pending_window_in_days } => {
            let request = kms.schedule_key_deletion().key_id(id).pending_window_in_days(*pending_window_in_days);
            aws.call("kms:ScheduleKeyDeletion", request.send()).await.map(drop)
        }
    }
}

/// An alias that exists already: it may be on this key (an earlier attempt whose answer was lost), or on the key that this one
/// replaces, which keeps it until it is gone. From there, and from nowhere else, it is taken.
async fn take_over(
    aws: &Aws,
    kms: &Client,
    scope: &Scope,
    id: &str,
    alias: &str,
    refusal: CloudError,
) -> Result<(), CloudError> {
    let answer = aws.call("kms:DescribeKey", kms.describe_key().key_id(alias).send()).await?;
    let Some(holder) = answer.key_metadata else { return Err(refusal) };
    if holder.key_id == id {
        return Ok(());
    }
    let request = kms.list_resource_tags().key_id(&holder.key_id).limit(50);
    let answer = aws.call("kms:ListResourceTags", request.send()).await?;
    if is_pending_deletion(&holder) && ownership::is_ours(&tags(answer.tags()), &scope.environment, &scope.address) {
        let request = kms.update_alias().alias_name(alias).target_key_id(id);
        return aws.call("kms:UpdateAlias", request.send()).await.map(drop);
    }
    let hint = format!("{alias} belongs to key {}; set another `alias`, or delete that one", holder.key_id);
    Err(refusal.with_hint(hint))
}

/// What passes by itself: a key that KMS does not know everywhere yet (or whose new state it does not know), and a principal that
/// IAM does not know everywhere yet.
fn is_passing(error: &CloudError) -> bool {
    match error.code.as_deref() {
        Some("MalformedPolicyDocumentException") => error.message.contains("principal"),
        // After `CancelKeyDeletion` and `EnableKey`.
        Some("KMSInvalidStateException" | "DisabledException") => true,
        _ => error.class == ErrorClass::NotFound,
    }
}

fn explain(error: CloudError) -> CloudError {
    let hint = match error.code.as_deref() {
        Some("MalformedPolicyDocumentException") if error.message.contains("principal") => {
            "a principal of the key policy does not exist; make it depend on the role, or correct the ARN"
        }
        Some("MalformedPolicyDocumentException") => {
            "the caller must keep the right to change the key policy; see that the policy names the account or the caller"
        }
        Some("KMSInvalidStateException" | "DisabledException") => {
            "a disabled key can only be changed in part; set `enabled = true` first"
        }
        Some("UnsupportedOperationException") if error.action == "kms:ReplicateKey" => {
            "only a primary multi-region key can be replicated; set `multi_region = true` on it"
        }
        Some("LimitExceededException") => "raise the quota of KMS keys or aliases in Service Quotas",
        _ => return error,
    };
    error.with_hint(hint)
}

fn sdk_tags(action: &str, tags: &BTreeMap<String, String>) -> Result<Vec<Tag>, CloudError> {
    let tag = |(key, value): (&String, &String)| Tag::builder().tag_key(key).tag_value(value).build();
    let tags: Result<_, _> = tags.iter().map(tag).collect();
    tags.map_err(|error| CloudError::new(action, ErrorClass::Refused, error.to_string()))
}
