//! From the file's form to the SDK's.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableFluentBuilder;
use aws_sdk_dynamodb::types::{
    self, AttributeDefinition, GlobalSecondaryIndex as Global, KeySchemaElement, KeyType as KeyRole,
    LocalSecondaryIndex as Local, Projection, ProvisionedThroughput, ScalarAttributeType, SseSpecification, SseType,
    StreamSpecification, Tag,
};
use aws_smithy_types::error::operation::BuildError;
use provision_reconciler::{CloudError, ErrorClass};

use super::call::Capacity;
use super::spec::{
    AWS_OWNED_KEY, BillingMode, GlobalSecondaryIndex, KeyType, ProjectionType, StreamViewType, TableClass, TableSpec,
};
use crate::tags::Tags;
use crate::values::to_aws;

/// What an SDK builder built; it refuses where a required member is missing.
pub(super) fn built<T>(action: &str, result: Result<T, BuildError>) -> Result<T, CloudError> {
    result.map_err(|error| CloudError::new(action, ErrorClass::Refused, error.to_string()))
}

/// `CreateTable` with everything that it takes.
pub(super) fn create(
    client: &Client,
    action: &str,
    table: &TableSpec,
    tags: &Tags,
) -> Result<CreateTableFluentBuilder, CloudError> {
    let mut request = client
        .create_table()
        .table_name(&table.table_name)
        .set_attribute_definitions(Some(attributes(action, &table.key_attributes(&table.global_secondary_indexes))?))
        .set_key_schema(Some(keys(action, &table.hash_key, &table.range_key)?))
        .billing_mode(billing_mode(table.billing_mode))
        .table_class(table_class(table.table_class))
        .deletion_protection_enabled(table.deletion_protection_enabled)
        .set_tags(Some(self::tags(action, tags)?));
    if let (BillingMode::Provisioned, Some(capacity)) =
        (table.billing_mode, Capacity::of(table.read_capacity, table.write_capacity))
    {
        request = request.provisioned_throughput(throughput(action, capacity)?);
    }
    // The key that AWS owns is asked for by asking for none.
    if table.kms_key != AWS_OWNED_KEY {
        request = request.sse_specification(encryption(&table.kms_key));
    }
    if table.stream_view_type != StreamViewType::Disabled {
        request = request.stream_specification(stream(action, table.stream_view_type)?);
    }
    for index in &table.global_secondary_indexes {
        let built_index = Global::builder()
            .index_name(&index.index_name)
            .set_key_schema(Some(keys(action, &index.hash_key, &index.range_key)?))
            .projection(projection(index.projection_type, &index.non_key_attributes))
            .set_provisioned_throughput(index_throughput(action, index)?)
            .build();
        request = request.global_secondary_indexes(built(action, built_index)?);
    }
    for index in &table.local_secondary_indexes {
        let built_index = Local::builder()
            .index_name(&index.index_name)
            .set_key_schema(Some(keys(action, &table.hash_key, &index.range_key)?))
            .projection(projection(index.projection_type, &index.non_key_attributes))
            .build();
        request = request.local_secondary_indexes(built(action, built_index)?);
    }
    Ok(request)
}

pub(super) fn attributes(
    action: &str,
    attributes: &BTreeMap<String, KeyType>,
) -> Result<Vec<AttributeDefinition>, CloudError> {
    let attributes = attributes.iter().map(|(name, kind)| {
        let kind = ScalarAttributeType::from(to_aws(kind).as_str());
        built(action, AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build())
    });
    attributes.collect()
}

pub(super) fn keys(action: &str, hash_key: &str, range_key: &str) -> Result<Vec<KeySchemaElement>, CloudError> {
    let keys =
        [(hash_key, KeyRole::Hash), (range_key, KeyRole::Range)].into_iter().filter(|(name, _)| !name.is_empty());
    keys.map(|(name, role)| built(action, KeySchemaElement::builder().attribute_name(name).key_type(role).build()))
        .collect()
}

pub(super) fn projection(kind: ProjectionType, non_key_attributes: &BTreeSet<String>) -> Projection {
    let kind = types::ProjectionType::from(to_aws(&kind).as_str());
    // AWS refuses an empty list.
    let attributes = (!non_key_attributes.is_empty()).then(|| non_key_attributes.iter().cloned().collect());
    Projection::builder().projection_type(kind).set_non_key_attributes(attributes).build()
}

pub(super) fn throughput(action: &str, capacity: Capacity) -> Result<ProvisionedThroughput, CloudError> {
    let Capacity { read, write } = capacity;
    built(action, ProvisionedThroughput::builder().read_capacity_units(read).write_capacity_units(write).build())
}

/// An index has a capacity exactly if its table has.
pub(super) fn index_throughput(
    action: &str,
    index: &GlobalSecondaryIndex,
) -> Result<Option<ProvisionedThroughput>, CloudError> {
    let capacity = Capacity::of(index.read_capacity, index.write_capacity);
    capacity.map(|capacity| throughput(action, capacity)).transpose()
}

pub(super) fn billing_mode(mode: BillingMode) -> types::BillingMode {
    to_aws(&mode).as_str().into()
}

pub(super) fn table_class(class: TableClass) -> types::TableClass {
    to_aws(&class).as_str().into()
}

pub(super) fn encryption(kms_key: &str) -> SseSpecification {
    match kms_key {
        AWS_OWNED_KEY => SseSpecification::builder().enabled(false).build(),
        key => SseSpecification::builder().enabled(true).sse_type(SseType::Kms).kms_master_key_id(key).build(),
    }
}

pub(super) fn stream(action: &str, view_type: StreamViewType) -> Result<StreamSpecification, CloudError> {
    let view = match view_type {
        StreamViewType::Disabled => None,
        view_type => Some(types::StreamViewType::from(to_aws(&view_type).as_str())),
    };
    let stream = StreamSpecification::builder().stream_enabled(view.is_some()).set_stream_view_type(view).build();
    built(action, stream)
}

pub(super) fn tags(action: &str, tags: &Tags) -> Result<Vec<Tag>, CloudError> {
    tags.iter().map(|(key, value)| built(action, Tag::builder().key(key).value(value).build())).collect()
}
