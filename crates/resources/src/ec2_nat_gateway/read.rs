//! From AWS's answers to the file's form.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{Filter, NatGateway, NatGatewayAddress, NatGatewayState};
use provision_reconciler::{CloudError, Live, Scope, Target, ownership};

use super::spec::{ConnectivityType, NatGatewaySpec};
use super::{Ec2NatGateway, NatGatewayOutputs};
use crate::Aws;
use crate::ec2::{answers, described, filter, from_sdk_tags, ids};
use crate::values::from_aws;

pub(super) const DESCRIBE: &str = "ec2:DescribeNatGateways";

/// Reads all targets in one call.
pub(super) async fn read(
    aws: &Aws,
    targets: &[Target<NatGatewaySpec>],
) -> Vec<Result<Option<Live<Ec2NatGateway>>, CloudError>> {
    let Some(first) = targets.first() else { return Vec::new() };
    let clients = aws.region(&first.scope.region).await;
    let found = described("nat-gateway-id", &ids(targets), |filter| describe(aws, clients.ec2(), vec![filter])).await;
    answers(targets, found, NatGateway::nat_gateway_id, live)
}

/// The NAT gateways that pass these filters, those that are gone included.
pub(super) async fn describe(aws: &Aws, client: &Client, filters: Vec<Filter>) -> Result<Vec<NatGateway>, CloudError> {
    let request = client.describe_nat_gateways().set_filter(Some(filters));
    aws.call(DESCRIBE, request.into_paginator().items().send().try_collect()).await
}

/// One NAT gateway in whatever state; `None` if none is seen.
pub(super) async fn get(aws: &Aws, client: &Client, id: &str) -> Result<Option<NatGateway>, CloudError> {
    let found = describe(aws, client, vec![filter("nat-gateway-id", [id])]).await?;
    Ok(found.into_iter().next())
}

/// Whether it is one that is, or is about to be, of use.
pub(super) fn is_there(gateway: &NatGateway) -> bool {
    !matches!(gateway.state, Some(NatGatewayState::Deleting | NatGatewayState::Deleted | NatGatewayState::Failed))
}

/// The address that it was made with: others can be added to it by hand.
fn address(gateway: &NatGateway) -> Option<&NatGatewayAddress> {
    let addresses = gateway.nat_gateway_addresses();
    addresses.iter().find(|address| address.is_primary == Some(true)).or(addresses.first())
}

/// What references can name.
pub(super) fn outputs(scope: &Scope, id: &str, gateway: &NatGateway) -> NatGatewayOutputs {
    let address = address(gateway);
    NatGatewayOutputs {
        arn: scope.arn("ec2", &format!("natgateway/{id}")),
        nat_gateway_id: id.to_owned(),
        private_ip: address.and_then(|address| address.private_ip.clone()),
        public_ip: address.and_then(|address| address.public_ip.clone()),
    }
}

fn live(target: &Target<NatGatewaySpec>, gateway: &NatGateway) -> Result<Option<Live<Ec2NatGateway>>, CloudError> {
    if !is_there(gateway) {
        return Ok(None);
    }
    let tags = from_sdk_tags(gateway.tags());
    let connectivity = gateway.connectivity_type().map(|one| from_aws(DESCRIBE, one.as_str())).transpose()?;
    let address = address(gateway);
    let mut spec = NatGatewaySpec {
        subnet_id: gateway.subnet_id().unwrap_or_default().to_owned(),
        connectivity_type: connectivity.unwrap_or(ConnectivityType::Public),
        allocation_id: address.and_then(|address| address.allocation_id.clone()),
        private_ip_address: address.and_then(|address| address.private_ip.clone()),
        tags: ownership::comparable(tags.clone()),
    };
    // While it is being made AWS may not tell its addresses yet. That must not look like a difference that replaces it.
    if let (Some(NatGatewayState::Pending), Some(desired)) = (gateway.state(), &target.desired) {
        spec.allocation_id = spec.allocation_id.or_else(|| desired.allocation_id.clone());
        spec.private_ip_address = spec.private_ip_address.or_else(|| desired.private_ip_address.clone());
    }
    let outputs = outputs(&target.scope, &target.id, gateway);
    Ok(Some(Live { id: target.id.clone(), spec, outputs, tags }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::{scope, spec};

    fn target() -> Target<NatGatewaySpec> {
        let desired = json!({ "subnet_id": "subnet-1", "allocation_id": "eipalloc-1" });
        let desired = Some(spec::<Ec2NatGateway>(desired));
        Target { scope: scope::<Ec2NatGateway>("a"), id: "nat-1".to_owned(), desired }
    }

    fn gateway(state: NatGatewayState) -> NatGateway {
        NatGateway::builder().nat_gateway_id("nat-1").subnet_id("subnet-1").state(state).build()
    }

    #[test]
    fn one_that_is_going_or_could_not_be_made_is_absent() {
        for (state, there) in [
            (NatGatewayState::Pending, true),
            (NatGatewayState::Available, true),
            (NatGatewayState::Failed, false),
            (NatGatewayState::Deleting, false),
            (NatGatewayState::Deleted, false),
        ] {
            let live = live(&target(), &gateway(state.clone())).ok().flatten();
            assert_eq!(live.is_some(), there, "{state}");
        }
    }

    #[test]
    fn what_aws_does_not_tell_yet_of_a_pending_one_is_no_difference() {
        let allocation =
            |state| live(&target(), &gateway(state)).ok().flatten().and_then(|live| live.spec.allocation_id);
        assert_eq!(allocation(NatGatewayState::Pending).as_deref(), Some("eipalloc-1"));
        assert_eq!(allocation(NatGatewayState::Available), None);
    }

    #[test]
    fn its_own_address_is_the_primary_one() {
        let address = |id: &str, primary| {
            NatGatewayAddress::builder().allocation_id(id).public_ip(id).is_primary(primary).build()
        };
        let gateway = NatGateway::builder()
            .nat_gateway_addresses(address("eipalloc-2", false))
            .nat_gateway_addresses(address("eipalloc-1", true))
            .build();
        let live = live(&target(), &gateway).ok().flatten();
        let told = live.map(|live| (live.spec.allocation_id, live.outputs.public_ip));
        assert_eq!(told, Some((Some("eipalloc-1".to_owned()), Some("eipalloc-1".to_owned()))));
    }
}
