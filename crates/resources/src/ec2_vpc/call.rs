//! The mutating calls on a VPC, as data.

use serde::{Deserialize, Serialize};

use super::default_group::Rule;
use super::spec::InstanceTenancy;
use crate::ec2::TagCall;
use crate::tags::Tags;

/// One call with all that it needs besides the VPC's id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Call {
    /// `CreateVpc`.
    CreateVpc {
        /// The addresses.
        cidr_block: String,
        /// Whose hardware.
        instance_tenancy: InstanceTenancy,
        /// The spec's tags.
        tags: Tags,
    },
    /// `ModifyVpcAttribute`, which sets one attribute at a time.
    ModifyVpcAttribute {
        /// Which.
        attribute: Attribute,
        /// Whether it is on.
        enabled: bool,
    },
    /// `RevokeSecurityGroupIngress` on the default security group.
    RevokeSecurityGroupIngress {
        /// The rules that are to go.
        rules: Vec<Rule>,
    },
    /// `RevokeSecurityGroupEgress` on the default security group.
    RevokeSecurityGroupEgress {
        /// The rules that are to go.
        rules: Vec<Rule>,
    },
    /// A change of the tags.
    Tags(TagCall),
    /// `DeleteVpc`.
    DeleteVpc,
}

/// An attribute of a VPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attribute {
    /// Whether AWS's resolver answers.
    EnableDnsSupport,
    /// Whether instances get names.
    EnableDnsHostnames,
}

impl Call {
    /// The IAM action.
    pub(super) fn action(&self) -> &'static str {
        match self {
            Self::CreateVpc { .. } => "ec2:CreateVpc",
            Self::ModifyVpcAttribute { .. } => "ec2:ModifyVpcAttribute",
            Self::RevokeSecurityGroupIngress { .. } => "ec2:RevokeSecurityGroupIngress",
            Self::RevokeSecurityGroupEgress { .. } => "ec2:RevokeSecurityGroupEgress",
            Self::Tags(call) => call.action(),
            Self::DeleteVpc => "ec2:DeleteVpc",
        }
    }
}
