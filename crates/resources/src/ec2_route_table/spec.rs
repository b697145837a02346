//! What the file says of a route table.

use std::collections::{BTreeMap, BTreeSet};

use provision_config::unknown;
use provision_reconciler::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::route::Route;
use crate::tags::Tags;

/// A route table: where the traffic of its subnets goes.
///
/// `routes` and `subnets` are all that the table has: what else is put into it is drift, and goes with the next apply. Not
/// counted are the routes that AWS keeps by itself: the local ones, those that a virtual private gateway propagates, and those
/// of gateway endpoints (`ec2_vpc_endpoint`).
///
/// A subnet is associated with one route table. One that is associated with another is taken over; one that is in no list goes by
/// the VPC's main route table.
///
/// ```toml
/// [ec2_route_table.private]
/// vpc_id = "${ec2_vpc.main.vpc_id}"
/// subnets = ["${ec2_subnet.private_a.subnet_id}", "${ec2_subnet.private_b.subnet_id}"]
/// routes = [{ destination_cidr_block = "0.0.0.0/0", nat_gateway_id = "${ec2_nat_gateway.a.nat_gateway_id}" }]
/// ```
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRouteTable.html>
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RouteTableSpec {
    /// The VPC that it is in.
    #[schemars(extend("immutable" = true, "pattern" = "^vpc-[0-9a-f]+$"))]
    pub vpc_id: String,
    /// The routes, each known by its destination.
    #[serde(default)]
    #[schemars(extend("set" = "destination"))]
    #[schemars(extend("severity" = "high"))]
    pub routes: Vec<Route>,
    /// The ids of the subnets that are associated with it.
    #[serde(default)]
    #[schemars(extend("severity" = "high"))]
    pub subnets: BTreeSet<String>,
    /// Tags, besides the environment's.
    #[serde(default)]
    #[schemars(extend("severity" = "low"))]
    pub tags: Tags,
}

impl RouteTableSpec {
    /// The spec with each route known by its destination, as AWS spells it.
    pub(super) fn complete(mut self) -> Self {
        self.routes = self.routes.into_iter().map(Route::complete).collect();
        self
    }

    /// What is wrong with it beyond what its schema can say.
    pub(super) fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for (position, route) in self.routes.iter().enumerate() {
            let pointer = format!("/routes/{position}");
            problems.extend(route.problems(&pointer));
            let destination = route.clone().complete().destination;
            // Two whose destinations are not known yet may still be two.
            if destination.is_empty() || unknown::is_unknown(&destination) {
                continue;
            }
            if let Some(first) = seen.insert(destination.clone(), position) {
                let message = format!("the route to {destination} is there twice: it is also `routes[{first}]`");
                problems.push(Problem::new(pointer, message).help("keep one of them"));
            }
        }
        for subnet in self.subnets.iter().filter(|subnet| !subnet.starts_with("subnet-")) {
            if !unknown::is_unknown(subnet) {
                let problem = Problem::new("/subnets", format!("`{subnet}` is not the id of a subnet"));
                problems.push(problem.help("as in `${ec2_subnet.NAME.subnet_id}`"));
            }
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use provision_config::unknown::{CLOSE, OPEN};
    use serde_json::{Value, json};

    use super::*;

    fn problems(routes: &Value) -> Vec<String> {
        let table = json!({ "vpc_id": "vpc-1", "routes": routes });
        let spec: RouteTableSpec = serde_json::from_value(table).unwrap_or_else(|error| panic!("{error}"));
        spec.problems().into_iter().map(|problem| format!("{}: {}", problem.pointer, problem.message)).collect()
    }

    #[test]
    fn a_route_has_one_destination_and_one_target() {
        assert_eq!(problems(&json!([{ "destination_cidr_block": "0.0.0.0/0", "gateway_id": "igw-1" }])), [""; 0]);
        insta::assert_snapshot!(
            problems(&json!([
                { "gateway_id": "igw-1" },
                { "destination_cidr_block": "0.0.0.0/0", "destination_ipv6_cidr_block": "::/0", "gateway_id": "igw-1" },
                { "destination_cidr_block": "10.1.0.0/16" },
                { "destination_cidr_block": "10.2.0.0/16", "gateway_id": "vgw-1", "nat_gateway_id": "nat-1" },
                { "destination_cidr_block": "::/0", "gateway_id": "igw-1" },
                { "destination_ipv6_cidr_block": "10.3.0.0/16", "gateway_id": "igw-1" },
                { "destination_cidr_block": "10.4.0.0/16", "egress_only_internet_gateway_id": "eigw-1" },
                { "destination_prefix_list_id": "pl-1", "vpc_endpoint_id": "vpce-1" },
            ])).join("\n"), @r"
        /routes/0: a route needs a destination
        /routes/1: a route has one destination, and this one has 2
        /routes/2: a route needs a target
        /routes/3: a route has one target, and this one has 2: gateway_id, nat_gateway_id
        /routes/4/destination_cidr_block: `::/0` is an IPv6 block
        /routes/5/destination_ipv6_cidr_block: `10.3.0.0/16` is an IPv4 block
        /routes/6/egress_only_internet_gateway_id: an egress-only internet gateway is for IPv6 only
        /routes/7/vpc_endpoint_id: a route to an endpoint cannot have a prefix list as its destination
        ");
    }

    #[test]
    fn a_destination_is_there_once_however_it_is_spelt() {
        let to = |block: &str| json!({ "destination_ipv6_cidr_block": block, "gateway_id": "igw-1" });
        assert_eq!(
            problems(&json!([to("2001:db8::/32"), to("2001:DB8:0::/32")])),
            ["/routes/1: the route to 2001:db8::/32 is there twice: it is also `routes[0]`"]
        );
    }

    #[test]
    fn what_is_not_known_yet_is_not_judged() {
        let mark = |reference: &str| format!("{OPEN}{reference}{CLOSE}");
        let list = mark("ec2_prefix_list.a.prefix_list_id");
        let route =
            |to: &str| json!({ "destination_prefix_list_id": to, "nat_gateway_id": mark("ec2_nat_gateway.a.id") });
        assert_eq!(problems(&json!([route(&list), route(&list)])), [""; 0]);
    }
}
