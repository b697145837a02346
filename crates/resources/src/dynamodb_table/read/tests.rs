#![allow(clippy::unwrap_used)]

use aws_sdk_dynamodb::types::builders::TableDescriptionBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingModeSummary, ScalarAttributeType, SseDescription, SseType, StreamSpecification,
    TableClassSummary,
};

use super::*;

/// A table as AWS describes one that was made with as little as possible.
fn plain() -> TableDescriptionBuilder {
    let key = KeySchemaElement::builder().attribute_name("id").key_type(KeyRole::Hash).build().unwrap();
    let attribute = AttributeDefinition::builder().attribute_name("id").attribute_type(ScalarAttributeType::N);
    let capacity = ProvisionedThroughputDescription::builder().read_capacity_units(5).write_capacity_units(6).build();
    TableDescription::builder()
        .table_name("orders")
        .table_arn("arn:t")
        .table_status(TableStatus::Active)
        .key_schema(key)
        .attribute_definitions(attribute.build().unwrap())
        .provisioned_throughput(capacity)
}

#[test]
fn what_aws_leaves_out_is_its_default() {
    let spec = spec(&plain().build(), &None).unwrap();
    assert_eq!((spec.hash_key.as_str(), spec.hash_key_type), ("id", KeyType::N));
    assert_eq!((spec.range_key.as_str(), spec.range_key_type), ("", KeyType::S));
    assert_eq!(spec.billing_mode, BillingMode::Provisioned);
    assert_eq!((spec.read_capacity, spec.write_capacity), (Some(5), Some(6)));
    assert_eq!((spec.table_class, spec.stream_view_type), (TableClass::Standard, StreamViewType::Disabled));
    assert_eq!((spec.kms_key.as_str(), spec.time_to_live_attribute.as_str()), (AWS_OWNED_KEY, ""));
}

#[test]
fn what_is_off_or_going_is_not_there() {
    let going =
        GlobalSecondaryIndexDescription::builder().index_name("by_kind").index_status(IndexStatus::Deleting).build();
    let encryption = SseDescription::builder().status(SseStatus::Disabled).sse_type(SseType::Kms);
    let table = plain()
        .billing_mode_summary(BillingModeSummary::builder().billing_mode("PAY_PER_REQUEST".into()).build())
        .global_secondary_indexes(going)
        .sse_description(encryption.kms_master_key_arn("arn:k").build())
        .stream_specification(StreamSpecification::builder().stream_enabled(false).build().unwrap())
        .latest_stream_arn("arn:t/stream/1")
        .build();
    let expiry = TimeToLiveDescription::builder()
        .time_to_live_status(TimeToLiveStatus::Disabling)
        .attribute_name("until")
        .build();
    let spec = spec(&table, &Some(expiry)).unwrap();
    assert_eq!((spec.read_capacity, spec.write_capacity), (None, None));
    assert_eq!(spec.global_secondary_indexes, []);
    assert_eq!((spec.kms_key.as_str(), spec.time_to_live_attribute.as_str()), (AWS_OWNED_KEY, ""));
    assert_eq!(outputs(&table).stream_arn, "");
}

#[test]
fn what_this_version_does_not_know_is_an_error() {
    let class = TableClassSummary::builder().table_class("GLACIAL".into()).build();
    let error = spec(&plain().table_class_summary(class).build(), &None).unwrap_err();
    insta::assert_snapshot!(error, @"dynamodb:DescribeTable failed: AWS answered `GLACIAL`, which this version does not know");
}
