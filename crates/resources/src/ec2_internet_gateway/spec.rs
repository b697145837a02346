//! What can be set of an internet gateway.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tags::Tags;

/// A VPC's way to and from the internet, for what has a public address.
///
/// ```toml
/// [ec2_internet_gateway.main]
/// vpc_id = "${ec2_vpc.main.vpc_id}"
/// ```
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateInternetGateway.html>
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InternetGatewaySpec {
    /// The VPC, `vpc-…`. It can have no other internet gateway.
    #[schemars(extend("immutable" = true))]
    pub vpc_id: String,
    /// Whether it is attached to the VPC. `false` cuts the VPC off, as long as nothing in it has a public address.
    #[serde(default = "yes")]
    pub attached: bool,
    /// The tags.
    #[serde(default)]
    #[schemars(extend("severity" = "low"))]
    pub tags: Tags,
}

fn yes() -> bool {
    true
}
