//! The calls that change a key.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::key_spec::{KeySpec, KeyUsage};
use crate::document::Document;

/// One mutating call on a key, with everything that it needs besides the key's id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// `CreateKey`.
    CreateKey {
        /// What it is for.
        description: String,
        /// What it may be used for.
        key_usage: KeyUsage,
        /// What sort of key it is.
        key_spec: KeySpec,
        /// Whether it can be replicated.
        multi_region: bool,
        /// Who may use and manage it; AWS's default if unset.
        policy: Option<Document>,
        /// The spec's tags.
        tags: BTreeMap<String, String>,
    },
    /// `ReplicateKey`, in the region of the key that is replicated.
    ReplicateKey {
        /// The ARN of the multi-region key.
        primary_key_arn: String,
        /// What the replica is for.
        description: String,
        /// Who may use and manage the replica; AWS's default if unset.
        policy: Option<Document>,
        /// The spec's tags.
        tags: BTreeMap<String, String>,
    },
    /// `CreateAlias`.
    CreateAlias {
        /// The alias.
        alias: String,
    },
    /// `UpdateAlias`: an alias that exists is given to this key.
    UpdateAlias {
        /// The alias.
        alias: String,
    },
    /// `DeleteAlias`.
    DeleteAlias {
        /// The alias.
        alias: String,
    },
    /// `EnableKeyRotation`, which also changes the period.
    EnableKeyRotation {
        /// The days between two rotations.
        rotation_period_in_days: i32,
    },
    /// `DisableKeyRotation`.
    DisableKeyRotation,
    /// `EnableKey`.
    EnableKey,
    /// `DisableKey`.
    DisableKey,
    /// `UpdateKeyDescription`.
    UpdateKeyDescription {
        /// The new one.
        description: String,
    },
    /// `PutKeyPolicy`.
    PutKeyPolicy {
        /// The whole new policy.
        policy: Document,
    },
    /// `TagResource`.
    TagResource {
        /// New and changed tags.
        tags: BTreeMap<String, String>,
    },
    /// `UntagResource`.
    UntagResource {
        /// The keys of the tags that are to go.
        keys: Vec<String>,
    },
    /// `CancelKeyDeletion`. The key is then disabled.
    CancelKeyDeletion,
    /// `ScheduleKeyDeletion`.
    ScheduleKeyDeletion {
        /// In how many days AWS deletes it.
        pending_window_in_days: i32,
    },
}
