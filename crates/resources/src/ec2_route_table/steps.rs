//! From a change of a route table to its calls.

use provision_reconciler::{Change, Idempotency, Step};

use super::call::Call;
use super::route::Route;
use super::spec::RouteTableSpec;
use crate::ec2::tag_steps;

pub(super) fn steps(change: Change<'_, RouteTableSpec>) -> Vec<Step<Call>> {
    match change {
        Change::Create { desired } => create(desired),
        Change::Update { live, desired, .. } => update(live, desired),
        Change::Delete { live, .. } => delete(live),
    }
}

fn step(summary: String, call: Call) -> Step<Call> {
    Step::new(call.action(), summary, call)
}

fn create(desired: &RouteTableSpec) -> Vec<Step<Call>> {
    let call = Call::CreateRouteTable { vpc_id: desired.vpc_id.clone(), tags: desired.tags.clone() };
    let made = step(format!("create the route table in {}", desired.vpc_id), call).idempotency(Idempotency::Token);
    // Subnets come last, so that none is ever without its routes.
    let routes = desired.routes.iter().map(create_route);
    std::iter::once(made).chain(routes).chain(desired.subnets.iter().map(|subnet| associate(subnet))).collect()
}

fn update(live: &RouteTableSpec, desired: &RouteTableSpec) -> Vec<Step<Call>> {
    let of = |routes: &[Route], one: &Route| routes.iter().find(|route| route.destination == one.destination).cloned();
    let mut steps = tag_steps(&live.tags, &desired.tags, Call::Tags);
    for route in &desired.routes {
        match of(&live.routes, route) {
            None => steps.push(create_route(route)),
            Some(old) if !old.leads_where(route) => steps.push(replace_route(route)),
            Some(_) => {}
        }
    }
    // Before any subnet is added, which is not to go by a route that should not be.
    steps.extend(live.routes.iter().filter(|route| of(&desired.routes, route).is_none()).map(remove_route));
    steps.extend(desired.subnets.difference(&live.subnets).map(|subnet| associate(subnet)));
    steps.extend(live.subnets.difference(&desired.subnets).map(|subnet| disassociate(subnet)));
    steps
}

fn delete(live: &RouteTableSpec) -> Vec<Step<Call>> {
    let call = Call::DeleteRouteTable;
    let deleted = step(format!("delete the route table in {}", live.vpc_id), call);
    live.subnets.iter().map(|subnet| disassociate(subnet)).chain(std::iter::once(deleted)).collect()
}

fn create_route(route: &Route) -> Step<Call> {
    let summary = format!("route {} to {}", route.destination, route.target());
    // Not a creation in the sense of `Idempotency`: a destination has at most one route.
    step(summary, Call::CreateRoute { route: route.clone() })
}

fn replace_route(route: &Route) -> Step<Call> {
    let summary = format!("route {} to {} from now on", route.destination, route.target());
    step(summary, Call::ReplaceRoute { route: route.clone() })
}

fn remove_route(route: &Route) -> Step<Call> {
    let destination = &route.destination;
    if route.replaces_local {
        let summary = format!("keep what goes to {destination} inside the VPC again");
        return step(summary, Call::RestoreLocalRoute { route: route.clone() });
    }
    step(format!("remove the route {destination} to {}", route.target()), Call::DeleteRoute { route: route.clone() })
}

fn associate(subnet: &str) -> Step<Call> {
    step(format!("associate {subnet}"), Call::AssociateRouteTable { subnet_id: subnet.to_owned() })
}

fn disassociate(subnet: &str) -> Step<Call> {
    step(format!("disassociate {subnet}"), Call::DisassociateRouteTable { subnet_id: subnet.to_owned() })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use provision_config::unknown::{CLOSE, OPEN};
    use provision_reconciler::{Kind, fields_of};
    use serde_json::{Value, json};

    use super::*;
    use crate::ec2_route_table::Ec2RouteTable;
    use crate::testing::{create, delete, spec, update, update_from};

    fn to(destination: &str, target: &str, id: &str) -> Value {
        json!({ "destination_cidr_block": destination, target: id })
    }

    fn table(routes: &[Value], subnets: &[&str]) -> Value {
        json!({ "vpc_id": "vpc-1", "routes": routes, "subnets": subnets })
    }

    #[test]
    fn subnets_are_associated_once_the_routes_are_there() {
        let out = to("0.0.0.0/0", "gateway_id", "igw-1");
        insta::assert_snapshot!(create::<Ec2RouteTable>(table(&[out], &["subnet-1", "subnet-2"])), @r"
        ec2:CreateRouteTable: create the route table in vpc-1
        ec2:CreateRoute: route 0.0.0.0/0 to igw-1
        ec2:AssociateRouteTable: associate subnet-1
        ec2:AssociateRouteTable: associate subnet-2
        ");
    }

    #[test]
    fn routes_change_in_place_and_only_where_they_differ() {
        let same = to("10.1.0.0/16", "vpc_peering_connection_id", "pcx-1");
        let live = table(
            &[same.clone(), to("0.0.0.0/0", "gateway_id", "igw-1"), to("10.2.0.0/16", "transit_gateway_id", "tgw-1")],
            &["subnet-1", "subnet-2"],
        );
        let desired = table(
            &[to("10.3.0.0/16", "nat_gateway_id", "nat-1"), to("0.0.0.0/0", "nat_gateway_id", "nat-1"), same],
            &["subnet-2", "subnet-3"],
        );
        insta::assert_snapshot!(update::<Ec2RouteTable>(live.clone(), desired), @r"
        ec2:CreateRoute: route 10.3.0.0/16 to nat-1
        ec2:ReplaceRoute: route 0.0.0.0/0 to nat-1 from now on
        ec2:DeleteRoute: remove the route 10.2.0.0/16 to tgw-1
        ec2:AssociateRouteTable: associate subnet-3
        ec2:DisassociateRouteTable: disassociate subnet-1
        ");
        assert_eq!(update::<Ec2RouteTable>(live.clone(), live), "");
    }

    #[test]
    fn the_order_and_the_spelling_of_destinations_do_not_matter() {
        let six = |block: &str| json!({ "destination_ipv6_cidr_block": block, "gateway_id": "igw-1" });
        let four = to("0.0.0.0/0", "gateway_id", "igw-1");
        let (one, other) =
            (table(&[four.clone(), six("2001:db8::/32")], &[]), table(&[six("2001:0DB8::/32"), four], &[]));
        assert_eq!(update::<Ec2RouteTable>(one, other), "");
    }

    #[test]
    fn a_route_whose_target_is_gone_is_mended_though_the_file_names_the_same() {
        let desired = table(&[to("0.0.0.0/0", "nat_gateway_id", "nat-1")], &[]);
        let mut live = spec::<Ec2RouteTable>(desired.clone());
        live.routes = live.routes.into_iter().map(Route::blackhole).collect();
        insta::assert_snapshot!(update_from::<Ec2RouteTable>(&live, desired), @"ec2:ReplaceRoute: route 0.0.0.0/0 to nat-1 from now on");
    }

    #[test]
    fn a_local_route_is_restored_and_not_deleted() {
        let desired = table(&[], &[]);
        let mut live = spec::<Ec2RouteTable>(table(&[to("10.0.0.0/16", "network_interface_id", "eni-1")], &[]));
        live.routes[0].replaces_local = true;
        insta::assert_snapshot!(update_from::<Ec2RouteTable>(&live, desired), @"ec2:ReplaceRoute: keep what goes to 10.0.0.0/16 inside the VPC again");
    }

    #[test]
    fn targets_and_subnets_need_not_be_known_yet() {
        let mark = |reference: &str| format!("{OPEN}{reference}{CLOSE}");
        let (nat, subnet) = (mark("ec2_nat_gateway.a.nat_gateway_id"), mark("ec2_subnet.a.subnet_id"));
        let desired = table(&[to("0.0.0.0/0", "nat_gateway_id", &nat)], &[&subnet]);
        assert_eq!(spec::<Ec2RouteTable>(desired.clone()).problems(), []);
        let live = table(&[to("0.0.0.0/0", "nat_gateway_id", "nat-1")], &["subnet-1"]);
        let steps = update::<Ec2RouteTable>(live, desired);
        let said = steps.replace(&nat, "<nat>").replace(&subnet, "<subnet>");
        insta::assert_snapshot!(said, @r"
        ec2:ReplaceRoute: route 0.0.0.0/0 to <nat> from now on
        ec2:AssociateRouteTable: associate <subnet>
        ec2:DisassociateRouteTable: disassociate subnet-1
        ");
    }

    #[test]
    fn subnets_are_disassociated_before_the_table_goes() {
        let live = spec::<Ec2RouteTable>(table(&[to("0.0.0.0/0", "gateway_id", "igw-1")], &["subnet-1"]));
        insta::assert_snapshot!(delete::<Ec2RouteTable>(&live, false), @r"
        ec2:DisassociateRouteTable: disassociate subnet-1
        ec2:DeleteRouteTable: delete the route table in vpc-1
        ");
        let made = Ec2RouteTable::steps(Change::Create { desired: &live });
        assert_eq!(made[0].idempotency, Idempotency::Token, "EC2 knows the second attempt by its client token");
    }

    /// A field that is added to the spec must get a call.
    #[test]
    fn every_field_belongs_to_a_call() {
        let fields = fields_of::<RouteTableSpec>();
        assert_eq!(fields.names().collect::<BTreeSet<_>>(), BTreeSet::from(["vpc_id", "routes", "subnets", "tags"]));
    }
}
