//! The mutating calls on a route table, as data.

use serde::{Deserialize, Serialize};

use super::route::Route;
use crate::ec2::TagCall;
use crate::tags::Tags;

/// One call with all that it needs besides the route table's id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Call {
    /// `CreateRouteTable`.
    CreateRouteTable {
        /// The VPC.
        vpc_id: String,
        /// Its tags, without the operation's.
        tags: Tags,
    },
    /// `CreateRoute`.
    CreateRoute {
        /// The route.
        route: Route,
    },
    /// `ReplaceRoute`: gives a destination another target.
    ReplaceRoute {
        /// The destination with its new target.
        route: Route,
    },
    /// `ReplaceRoute`: gives a local route its own target again.
    RestoreLocalRoute {
        /// The route as it is.
        route: Route,
    },
    /// `DeleteRoute`.
    DeleteRoute {
        /// The route.
        route: Route,
    },
    /// `AssociateRouteTable`, or `ReplaceRouteTableAssociation` if the subnet is associated with another table.
    AssociateRouteTable {
        /// The subnet.
        subnet_id: String,
    },
    /// `DisassociateRouteTable`.
    DisassociateRouteTable {
        /// The subnet.
        subnet_id: String,
    },
    /// `CreateTags`, `DeleteTags`.
    Tags(TagCall),
    /// `DeleteRouteTable`.
    DeleteRouteTable,
}

impl Call {
    /// The IAM action.
    pub(super) fn action(&self) -> &'static str {
        match self {
            Self::CreateRouteTable { .. } => "ec2:CreateRouteTable",
            Self::CreateRoute { .. } => "ec2:CreateRoute",
            Self::ReplaceRoute { .. } | Self::RestoreLocalRoute { .. } => "ec2:ReplaceRoute",
            Self::DeleteRoute { .. } => "ec2:DeleteRoute",
            Self::AssociateRouteTable { .. } => "ec2:AssociateRouteTable",
            Self::DisassociateRouteTable { .. } => "ec2:DisassociateRouteTable",
            Self::Tags(tags) => tags.action(),
            Self::DeleteRouteTable => "ec2:DeleteRouteTable",
        }
    }
}
