//! Reading subnets as they are.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{Filter, Subnet};
use provision_reconciler::{CloudError, Live, Scope, Target, ownership};

use super::spec::{HostnameType, SubnetSpec};
use super::{Ec2Subnet, SubnetOutputs, arn};
use crate::Aws;
use crate::ec2;
use crate::values::from_aws;

pub(super) const SUBNETS: &str = "ec2:DescribeSubnets";

/// Reads all targets with one description.
pub(super) async fn read(
    aws: &Aws,
    targets: &[Target<SubnetSpec>],
) -> Vec<Result<Option<Live<Ec2Subnet>>, CloudError>> {
    let Some(first) = targets.first() else { return Vec::new() };
    let clients = aws.region(&first.scope.region).await;
    let ids = ec2::ids(targets);
    let found = ec2::described("subnet-id", &ids, |filter| subnets(aws, clients.ec2(), vec![filter])).await;
    ec2::answers(targets, found, Subnet::subnet_id, |target, subnet| live(target, subnet).map(Some))
}

pub(super) async fn subnets(aws: &Aws, client: &Client, filters: Vec<Filter>) -> Result<Vec<Subnet>, CloudError> {
    let request = client.describe_subnets().set_filters(Some(filters));
    aws.call(SUBNETS, request.into_paginator().items().send().try_collect()).await
}

fn live(target: &Target<SubnetSpec>, subnet: &Subnet) -> Result<Live<Ec2Subnet>, CloudError> {
    let tags = ec2::from_sdk_tags(subnet.tags());
    let names = subnet.private_dns_name_options_on_launch();
    let hostnames = names.and_then(|names| names.hostname_type());
    let zone = subnet.availability_zone().unwrap_or_default().to_owned();
    let spec = SubnetSpec {
        vpc_id: subnet.vpc_id().unwrap_or_default().to_owned(),
        cidr_block: subnet.cidr_block().unwrap_or_default().to_owned(),
        availability_zone: Some(zone.clone()),
        map_public_ip_on_launch: subnet.map_public_ip_on_launch().unwrap_or_default(),
        private_dns_hostname_type_on_launch: match hostnames {
            Some(hostnames) => from_aws(SUBNETS, hostnames.as_str())?,
            None => HostnameType::default(),
        },
        enable_resource_name_dns_a_record_on_launch: names
            .and_then(|names| names.enable_resource_name_dns_a_record())
            .unwrap_or_default(),
        tags: ownership::comparable(tags.clone()),
    };
    let outputs =
        SubnetOutputs { subnet_id: target.id.clone(), arn: arn(&target.scope, &target.id), availability_zone: zone };
    Ok(Live { id: target.id.clone(), spec, outputs, tags })
}

/// The ids of the subnets that carry this address's tags: two, while one takes the place of the other.
pub(super) async fn find(aws: &Aws, scope: &Scope) -> Result<Vec<String>, CloudError> {
    let clients = aws.region(&scope.region).await;
    let found = subnets(aws, clients.ec2(), ec2::owned_by(scope)).await?;
    Ok(found.into_iter().filter_map(|subnet| subnet.subnet_id).collect())
}
