//! From AWS's answers to the file's form.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{
    self, Filter, RouteOrigin, RouteState, RouteTableAssociation, RouteTableAssociationStateCode,
};
use provision_reconciler::{CloudError, Live, Target, ownership};

use super::route::Route;
use super::spec::RouteTableSpec;
use super::{Ec2RouteTable, RouteTableOutputs};
use crate::Aws;
use crate::ec2::{answers, described, from_sdk_tags, ids};

pub(super) const DESCRIBE: &str = "ec2:DescribeRouteTables";

/// Reads all targets in one call.
pub(super) async fn read(
    aws: &Aws,
    targets: &[Target<RouteTableSpec>],
) -> Vec<Result<Option<Live<Ec2RouteTable>>, CloudError>> {
    let Some(first) = targets.first() else { return Vec::new() };
    let clients = aws.region(&first.scope.region).await;
    let found = described("route-table-id", &ids(targets), |filter| describe(aws, clients.ec2(), vec![filter])).await;
    answers(targets, found, types::RouteTable::route_table_id, |target, table| Ok(Some(live(target, table))))
}

/// The route tables that pass these filters.
pub(super) async fn describe(
    aws: &Aws,
    client: &Client,
    filters: Vec<Filter>,
) -> Result<Vec<types::RouteTable>, CloudError> {
    let request = client.describe_route_tables().set_filters(Some(filters));
    aws.call(DESCRIBE, request.into_paginator().items().send().try_collect()).await
}

fn live(target: &Target<RouteTableSpec>, table: &types::RouteTable) -> Live<Ec2RouteTable> {
    let tags = from_sdk_tags(table.tags());
    let subnets = table.associations().iter().filter(|one| is_on(one)).filter_map(|one| one.subnet_id.clone());
    let spec = RouteTableSpec {
        vpc_id: table.vpc_id().unwrap_or_default().to_owned(),
        routes: table.routes().iter().filter_map(route).collect(),
        subnets: subnets.collect(),
        tags: ownership::comparable(tags.clone()),
    };
    let outputs = RouteTableOutputs::new(&target.scope, &target.id);
    Live { id: target.id.clone(), spec, outputs, tags }
}

/// Whether an association is there, and not about to go.
pub(super) fn is_on(association: &RouteTableAssociation) -> bool {
    let state = association.association_state().and_then(|state| state.state());
    !matches!(
        state,
        Some(
            RouteTableAssociationStateCode::Disassociating
                | RouteTableAssociationStateCode::Disassociated
                | RouteTableAssociationStateCode::Failed
        )
    )
}

/// A route in the file's form; `None` for one that AWS keeps by itself.
pub(super) fn route(route: &types::Route) -> Option<Route> {
    let origin = route.origin();
    // What a virtual private gateway or a route server puts in.
    if matches!(origin, Some(RouteOrigin::EnableVgwRoutePropagation | RouteOrigin::Advertisement)) {
        return None;
    }
    let gateway = route.gateway_id();
    // A local route, unless somebody leads its traffic elsewhere: that is worth knowing.
    if gateway == Some("local") {
        return None;
    }
    let endpoint = gateway.filter(|gateway| gateway.starts_with("vpce-"));
    // A gateway endpoint's own.
    if endpoint.is_some() && route.destination_prefix_list_id().is_some() {
        return None;
    }
    let read = Route {
        destination_cidr_block: route.destination_cidr_block.clone(),
        destination_ipv6_cidr_block: route.destination_ipv6_cidr_block.clone(),
        destination_prefix_list_id: route.destination_prefix_list_id.clone(),
        gateway_id: gateway.filter(|_| endpoint.is_none()).map(str::to_owned),
        nat_gateway_id: route.nat_gateway_id.clone(),
        transit_gateway_id: route.transit_gateway_id.clone(),
        vpc_peering_connection_id: route.vpc_peering_connection_id.clone(),
        // AWS tells an instance that has this interface too.
        network_interface_id: route.network_interface_id.clone(),
        egress_only_internet_gateway_id: route.egress_only_internet_gateway_id.clone(),
        vpc_endpoint_id: endpoint.map(str::to_owned),
        carrier_gateway_id: route.carrier_gateway_id.clone(),
        local_gateway_id: route.local_gateway_id.clone(),
        core_network_arn: route.core_network_arn.clone(),
        replaces_local: origin == Some(&RouteOrigin::CreateRouteTable),
        destination: String::new(),
    };
    let read = read.complete();
    Some(if route.state() == Some(&RouteState::Blackhole) { read.blackhole() } else { read })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(destination: &str) -> types::builders::RouteBuilder {
        types::Route::builder().destination_cidr_block(destination).origin(RouteOrigin::CreateRoute)
    }

    #[test]
    fn routes_that_aws_keeps_by_itself_are_not_the_files() {
        let local = to("10.0.0.0/16").origin(RouteOrigin::CreateRouteTable).gateway_id("local").build();
        let propagated = to("10.9.0.0/16").origin(RouteOrigin::EnableVgwRoutePropagation).gateway_id("vgw-1").build();
        let endpoint = types::Route::builder()
            .destination_prefix_list_id("pl-1")
            .origin(RouteOrigin::CreateRoute)
            .gateway_id("vpce-1")
            .build();
        for theirs in [local, propagated, endpoint] {
            assert_eq!(route(&theirs), None, "{theirs:?}");
        }
    }

    #[test]
    fn a_route_is_read_in_the_files_form() {
        let read = route(&to("0.0.0.0/0").gateway_id("igw-1").build());
        let expected = Route {
            destination: "0.0.0.0/0".to_owned(),
            destination_cidr_block: Some("0.0.0.0/0".to_owned()),
            gateway_id: Some("igw-1".to_owned()),
            ..Route::default()
        };
        assert_eq!(read, Some(expected));
        let balanced = route(&to("10.1.0.0/16").gateway_id("vpce-1").build());
        assert_eq!(balanced.and_then(|route| route.vpc_endpoint_id).as_deref(), Some("vpce-1"));
    }

    #[test]
    fn a_local_route_that_leads_elsewhere_is_seen() {
        let replaced = to("10.0.0.0/16").origin(RouteOrigin::CreateRouteTable).network_interface_id("eni-1").build();
        assert_eq!(route(&replaced).map(|route| route.replaces_local), Some(true));
    }

    #[test]
    fn a_route_to_what_is_gone_says_so() {
        let gone = route(&to("0.0.0.0/0").nat_gateway_id("nat-1").state(RouteState::Blackhole).build());
        assert_eq!(gone.and_then(|route| route.nat_gateway_id).as_deref(), Some("nat-1 (blackhole: it is gone)"));
    }

    #[test]
    fn an_association_that_is_about_to_go_is_gone() {
        let association = |state: RouteTableAssociationStateCode| {
            let state = types::RouteTableAssociationState::builder().state(state).build();
            RouteTableAssociation::builder().subnet_id("subnet-1").association_state(state).build()
        };
        assert!(is_on(&RouteTableAssociation::builder().build()));
        assert!(is_on(&association(RouteTableAssociationStateCode::Associating)));
        assert!(!is_on(&association(RouteTableAssociationStateCode::Disassociating)));
    }
}
