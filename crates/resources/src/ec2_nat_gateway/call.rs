//! The mutating calls on a NAT gateway, as data.

use serde::{Deserialize, Serialize};

use super::spec::NatGatewaySpec;
use crate::ec2::TagCall;

/// One call with all that it needs besides the NAT gateway's id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Call {
    /// `CreateNatGateway`.
    CreateNatGateway {
        /// What it is to be.
        spec: NatGatewaySpec,
    },
    /// `CreateTags`, `DeleteTags`.
    Tags(TagCall),
    /// `DeleteNatGateway`.
    DeleteNatGateway,
}

impl Call {
    /// The IAM action.
    pub(super) fn action(&self) -> &'static str {
        match self {
            Self::CreateNatGateway { .. } => "ec2:CreateNatGateway",
            Self::Tags(tags) => tags.action(),
            Self::DeleteNatGateway => "ec2:DeleteNatGateway",
        }
    }
}
