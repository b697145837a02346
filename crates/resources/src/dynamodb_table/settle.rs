//! Waiting until what a call began is finished.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{IndexStatus, SseStatus, TableDescription, TableStatus};
use provision_reconciler::{CloudError, ErrorClass, Progress, Scope};

use super::call::{Call, Capacity, TableChange};
use super::spec::{AWS_OWNED_KEY, BillingMode};
use super::{note_outputs, read};
use crate::Aws;
use crate::aws::{Poll, wait_until};

const MINUTE: Duration = Duration::from_secs(60);

/// Waits, reading only.
pub(super) async fn settle(cloud: &Aws, scope: &Scope, call: &Call, progress: &mut Progress) -> Result<(), CloudError> {
    let clients = cloud.region(&scope.region).await;
    let client = clients.dynamodb();
    let table_name = call.table_name();
    let notes = progress.notes.clone();
    match call {
        Call::CreateTable { .. } => {
            let what = format!("the table {table_name} to become ACTIVE");
            let look = || look(cloud, client, table_name, |table| is_active(table) && indexes_are_active(table));
            let table = wait_until(read::DESCRIBE, &what, 10 * MINUTE, &notes, look).await?;
            note_outputs(progress, &table);
        }
        Call::UpdateTable { change, .. } => {
            let (what, deadline) = match change {
                // AWS reads the whole table for it.
                TableChange::CreateIndex { index, .. } => {
                    (format!("the index {} of {table_name} to be built", index.index_name), 120 * MINUTE)
                }
                TableChange::DeleteIndex { index_name } => {
                    (format!("the index {index_name} of {table_name} to be deleted"), 30 * MINUTE)
                }
                _ => (format!("the table {table_name} to become ACTIVE"), 30 * MINUTE),
            };
            let look = || look(cloud, client, table_name, |table| is_done(table, change));
            let table = wait_until(read::DESCRIBE, &what, deadline, &notes, look).await?;
            note_outputs(progress, &table);
        }
        Call::UpdateContinuousBackups { recovery_period_in_days, .. } => {
            let what = format!("point-in-time recovery of {table_name}");
            wait_until(read::BACKUPS, &what, 10 * MINUTE, &notes, || async {
                let backups = read::backups(cloud, client, table_name).await?;
                let on = read::recovery_is_on(&backups);
                Ok(match on == recovery_period_in_days.is_some() {
                    true => Poll::Ready(()),
                    false => Poll::Pending(if on { "ENABLED" } else { "DISABLED" }.to_owned()),
                })
            })
            .await?;
        }
        // AWS takes up to an hour, and nothing waits for it.
        Call::UpdateTimeToLive { .. } => {}
        // The tags of a table are eventually consistent: the next read should see them.
        Call::TagResource { table_name, tags: wanted } => {
            let what = format!("the tags of {table_name}");
            wait_until(read::TAGS, &what, 2 * MINUTE, &notes, || async {
                let live = read::tags(cloud, client, read::arn(scope, table_name)).await?;
                Ok(poll(wanted.iter().all(|(key, value)| live.get(key) == Some(value)), "being set"))
            })
            .await?;
        }
        Call::UntagResource { table_name, keys } => {
            let what = format!("the tags of {table_name}");
            wait_until(read::TAGS, &what, 2 * MINUTE, &notes, || async {
                let live = read::tags(cloud, client, read::arn(scope, table_name)).await?;
                Ok(poll(!keys.iter().any(|key| live.contains_key(key)), "being removed"))
            })
            .await?;
        }
        Call::DeleteTable { .. } => {
            let what = format!("the table {table_name} to be gone");
            wait_until(read::DESCRIBE, &what, 10 * MINUTE, &notes, || async {
                let table = read::describe(cloud, client, table_name).await?;
                Ok(table.map_or(Poll::Ready(()), |table| Poll::Pending(status(&table))))
            })
            .await?;
        }
    }
    Ok(())
}

fn poll(ready: bool, otherwise: &str) -> Poll<()> {
    if ready { Poll::Ready(()) } else { Poll::Pending(otherwise.to_owned()) }
}

/// A look at the table. `DescribeTable` is eventually consistent: a table just created may not be there yet.
async fn look(
    cloud: &Aws,
    client: &Client,
    table_name: &str,
    ready: impl Fn(&TableDescription) -> bool,
) -> Result<Poll<TableDescription>, CloudError> {
    let Some(table) = read::describe(cloud, client, table_name).await? else {
        return Ok(Poll::Pending("not to be seen".to_owned()));
    };
    match table.table_status() {
        // These do not pass by themselves.
        Some(TableStatus::InaccessibleEncryptionCredentials | TableStatus::Archiving | TableStatus::Archived) => {
            Err(CloudError::new(
                read::DESCRIBE,
                ErrorClass::Refused,
                format!("the table {table_name} is {}", status(&table)),
            )
            .with_hint("see that the table's KMS key is enabled and that its policy allows the table to use it"))
        }
        _ if ready(&table) => Ok(Poll::Ready(table)),
        _ => Ok(Poll::Pending(status(&table))),
    }
}

fn status(table: &TableDescription) -> String {
    table.table_status().map(TableStatus::as_str).unwrap_or_default().to_owned()
}

fn is_active(table: &TableDescription) -> bool {
    table.table_status() == Some(&TableStatus::Active)
}

fn indexes_are_active(table: &TableDescription) -> bool {
    table.global_secondary_indexes().iter().all(|index| index.index_status() == Some(&IndexStatus::Active))
}

/// Whether a change is finished.
fn is_done(table: &TableDescription, change: &TableChange) -> bool {
    // An index that an interrupted run began may be building for hours; only changes of indexes wait for it.
    let indexes = match change {
        TableChange::CreateIndex { .. } | TableChange::IndexCapacity { .. } | TableChange::Billing { .. } => {
            indexes_are_active(table)
        }
        TableChange::DeleteIndex { index_name } => {
            !table.global_secondary_indexes().iter().any(|index| index.index_name() == Some(index_name))
        }
        _ => true,
    };
    let encrypting = table
        .sse_description()
        .and_then(|encryption| encryption.status())
        .is_some_and(|status| matches!(status, SseStatus::Enabling | SseStatus::Disabling | SseStatus::Updating));
    let done = match change {
        // Of the key it does not look which: AWS tells an alias by the key behind it.
        TableChange::Encryption { kms_key } => (read::kms_key(table) == AWS_OWNED_KEY) == (kms_key == AWS_OWNED_KEY),
        change => holds(table, change),
    };
    is_active(table) && !encrypting && indexes && done
}

/// Whether the table already is as a change asks, or on its way there.
pub(super) fn holds(table: &TableDescription, change: &TableChange) -> bool {
    let index = |name: &str| {
        let mut indexes = table.global_secondary_indexes().iter();
        indexes.find(|index| index.index_name() == Some(name) && index.index_status() != Some(&IndexStatus::Deleting))
    };
    let has = |name: &str, wanted: &Capacity| {
        let live = index(name).and_then(|index| index.provisioned_throughput());
        read::capacity(BillingMode::Provisioned, live) == [Some(wanted.read), Some(wanted.write)]
    };
    let table_has = |wanted: &Capacity| {
        read::capacity(BillingMode::Provisioned, table.provisioned_throughput())
            == [Some(wanted.read), Some(wanted.write)]
    };
    match change {
        TableChange::DeletionProtection { enabled } => {
            table.deletion_protection_enabled().unwrap_or_default() == *enabled
        }
        TableChange::Encryption { kms_key } => read::kms_key(table) == *kms_key,
        TableChange::Class { table_class } => read::table_class(table).is_ok_and(|live| live == *table_class),
        TableChange::Stream { view_type } => read::view_type(table).is_ok_and(|live| live == *view_type),
        TableChange::Billing { billing_mode, capacity, indexes } => {
            read::billing_mode(table).is_ok_and(|live| live == *billing_mode)
                && capacity.iter().all(table_has)
                && indexes.iter().all(|(name, wanted)| has(name, wanted))
        }
        TableChange::Capacity { capacity } => table_has(capacity),
        TableChange::IndexCapacity { index_name, capacity } => has(index_name, capacity),
        TableChange::CreateIndex { index: wanted, .. } => index(&wanted.index_name).is_some(),
        TableChange::DeleteIndex { index_name } => index(index_name).is_none(),
    }
}

#[cfg(test)]
mod tests;
