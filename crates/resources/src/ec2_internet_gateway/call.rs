//! The mutating calls on an internet gateway, as data.

use serde::{Deserialize, Serialize};

use crate::ec2::TagCall;
use crate::tags::Tags;

/// One call with all that it needs besides the gateway's id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Call {
    /// `CreateInternetGateway`.
    CreateInternetGateway {
        /// The spec's tags.
        tags: Tags,
    },
    /// `AttachInternetGateway`.
    AttachInternetGateway {
        /// To which VPC.
        vpc_id: String,
    },
    /// `DetachInternetGateway`.
    DetachInternetGateway {
        /// From which VPC.
        vpc_id: String,
    },
    /// A change of the tags.
    Tags(TagCall),
    /// `DeleteInternetGateway`.
    DeleteInternetGateway,
}

impl Call {
    /// The IAM action.
    pub(super) fn action(&self) -> &'static str {
        match self {
            Self::CreateInternetGateway { .. } => "ec2:CreateInternetGateway",
            Self::AttachInternetGateway { .. } => "ec2:AttachInternetGateway",
            Self::DetachInternetGateway { .. } => "ec2:DetachInternetGateway",
            Self::Tags(call) => call.action(),
            Self::DeleteInternetGateway => "ec2:DeleteInternetGateway",
        }
    }
}
