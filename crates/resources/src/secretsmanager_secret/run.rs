//! Making the calls. Only here is a value read from where it comes from, and handed to the SDK.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use aws_sdk_secretsmanager::types::{ReplicaRegionType, RotationRulesType, Tag};
use provision_reconciler::{CloudError, ErrorClass, Notes, Problem, Progress, Scope, ownership};
use tracing::Dispatch;
use tracing::instrument::WithSubscriber;
use zeroize::Zeroizing;

use super::call::{Call, Operation, Put};
use super::read::{self, AWS_MANAGED_ALIAS, CURRENT};
use super::source::Secret;
use super::spec::{AWS_MANAGED, Replica, Rotation};
use super::version;
use crate::Aws;
use crate::aws::retry_while;

/// How long a new KMS key, its policy, or the end of a deletion may take to be known everywhere.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/accessing-kms.html#programming-eventual-consistency>
const PROPAGATION: Duration = Duration::from_secs(30);
/// How long a new principal, or a new permission to invoke a function, may take to be known everywhere.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency>
const IAM_PROPAGATION: Duration = Duration::from_secs(60);

pub(super) async fn run(aws: &Aws, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
    let clients = aws.region(&scope.region).await;
    let client = clients.secrets_manager();
    let Call { name, operation } = call;
    if let Operation::CreateSecret { .. } = operation {
        let arn = create(aws, client, scope, &name, &operation, &progress.notes).await?;
        progress.output("arn", arn);
        progress.id = Some(name);
        return Ok(());
    }
    let start = Instant::now();
    let result = retry_while(
        IAM_PROPAGATION,
        &progress.notes,
        |error| passes(error, start.elapsed()),
        || change(aws, client, scope, &name, &operation),
    )
    .await;
    let Err(error) = result else { return Ok(()) };
    // AWS refuses to undo what is undone; so it does if an earlier answer was lost.
    match read::describe(aws, client, &name).await {
        Ok(described) if holds(described.as_ref(), &operation) => Ok(()),
        _ => Err(explain(error)),
    }
}

/// Makes the secret; its ARN.
async fn create(
    aws: &Aws,
    client: &Client,
    scope: &Scope,
    name: &str,
    operation: &Operation,
    notes: &Notes,
) -> Result<String, CloudError> {
    let Operation::CreateSecret { description, kms_key, replicas, value, tags } = operation else {
        return Ok(String::new());
    };
    let action = operation.action();
    let stored = value.as_ref().map(|value| Stored::of(value, scope, action)).transpose()?;
    let tags = ownership::tags_for_create(tags, scope);
    let start = Instant::now();
    let made = retry_while(
        PROPAGATION,
        notes,
        |error| passes(error, start.elapsed()),
        || {
            let request = client
                .create_secret()
                .name(name)
                .description(description)
                .set_kms_key_id((kms_key != AWS_MANAGED).then(|| kms_key.clone()))
                .set_add_replica_regions((!replicas.is_empty()).then(|| sdk_replicas(replicas)))
                .set_tags(Some(sdk_tags(&tags)))
                .set_client_request_token(stored.as_ref().map(|stored| stored.version_id.clone()))
                .set_secret_string(stored.as_ref().map(|stored| stored.value.to_string()));
            quietly(stored.as_ref(), aws.call(action, request.send()))
        },
    )
    .await
    .map_err(explain)?;
    Ok(made.arn.unwrap_or_default())
}

async fn change(
    aws: &Aws,
    client: &Client,
    scope: &Scope,
    name: &str,
    operation: &Operation,
) -> Result<(), CloudError> {
    let action = operation.action();
    match operation {
        // Made by `create`.
        Operation::CreateSecret { .. } => Ok(()),
        Operation::UpdateSecret { description, kms_key } => {
            let key = kms_key.as_deref().map(|key| if key == AWS_MANAGED { AWS_MANAGED_ALIAS } else { key });
            let request = client.update_secret().secret_id(name);
            let request = request.set_description(description.clone()).set_kms_key_id(key.map(str::to_owned));
            aws.call(action, request.send()).await.map(drop)
        }
        Operation::PutSecretValue { value } => put(aws, client, scope, name, value, action).await,
        Operation::UpdateSecretVersionStage { to, from } => {
            let request = client.update_secret_version_stage().secret_id(name).version_stage(CURRENT);
            let request = request.move_to_version_id(to).set_remove_from_version_id(from.clone());
            aws.call(action, request.send()).await.map(drop)
        }
        Operation::PutResourcePolicy { policy } => {
            let request = client.put_resource_policy().secret_id(name).resource_policy(policy.to_json());
            aws.call(action, request.block_public_policy(true).send()).await.map(drop)
        }
        Operation::DeleteResourcePolicy => {
            aws.call(action, client.delete_resource_policy().secret_id(name).send()).await.map(drop)
        }
        Operation::ReplicateSecretToRegions { replicas } => {
            let request = client.replicate_secret_to_regions().secret_id(name);
            aws.call(action, request.set_add_replica_regions(Some(sdk_replicas(replicas))).send()).await.map(drop)
        }
        Operation::RemoveRegionsFromReplication { regions } => {
            let request = client.remove_regions_from_replication().secret_id(name);
            aws.call(action, request.set_remove_replica_regions(Some(regions.clone())).send()).await.map(drop)
        }
        Operation::RotateSecret { rotation } => {
            let request = client.rotate_secret().secret_id(name).rotation_lambda_arn(&rotation.lambda_arn);
            let request = request.rotation_rules(rules(rotation)).rotate_immediately(true);
            aws.call(action, request.client_request_token(version::once("rotate", scope)).send()).await.map(drop)
        }
        Operation::CancelRotateSecret => {
            aws.call(action, client.cancel_rotate_secret().secret_id(name).send()).await.map(drop)
        }
        Operation::TagResource { tags } => aws
            .call(action, client.tag_resource().secret_id(name).set_tags(Some(sdk_tags(tags))).send())
            .await
            .map(drop),
        Operation::UntagResource { keys } => {
            let request = client.untag_resource().secret_id(name).set_tag_keys(Some(keys.clone()));
            aws.call(action, request.send()).await.map(drop)
        }
        Operation::RestoreSecret => aws.call(action, client.restore_secret().secret_id(name).send()).await.map(drop),
        Operation::DeleteSecret { recovery_window_in_days } => {
            let days = i64::from(*recovery_window_in_days);
            let request = client.delete_secret().secret_id(name).recovery_window_in_days(days);
            aws.call(action, request.send()).await.map(drop)
        }
    }
}

async fn put(
    aws: &Aws,
    client: &Client,
    scope: &Scope,
    name: &str,
    value: &Put,
    action: &'static str,
) -> Result<(), CloudError> {
    let stored = Stored::of(value, scope, action)?;
    let request = client
        .put_secret_value()
        .secret_id(name)
        .client_request_token(&stored.version_id)
        .secret_string(stored.value.as_str());
    let answer = quietly(Some(&stored), aws.call(action, request.send())).await?;
    // A version of this value is there already, and AWS ignored the request: it became known only after the plan was made.
    if !answer.version_stages().is_empty() && !answer.version_stages().iter().any(|stage| stage == CURRENT) {
        let message =
            "the secret has had this value before, and AWS does not make it the current one again by this call";
        return Err(CloudError::new(action, ErrorClass::Refused, message).with_hint("plan again"));
    }
    Ok(())
}

/// A value on its way, and the id of the version that it makes.
struct Stored {
    value: Secret,
    version_id: String,
}

impl Stored {
    fn of(put: &Put, scope: &Scope, action: &str) -> Result<Self, CloudError> {
        if let Some(rules) = &put.source.generate {
            return Ok(Self { value: rules.password(action)?, version_id: version::once("generate", scope) });
        }
        let missing = || Problem::new("/value", "the value has no source");
        let value = put.source.read().and_then(|value| value.ok_or_else(missing));
        let value = value.map_err(|problem| {
            let error = CloudError::new(action, ErrorClass::Refused, problem.message);
            CloudError { hint: problem.help, ..error }
        })?;
        let version_id = version::of(&value, scope);
        if put.version_id.as_ref().is_some_and(|planned| *planned != version_id) {
            let message = format!("the value of {} has changed since the plan was made", put.source.noun());
            return Err(CloudError::new(action, ErrorClass::Refused, message).with_hint("plan again"));
        }
        Ok(Self { value, version_id })
    }
}

/// Makes a call that carries a value: nothing of it is logged (at its lowest level the SDK logs whole requests), and an error that
/// quotes the value does not quote it any more.
async fn quietly<T>(
    stored: Option<&Stored>,
    call: impl Future<Output = Result<T, CloudError>>,
) -> Result<T, CloudError> {
    let Some(stored) = stored else { return call.await };
    let result = call.with_subscriber(Dispatch::none()).await;
    result.map_err(|error| {
        let error = scrub(error, &stored.value);
        tracing::debug!(action = error.action, code = error.code, message = error.message, "failed");
        error
    })
}

/// The error without the value. AWS quotes what it finds not valid, whole or in part, and names the field.
fn scrub(error: CloudError, value: &str) -> CloudError {
    if error.message.to_lowercase().contains("secretstring") {
        return CloudError {
            message: "the value is not valid (sensitive: AWS's message is withheld)".to_owned(),
            ..error
        };
    }
    let escaped = Zeroizing::new(serde_json::Value::from(value).to_string());
    let message = [value, escaped.trim_matches('"')].iter().fold(error.message, |message, form| {
        if message.contains(form) { message.replace(form, "(sensitive)") } else { message }
    });
    CloudError { message, ..error }
}

/// Whether the secret is as the call would make it.
fn holds(described: Option<&DescribeSecretOutput>, operation: &Operation) -> bool {
    match (operation, described) {
        (Operation::DeleteSecret { .. }, described) => described.is_none_or(|secret| secret.deleted_date.is_some()),
        (Operation::RestoreSecret, Some(secret)) => secret.deleted_date.is_none(),
        (Operation::CancelRotateSecret, Some(secret)) => secret.rotation_enabled != Some(true),
        (Operation::UpdateSecretVersionStage { to, .. }, Some(secret)) => read::current(secret).as_ref() == Some(to),
        (Operation::RemoveRegionsFromReplication { regions }, Some(secret)) => {
            let there = |region: &String| secret.replication_status().iter().any(|one| one.region() == Some(region));
            !regions.iter().any(there)
        }
        _ => false,
    }
}

/// Whether an error passes by itself, seen after so long.
fn passes(error: &CloudError, elapsed: Duration) -> bool {
    let message = error.message.to_lowercase();
    match error.code.as_deref().unwrap_or_default() {
        "MalformedPolicyDocumentException" => message.contains("principal"),
        // A key that is not known everywhere, or whose policy is not.
        "EncryptionFailure" | "EncryptionFailureException" | "DecryptionFailure" => elapsed < PROPAGATION,
        "AccessDeniedException" | "InvalidParameterException" | "InvalidRequestException"
            if message.contains("kms") =>
        {
            elapsed < PROPAGATION
        }
        "AccessDeniedException" | "InvalidRequestException" if message.contains("invoke") => true,
        // After `RestoreSecret`, or while an earlier change is still under way.
        "InvalidRequestException" if message.contains("marked for deletion") => {
            error.action != "secretsmanager:DeleteSecret" && elapsed < PROPAGATION
        }
        _ => false,
    }
}

fn explain(error: CloudError) -> CloudError {
    let message = error.message.to_lowercase();
    let hint = match error.code.as_deref().unwrap_or_default() {
        "InvalidRequestException" if error.action == "secretsmanager:CreateSecret" && message.contains("deletion") => {
            "a deleted secret keeps its name until its recovery window is over: restore it (`aws secretsmanager restore-secret`), \
             delete it at once (`aws secretsmanager delete-secret --force-delete-without-recovery`), or choose another name"
        }
        "MalformedPolicyDocumentException" if message.contains("principal") => {
            "a principal of the policy does not exist; make it depend on the role, or correct the ARN"
        }
        "PublicPolicyException" => "the policy would let everybody in; name the principals, or add a condition",
        "AccessDeniedException" | "InvalidRequestException" if message.contains("invoke") => {
            "allow secretsmanager.amazonaws.com to invoke the rotation function"
        }
        "EncryptionFailure" | "EncryptionFailureException" | "DecryptionFailure" => {
            "see that the KMS key is enabled, and that its policy lets the caller use it"
        }
        "AccessDeniedException" | "InvalidParameterException" | "InvalidRequestException"
            if message.contains("kms") =>
        {
            "see that the KMS key is in this region and enabled, and that its policy lets the caller use it"
        }
        _ => return error,
    };
    error.with_hint(hint)
}

fn rules(rotation: &Rotation) -> RotationRulesType {
    let given = |text: &String| (!text.is_empty()).then(|| text.clone());
    let days = rotation.automatically_after_days;
    RotationRulesType::builder()
        .set_automatically_after_days((days != 0).then_some(days))
        .set_schedule_expression(given(&rotation.schedule_expression))
        .set_duration(given(&rotation.duration))
        .build()
}

fn sdk_replicas(replicas: &[Replica]) -> Vec<ReplicaRegionType> {
    let replica = |replica: &Replica| {
        let key = (replica.kms_key != AWS_MANAGED).then(|| replica.kms_key.clone());
        ReplicaRegionType::builder().region(&replica.region).set_kms_key_id(key).build()
    };
    replicas.iter().map(replica).collect()
}

fn sdk_tags(tags: &BTreeMap<String, String>) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: &str, message: &str) -> CloudError {
        let error = CloudError::new("secretsmanager:PutSecretValue", ErrorClass::Refused, message);
        CloudError { code: Some(code.to_owned()), ..error }
    }

    #[test]
    fn an_error_does_not_quote_the_value() {
        let scrubbed = |message: &str| scrub(error("ValidationException", message), "a\"b\n").message;
        assert_eq!(scrubbed("a\"b\n is wrong"), "(sensitive) is wrong");
        assert_eq!(
            scrubbed(r#"{"SecretString":"a\"b\n"}"#),
            "the value is not valid (sensitive: AWS's message is withheld)"
        );
        assert_eq!(scrubbed(r#"{"Value":"a\"b\n"}"#), r#"{"Value":"(sensitive)"}"#);
        assert_eq!(scrubbed("Value 'a' at 'name' is wrong"), "Value 'a' at 'name' is wrong");
    }

    #[test]
    fn only_what_passes_by_itself_is_tried_again() {
        for (code, message, passing) in [
            ("AccessDeniedException", "Access to KMS is not allowed", true),
            ("EncryptionFailure", "", true),
            ("AccessDeniedException", "User is not authorized to perform: secretsmanager:PutSecretValue", false),
            ("AccessDeniedException", "Secrets Manager cannot invoke the specified Lambda function.", true),
            ("MalformedPolicyDocumentException", "This resource policy contains an unsupported principal.", true),
            ("MalformedPolicyDocumentException", "This resource policy contains a syntax error.", false),
            (
                "InvalidRequestException",
                "You can't perform this operation on the secret because it was marked for deletion.",
                true,
            ),
            ("InvalidRequestException", "A previous rotation isn't complete.", false),
            ("ResourceExistsException", "", false),
        ] {
            assert_eq!(passes(&error(code, message), Duration::ZERO), passing, "{code}: {message}");
        }
        assert!(!passes(&error("EncryptionFailure", ""), PROPAGATION), "a key that is wrong stays wrong");
    }
}
