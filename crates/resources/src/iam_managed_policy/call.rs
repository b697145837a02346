//! The calls that change a managed policy.

use serde::{Deserialize, Serialize};

use crate::document::Document;
use crate::tags::Tags;

/// One mutating call on a managed policy, with everything that it needs besides the policy's ARN.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// `CreatePolicy`.
    CreatePolicy {
        /// The name.
        policy_name: String,
        /// The path.
        path: String,
        /// What it is for.
        description: String,
        /// What it says.
        policy: Document,
        /// The spec's tags.
        tags: Tags,
    },
    /// `CreatePolicyVersion`, made the default.
    CreatePolicyVersion {
        /// What the policy says from now on.
        policy: Document,
    },
    /// `DeletePolicyVersion`.
    DeletePolicyVersion {
        /// The version, which is not the default.
        version_id: String,
    },
    /// `TagPolicy`.
    TagPolicy {
        /// New and changed tags.
        tags: Tags,
    },
    /// `UntagPolicy`.
    UntagPolicy {
        /// The keys of the tags that are to go.
        keys: Vec<String>,
    },
    /// `DeletePolicy`.
    DeletePolicy,
}

impl Call {
    /// The IAM action that it needs.
    pub(super) fn action(&self) -> &'static str {
        match self {
            Self::CreatePolicy { .. } => "iam:CreatePolicy",
            Self::CreatePolicyVersion { .. } => "iam:CreatePolicyVersion",
            Self::DeletePolicyVersion { .. } => "iam:DeletePolicyVersion",
            Self::TagPolicy { .. } => "iam:TagPolicy",
            Self::UntagPolicy { .. } => "iam:UntagPolicy",
            Self::DeletePolicy => "iam:DeletePolicy",
        }
    }
}
