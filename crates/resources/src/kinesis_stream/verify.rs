//! Testing a stream: a record is put and read back.
//!
//! A record cannot be deleted, so this one stays until its retention period ends. Readers know it by its partition key,
//! `provision-verify`, and by its data, `{"provision_verify": "UUID"}`; the pipeline's function passes over it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::operation::put_record::PutRecordOutput;
use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::{EncryptionType, ShardIteratorType};
use provision_reconciler::verify::{Check, Verification};
use provision_reconciler::{CloudError, Notes};
use serde_json::json;
use uuid::Uuid;

use super::spec::{NONE, StreamSpec};
use crate::Aws;
use crate::aws::{Poll, wait_until};

const ROUND_TRIP: &str = "put and get a record";
const ENCRYPTION: &str = "encrypted with its key";

/// The partition key of the record.
const PARTITION_KEY: &str = "provision-verify";
/// How long a record may take to be read.
const DEADLINE: Duration = Duration::from_secs(30);

/// Tests a stream.
pub(super) async fn verify(aws: &Aws, verification: &Verification<StreamSpec>) -> Vec<Check> {
    let clients = aws.region(&verification.scope.region).await;
    let test = Test { aws, client: clients.kinesis(), verification };
    let data = json!({ "provision_verify": Uuid::new_v4().to_string() }).to_string();
    match test.put(&data).await {
        Ok(put) => vec![test.round_trip(&put, data.as_bytes()).await, test.encryption(&put).await],
        Err(error) => vec![
            Check::failed_call(ROUND_TRIP, &verification.scope, &error),
            Check::skipped(ENCRYPTION, "there is no record to test it with"),
        ],
    }
}

struct Test<'a> {
    aws: &'a Aws,
    client: &'a Client,
    verification: &'a Verification<StreamSpec>,
}

impl Test<'_> {
    async fn put(&self, data: &str) -> Result<PutRecordOutput, CloudError> {
        let name = &self.verification.id;
        let request = self.client.put_record().stream_name(name).partition_key(PARTITION_KEY).data(Blob::new(data));
        self.aws.call("kinesis:PutRecord", request.send()).await
    }

    async fn round_trip(&self, put: &PutRecordOutput, data: &[u8]) -> Check {
        let scope = &self.verification.scope;
        match self.get(put).await {
            Ok(found) if found == data => {
                let shard = put.shard_id();
                Check::passed(ROUND_TRIP, format!("through {shard}; consumers pass over it, and it expires by itself"))
            }
            Ok(_) => Check::failed(ROUND_TRIP, scope, "what came back is not what was put"),
            Err(error) => Check::failed_call(ROUND_TRIP, scope, &error),
        }
    }

    /// The data of the record that was put.
    async fn get(&self, put: &PutRecordOutput) -> Result<Vec<u8>, CloudError> {
        let request = self
            .client
            .get_shard_iterator()
            .stream_name(&self.verification.id)
            .shard_id(put.shard_id())
            .shard_iterator_type(ShardIteratorType::AtSequenceNumber)
            .starting_sequence_number(put.sequence_number());
        let answer = self.aws.call("kinesis:GetShardIterator", request.send()).await?;
        let iterator = Mutex::new(answer.shard_iterator);
        // An answer may be empty although there are records further on.
        wait_until("kinesis:GetRecords", "the record to be read", DEADLINE, &Notes::default(), || async {
            let at = iterator.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let request = self.client.get_records().set_shard_iterator(at).limit(10);
            let answer = self.aws.call("kinesis:GetRecords", request.send()).await?;
            let record = answer.records.iter().find(|record| record.sequence_number() == put.sequence_number());
            if let Some(record) = record {
                return Ok(Poll::Ready(record.data().as_ref().to_vec()));
            }
            *iterator.lock().unwrap_or_else(PoisonError::into_inner) = answer.next_shard_iterator;
            Ok(Poll::Pending("not to be seen".to_owned()))
        })
        .await
    }

    async fn encryption(&self, put: &PutRecordOutput) -> Check {
        let scope = &self.verification.scope;
        let expected = &self.verification.spec.kms_key;
        if expected == NONE {
            return Check::skipped(ENCRYPTION, "`kms_key` is NONE");
        }
        let encryption = put.encryption_type().map_or(NONE, EncryptionType::as_str);
        if encryption != EncryptionType::Kms.as_str() {
            return Check::failed(
                ENCRYPTION,
                scope,
                format!("the record is encrypted with {encryption} instead of KMS"),
            );
        }
        // The answer to a record tells that a key was used, the stream's description tells which.
        let request = self.client.describe_stream_summary().stream_name(&self.verification.id);
        match self.aws.call("kinesis:DescribeStreamSummary", request.send()).await {
            Ok(answer) => {
                let key = answer.stream_description_summary.and_then(|stream| stream.key_id).unwrap_or_default();
                if key == *expected {
                    Check::passed(ENCRYPTION, format!("KMS, {key}"))
                } else {
                    Check::failed(ENCRYPTION, scope, format!("it is encrypted with {key} instead of {expected}"))
                }
            }
            Err(error) => Check::failed_call(ENCRYPTION, scope, &error),
        }
    }
}
