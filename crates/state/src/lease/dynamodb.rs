//! Locks in DynamoDB.
//!
//! The whole item is put each time, on condition of what was seen:
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ConditionExpressions.html>.

use std::collections::HashMap;
use std::fmt::Display;
use std::str::FromStr;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::AttributeValue;

use super::LockItem;
use super::table::{Condition, LockTable, TableError};
use crate::failure::from_sdk;

/// The table's hash key, a string.
pub const HASH_KEY: &str = "LockID";

/// A DynamoDB table of locks, with the hash key `LockID`.
#[derive(Clone, Debug)]
pub struct DynamoDbTable {
    client: Client,
    name: String,
}

impl DynamoDbTable {
    /// This table, with a client for its region. Nothing is called.
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        Self { client, name: name.into() }
    }
}

#[async_trait]
impl LockTable for DynamoDbTable {
    fn name(&self) -> &str {
        &self.name
    }

    async fn get(&self, id: &str) -> Result<Option<LockItem>, TableError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.name)
            .key(HASH_KEY, AttributeValue::S(id.to_owned()))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| match error.code() {
                Some("ResourceNotFoundException") => TableError::NoTable,
                _ => TableError::Call(from_sdk("dynamodb:GetItem", &error)),
            })?;
        answer.item.as_ref().map(parse).transpose().map_err(TableError::Foreign)
    }

    async fn put(&self, item: &LockItem, condition: Condition) -> Result<(), TableError> {
        let request = self.client.put_item().table_name(&self.name).set_item(Some(attributes(item)));
        let request = match condition {
            Condition::Absent => request.condition_expression(format!("attribute_not_exists({HASH_KEY})")),
            Condition::Version(version) => request
                .condition_expression("record_version = :seen")
                .expression_attribute_values(":seen", AttributeValue::S(version.to_string())),
        };
        request.send().await.map(drop).map_err(|error| {
            let failure = from_sdk("dynamodb:PutItem", &error);
            match error.code() {
                Some("ResourceNotFoundException") => TableError::NoTable,
                Some("ConditionalCheckFailedException") => TableError::Condition(failure),
                _ => TableError::Call(failure),
            }
        })
    }
}

fn attributes(item: &LockItem) -> HashMap<String, AttributeValue> {
    // Every attribute by name, so that one that is added cannot be forgotten here.
    let LockItem { id, owner, operation, command, fencing, lease_ms, record_version, acquired_at, held } = item;
    let text = |value: &dyn Display| AttributeValue::S(value.to_string());
    let number = |value: &u64| AttributeValue::N(value.to_string());
    [
        (HASH_KEY, text(id)),
        ("owner", text(owner)),
        ("operation", text(operation)),
        ("command", text(command)),
        ("fencing", number(fencing)),
        ("lease_ms", number(lease_ms)),
        ("record_version", text(record_version)),
        ("acquired_at", text(acquired_at)),
        ("held", AttributeValue::Bool(*held)),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

/// The lock in these attributes, or what is wrong with them. Attributes that we do not know do not matter.
fn parse(attributes: &HashMap<String, AttributeValue>) -> Result<LockItem, String> {
    Ok(LockItem {
        id: text(attributes, HASH_KEY)?,
        owner: text(attributes, "owner")?,
        operation: text(attributes, "operation")?,
        command: text(attributes, "command")?,
        fencing: number(attributes, "fencing")?,
        lease_ms: number(attributes, "lease_ms")?,
        record_version: text(attributes, "record_version")?,
        acquired_at: text(attributes, "acquired_at")?,
        held: *attributes.get("held").and_then(|value| value.as_bool().ok()).ok_or("it has no `held`")?,
    })
}

fn text<T: FromStr>(attributes: &HashMap<String, AttributeValue>, name: &str) -> Result<T, String> {
    let value =
        attributes.get(name).and_then(|value| value.as_s().ok()).ok_or_else(|| format!("it has no `{name}`"))?;
    value.parse().map_err(|_| format!("its `{name}` is `{value}`"))
}

fn number(attributes: &HashMap<String, AttributeValue>, name: &str) -> Result<u64, String> {
    let value =
        attributes.get(name).and_then(|value| value.as_n().ok()).ok_or_else(|| format!("it has no `{name}`"))?;
    value.parse().map_err(|_| format!("its `{name}` is `{value}`"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::AcquireOptions;
    use super::*;

    #[test]
    fn an_item_is_read_as_it_was_written() {
        let item = LockItem::acquired("dev", &AcquireOptions::new("ann@laptop pid 1", "op", "apply"), None);
        let mut attributes = attributes(&item);
        assert_eq!(parse(&attributes), Ok(item.clone()));
        attributes.insert("of_a_later_version".to_owned(), AttributeValue::Null(true));
        assert_eq!(parse(&attributes), Ok(item));
    }

    #[test]
    fn what_is_no_lock_of_ours_is_refused() {
        let terraform = HashMap::from([
            (HASH_KEY.to_owned(), AttributeValue::S("bucket/terraform.tfstate-md5".to_owned())),
            ("Digest".to_owned(), AttributeValue::S("0cc175b9c0f1b6a831c399e269772661".to_owned())),
        ]);
        assert_eq!(parse(&terraform), Err("it has no `owner`".to_owned()));
        let mut damaged = attributes(&LockItem::acquired("dev", &AcquireOptions::new("o", "op", "apply"), None));
        damaged.insert("record_version".to_owned(), AttributeValue::S("7".to_owned()));
        assert_eq!(parse(&damaged), Err("its `record_version` is `7`".to_owned()));
    }
}
