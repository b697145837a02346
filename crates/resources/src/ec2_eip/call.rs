//! The mutating calls on an Elastic IP address, as data.

use serde::{Deserialize, Serialize};

use crate::ec2::TagCall;
use crate::tags::Tags;

/// One call with all that it needs besides the allocation's id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Call {
    /// `AllocateAddress`.
    AllocateAddress {
        /// From where it is advertised; unset: the region.
        network_border_group: Option<String>,
        /// Which pool it is from; unset: Amazon's.
        public_ipv4_pool: Option<String>,
        /// The spec's tags.
        tags: Tags,
    },
    /// A change of the tags.
    Tags(TagCall),
    /// `ReleaseAddress`.
    ReleaseAddress {
        /// From where it is advertised, which must be said of one outside of the region's own zones.
        network_border_group: Option<String>,
    },
}

impl Call {
    /// The IAM action.
    pub(super) fn action(&self) -> &'static str {
        match self {
            Self::AllocateAddress { .. } => "ec2:AllocateAddress",
            Self::Tags(call) => call.action(),
            Self::ReleaseAddress { .. } => "ec2:ReleaseAddress",
        }
    }
}
