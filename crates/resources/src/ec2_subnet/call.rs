//! The mutating calls on a subnet, as data.

use serde::{Deserialize, Serialize};

use super::spec::HostnameType;
use crate::ec2::TagCall;
use crate::tags::Tags;

/// One call with all that it needs besides the subnet's id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Call {
    /// `CreateSubnet`.
    CreateSubnet {
        /// The VPC.
        vpc_id: String,
        /// The addresses.
        cidr_block: String,
        /// Where; unset: AWS chooses.
        availability_zone: Option<String>,
        /// The spec's tags.
        tags: Tags,
    },
    /// `ModifySubnetAttribute`, which sets one attribute at a time.
    ModifySubnetAttribute(Attribute),
    /// A change of the tags.
    Tags(TagCall),
    /// `DeleteSubnet`.
    DeleteSubnet,
}

/// An attribute of a subnet, with what it is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attribute {
    /// Whether what is launched gets a public address.
    MapPublicIpOnLaunch(bool),
    /// What instances are named after.
    PrivateDnsHostnameTypeOnLaunch(HostnameType),
    /// Whether names after ids are answered.
    EnableResourceNameDnsARecordOnLaunch(bool),
}

impl Call {
    /// The IAM action.
    pub(super) fn action(&self) -> &'static str {
        match self {
            Self::CreateSubnet { .. } => "ec2:CreateSubnet",
            Self::ModifySubnetAttribute(_) => "ec2:ModifySubnetAttribute",
            Self::Tags(call) => call.action(),
            Self::DeleteSubnet => "ec2:DeleteSubnet",
        }
    }
}
