//! Testing a table: an item is put, read back and deleted.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, SseStatus};
use provision_reconciler::CloudError;
use provision_reconciler::verify::{Check, Verification};
use uuid::Uuid;

use super::read;
use super::spec::{AWS_OWNED_KEY, KeyType, TableSpec};
use crate::Aws;

const ROUND_TRIP: &str = "put and get an item";
const ENCRYPTION: &str = "encrypted with its key";
const CLEAN_UP: &str = "delete the item";

/// The attribute that tells the item from everybody else's.
const MARK: &str = "provision_verify";

/// Tests a table. If it has a stream, its readers see the item come and go.
pub(super) async fn verify(aws: &Aws, verification: &Verification<TableSpec>) -> Vec<Check> {
    let clients = aws.region(&verification.scope.region).await;
    let id = Uuid::new_v4();
    let test = Test { aws, client: clients.dynamodb(), verification, id };
    let mut checks = vec![test.round_trip().await];
    // Whatever became of it: a put whose answer was lost has made an item too.
    match test.clean_up().await {
        Ok(()) => {}
        // There is none of ours, or no table, which the test has said.
        Err(error)
            if matches!(
                error.code.as_deref(),
                Some("ConditionalCheckFailedException" | "ResourceNotFoundException")
            ) => {}
        Err(error) => {
            let hint = format!("delete the item with the key {} by hand", test.text());
            checks.push(Check::failed_call(CLEAN_UP, &verification.scope, &error).hint(hint));
        }
    }
    checks.push(test.encryption().await);
    checks
}

struct Test<'a> {
    aws: &'a Aws,
    client: &'a Client,
    verification: &'a Verification<TableSpec>,
    id: Uuid,
}

impl Test<'_> {
    fn text(&self) -> String {
        format!("provision-verify-{}", self.id)
    }

    fn value(&self, kind: KeyType) -> AttributeValue {
        match kind {
            KeyType::S => AttributeValue::S(self.text()),
            // Half of the id: DynamoDB's numbers have 38 digits.
            KeyType::N => AttributeValue::N(self.id.as_u64_pair().0.to_string()),
            KeyType::B => AttributeValue::B(Blob::new(self.text())),
        }
    }

    fn key(&self) -> HashMap<String, AttributeValue> {
        let spec = &self.verification.spec;
        let mut key = HashMap::from([(spec.hash_key.clone(), self.value(spec.hash_key_type))]);
        if !spec.range_key.is_empty() {
            key.insert(spec.range_key.clone(), self.value(spec.range_key_type));
        }
        key
    }

    /// The value of [`MARK`], which may be a key.
    fn mark(&self) -> AttributeValue {
        self.key().remove(MARK).unwrap_or_else(|| AttributeValue::S(self.id.to_string()))
    }

    async fn round_trip(&self) -> Check {
        let scope = &self.verification.scope;
        match self.put_and_get().await {
            Ok(true) => Check::passed(ROUND_TRIP, "a consistent read gave it back as it was put"),
            Ok(false) => Check::failed(ROUND_TRIP, scope, "a consistent read did not give back what was put"),
            Err(error) => Check::failed_call(ROUND_TRIP, scope, &error),
        }
    }

    /// Whether what was put came back.
    async fn put_and_get(&self) -> Result<bool, CloudError> {
        let table = &self.verification.id;
        let mut item = self.key();
        item.insert(MARK.to_owned(), self.mark());
        let put = self
            .client
            .put_item()
            .table_name(table)
            .set_item(Some(item.clone()))
            // Nothing of anybody else's is overwritten, even if the keys should collide. Our own is, by the SDK's second
            // attempt after an answer was lost.
            .condition_expression("attribute_not_exists(#hash) OR #mark = :mark")
            .expression_attribute_names("#hash", &self.verification.spec.hash_key)
            .expression_attribute_names("#mark", MARK)
            .expression_attribute_values(":mark", self.mark());
        self.aws.call("dynamodb:PutItem", put.send()).await?;
        let get = self.client.get_item().table_name(table).set_key(Some(self.key())).consistent_read(true);
        let answer = self.aws.call("dynamodb:GetItem", get.send()).await?;
        Ok(answer.item() == Some(&item))
    }

    /// Deletes the item, but none that is somebody else's.
    async fn clean_up(&self) -> Result<(), CloudError> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.verification.id)
            .set_key(Some(self.key()))
            .condition_expression("#mark = :mark")
            .expression_attribute_names("#mark", MARK)
            .expression_attribute_values(":mark", self.mark());
        self.aws.call("dynamodb:DeleteItem", delete.send()).await.map(drop)
    }

    async fn encryption(&self) -> Check {
        let scope = &self.verification.scope;
        let expected = &self.verification.spec.kms_key;
        let table = match read::describe(self.aws, self.client, &self.verification.id).await {
            Ok(Some(table)) => table,
            Ok(None) => return Check::skipped(ENCRYPTION, "there is no table"),
            Err(error) => return Check::failed_call(ENCRYPTION, scope, &error),
        };
        let encryption = table.sse_description();
        let status = encryption.and_then(|encryption| encryption.status());
        let key = encryption.and_then(|encryption| encryption.kms_master_key_arn()).unwrap_or(AWS_OWNED_KEY);
        match status {
            _ if key != expected => {
                Check::failed(ENCRYPTION, scope, format!("it is encrypted with {key} instead of {expected}"))
            }
            None if expected == AWS_OWNED_KEY => Check::passed(ENCRYPTION, "with a key that DynamoDB owns"),
            Some(SseStatus::Enabled | SseStatus::Updating) => Check::passed(ENCRYPTION, key),
            other => {
                let status = other.map_or("off", SseStatus::as_str);
                Check::failed(ENCRYPTION, scope, format!("encryption with {key} is {status}"))
            }
        }
    }
}
