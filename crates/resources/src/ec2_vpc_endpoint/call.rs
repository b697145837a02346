//! The mutating calls on an endpoint, as data.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::spec::VpcEndpointSpec;
use crate::document::Document;
use crate::ec2::TagCall;

/// One call with all that it needs besides the endpoint's id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Call {
    /// `CreateVpcEndpoint`.
    CreateVpcEndpoint {
        /// What it is to be.
        spec: Box<VpcEndpointSpec>,
    },
    /// `ModifyVpcEndpoint`.
    ModifyVpcEndpoint {
        /// What is to be changed.
        modification: Box<Modification>,
    },
    /// `CreateTags`, `DeleteTags`.
    Tags(TagCall),
    /// `DeleteVpcEndpoints`.
    DeleteVpcEndpoints,
}

/// What one `ModifyVpcEndpoint` changes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Modification {
    /// Route tables that are to get the route.
    pub add_route_table_ids: BTreeSet<String>,
    /// Route tables that are to lose it.
    pub remove_route_table_ids: BTreeSet<String>,
    /// Subnets that are to get an interface.
    pub add_subnet_ids: BTreeSet<String>,
    /// Subnets that are to lose it.
    pub remove_subnet_ids: BTreeSet<String>,
    /// Security groups that are to be put on.
    pub add_security_group_ids: BTreeSet<String>,
    /// Security groups that are to be taken off.
    pub remove_security_group_ids: BTreeSet<String>,
    /// Whether the service's name is to lead to the endpoint; no change if unset.
    pub private_dns_enabled: Option<bool>,
    /// The new policy; no change if unset.
    pub policy_document: Option<Document>,
    /// Whether the policy is to be AWS's default again.
    pub reset_policy: bool,
}

impl Call {
    /// The IAM action.
    pub(super) fn action(&self) -> &'static str {
        match self {
            Self::CreateVpcEndpoint { .. } => "ec2:CreateVpcEndpoint",
            Self::ModifyVpcEndpoint { .. } => "ec2:ModifyVpcEndpoint",
            Self::Tags(tags) => tags.action(),
            Self::DeleteVpcEndpoints => "ec2:DeleteVpcEndpoints",
        }
    }
}
