//! What the file says of a NAT gateway.

use provision_reconciler::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tags::Tags;

/// A NAT gateway: how private subnets reach the internet (or other networks) without being reached.
///
/// A public one needs an internet gateway that is attached to its VPC, and is in a subnet whose routes lead there. Each is in one
/// Availability Zone: for a network that outlives a zone, make one in each. AWS charges for each by the hour.
///
/// ```toml
/// [ec2_nat_gateway.a]
/// subnet_id = "${ec2_subnet.public_a.subnet_id}"
/// allocation_id = "${ec2_eip.nat_a.allocation_id}"
/// ```
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNatGateway.html>
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NatGatewaySpec {
    /// The subnet that it is in: for a public one, a public subnet.
    #[schemars(extend("immutable" = true, "pattern" = "^subnet-[0-9a-f]+$"))]
    pub subnet_id: String,
    /// Where it leads.
    #[serde(default)]
    #[schemars(extend("immutable" = true))]
    pub connectivity_type: ConnectivityType,
    /// The Elastic IP address that it has, by its allocation id. A public one must have one, a private one cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("immutable" = true, "pattern" = "^eipalloc-[0-9a-f]+$"))]
    pub allocation_id: Option<String>,
    /// Its address in the subnet. Unset: AWS chooses one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("immutable" = true, "pattern" = "^[0-9]{1,3}([.][0-9]{1,3}){3}$"))]
    pub private_ip_address: Option<String>,
    /// Tags, besides the environment's.
    #[serde(default)]
    #[schemars(extend("severity" = "low"))]
    pub tags: Tags,
}

/// Where a NAT gateway leads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ConnectivityType {
    /// To the internet.
    #[default]
    Public,
    /// To other VPCs and the own network only.
    Private,
}

impl NatGatewaySpec {
    /// What is wrong with it beyond what its schema can say.
    pub(super) fn problems(&self) -> Vec<Problem> {
        let problem = match (self.connectivity_type, &self.allocation_id) {
            (ConnectivityType::Public, None) => {
                Problem::new("/allocation_id", "a public NAT gateway needs an Elastic IP address")
                    .help("make one with `ec2_eip` and name it: `allocation_id = \"${ec2_eip.NAME.allocation_id}\"`")
            }
            (ConnectivityType::Private, Some(_)) => {
                Problem::new("/allocation_id", "a private NAT gateway cannot have an Elastic IP address")
                    .help("remove `allocation_id`, or `connectivity_type`")
            }
            _ => return Vec::new(),
        };
        vec![problem]
    }
}
