//! The calls that change an instance profile.

use serde::{Deserialize, Serialize};

use crate::tags::Tags;

/// One mutating call on an instance profile, with everything that it needs besides the profile's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// `CreateInstanceProfile`.
    CreateInstanceProfile {
        /// The name.
        instance_profile_name: String,
        /// The path.
        path: String,
        /// The spec's tags.
        tags: Tags,
    },
    /// `AddRoleToInstanceProfile`.
    AddRoleToInstanceProfile {
        /// The name of the role.
        role_name: String,
    },
    /// `RemoveRoleFromInstanceProfile`.
    RemoveRoleFromInstanceProfile {
        /// The name of the role.
        role_name: String,
    },
    /// `TagInstanceProfile`.
    TagInstanceProfile {
        /// New and changed tags.
        tags: Tags,
    },
    /// `UntagInstanceProfile`.
    UntagInstanceProfile {
        /// The keys of the tags that are to go.
        keys: Vec<String>,
    },
    /// `DeleteInstanceProfile`.
    DeleteInstanceProfile,
}

impl Call {
    /// The IAM action that it needs.
    pub(super) fn action(&self) -> &'static str {
        match self {
            Self::CreateInstanceProfile { .. } => "iam:CreateInstanceProfile",
            Self::AddRoleToInstanceProfile { .. } => "iam:AddRoleToInstanceProfile",
            Self::RemoveRoleFromInstanceProfile { .. } => "iam:RemoveRoleFromInstanceProfile",
            Self::TagInstanceProfile { .. } => "iam:TagInstanceProfile",
            Self::UntagInstanceProfile { .. } => "iam:UntagInstanceProfile",
            Self::DeleteInstanceProfile => "iam:DeleteInstanceProfile",
        }
    }
}
