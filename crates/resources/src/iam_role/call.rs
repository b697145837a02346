//! The calls that change a role.

use serde::{Deserialize, Serialize};

use crate::document::Document;
use crate::tags::Tags;

/// One mutating call on a role, with everything that it needs besides the role's name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// `CreateRole`.
    CreateRole {
        /// The name.
        role_name: String,
        /// The path.
        path: String,
        /// What it is for.
        description: String,
        /// Who may take it on.
        assume_role_policy: Document,
        /// How long a session may last, in seconds.
        max_session_duration: i32,
        /// The ARN of the policy that bounds it; empty for none.
        permissions_boundary: String,
        /// The spec's tags.
        tags: Tags,
    },
    /// `UpdateAssumeRolePolicy`.
    UpdateAssumeRolePolicy {
        /// The whole new trust policy.
        policy: Document,
    },
    /// `UpdateRole`, which sets both: what it is not told, it resets.
    UpdateRole {
        /// What the role is for.
        description: String,
        /// How long a session may last, in seconds.
        max_session_duration: i32,
    },
    /// `PutRolePermissionsBoundary`.
    PutRolePermissionsBoundary {
        /// The ARN of the policy.
        policy_arn: String,
    },
    /// `DeleteRolePermissionsBoundary`.
    DeleteRolePermissionsBoundary,
    /// `AttachRolePolicy`.
    AttachRolePolicy {
        /// The ARN of the managed policy.
        policy_arn: String,
    },
    /// `DetachRolePolicy`.
    DetachRolePolicy {
        /// The ARN of the managed policy.
        policy_arn: String,
    },
    /// `PutRolePolicy`.
    PutRolePolicy {
        /// The name of the inline policy.
        policy_name: String,
        /// The whole new policy.
        policy: Document,
    },
    /// `DeleteRolePolicy`.
    DeleteRolePolicy {
        /// The name of the inline policy.
        policy_name: String,
    },
    /// `TagRole`.
    TagRole {
        /// New and changed tags.
        tags: Tags,
    },
    /// `UntagRole`.
    UntagRole {
        /// The keys of the tags that are to go.
        keys: Vec<String>,
    },
    /// `RemoveRoleFromInstanceProfile`.
    RemoveRoleFromInstanceProfile {
        /// The name of the instance profile.
        instance_profile_name: String,
    },
    /// `DeleteRole`.
    DeleteRole,
}

impl Call {
    /// The IAM action that it needs.
    pub(super) fn action(&self) -> &'static str {
        match self {
            Self::CreateRole { .. } => "iam:CreateRole",
            Self::UpdateAssumeRolePolicy { .. } => "iam:UpdateAssumeRolePolicy",
            Self::UpdateRole { .. } => "iam:UpdateRole",
            Self::PutRolePermissionsBoundary { .. } => "iam:PutRolePermissionsBoundary",
            Self::DeleteRolePermissionsBoundary => "iam:DeleteRolePermissionsBoundary",
            Self::AttachRolePolicy { .. } => "iam:AttachRolePolicy",
            Self::DetachRolePolicy { .. } => "iam:DetachRolePolicy",
            Self::PutRolePolicy { .. } => "iam:PutRolePolicy",
            Self::DeleteRolePolicy { .. } => "iam:DeleteRolePolicy",
            Self::TagRole { .. } => "iam:TagRole",
            Self::UntagRole { .. } => "iam:UntagRole",
            Self::RemoveRoleFromInstanceProfile { .. } => "iam:RemoveRoleFromInstanceProfile",
            Self::DeleteRole => "iam:DeleteRole",
        }
    }
}
