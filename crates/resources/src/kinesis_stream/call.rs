//! The mutating calls on a stream, as data.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::spec::{Metric, StreamMode};
use crate::tags::Tags;

/// One call with all that it needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// Which stream.
    pub name: String,
    /// What to do with it.
    pub operation: Operation,
}

/// What a call does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Operation {
    /// Makes the stream; encryption, retention and metrics have calls of their own.
    CreateStream {
        /// Who decides on the number of shards.
        stream_mode: StreamMode,
        /// How many, if it is not AWS.
        shard_count: i32,
        /// Its tags, without the operation's.
        tags: Tags,
    },
    /// Changes who decides on the number of shards.
    UpdateStreamMode {
        /// The new mode.
        stream_mode: StreamMode,
    },
    /// Changes the number of shards; at most doubles or halves it.
    UpdateShardCount {
        /// The new number.
        shard_count: i32,
    },
    /// Makes records readable for longer.
    IncreaseStreamRetentionPeriod {
        /// How long.
        hours: i32,
    },
    /// Makes records readable for less long: older ones are gone.
    DecreaseStreamRetentionPeriod {
        /// How long.
        hours: i32,
    },
    /// Encrypts records put from now on with a key, or with another one.
    StartStreamEncryption {
        /// The key.
        kms_key: String,
    },
    /// Ends the encryption of records put from now on.
    StopStreamEncryption {
        /// The key that was used.
        kms_key: String,
    },
    /// Turns metrics of the shards on.
    EnableEnhancedMonitoring {
        /// Which.
        metrics: BTreeSet<Metric>,
    },
    /// Turns metrics of the shards off.
    DisableEnhancedMonitoring {
        /// Which.
        metrics: BTreeSet<Metric>,
    },
    /// Adds or changes tags.
    AddTagsToStream {
        /// The tags to set.
        tags: Tags,
    },
    /// Removes tags.
    RemoveTagsFromStream {
        /// Their keys.
        keys: Vec<String>,
    },
    /// Deletes the stream with all its records, and the registrations of its consumers.
    DeleteStream,
}

impl Operation {
    /// The IAM action.
    pub(super) fn action(&self) -> &'static str {
        match self {
            Self::CreateStream { .. } => "kinesis:CreateStream",
            Self::UpdateStreamMode { .. } => "kinesis:UpdateStreamMode",
            Self::UpdateShardCount { .. } => "kinesis:UpdateShardCount",
            Self::IncreaseStreamRetentionPeriod { .. } => "kinesis:IncreaseStreamRetentionPeriod",
            Self::DecreaseStreamRetentionPeriod { .. } => "kinesis:DecreaseStreamRetentionPeriod",
            Self::StartStreamEncryption { .. } => "kinesis:StartStreamEncryption",
            Self::StopStreamEncryption { .. } => "kinesis:StopStreamEncryption",
            Self::EnableEnhancedMonitoring { .. } => "kinesis:EnableEnhancedMonitoring",
            Self::DisableEnhancedMonitoring { .. } => "kinesis:DisableEnhancedMonitoring",
            Self::AddTagsToStream { .. } => "kinesis:AddTagsToStream",
            Self::RemoveTagsFromStream { .. } => "kinesis:RemoveTagsFromStream",
            Self::DeleteStream => "kinesis:DeleteStream",
        }
    }
}
