//! What the file says of a stream.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tags::Tags;

/// [`StreamSpec::kms_key`] for no encryption: AWS's name for the encryption type.
pub const NONE: &str = "NONE";
/// The key that AWS manages for Kinesis in each account, free of charge.
pub const AWS_MANAGED_KEY: &str = "alias/aws/kinesis";
/// The retention period that AWS gives a new stream.
pub(super) const SHORTEST_RETENTION: i32 = 24;
/// A week: time to find and mend a broken consumer before data is lost.
const RETENTION_PERIOD_HOURS: i32 = 168;

/// A Kinesis data stream.
///
/// Unset fields make it safe: encrypted, with a week to read a record.
///
/// ```toml
/// [kinesis_stream.events]
/// name = "acme-${environment.name}-events"
/// shard_count = 2
/// kms_key = "${kms_key.kinesis.arn}"
/// ```
///
/// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateStream.html>
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StreamSpec {
    /// The name, unique in its account and region: up to 128 letters, digits, `_`, `-`, `.`.
    #[schemars(extend("immutable" = true, "pattern" = "^[a-zA-Z0-9_.-]{1,128}$"))]
    pub name: String,
    /// Who decides on the number of shards: you (`PROVISIONED`) or AWS (`ON_DEMAND`). AWS allows two changes in 24 hours.
    #[serde(default)]
    pub stream_mode: StreamMode,
    /// The number of open shards of a `PROVISIONED` stream; not looked at with `ON_DEMAND`. AWS at most doubles or halves it at a
    /// time, ten times in 24 hours, so a greater change is made in several steps.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 10000))]
    pub shard_count: i32,
    /// How many hours a record can be read: one day to one year. More than 24 are charged.
    #[serde(default = "retention_period_hours")]
    #[schemars(range(min = 24, max = 8760))]
    #[schemars(extend("severity" = "high"))]
    pub retention_period_hours: i32,
    /// The KMS key that encrypts the records: a key's ARN, `alias/aws/kinesis` for the key that AWS manages, or `NONE`.
    /// AWS tells the key as it was given, so give the ARN rather than an id or an alias of your own.
    #[serde(default = "aws_managed_key")]
    #[schemars(extend("pattern" = "^(NONE|alias/aws/kinesis|arn:[^:]+:kms:[^:]+:[0-9]{12}:key/.+)$"))]
    #[schemars(extend("severity" = "high"))]
    pub kms_key: String,
    /// The metrics that are kept for each shard, besides those of the stream. Charged.
    #[serde(default)]
    #[schemars(extend("set" = true))]
    pub shard_level_metrics: BTreeSet<Metric>,
    /// Tags, besides the environment's.
    #[serde(default)]
    #[schemars(extend("severity" = "low"))]
    pub tags: Tags,
}

/// Who decides on the number of shards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StreamMode {
    /// You; charged by the shard.
    #[default]
    Provisioned,
    /// AWS; charged by the use.
    OnDemand,
}

/// A metric of a shard.
/// <https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html#kinesis-metrics-shard>
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum Metric {
    /// Bytes put.
    IncomingBytes,
    /// Records put.
    IncomingRecords,
    /// The age of the last record that consumers have read.
    IteratorAgeMilliseconds,
    /// Bytes read.
    OutgoingBytes,
    /// Records read.
    OutgoingRecords,
    /// Reads refused because of the shard's limit.
    ReadProvisionedThroughputExceeded,
    /// Writes refused because of the shard's limit.
    WriteProvisionedThroughputExceeded,
}

fn one() -> i32 {
    1
}

fn retention_period_hours() -> i32 {
    RETENTION_PERIOD_HOURS
}

fn aws_managed_key() -> String {
    AWS_MANAGED_KEY.to_owned()
}

impl Metric {
    /// All of them.
    pub(super) const ALL: [Self; 7] = [
        Self::IncomingBytes,
        Self::IncomingRecords,
        Self::IteratorAgeMilliseconds,
        Self::OutgoingBytes,
        Self::OutgoingRecords,
        Self::ReadProvisionedThroughputExceeded,
        Self::WriteProvisionedThroughputExceeded,
    ];
}
