//! From AWS's answers to the file's form.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    ContinuousBackupsDescription, GlobalSecondaryIndexDescription, IndexStatus, KeySchemaElement, KeyType as KeyRole,
    LocalSecondaryIndexDescription, PointInTimeRecoveryStatus, Projection, ProvisionedThroughputDescription, SseStatus,
    TableDescription, TableStatus, TimeToLiveDescription, TimeToLiveStatus,
};
use futures::future::{join_all, join4};
use provision_reconciler::{CloudError, ErrorClass, Live, Scope, Target, ownership};

use super::spec::{
    AWS_OWNED_KEY, BillingMode, GlobalSecondaryIndex, KeyType, LocalSecondaryIndex, ProjectionType,
    RECOVERY_PERIOD_IN_DAYS, StreamViewType, TableClass, TableSpec,
};
use super::{DynamodbTable, TableOutputs};
use crate::Aws;
use crate::tags::{self, Tags};
use crate::values::from_aws;

pub(super) const DESCRIBE: &str = "dynamodb:DescribeTable";
pub(super) const BACKUPS: &str = "dynamodb:DescribeContinuousBackups";
pub(super) const EXPIRY: &str = "dynamodb:DescribeTimeToLive";
pub(super) const TAGS: &str = "dynamodb:ListTagsOfResource";
pub(super) const LIST: &str = "dynamodb:ListTables";

type Read = Result<Option<Live<DynamodbTable>>, CloudError>;

/// Reads all targets at once.
pub(super) async fn read(cloud: &Aws, targets: &[Target<TableSpec>]) -> Vec<Read> {
    join_all(targets.iter().map(|target| read_one(cloud, target))).await
}

/// Four calls, none of which needs another's answer: a table's ARN follows from its name.
async fn read_one(cloud: &Aws, target: &Target<TableSpec>) -> Read {
    let clients = cloud.region(&target.scope.region).await;
    let client = clients.dynamodb();
    let (table, backups, expiry, tags) = join4(
        describe(cloud, client, &target.id),
        backups(cloud, client, &target.id),
        expiry(cloud, client, &target.id),
        tags(cloud, client, arn(&target.scope, &target.id)),
    )
    .await;
    // For a table that does not exist the other calls fail too, each in its own way.
    let Some(table) = table? else { return Ok(None) };
    if table.table_status() == Some(&TableStatus::Deleting) {
        return Ok(None);
    }
    let (backups, tags) = (backups?, tags?);
    let mut spec = spec(&table, &expiry?)?;
    spec.point_in_time_recovery = recovery_is_on(&backups);
    // A table that cannot be restored has no period: the file's stands.
    spec.recovery_period_in_days = match (spec.point_in_time_recovery, &target.desired) {
        (false, Some(desired)) => desired.recovery_period_in_days,
        _ => recovery_period(&backups).unwrap_or(spec.recovery_period_in_days),
    };
    spec.tags = ownership::comparable(tags.clone());
    Ok(Some(Live { id: target.id.clone(), spec, outputs: outputs(&table), tags }))
}

/// A table's ARN.
pub(super) fn arn(scope: &Scope, table_name: &str) -> String {
    scope.arn("dynamodb", &format!("table/{table_name}"))
}

/// The table; `None` if there is none.
pub(super) async fn describe(
    cloud: &Aws,
    client: &Client,
    table_name: &str,
) -> Result<Option<TableDescription>, CloudError> {
    match cloud.call(DESCRIBE, client.describe_table().table_name(table_name).send()).await {
        Ok(answer) => Ok(answer.table),
        Err(error) if error.class == ErrorClass::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// A table just created has no backups yet (`TableNotFoundException`), and so no recovery.
pub(super) async fn backups(
    cloud: &Aws,
    client: &Client,
    table_name: &str,
) -> Result<Option<ContinuousBackupsDescription>, CloudError> {
    match cloud.call(BACKUPS, client.describe_continuous_backups().table_name(table_name).send()).await {
        Ok(answer) => Ok(answer.continuous_backups_description),
        Err(error) if error.class == ErrorClass::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

pub(super) async fn expiry(
    cloud: &Aws,
    client: &Client,
    table_name: &str,
) -> Result<Option<TimeToLiveDescription>, CloudError> {
    let answer = cloud.call(EXPIRY, client.describe_time_to_live().table_name(table_name).send()).await?;
    Ok(answer.time_to_live_description)
}

/// All tags, page by page.
pub(super) async fn tags(cloud: &Aws, client: &Client, arn: String) -> Result<Tags, CloudError> {
    let mut found = Tags::new();
    let mut page = None;
    loop {
        let request = client.list_tags_of_resource().resource_arn(&arn).set_next_token(page);
        let answer = cloud.call(TAGS, request.send()).await?;
        found.extend(tags::from_sdk(answer.tags(), |tag| (tag.key(), tag.value())));
        page = answer.next_token;
        if page.is_none() {
            return Ok(found);
        }
    }
}

/// The name of the table that the tags say is this resource. There is no search by tag: every table is asked.
pub(super) async fn find(cloud: &Aws, scope: &Scope) -> Result<Option<String>, CloudError> {
    let clients = cloud.region(&scope.region).await;
    let client = clients.dynamodb();
    let mut names = Vec::new();
    let mut start = None;
    loop {
        let answer = cloud.call(LIST, client.list_tables().set_exclusive_start_table_name(start).send()).await?;
        names.extend(answer.table_names.unwrap_or_default());
        start = answer.last_evaluated_table_name;
        if start.is_none() {
            break;
        }
    }
    let tags = join_all(names.iter().map(|name| tags(cloud, client, arn(scope, name)))).await;
    for (name, tags) in names.into_iter().zip(tags) {
        match tags {
            Ok(tags) if ownership::is_ours(&tags, &scope.environment, &scope.address) => return Ok(Some(name)),
            // Deleted since it was listed, or none of our business.
            Ok(_) => {}
            Err(error) if matches!(error.class, ErrorClass::NotFound | ErrorClass::Denied) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

pub(super) fn outputs(table: &TableDescription) -> TableOutputs {
    let streams = table.stream_specification().is_some_and(|stream| stream.stream_enabled());
    TableOutputs {
        arn: table.table_arn().unwrap_or_default().to_owned(),
        // AWS goes on naming a stream that is off.
        stream_arn: table.latest_stream_arn().filter(|_| streams).unwrap_or_default().to_owned(),
        table_id: table.table_id().unwrap_or_default().to_owned(),
    }
}

/// The description in the file's form, without what other calls tell: recovery and tags.
fn spec(table: &TableDescription, expiry: &Option<TimeToLiveDescription>) -> Result<TableSpec, CloudError> {
    let [hash, range] = keys(table, table.key_schema())?;
    let billing_mode = billing_mode(table)?;
    let [read_capacity, write_capacity] = capacity(billing_mode, table.provisioned_throughput());
    let globals = table.global_secondary_indexes().iter();
    let globals = globals.filter(|index| index.index_status() != Some(&IndexStatus::Deleting));
    let locals = table.local_secondary_indexes().iter();
    Ok(TableSpec {
        table_name: table.table_name().unwrap_or_default().to_owned(),
        hash_key: hash.0,
        hash_key_type: hash.1,
        range_key: range.0,
        range_key_type: range.1,
        billing_mode,
        read_capacity,
        write_capacity,
        table_class: table_class(table)?,
        global_secondary_indexes: globals
            .map(|index| global_index(table, billing_mode, index))
            .collect::<Result<_, _>>()?,
        local_secondary_indexes: locals.map(|index| local_index(table, index)).collect::<Result<_, _>>()?,
        stream_view_type: view_type(table)?,
        time_to_live_attribute: expiring_by(expiry.as_ref()),
        kms_key: kms_key(table),
        point_in_time_recovery: false,
        recovery_period_in_days: RECOVERY_PERIOD_IN_DAYS,
        deletion_protection_enabled: table.deletion_protection_enabled().unwrap_or_default(),
        tags: Tags::new(),
    })
}

fn global_index(
    table: &TableDescription,
    billing_mode: BillingMode,
    index: &GlobalSecondaryIndexDescription,
) -> Result<GlobalSecondaryIndex, CloudError> {
    let [hash, range] = keys(table, index.key_schema())?;
    let (projection_type, non_key_attributes) = projection(index.projection())?;
    let [read_capacity, write_capacity] = capacity(billing_mode, index.provisioned_throughput());
    Ok(GlobalSecondaryIndex {
        index_name: index.index_name().unwrap_or_default().to_owned(),
        hash_key: hash.0,
        hash_key_type: hash.1,
        range_key: range.0,
        range_key_type: range.1,
        projection_type,
        non_key_attributes,
        read_capacity,
        write_capacity,
    })
}

fn local_index(
    table: &TableDescription,
    index: &LocalSecondaryIndexDescription,
) -> Result<LocalSecondaryIndex, CloudError> {
    let [_, (range_key, range_key_type)] = keys(table, index.key_schema())?;
    let (projection_type, non_key_attributes) = projection(index.projection())?;
    let index_name = index.index_name().unwrap_or_default().to_owned();
    Ok(LocalSecondaryIndex { index_name, range_key, range_key_type, projection_type, non_key_attributes })
}

/// Partition key and sort key, each with its type; empty if there is none.
fn keys(table: &TableDescription, schema: &[KeySchemaElement]) -> Result<[(String, KeyType); 2], CloudError> {
    let key = |role: KeyRole| {
        let Some(key) = schema.iter().find(|key| key.key_type() == &role) else { return Ok(Default::default()) };
        let name = key.attribute_name();
        let declared = table.attribute_definitions().iter().find(|attribute| attribute.attribute_name() == name);
        let kind = declared.map(|attribute| from_aws(DESCRIBE, attribute.attribute_type().as_str())).transpose()?;
        Ok((name.to_owned(), kind.unwrap_or_default()))
    };
    Ok([key(KeyRole::Hash)?, key(KeyRole::Range)?])
}

fn projection(projection: Option<&Projection>) -> Result<(ProjectionType, BTreeSet<String>), CloudError> {
    let Some(projection) = projection else { return Ok(Default::default()) };
    let kind = projection.projection_type().map(|kind| from_aws(DESCRIBE, kind.as_str())).transpose()?;
    Ok((kind.unwrap_or_default(), projection.non_key_attributes().iter().cloned().collect()))
}

/// A table that never was on demand has no summary.
pub(super) fn billing_mode(table: &TableDescription) -> Result<BillingMode, CloudError> {
    let mode = table.billing_mode_summary().and_then(|summary| summary.billing_mode());
    mode.map_or(Ok(BillingMode::Provisioned), |mode| from_aws(DESCRIBE, mode.as_str()))
}

/// Read and write capacity; AWS says 0 for a table on demand.
pub(super) fn capacity(
    billing_mode: BillingMode,
    throughput: Option<&ProvisionedThroughputDescription>,
) -> [Option<i64>; 2] {
    match throughput.filter(|_| billing_mode == BillingMode::Provisioned) {
        Some(throughput) => [throughput.read_capacity_units(), throughput.write_capacity_units()],
        None => [None, None],
    }
}

/// A table that never was of another class has no summary.
pub(super) fn table_class(table: &TableDescription) -> Result<TableClass, CloudError> {
    let class = table.table_class_summary().and_then(|summary| summary.table_class());
    class.map_or(Ok(TableClass::Standard), |class| from_aws(DESCRIBE, class.as_str()))
}

pub(super) fn view_type(table: &TableDescription) -> Result<StreamViewType, CloudError> {
    let stream = table.stream_specification().filter(|stream| stream.stream_enabled());
    let view = stream.and_then(|stream| stream.stream_view_type());
    view.map_or(Ok(StreamViewType::Disabled), |view| from_aws(DESCRIBE, view.as_str()))
}

/// AWS describes only encryption by a key of the account.
pub(super) fn kms_key(table: &TableDescription) -> String {
    let encryption = table
        .sse_description()
        .filter(|sse| !matches!(sse.status(), Some(SseStatus::Disabled | SseStatus::Disabling) | None));
    encryption.and_then(|sse| sse.kms_master_key_arn()).unwrap_or(AWS_OWNED_KEY).to_owned()
}

/// The attribute by which items expire; empty if they don't.
pub(super) fn expiring_by(expiry: Option<&TimeToLiveDescription>) -> String {
    let on = expiry.filter(|expiry| {
        matches!(expiry.time_to_live_status(), Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling))
    });
    on.and_then(|expiry| expiry.attribute_name()).unwrap_or_default().to_owned()
}

pub(super) fn recovery_is_on(backups: &Option<ContinuousBackupsDescription>) -> bool {
    let recovery = backups.as_ref().and_then(|backups| backups.point_in_time_recovery_description());
    recovery.and_then(|recovery| recovery.point_in_time_recovery_status()) == Some(&PointInTimeRecoveryStatus::Enabled)
}

pub(super) fn recovery_period(backups: &Option<ContinuousBackupsDescription>) -> Option<i32> {
    backups.as_ref()?.point_in_time_recovery_description()?.recovery_period_in_days()
}

#[cfg(test)]
mod tests;
