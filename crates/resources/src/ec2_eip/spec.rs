//! What can be set of an Elastic IP address.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tags::Tags;

/// An Elastic IP address: a public IPv4 address that stays this account's until it is released. It costs money by the hour, used
/// or not.
///
/// ```toml
/// [ec2_eip.nat]
/// tags = { Name = "nat" }
/// ```
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AllocateAddress.html>
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EipSpec {
    /// The zones from which AWS advertises the address. Unset: those of the region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("immutable" = true))]
    pub network_border_group: Option<String>,
    /// The pool that the address is from, `ipv4pool-ec2-…` for addresses of your own. Unset: Amazon's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("immutable" = true))]
    pub public_ipv4_pool: Option<String>,
    /// The tags.
    #[serde(default)]
    #[schemars(extend("severity" = "low"))]
    pub tags: Tags,
}
