//! Reading internet gateways as they are.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{AttachmentStatus, Filter, InternetGateway};
use provision_config::unknown;
use provision_reconciler::{CloudError, Live, Scope, Target, ownership};

use super::spec::InternetGatewaySpec;
use super::{Ec2InternetGateway, InternetGatewayOutputs};
use crate::Aws;
use crate::ec2;

pub(super) const GATEWAYS: &str = "ec2:DescribeInternetGateways";

/// Reads all targets with one description.
pub(super) async fn read(
    aws: &Aws,
    targets: &[Target<InternetGatewaySpec>],
) -> Vec<Result<Option<Live<Ec2InternetGateway>>, CloudError>> {
    let Some(first) = targets.first() else { return Vec::new() };
    let clients = aws.region(&first.scope.region).await;
    let ids = ec2::ids(targets);
    let describe = |filter| gateways(aws, clients.ec2(), vec![filter]);
    let found = ec2::described("internet-gateway-id", &ids, describe).await;
    ec2::answers(targets, found, InternetGateway::internet_gateway_id, |target, gateway| {
        Ok(Some(live(target, gateway)))
    })
}

pub(super) async fn gateways(
    aws: &Aws,
    client: &Client,
    filters: Vec<Filter>,
) -> Result<Vec<InternetGateway>, CloudError> {
    let request = client.describe_internet_gateways().set_filters(Some(filters));
    aws.call(GATEWAYS, request.into_paginator().items().send().try_collect()).await
}

/// The VPC that a gateway is attached to, if any. AWS calls that state `available`, a name the SDK's list of states lacks.
pub(super) fn attached_to(gateway: &InternetGateway) -> Option<&str> {
    let is_attached = |state: Option<&AttachmentStatus>| {
        !matches!(state, Some(AttachmentStatus::Detached | AttachmentStatus::Detaching))
    };
    gateway.attachments().iter().find(|one| is_attached(one.state())).and_then(|one| one.vpc_id())
}

fn live(target: &Target<InternetGatewaySpec>, gateway: &InternetGateway) -> Live<Ec2InternetGateway> {
    let tags = ec2::from_sdk_tags(gateway.tags());
    let attached = attached_to(gateway);
    // One that is attached to none can be attached to the one that the file names.
    let wanted = target.desired.as_ref().map(|desired| desired.vpc_id.as_str()).filter(|id| !unknown::is_unknown(id));
    let spec = InternetGatewaySpec {
        vpc_id: attached.or(wanted).unwrap_or_default().to_owned(),
        attached: attached.is_some(),
        tags: ownership::comparable(tags.clone()),
    };
    let outputs = InternetGatewayOutputs::new(&target.scope, &target.id);
    Live { id: target.id.clone(), spec, outputs, tags }
}

/// The ids of the gateways that carry this address's tags: two, while one takes the place of the other.
pub(super) async fn find(aws: &Aws, scope: &Scope) -> Result<Vec<String>, CloudError> {
    let clients = aws.region(&scope.region).await;
    let found = gateways(aws, clients.ec2(), ec2::owned_by(scope)).await?;
    Ok(found.into_iter().filter_map(|gateway| gateway.internet_gateway_id).collect())
}
