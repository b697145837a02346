//! Waiting until what a call began is finished.

use std::time::Duration;

use aws_sdk_kinesis::types::{EncryptionType, StreamDescriptionSummary, StreamStatus};
use provision_reconciler::{CloudError, Progress, Scope};

use super::call::{Call, Operation};
use super::read;
use crate::Aws;
use crate::aws::{Poll, wait_until};

const DEADLINE: Duration = Duration::from_secs(10 * 60);
/// Splits and merges of many shards take long.
const SHARDS_DEADLINE: Duration = Duration::from_secs(60 * 60);

/// Waits, reading only.
pub(super) async fn settle(cloud: &Aws, scope: &Scope, call: &Call, progress: &mut Progress) -> Result<(), CloudError> {
    let Call { name, operation } = call;
    // AWS sets tags at once.
    if matches!(operation, Operation::AddTagsToStream { .. } | Operation::RemoveTagsFromStream { .. }) {
        return Ok(());
    }
    let clients = cloud.region(&scope.region).await;
    let client = clients.kinesis();
    let notes = progress.notes.clone();
    let (what, deadline) = match operation {
        Operation::DeleteStream => (format!("the stream {name} to be gone"), DEADLINE),
        Operation::UpdateShardCount { shard_count } => {
            (format!("the stream {name} to have {shard_count} shards"), SHARDS_DEADLINE)
        }
        _ => (format!("the stream {name} to become ACTIVE"), DEADLINE),
    };
    wait_until(read::DESCRIBE, &what, deadline, &notes, || async {
        let stream = read::describe(cloud, client, name).await?;
        Ok(match (&stream, operation) {
            (None, Operation::DeleteStream) => Poll::Ready(()),
            // Just created, and not to be seen everywhere yet.
            (None, _) => Poll::Pending("not to be seen".to_owned()),
            (Some(stream), operation) if is_done(stream, operation) => Poll::Ready(()),
            (Some(stream), _) => Poll::Pending(stream.stream_status().as_str().to_owned()),
        })
    })
    .await
}

/// Whether a change is finished. Of the key it does not look which: AWS may tell an alias by another name.
fn is_done(stream: &StreamDescriptionSummary, operation: &Operation) -> bool {
    let done = match operation {
        Operation::StartStreamEncryption { .. } => stream.encryption_type() == Some(&EncryptionType::Kms),
        operation => holds(stream, operation),
    };
    stream.stream_status() == &StreamStatus::Active && done
}

/// Whether the stream already is as an operation asks, or on its way there.
pub(super) fn holds(stream: &StreamDescriptionSummary, operation: &Operation) -> bool {
    match operation {
        Operation::CreateStream { .. } => true,
        Operation::UpdateStreamMode { stream_mode } => read::stream_mode(stream).is_ok_and(|live| live == *stream_mode),
        Operation::UpdateShardCount { shard_count } => stream.open_shard_count() == *shard_count,
        Operation::IncreaseStreamRetentionPeriod { hours } | Operation::DecreaseStreamRetentionPeriod { hours } => {
            stream.retention_period_hours() == *hours
        }
        Operation::StartStreamEncryption { kms_key } => read::kms_key(stream) == kms_key,
        Operation::StopStreamEncryption { .. } => stream.encryption_type() != Some(&EncryptionType::Kms),
        Operation::EnableEnhancedMonitoring { metrics } => {
            read::metrics(stream).is_ok_and(|live| metrics.is_subset(&live))
        }
        Operation::DisableEnhancedMonitoring { metrics } => {
            read::metrics(stream).is_ok_and(|live| metrics.is_disjoint(&live))
        }
        // The description does not tell the tags.
        Operation::AddTagsToStream { .. } | Operation::RemoveTagsFromStream { .. } => false,
        Operation::DeleteStream => stream.stream_status() == &StreamStatus::Deleting,
    }
}

#[cfg(test)]
mod tests;
