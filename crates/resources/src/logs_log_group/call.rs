//! The mutating calls on a log group, as data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::spec::LogGroupClass;

/// One call with all that it needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// Which log group.
    pub log_group_name: String,
    /// What to do with it.
    pub operation: Operation,
}

/// What a call does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Operation {
    /// Makes the log group; how long it keeps log events has a call of its own.
    CreateLogGroup {
        /// The key that encrypts it; empty for none of the account's.
        kms_key: String,
        /// Its class.
        log_group_class: LogGroupClass,
        /// Whether AWS refuses to delete it.
        deletion_protection_enabled: bool,
        /// Its tags, without the operation's.
        tags: BTreeMap<String, String>,
    },
    /// Keeps log events so long.
    PutRetentionPolicy {
        /// The days.
        retention_in_days: i32,
    },
    /// Keeps log events for ever.
    DeleteRetentionPolicy,
    /// Encrypts log events that come from now on with a key.
    AssociateKmsKey {
        /// The key.
        kms_key: String,
    },
    /// Encrypts log events that come from now on with no key of the account's.
    DisassociateKmsKey,
    /// Has AWS refuse to delete the log group, or no longer refuse it.
    PutLogGroupDeletionProtection {
        /// Whether it refuses.
        enabled: bool,
    },
    /// Adds or changes tags.
    TagResource {
        /// The tags to set.
        tags: BTreeMap<String, String>,
    },
    /// Removes tags.
    UntagResource {
        /// Their keys.
        keys: Vec<String>,
    },
    /// Deletes the log group with all its log events.
    DeleteLogGroup,
}

impl Operation {
    /// The IAM action.
    pub(super) fn action(&self) -> &'static str {
        match self {
            Self::CreateLogGroup { .. } => "logs:CreateLogGroup",
            Self::PutRetentionPolicy { .. } => "logs:PutRetentionPolicy",
            Self::DeleteRetentionPolicy => "logs:DeleteRetentionPolicy",
            Self::AssociateKmsKey { .. } => "logs:AssociateKmsKey",
            Self::DisassociateKmsKey => "logs:DisassociateKmsKey",
            Self::PutLogGroupDeletionProtection { .. } => "logs:PutLogGroupDeletionProtection",
            Self::TagResource { .. } => "logs:TagResource",
            Self::UntagResource { .. } => "logs:UntagResource",
            Self::DeleteLogGroup => "logs:DeleteLogGroup",
        }
    }
}
