#![allow(clippy::unwrap_used)]

use aws_sdk_dynamodb::types::builders::TableDescriptionBuilder;
use aws_sdk_dynamodb::types::{
    GlobalSecondaryIndexDescription, SseDescription, SseType, StreamSpecification, StreamViewType as View,
};

use super::*;
use crate::dynamodb_table::run::passes;
use crate::dynamodb_table::spec::{GlobalSecondaryIndex, StreamViewType};

fn table(status: TableStatus) -> TableDescriptionBuilder {
    TableDescription::builder().table_name("orders").table_status(status)
}

fn encrypted(status: SseStatus) -> TableDescription {
    let encryption = SseDescription::builder().status(status).sse_type(SseType::Kms).kms_master_key_arn("arn:k");
    table(TableStatus::Active).sse_description(encryption.build()).build()
}

fn indexed(status: IndexStatus) -> TableDescription {
    let index = GlobalSecondaryIndexDescription::builder().index_name("by_kind").index_status(status).build();
    table(TableStatus::Active).global_secondary_indexes(index).build()
}

fn encrypt(kms_key: &str) -> TableChange {
    TableChange::Encryption { kms_key: kms_key.to_owned() }
}

fn create_index() -> TableChange {
    let index: GlobalSecondaryIndex =
        serde_json::from_value(serde_json::json!({ "index_name": "by_kind", "hash_key": "kind" })).unwrap();
    TableChange::CreateIndex { index: Box::new(index), attributes: Default::default() }
}

#[test]
fn encryption_is_done_when_it_is_enabled_and_not_before() {
    assert!(!is_done(&encrypted(SseStatus::Updating), &encrypt("arn:k")));
    assert!(is_done(&encrypted(SseStatus::Enabled), &encrypt("arn:k")));
    assert!(is_done(&encrypted(SseStatus::Enabled), &encrypt("arn:an-alias-of-k")));
    assert!(!is_done(&table(TableStatus::Active).build(), &encrypt("arn:k")), "not begun");
    assert!(!is_done(&encrypted(SseStatus::Enabled), &encrypt(AWS_OWNED_KEY)), "not begun");
    assert!(!is_done(&encrypted(SseStatus::Disabling), &encrypt(AWS_OWNED_KEY)));
    assert!(is_done(&table(TableStatus::Active).build(), &encrypt(AWS_OWNED_KEY)));
    assert!(!is_done(&table(TableStatus::Updating).build(), &encrypt(AWS_OWNED_KEY)));
    // Made again after a lost answer.
    assert!(holds(&encrypted(SseStatus::Updating), &encrypt("arn:k")));
    assert!(!holds(&encrypted(SseStatus::Enabled), &encrypt("arn:other")));
}

#[test]
fn an_index_is_waited_for_by_changes_of_indexes_only() {
    let delete = TableChange::DeleteIndex { index_name: "by_kind".to_owned() };
    let protect = TableChange::DeletionProtection { enabled: false };
    for (status, created, deleted) in [
        (IndexStatus::Creating, false, false),
        (IndexStatus::Active, true, false),
        (IndexStatus::Deleting, false, false),
    ] {
        let table = indexed(status.clone());
        assert_eq!(is_done(&table, &create_index()), created, "{status}");
        assert_eq!(is_done(&table, &delete), deleted, "{status}");
        assert!(is_done(&table, &protect), "{status}");
    }
    assert!(is_done(&table(TableStatus::Active).build(), &delete));
    // Made again after a lost answer: begun is enough.
    assert!(holds(&indexed(IndexStatus::Creating), &create_index()));
    assert!(holds(&indexed(IndexStatus::Deleting), &delete));
    assert!(!holds(&indexed(IndexStatus::Deleting), &create_index()));
}

#[test]
fn a_stream_is_done_when_it_is_of_that_view() {
    let stream = StreamSpecification::builder().stream_enabled(true).stream_view_type(View::KeysOnly).build().unwrap();
    let on = table(TableStatus::Active).stream_specification(stream).build();
    assert!(is_done(&on, &TableChange::Stream { view_type: StreamViewType::KeysOnly }));
    assert!(!is_done(&on, &TableChange::Stream { view_type: StreamViewType::NewImage }));
    assert!(!is_done(&on, &TableChange::Stream { view_type: StreamViewType::Disabled }));
}

#[test]
fn what_passes_by_itself_is_told_from_what_does_not() {
    let error = |code: &str, message: &str| CloudError {
        code: Some(code.to_owned()),
        ..CloudError::new("dynamodb:UpdateTable", ErrorClass::Refused, message)
    };
    let (soon, late) = (Duration::from_secs(1), Duration::from_secs(10 * 60));
    for (code, message, at_first, later) in [
        ("ResourceInUseException", "being updated", true, true),
        ("LimitExceededException", "only 1 online index can be created", true, false),
        ("ContinuousBackupsUnavailableException", "backups are being enabled", true, false),
        ("TableNotFoundException", "not found", true, false),
        ("ValidationException", "KMS key is not accessible", true, false),
        ("ValidationException", "no such attribute", false, false),
        ("AccessDeniedException", "no policy allows it", false, false),
        ("ResourceNotFoundException", "not found", false, false),
    ] {
        assert_eq!(passes(&error(code, message), soon), at_first, "{code}");
        assert_eq!(passes(&error(code, message), late), later, "{code}");
    }
}
