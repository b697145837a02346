//! Making the calls.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::types::{
    EncryptionType, MetricsName, ScalingType, StreamMode as Mode, StreamModeDetails, StreamStatus,
};
use provision_reconciler::{CloudError, ErrorClass, Notes, Progress, Scope, ownership};

use super::call::{Call, Operation};
use super::read;
use super::settle::holds;
use super::spec::{Metric, StreamMode};
use crate::Aws;
use crate::aws::retry_while;
use crate::tags::Tags;
use crate::values::to_aws;

/// How long to wait for an earlier change of the same stream.
const BUSY: Duration = Duration::from_secs(30 * 60);
/// How long to wait for other streams: five may be in creation at a time.
const CROWDED: Duration = Duration::from_secs(3 * 60);
/// How long what a KMS key's creation or policy says may take to be known everywhere.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/accessing-kms.html#programming-eventual-consistency>
const KEY_PROPAGATION: Duration = Duration::from_secs(60);

/// Makes one call.
pub(super) async fn run(cloud: &Aws, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
    let clients = cloud.region(&scope.region).await;
    let client = clients.kinesis();
    let Call { name, operation } = call;
    let notes = progress.notes.clone();
    if let Operation::CreateStream { stream_mode, shard_count, tags } = &operation {
        let tags = ownership::tags_for_create(tags, scope);
        create(cloud, client, scope, &name, (*stream_mode, *shard_count), tags, &notes).await?;
        progress.output("arn", read::arn(scope, &name));
        progress.id = Some(name);
        return Ok(());
    }
    let result = patiently(&notes, || change(cloud, client, scope, &name, &operation)).await;
    let Err(error) = result else { return Ok(()) };
    // AWS refuses to set what is set, or to delete what is not there; so it does if an earlier answer was lost.
    match read::describe(cloud, client, &name).await {
        Ok(Some(stream)) if holds(&stream, &operation) => Ok(()),
        Ok(None) if operation == Operation::DeleteStream => Ok(()),
        _ => Err(error),
    }
}

/// Makes the call again while an earlier change is under way, or while a new key is not known everywhere yet.
async fn patiently<T, F>(notes: &Notes, call: impl FnMut() -> F) -> Result<T, CloudError>
where
    F: Future<Output = Result<T, CloudError>>,
{
    let start = Instant::now();
    retry_while(BUSY, notes, |error| passes(error, start.elapsed()), call).await
}

/// Whether an error passes by itself, seen after so long.
pub(super) fn passes(error: &CloudError, elapsed: Duration) -> bool {
    match error.code.as_deref().unwrap_or_default() {
        "ResourceInUseException" => elapsed < BUSY,
        "LimitExceededException" => elapsed < CROWDED,
        "KMSAccessDeniedException" | "KMSInvalidStateException" | "KMSNotFoundException" | "KMSThrottlingException" => {
            elapsed < KEY_PROPAGATION
        }
        _ => false,
    }
}

/// `CreateStream` answers `ResourceInUseException` both while an earlier stream of that name is being deleted, which
/// passes, and if there is one, which may be the one that an attempt without an answer made.
async fn create(
    cloud: &Aws,
    client: &Client,
    scope: &Scope,
    name: &str,
    (stream_mode, shard_count): (StreamMode, i32),
    tags: Tags,
    notes: &Notes,
) -> Result<(), CloudError> {
    let action = "kinesis:CreateStream";
    let request = client
        .create_stream()
        .stream_name(name)
        .stream_mode_details(details(action, stream_mode)?)
        .set_shard_count((stream_mode == StreamMode::Provisioned).then_some(shard_count))
        .set_tags(Some(tags.into_iter().collect()));
    patiently(notes, || async {
        let error = match cloud.call(action, request.clone().send()).await {
            Ok(_) => return Ok(()),
            Err(error) => error,
        };
        if error.code.as_deref() != Some("ResourceInUseException") {
            return Err(error);
        }
        match read::describe(cloud, client, name).await? {
            Some(found) if found.stream_status() != &StreamStatus::Deleting => {
                let live = read::tags(cloud, client, name).await?;
                match live.get(ownership::OPERATION) == Some(&scope.operation)
                    && ownership::is_ours(&live, &scope.environment, &scope.address)
                {
                    true => Ok(()),
                    false => Err(taken(error, name)),
                }
            }
            _ => Err(error),
        }
    })
    .await
}

/// The error for a name that another stream has; not one that passes.
fn taken(error: CloudError, name: &str) -> CloudError {
    let message = format!("the stream {name} exists and was not made by this operation");
    CloudError { class: ErrorClass::AlreadyExists, code: None, message, ..error }
        .with_hint("choose another name, or import the stream")
}

/// Every call but the creation.
async fn change(
    cloud: &Aws,
    client: &Client,
    scope: &Scope,
    name: &str,
    operation: &Operation,
) -> Result<(), CloudError> {
    let action = operation.action();
    match operation {
        Operation::CreateStream { .. } => {
            Err(CloudError::new(action, ErrorClass::Refused, "a creation is not a change; this is a bug in the engine"))
        }
        Operation::UpdateStreamMode { stream_mode } => {
            // The one operation that knows streams only by ARN.
            let request = client.update_stream_mode().stream_arn(read::arn(scope, name));
            let request = request.stream_mode_details(details(action, *stream_mode)?);
            cloud.call(action, request.send()).await.map(drop)
        }
        Operation::UpdateShardCount { shard_count } => {
            let request = client.update_shard_count().stream_name(name).target_shard_count(*shard_count);
            cloud.call(action, request.scaling_type(ScalingType::UniformScaling).send()).await.map(drop)
        }
        Operation::IncreaseStreamRetentionPeriod { hours } => {
            let request = client.increase_stream_retention_period().stream_name(name).retention_period_hours(*hours);
            cloud.call(action, request.send()).await.map(drop)
        }
        Operation::DecreaseStreamRetentionPeriod { hours } => {
            let request = client.decrease_stream_retention_period().stream_name(name).retention_period_hours(*hours);
            cloud.call(action, request.send()).await.map(drop)
        }
        Operation::StartStreamEncryption { kms_key } => {
            let request = client.start_stream_encryption().stream_name(name).key_id(kms_key);
            cloud.call(action, request.encryption_type(EncryptionType::Kms).send()).await.map(drop)
        }
        Operation::StopStreamEncryption { kms_key } => {
            let request = client.stop_stream_encryption().stream_name(name).key_id(kms_key);
            cloud.call(action, request.encryption_type(EncryptionType::Kms).send()).await.map(drop)
        }
        Operation::EnableEnhancedMonitoring { metrics } => {
            let request = client.enable_enhanced_monitoring().stream_name(name);
            cloud.call(action, request.set_shard_level_metrics(Some(names(metrics))).send()).await.map(drop)
        }
        Operation::DisableEnhancedMonitoring { metrics } => {
            let request = client.disable_enhanced_monitoring().stream_name(name);
            cloud.call(action, request.set_shard_level_metrics(Some(names(metrics))).send()).await.map(drop)
        }
        Operation::AddTagsToStream { tags } => {
            let tags = tags.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
            let request = client.add_tags_to_stream().stream_name(name).set_tags(Some(tags));
            cloud.call(action, request.send()).await.map(drop)
        }
        Operation::RemoveTagsFromStream { keys } => {
            let request = client.remove_tags_from_stream().stream_name(name).set_tag_keys(Some(keys.clone()));
            cloud.call(action, request.send()).await.map(drop)
        }
        Operation::DeleteStream => {
            let request = client.delete_stream().stream_name(name).enforce_consumer_deletion(true);
            cloud.call(action, request.send()).await.map(drop)
        }
    }
}

fn details(action: &str, mode: StreamMode) -> Result<StreamModeDetails, CloudError> {
    let details = StreamModeDetails::builder().stream_mode(Mode::from(to_aws(&mode).as_str())).build();
    details.map_err(|error| CloudError::new(action, ErrorClass::Refused, error.to_string()))
}

fn names(metrics: &BTreeSet<Metric>) -> Vec<MetricsName> {
    metrics.iter().map(|metric| MetricsName::from(to_aws(metric).as_str())).collect()
}
