//! One route of a route table.

use std::net::Ipv6Addr;

use provision_config::unknown;
use provision_reconciler::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What follows the target of a route that leads nowhere, because the target is gone.
const BLACKHOLE: &str = " (blackhole: it is gone)";

/// A route: exactly one destination, and exactly one target.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRoute.html>
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// What tells the route from the others: whichever destination it has, as AWS spells it. Follows from those.
    #[serde(default)]
    #[schemars(skip)]
    pub destination: String,
    /// The destination, an IPv4 block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "cidr"))]
    pub destination_cidr_block: Option<String>,
    /// The destination, an IPv6 block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "cidr"))]
    pub destination_ipv6_cidr_block: Option<String>,
    /// The destination, a prefix list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = "^pl-[0-9a-f]+$"))]
    pub destination_prefix_list_id: Option<String>,
    /// The target, an internet gateway or a virtual private gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = "^(igw|vgw)-[0-9a-f]+$"))]
    pub gateway_id: Option<String>,
    /// The target, a NAT gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = "^nat-[0-9a-f]+$"))]
    pub nat_gateway_id: Option<String>,
    /// The target, a transit gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = "^tgw-[0-9a-f]+$"))]
    pub transit_gateway_id: Option<String>,
    /// The target, a VPC peering connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = "^pcx-[0-9a-f]+$"))]
    pub vpc_peering_connection_id: Option<String>,
    /// The target, a network interface (of a firewall, say).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = "^eni-[0-9a-f]+$"))]
    pub network_interface_id: Option<String>,
    /// The target, an egress-only internet gateway. For IPv6.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = "^eigw-[0-9a-f]+$"))]
    pub egress_only_internet_gateway_id: Option<String>,
    /// The target, a Gateway Load Balancer endpoint. (Gateway endpoints put their routes in by themselves.)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = "^vpce-[0-9a-f]+$"))]
    pub vpc_endpoint_id: Option<String>,
    /// The target, a carrier gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = "^cagw-[0-9a-f]+$"))]
    pub carrier_gateway_id: Option<String>,
    /// The target, a local gateway of an Outpost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = "^lgw-[0-9a-f]+$"))]
    pub local_gateway_id: Option<String>,
    /// The target, the ARN of a core network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "arn"))]
    pub core_network_arn: Option<String>,
    /// Whether this is one of the VPC's own local routes, whose traffic somebody leads elsewhere. Only ever read.
    #[serde(default, skip_serializing_if = "is_false")]
    #[schemars(skip)]
    pub replaces_local: bool,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

impl Route {
    /// The route, known by its destination.
    pub(super) fn complete(mut self) -> Self {
        for block in [&mut self.destination_cidr_block, &mut self.destination_ipv6_cidr_block].into_iter().flatten() {
            if let Some(spelt) = as_aws_spells(block) {
                *block = spelt;
            }
        }
        let destinations =
            [&self.destination_cidr_block, &self.destination_ipv6_cidr_block, &self.destination_prefix_list_id];
        self.destination = destinations.into_iter().flatten().next().cloned().unwrap_or_default();
        self
    }

    /// Every kind of target, by its field's name.
    fn targets(&self) -> [(&'static str, &Option<String>); 10] {
        [
            ("gateway_id", &self.gateway_id),
            ("nat_gateway_id", &self.nat_gateway_id),
            ("transit_gateway_id", &self.transit_gateway_id),
            ("vpc_peering_connection_id", &self.vpc_peering_connection_id),
            ("network_interface_id", &self.network_interface_id),
            ("egress_only_internet_gateway_id", &self.egress_only_internet_gateway_id),
            ("vpc_endpoint_id", &self.vpc_endpoint_id),
            ("carrier_gateway_id", &self.carrier_gateway_id),
            ("local_gateway_id", &self.local_gateway_id),
            ("core_network_arn", &self.core_network_arn),
        ]
    }

    /// Where it leads.
    pub(super) fn target(&self) -> &str {
        self.targets().into_iter().find_map(|(_, target)| target.as_deref()).unwrap_or_default()
    }

    /// Whether it leads where another one does.
    pub(super) fn leads_where(&self, other: &Self) -> bool {
        self.targets() == other.targets()
    }

    /// The route, saying that its target is gone. So it differs from what the file says, and a person sees why.
    pub(super) fn blackhole(mut self) -> Self {
        let targets = [
            &mut self.gateway_id,
            &mut self.nat_gateway_id,
            &mut self.transit_gateway_id,
            &mut self.vpc_peering_connection_id,
            &mut self.network_interface_id,
            &mut self.egress_only_internet_gateway_id,
            &mut self.vpc_endpoint_id,
            &mut self.carrier_gateway_id,
            &mut self.local_gateway_id,
            &mut self.core_network_arn,
        ];
        for target in targets.into_iter().flatten() {
            target.push_str(BLACKHOLE);
        }
        self
    }

    /// What is wrong with it beyond what its schema can say.
    pub(super) fn problems(&self, pointer: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut problem = |field: &str, message: String, help: &str| {
            problems.push(Problem::new(format!("{pointer}{field}"), message).help(help));
        };
        let destinations =
            [&self.destination_cidr_block, &self.destination_ipv6_cidr_block, &self.destination_prefix_list_id];
        match destinations.into_iter().flatten().count() {
            1 => {}
            0 => {
                problem("", "a route needs a destination".to_owned(), "as in `destination_cidr_block = \"0.0.0.0/0\"`")
            }
            count => {
                let message = format!("a route has one destination, and this one has {count}");
                problem("", message, "write a route for each");
            }
        }
        let targets: Vec<&str> =
            self.targets().iter().filter(|(_, target)| target.is_some()).map(|(name, _)| *name).collect();
        match targets.as_slice() {
            [_] => {}
            [] => {
                problem("", "a route needs a target".to_owned(), "name one, as in `gateway_id` or `nat_gateway_id`");
            }
            several => {
                let (count, several) = (several.len(), several.join(", "));
                problem("", format!("a route has one target, and this one has {count}: {several}"), "keep one of them");
            }
        }
        let known = |block: &Option<String>| block.clone().filter(|block| !unknown::is_unknown(block));
        if let Some(block) = known(&self.destination_cidr_block).filter(|block| block.contains(':')) {
            let message = format!("`{block}` is an IPv6 block");
            problem("/destination_cidr_block", message, "write it as `destination_ipv6_cidr_block`");
        }
        if let Some(block) = known(&self.destination_ipv6_cidr_block).filter(|block| !block.contains(':')) {
            let message = format!("`{block}` is an IPv4 block");
            problem("/destination_ipv6_cidr_block", message, "write it as `destination_cidr_block`");
        }
        if self.egress_only_internet_gateway_id.is_some() && self.destination_cidr_block.is_some() {
            let message = "an egress-only internet gateway is for IPv6 only".to_owned();
            problem("/egress_only_internet_gateway_id", message, "for IPv4, a NAT gateway does this: `nat_gateway_id`");
        }
        if self.vpc_endpoint_id.is_some() && self.destination_prefix_list_id.is_some() {
            let message = "a route to an endpoint cannot have a prefix list as its destination".to_owned();
            let help = "name the route table in the `route_table_ids` of the gateway endpoint, which puts the route in";
            problem("/vpc_endpoint_id", message, help);
        }
        problems
    }
}

/// An IPv6 block in its shortest form. `None` for anything else: IPv4 blocks have one form only.
fn as_aws_spells(block: &str) -> Option<String> {
    let (address, length) = block.split_once('/')?;
    let address: Ipv6Addr = address.parse().ok()?;
    Some(format!("{address}/{length}"))
}
