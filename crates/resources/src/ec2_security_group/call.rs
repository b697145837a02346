//! The mutating calls on a security group, as data.

use serde::{Deserialize, Serialize};

use super::rule::{Direction, Rule};
use crate::ec2::TagCall;
use crate::tags::Tags;

/// One call with all that it needs besides the group's id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Call {
    /// Makes the group, with AWS's own rule that lets everything out.
    CreateSecurityGroup {
        /// The name.
        group_name: String,
        /// What it is for.
        description: String,
        /// The VPC.
        vpc_id: String,
        /// The tags.
        tags: Tags,
    },
    /// Takes away the rules that AWS makes a group with.
    RevokeDefaultEgress,
    /// Adds rules, all or none of them.
    Authorize {
        /// Which way.
        direction: Direction,
        /// The rules.
        rules: Vec<Rule>,
    },
    /// Takes away rules, all or none of them.
    Revoke {
        /// Which way.
        direction: Direction,
        /// The rules.
        rules: Vec<Rule>,
        /// Rules that are wanted, and of which it is known only now that they are among those that were to go: the prefix
        /// list of an endpoint that was replaced is the same one.
        unless: Vec<Rule>,
    },
    /// Describes rules that are there anew.
    Describe {
        /// Which way.
        direction: Direction,
        /// The rules.
        rules: Vec<Rule>,
    },
    /// Changes the tags.
    Tags(TagCall),
    /// Deletes the group.
    DeleteSecurityGroup,
}

impl Call {
    /// The IAM action.
    pub(super) fn action(&self) -> &'static str {
        use Direction::{Egress, Ingress};
        match self {
            Self::CreateSecurityGroup { .. } => "ec2:CreateSecurityGroup",
            Self::Authorize { direction: Ingress, .. } => "ec2:AuthorizeSecurityGroupIngress",
            Self::Authorize { direction: Egress, .. } => "ec2:AuthorizeSecurityGroupEgress",
            Self::Revoke { direction: Ingress, .. } => "ec2:RevokeSecurityGroupIngress",
            Self::Revoke { direction: Egress, .. } | Self::RevokeDefaultEgress => "ec2:RevokeSecurityGroupEgress",
            Self::Describe { direction: Ingress, .. } => "ec2:UpdateSecurityGroupRuleDescriptionsIngress",
            Self::Describe { direction: Egress, .. } => "ec2:UpdateSecurityGroupRuleDescriptionsEgress",
            Self::Tags(tags) => tags.action(),
            Self::DeleteSecurityGroup => "ec2:DeleteSecurityGroup",
        }
    }
}
