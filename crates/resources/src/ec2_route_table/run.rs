//! Making the calls.

use std::time::Duration;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{ResourceType, RouteTable};
use provision_reconciler::{CloudError, ErrorClass, Notes, Progress, Scope};

use super::RouteTableOutputs;
use super::associate::{associate, disassociate};
use super::call::Call;
use super::read::{self, describe};
use super::route::Route;
use crate::Aws;
use crate::ec2::{client_token, filter, patiently, run_tags, tag_specification, unnamed, until_free, until_seen};
use crate::tags::Tags;

/// How long AWS may take to see that nothing uses the table any more.
const FREE: Duration = Duration::from_secs(5 * 60);

/// A request about a route, with whatever destination and target that has. The two requests are of two types.
macro_rules! with_route {
    ($request:expr, $table:expr, $route:expr) => {
        $request
            .route_table_id($table)
            .set_destination_cidr_block($route.destination_cidr_block.clone())
            .set_destination_ipv6_cidr_block($route.destination_ipv6_cidr_block.clone())
            .set_destination_prefix_list_id($route.destination_prefix_list_id.clone())
            .set_gateway_id($route.gateway_id.clone())
            .set_nat_gateway_id($route.nat_gateway_id.clone())
            .set_transit_gateway_id($route.transit_gateway_id.clone())
            .set_vpc_peering_connection_id($route.vpc_peering_connection_id.clone())
            .set_network_interface_id($route.network_interface_id.clone())
            .set_egress_only_internet_gateway_id($route.egress_only_internet_gateway_id.clone())
            .set_vpc_endpoint_id($route.vpc_endpoint_id.clone())
            .set_carrier_gateway_id($route.carrier_gateway_id.clone())
            .set_local_gateway_id($route.local_gateway_id.clone())
            .set_core_network_arn($route.core_network_arn.clone())
    };
}

/// Makes one call.
pub(super) async fn run(aws: &Aws, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
    let clients = aws.region(&scope.region).await;
    let (client, notes) = (clients.ec2(), progress.notes.clone());
    if let Call::CreateRouteTable { vpc_id, tags } = &call {
        let id = create(aws, client, scope, vpc_id, tags, &notes).await?;
        let RouteTableOutputs { arn, route_table_id } = RouteTableOutputs::new(scope, &id);
        progress.output("arn", arn);
        progress.output("route_table_id", route_table_id);
        progress.id = Some(id);
        return Ok(());
    }
    let action = call.action();
    let table = progress.id(action)?;
    match &call {
        Call::CreateRouteTable { .. } => Ok(()),
        Call::CreateRoute { route } => create_route(aws, client, table, route, &notes).await,
        Call::ReplaceRoute { route } => {
            let request = with_route!(client.replace_route(), table, route);
            patiently(&notes, is_too_new, || aws.call(action, request.clone().send())).await.map(drop)
        }
        Call::RestoreLocalRoute { route } => {
            let request = client
                .replace_route()
                .route_table_id(table)
                .set_destination_cidr_block(route.destination_cidr_block.clone())
                .set_destination_ipv6_cidr_block(route.destination_ipv6_cidr_block.clone())
                .local_target(true);
            patiently(&notes, is_too_new, || aws.call(action, request.clone().send())).await.map(drop)
        }
        Call::DeleteRoute { route } => {
            let request = client
                .delete_route()
                .route_table_id(table)
                .set_destination_cidr_block(route.destination_cidr_block.clone())
                .set_destination_ipv6_cidr_block(route.destination_ipv6_cidr_block.clone())
                .set_destination_prefix_list_id(route.destination_prefix_list_id.clone());
            until_free(FREE, &notes, || aws.call(action, request.clone().send())).await
        }
        Call::AssociateRouteTable { subnet_id } => associate(aws, client, table, subnet_id, &notes).await,
        Call::DisassociateRouteTable { subnet_id } => disassociate(aws, client, table, subnet_id, &notes).await,
        Call::Tags(tags) => run_tags(aws, &clients, table, tags, &notes).await,
        Call::DeleteRouteTable => {
            until_free(FREE, &notes, || aws.call(action, client.delete_route_table().route_table_id(table).send()))
                .await
        }
    }
}

async fn create(
    aws: &Aws,
    client: &Client,
    scope: &Scope,
    vpc_id: &str,
    tags: &Tags,
    notes: &Notes,
) -> Result<String, CloudError> {
    let action = "ec2:CreateRouteTable";
    let request = client
        .create_route_table()
        .vpc_id(vpc_id)
        .tag_specifications(tag_specification(ResourceType::RouteTable, tags, scope))
        .client_token(client_token(scope));
    let answer = patiently(notes, |_| false, || aws.call(action, request.clone().send())).await?;
    answer.route_table.and_then(|table| table.route_table_id).ok_or_else(|| unnamed(action))
}

/// A destination has one route. If it has one already, that may be what an attempt without an answer made.
async fn create_route(aws: &Aws, client: &Client, table: &str, route: &Route, notes: &Notes) -> Result<(), CloudError> {
    let request = with_route!(client.create_route(), table, route);
    match patiently(notes, is_too_new, || aws.call("ec2:CreateRoute", request.clone().send())).await {
        Err(error) if error.code.as_deref() == Some("RouteAlreadyExists") => {
            let tables = describe(aws, client, vec![filter("route-table-id", [table])]).await?;
            let mut routes = tables.iter().flat_map(RouteTable::routes).filter_map(read::route);
            if routes.any(|there| there.destination == route.destination && there.leads_where(route)) {
                return Ok(());
            }
            Err(error.with_hint("another route to this destination was put in meanwhile; apply again to replace it"))
        }
        answer => answer.map(drop),
    }
}

/// Whether a gateway was attached to the VPC too short a time ago for the route to be taken.
fn is_too_new(error: &CloudError) -> bool {
    error.class == ErrorClass::Refused && error.message.contains("belong to different networks")
}

/// Waits until a new route table is seen.
pub(super) async fn settle(aws: &Aws, scope: &Scope, call: &Call, progress: &mut Progress) -> Result<(), CloudError> {
    let Call::CreateRouteTable { .. } = call else { return Ok(()) };
    let action = call.action();
    let id = progress.id(action)?;
    let clients = aws.region(&scope.region).await;
    let look = || async {
        let found = describe(aws, clients.ec2(), vec![filter("route-table-id", [id])]).await?;
        Ok(found.into_iter().next())
    };
    until_seen(action, &format!("the route table {id}"), &progress.notes, look).await.map(drop)
}
