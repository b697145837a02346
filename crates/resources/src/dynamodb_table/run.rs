//! Making the calls.

use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    CreateGlobalSecondaryIndexAction, DeleteGlobalSecondaryIndexAction, GlobalSecondaryIndexUpdate,
    PointInTimeRecoverySpecification, TableStatus, TimeToLiveSpecification, UpdateGlobalSecondaryIndexAction,
};
use provision_reconciler::{CloudError, ErrorClass, Notes, Progress, Scope, ownership};

use super::call::{Call, TableChange};
use super::request::{self, built};
use super::settle::holds;
use super::spec::{BillingMode, TableSpec};
use super::{note_outputs, read};
use crate::Aws;
use crate::aws::retry_while;

/// How long to wait for an earlier change of the same table.
const BUSY: Duration = Duration::from_secs(30 * 60);
/// How long to wait for other tables: few may be changed at a time.
const CROWDED: Duration = Duration::from_secs(5 * 60);
/// How long what a KMS key's creation or policy says may take to be known everywhere.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/accessing-kms.html#programming-eventual-consistency>
const KEY_PROPAGATION: Duration = Duration::from_secs(60);

const ONE_AN_HOUR: &str =
    "AWS takes up to an hour for a change of time to live, and no other one meanwhile; run the same command then";

/// Makes one call.
pub(super) async fn run(cloud: &Aws, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
    let clients = cloud.region(&scope.region).await;
    let client = clients.dynamodb();
    let action = call.action();
    let notes = progress.notes.clone();
    match &call {
        Call::CreateTable { table } => create(cloud, client, scope, table, progress).await,
        Call::UpdateTable { table_name, change } => {
            let request = update(client, action, table_name, change)?;
            let result = patiently(&notes, || cloud.call(action, request.clone().send())).await;
            match result {
                Ok(answer) => {
                    if let Some(table) = &answer.table_description {
                        note_outputs(progress, table);
                    }
                    Ok(())
                }
                // AWS refuses to set what is set; so it does if an earlier answer was lost.
                Err(error) => match read::describe(cloud, client, table_name).await {
                    Ok(Some(table)) if holds(&table, change) => Ok(()),
                    _ => Err(error),
                },
            }
        }
        Call::UpdateContinuousBackups { table_name, recovery_period_in_days } => {
            let recovery = PointInTimeRecoverySpecification::builder()
                .point_in_time_recovery_enabled(recovery_period_in_days.is_some())
                .set_recovery_period_in_days(*recovery_period_in_days)
                .build();
            let request = client
                .update_continuous_backups()
                .table_name(table_name)
                .point_in_time_recovery_specification(built(action, recovery)?);
            patiently(&notes, || cloud.call(action, request.clone().send())).await.map(drop)
        }
        Call::UpdateTimeToLive { table_name, attribute, enabled } => {
            let expiry = TimeToLiveSpecification::builder().attribute_name(attribute).enabled(*enabled).build();
            let request =
                client.update_time_to_live().table_name(table_name).time_to_live_specification(built(action, expiry)?);
            let result = patiently(&notes, || cloud.call(action, request.clone().send())).await;
            match result {
                Err(error) if error.class == ErrorClass::Refused => {
                    match read::expiry(cloud, client, table_name).await {
                        Ok(expiry) if (read::expiring_by(expiry.as_ref()) == *attribute) == *enabled => Ok(()),
                        _ => Err(error.with_hint(ONE_AN_HOUR)),
                    }
                }
                result => result.map(drop),
            }
        }
        Call::TagResource { table_name, tags } => {
            let request = client.tag_resource().resource_arn(read::arn(scope, table_name));
            let request = request.set_tags(Some(request::tags(action, tags)?));
            patiently(&notes, || cloud.call(action, request.clone().send())).await.map(drop)
        }
        Call::UntagResource { table_name, keys } => {
            let request = client.untag_resource().resource_arn(read::arn(scope, table_name));
            let request = request.set_tag_keys(Some(keys.clone()));
            patiently(&notes, || cloud.call(action, request.clone().send())).await.map(drop)
        }
        Call::DeleteTable { table_name } => {
            let request = client.delete_table().table_name(table_name);
            match patiently(&notes, || cloud.call(action, request.clone().send())).await {
                Err(error) if error.class == ErrorClass::NotFound => Ok(()),
                result => result.map(drop),
            }
        }
    }
}

/// Makes the call again while an earlier change is under way, or while a new key is not known everywhere yet.
async fn patiently<T, F>(notes: &Notes, call: impl FnMut() -> F) -> Result<T, CloudError>
where
    F: Future<Output = Result<T, CloudError>>,
{
    let start = Instant::now();
    let passes = |error: &CloudError| passes(error, start.elapsed());
    retry_while(BUSY, notes, passes, call).await
}

/// Whether an error passes by itself, seen after so long.
pub(super) fn passes(error: &CloudError, elapsed: Duration) -> bool {
    match error.code.as_deref().unwrap_or_default() {
        "ResourceInUseException" => elapsed < BUSY,
        "LimitExceededException" => elapsed < CROWDED,
        // Both are documented for tables that have just been created.
        "TableNotFoundException" | "ContinuousBackupsUnavailableException" => elapsed < CROWDED,
        "AccessDeniedException" | "ValidationException" => error.message.contains("KMS") && elapsed < KEY_PROPAGATION,
        _ => false,
    }
}

/// `CreateTable` answers `ResourceInUseException` both while an earlier table of that name is being deleted, which
/// passes, and if there is one, which may be the one that an attempt without an answer made.
async fn create(
    cloud: &Aws,
    client: &Client,
    scope: &Scope,
    table: &TableSpec,
    progress: &mut Progress,
) -> Result<(), CloudError> {
    let action = "dynamodb:CreateTable";
    let tags = ownership::tags_for_create(&table.tags, scope);
    let request = request::create(client, action, table, &tags)?;
    let notes = progress.notes.clone();
    let result = patiently(&notes, || async {
        let error = match cloud.call(action, request.clone().send()).await {
            Ok(answer) => return Ok(answer.table_description),
            Err(error) => error,
        };
        if error.code.as_deref() != Some("ResourceInUseException") {
            return Err(error);
        }
        match read::describe(cloud, client, &table.table_name).await? {
            Some(found) if found.table_status() != Some(&TableStatus::Deleting) => {
                let live = read::tags(cloud, client, read::arn(scope, &table.table_name)).await?;
                match live.get(ownership::OPERATION) == Some(&scope.operation)
                    && ownership::is_ours(&live, &scope.environment, &scope.address)
                {
                    true => Ok(Some(found)),
                    false => Err(taken(error, table)),
                }
            }
            _ => Err(error),
        }
    })
    .await?;
    progress.id = Some(table.table_name.clone());
    if let Some(table) = result {
        note_outputs(progress, &table);
    }
    Ok(())
}

/// The error for a name that another table has; not one that passes.
fn taken(error: CloudError, table: &TableSpec) -> CloudError {
    let message = format!("the table {} exists and was not made by this operation", table.table_name);
    CloudError { class: ErrorClass::AlreadyExists, code: None, message, ..error }
        .with_hint("choose another table_name, or import the table")
}

fn update(
    client: &Client,
    action: &str,
    table_name: &str,
    change: &TableChange,
) -> Result<aws_sdk_dynamodb::operation::update_table::builders::UpdateTableFluentBuilder, CloudError> {
    let request = client.update_table().table_name(table_name);
    let request = match change {
        TableChange::DeletionProtection { enabled } => request.deletion_protection_enabled(*enabled),
        TableChange::Encryption { kms_key } => request.sse_specification(request::encryption(kms_key)),
        TableChange::Class { table_class } => request.table_class(request::table_class(*table_class)),
        TableChange::Stream { view_type } => request.stream_specification(request::stream(action, *view_type)?),
        TableChange::Billing { billing_mode, capacity, indexes } => {
            let mut request = request.billing_mode(request::billing_mode(*billing_mode));
            if let Some(capacity) = capacity.filter(|_| *billing_mode == BillingMode::Provisioned) {
                request = request.provisioned_throughput(request::throughput(action, capacity)?);
            }
            for (index_name, capacity) in indexes {
                request = request.global_secondary_index_updates(index_capacity(action, index_name, *capacity)?);
            }
            request
        }
        TableChange::Capacity { capacity } => request.provisioned_throughput(request::throughput(action, *capacity)?),
        TableChange::IndexCapacity { index_name, capacity } => {
            request.global_secondary_index_updates(index_capacity(action, index_name, *capacity)?)
        }
        TableChange::CreateIndex { index, attributes } => {
            let create = CreateGlobalSecondaryIndexAction::builder()
                .index_name(&index.index_name)
                .set_key_schema(Some(request::keys(action, &index.hash_key, &index.range_key)?))
                .projection(request::projection(index.projection_type, &index.non_key_attributes))
                .set_provisioned_throughput(request::index_throughput(action, index)?)
                .build();
            let update = GlobalSecondaryIndexUpdate::builder().create(built(action, create)?).build();
            request
                .set_attribute_definitions(Some(request::attributes(action, attributes)?))
                .global_secondary_index_updates(update)
        }
        TableChange::DeleteIndex { index_name } => {
            let delete = DeleteGlobalSecondaryIndexAction::builder().index_name(index_name).build();
            let update = GlobalSecondaryIndexUpdate::builder().delete(built(action, delete)?).build();
            request.global_secondary_index_updates(update)
        }
    };
    Ok(request)
}

fn index_capacity(
    action: &str,
    index_name: &str,
    capacity: super::call::Capacity,
) -> Result<GlobalSecondaryIndexUpdate, CloudError> {
    let update = UpdateGlobalSecondaryIndexAction::builder()
        .index_name(index_name)
        .provisioned_throughput(request::throughput(action, capacity)?)
        .build();
    Ok(GlobalSecondaryIndexUpdate::builder().update(built(action, update)?).build())
}
