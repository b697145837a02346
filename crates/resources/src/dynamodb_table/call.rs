//! The mutating calls on a table, as data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::spec::{BillingMode, GlobalSecondaryIndex, KeyType, StreamViewType, TableClass, TableSpec};
use crate::tags::Tags;

/// One call with all that it needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Call {
    /// Makes the table with everything that `CreateTable` takes; recovery and expiry have calls of their own.
    CreateTable {
        /// The table.
        table: Box<TableSpec>,
    },
    /// Changes one thing: AWS takes most of them only alone.
    UpdateTable {
        /// Which table.
        table_name: String,
        /// What to change.
        change: TableChange,
    },
    /// Sets point-in-time recovery.
    UpdateContinuousBackups {
        /// Of which table.
        table_name: String,
        /// How many days back; `None` turns it off.
        recovery_period_in_days: Option<i32>,
    },
    /// Turns the expiry of items on or off.
    UpdateTimeToLive {
        /// Of which table.
        table_name: String,
        /// By which attribute.
        attribute: String,
        /// On or off.
        enabled: bool,
    },
    /// Adds or changes tags.
    TagResource {
        /// Of which table.
        table_name: String,
        /// The tags to set.
        tags: Tags,
    },
    /// Removes tags.
    UntagResource {
        /// Of which table.
        table_name: String,
        /// Their keys.
        keys: Vec<String>,
    },
    /// Deletes the table with everything in it.
    DeleteTable {
        /// Which table.
        table_name: String,
    },
}

/// What one `UpdateTable` changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum TableChange {
    /// Whether AWS refuses to delete the table.
    DeletionProtection {
        /// On or off.
        enabled: bool,
    },
    /// Which key encrypts the table.
    Encryption {
        /// As in [`TableSpec::kms_key`].
        kms_key: String,
    },
    /// The storage class.
    Class {
        /// The new one.
        table_class: TableClass,
    },
    /// The stream. A stream that is on can only be turned off.
    Stream {
        /// The new one.
        view_type: StreamViewType,
    },
    /// The billing mode, with the capacities that `PROVISIONED` needs.
    Billing {
        /// The new one.
        billing_mode: BillingMode,
        /// The table's, with `PROVISIONED`.
        capacity: Option<Capacity>,
        /// Those of the table's global indexes, with `PROVISIONED`.
        indexes: BTreeMap<String, Capacity>,
    },
    /// The table's capacity.
    Capacity {
        /// The new one.
        capacity: Capacity,
    },
    /// An index's capacity.
    IndexCapacity {
        /// Which index.
        index_name: String,
        /// The new one.
        capacity: Capacity,
    },
    /// Builds a global index.
    CreateIndex {
        /// The index.
        index: Box<GlobalSecondaryIndex>,
        /// All key attributes that the table has then.
        attributes: BTreeMap<String, KeyType>,
    },
    /// Deletes a global index.
    DeleteIndex {
        /// Which one.
        index_name: String,
    },
}

/// Capacity units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capacity {
    /// Of strongly consistent reads of 4 KB a second.
    pub read: i64,
    /// Of writes of 1 KB a second.
    pub write: i64,
}

impl Capacity {
    /// If both are given.
    pub(super) fn of(read: Option<i64>, write: Option<i64>) -> Option<Self> {
        Some(Self { read: read?, write: write? })
    }
}

impl Call {
    /// The table that the call is about.
    pub(super) fn table_name(&self) -> &str {
        match self {
            Self::CreateTable { table } => &table.table_name,
            Self::UpdateTable { table_name, .. }
            | Self::UpdateContinuousBackups { table_name, .. }
            | Self::UpdateTimeToLive { table_name, .. }
            | Self::TagResource { table_name, .. }
            | Self::UntagResource { table_name, .. }
            | Self::DeleteTable { table_name } => table_name,
        }
    }

    /// The IAM action of the call.
    pub(super) fn action(&self) -> &'static str {
        match self {
            Self::CreateTable { .. } => "dynamodb:CreateTable",
            Self::UpdateTable { .. } => "dynamodb:UpdateTable",
            Self::UpdateContinuousBackups { .. } => "dynamodb:UpdateContinuousBackups",
            Self::UpdateTimeToLive { .. } => "dynamodb:UpdateTimeToLive",
            Self::TagResource { .. } => "dynamodb:TagResource",
            Self::UntagResource { .. } => "dynamodb:UntagResource",
            Self::DeleteTable { .. } => "dynamodb:DeleteTable",
        }
    }
}
