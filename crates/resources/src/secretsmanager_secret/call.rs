//! The mutating calls on a secret, as data. No value is in them: where one comes from is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::source::Source;
use super::spec::{Replica, Rotation};
use crate::document::Document;

/// One call with all that it needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// Which secret.
    pub name: String,
    /// What to do with it.
    pub operation: Operation,
}

/// A value to store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Put {
    /// Where it comes from.
    pub source: Source,
    /// The id of the version that it makes, if that was known when the call was planned: another value has another one, and is
    /// refused.
    pub version_id: Option<String>,
}

/// What a call does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Operation {
    /// Makes the secret, with its first value and its replicas.
    CreateSecret {
        /// What it is for.
        description: String,
        /// The key that encrypts it; empty for AWS's.
        kms_key: String,
        /// The copies in other regions.
        replicas: Vec<Replica>,
        /// Its value, if it is to have one.
        value: Option<Put>,
        /// Its tags, without the operation's.
        tags: BTreeMap<String, String>,
    },
    /// Changes what is given.
    UpdateSecret {
        /// What it is for.
        description: Option<String>,
        /// The key that encrypts it; empty for AWS's.
        kms_key: Option<String>,
    },
    /// Stores a value as the current version.
    PutSecretValue {
        /// The value.
        value: Put,
    },
    /// Makes a version that there is the current one.
    UpdateSecretVersionStage {
        /// The version.
        to: String,
        /// The version that is current.
        from: Option<String>,
    },
    /// Sets the resource policy; one that would let everybody in is refused.
    PutResourcePolicy {
        /// The whole of it.
        policy: Document,
    },
    /// Removes the resource policy.
    DeleteResourcePolicy,
    /// Adds copies in other regions.
    ReplicateSecretToRegions {
        /// Where, and with which keys.
        replicas: Vec<Replica>,
    },
    /// Deletes copies in other regions.
    RemoveRegionsFromReplication {
        /// Where.
        regions: Vec<String>,
    },
    /// Sets how AWS changes the value, and has it do so at once.
    RotateSecret {
        /// How and when.
        rotation: Rotation,
    },
    /// AWS no longer changes the value.
    CancelRotateSecret,
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
    /// Takes back the deletion.
    RestoreSecret,
    /// Schedules the deletion.
    DeleteSecret {
        /// In how many days AWS deletes it.
        recovery_window_in_days: i32,
    },
}

impl Operation {
    /// The IAM action.
    pub(super) fn action(&self) -> &'static str {
        match self {
            Self::CreateSecret { .. } => "secretsmanager:CreateSecret",
            Self::UpdateSecret { .. } => "secretsmanager:UpdateSecret",
            Self::PutSecretValue { .. } => "secretsmanager:PutSecretValue",
            Self::UpdateSecretVersionStage { .. } => "secretsmanager:UpdateSecretVersionStage",
            Self::PutResourcePolicy { .. } => "secretsmanager:PutResourcePolicy",
            Self::DeleteResourcePolicy => "secretsmanager:DeleteResourcePolicy",
            Self::ReplicateSecretToRegions { .. } => "secretsmanager:ReplicateSecretToRegions",
            Self::RemoveRegionsFromReplication { .. } => "secretsmanager:RemoveRegionsFromReplication",
            Self::RotateSecret { .. } => "secretsmanager:RotateSecret",
            Self::CancelRotateSecret => "secretsmanager:CancelRotateSecret",
            Self::TagResource { .. } => "secretsmanager:TagResource",
            Self::UntagResource { .. } => "secretsmanager:UntagResource",
            Self::RestoreSecret => "secretsmanager:RestoreSecret",
            Self::DeleteSecret { .. } => "secretsmanager:DeleteSecret",
        }
    }
}
