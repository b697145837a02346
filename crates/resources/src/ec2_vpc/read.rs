//! Reading VPCs as they are.

use std::collections::HashMap;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{Filter, SecurityGroup, Vpc, VpcAttributeName};
use futures::future::{join_all, try_join};
use provision_reconciler::{CloudError, ErrorClass, Live, Scope, Target, ownership};

use super::default_group::DefaultSecurityGroup;
use super::spec::VpcSpec;
use super::{Ec2Vpc, VpcOutputs, arn};
use crate::Aws;
use crate::ec2;
use crate::values::from_aws;

pub(super) const VPCS: &str = "ec2:DescribeVpcs";
pub(super) const ATTRIBUTE: &str = "ec2:DescribeVpcAttribute";
pub(super) const GROUPS: &str = "ec2:DescribeSecurityGroups";

/// Reads all targets at once: one description of the VPCs, one of their default security groups, and two attributes of each.
pub(super) async fn read(aws: &Aws, targets: &[Target<VpcSpec>]) -> Vec<Result<Option<Live<Ec2Vpc>>, CloudError>> {
    let Some(first) = targets.first() else { return Vec::new() };
    let clients = aws.region(&first.scope.region).await;
    let client = clients.ec2();
    let ids = ec2::ids(targets);
    let vpcs = ec2::described("vpc-id", &ids, |filter| vpcs(aws, client, vec![filter]));
    let groups = ec2::described("vpc-id", &ids, |filter| default_groups(aws, client, filter));
    let dns = join_all(ids.iter().map(|id| dns(aws, client, id)));
    let (found, dns) = futures::join!(try_join(vpcs, groups), dns);
    let (vpcs, groups) = found.map_or_else(|error| (Err(error), Vec::new()), |(vpcs, groups)| (Ok(vpcs), groups));
    let groups: HashMap<&str, &SecurityGroup> =
        groups.iter().filter_map(|group| Some((group.vpc_id()?, group))).collect();
    let dns: HashMap<&String, _> = ids.iter().zip(dns).collect();
    ec2::answers(targets, vpcs, Vpc::vpc_id, |target, vpc| {
        let Some(dns) = dns.get(&target.id).cloned().transpose()?.flatten() else { return Ok(None) };
        live(target, vpc, dns, groups.get(target.id.as_str()).copied()).map(Some)
    })
}

pub(super) async fn vpcs(aws: &Aws, client: &Client, filters: Vec<Filter>) -> Result<Vec<Vpc>, CloudError> {
    let request = client.describe_vpcs().set_filters(Some(filters));
    aws.call(VPCS, request.into_paginator().items().send().try_collect()).await
}

/// The default security groups of the VPCs that the filter lets through. No other group can be called `default`.
pub(super) async fn default_groups(
    aws: &Aws,
    client: &Client,
    filter: Filter,
) -> Result<Vec<SecurityGroup>, CloudError> {
    let filters = vec![filter, ec2::filter("group-name", ["default"])];
    let request = client.describe_security_groups().set_filters(Some(filters));
    aws.call(GROUPS, request.into_paginator().items().send().try_collect()).await
}

/// Whether a VPC has DNS support and DNS names.
#[derive(Clone, Copy, Debug)]
struct Dns {
    support: bool,
    hostnames: bool,
}

/// `None` if there is no such VPC.
async fn dns(aws: &Aws, client: &Client, id: &str) -> Result<Option<Dns>, CloudError> {
    let ask = |name| aws.call(ATTRIBUTE, client.describe_vpc_attribute().vpc_id(id).attribute(name).send());
    match try_join(ask(VpcAttributeName::EnableDnsSupport), ask(VpcAttributeName::EnableDnsHostnames)).await {
        Ok((support, hostnames)) => Ok(Some(Dns {
            support: support.enable_dns_support().and_then(|value| value.value()).unwrap_or_default(),
            hostnames: hostnames.enable_dns_hostnames().and_then(|value| value.value()).unwrap_or_default(),
        })),
        Err(error) if error.class == ErrorClass::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn live(
    target: &Target<VpcSpec>,
    vpc: &Vpc,
    dns: Dns,
    group: Option<&SecurityGroup>,
) -> Result<Live<Ec2Vpc>, CloudError> {
    let tags = ec2::from_sdk_tags(vpc.tags());
    let tenancy = vpc.instance_tenancy().map(|tenancy| from_aws(VPCS, tenancy.as_str())).transpose()?;
    let spec = VpcSpec {
        cidr_block: vpc.cidr_block().unwrap_or_default().to_owned(),
        instance_tenancy: tenancy.unwrap_or_default(),
        enable_dns_support: dns.support,
        enable_dns_hostnames: dns.hostnames,
        default_security_group: group.map(DefaultSecurityGroup::from_sdk).unwrap_or_default(),
        tags: ownership::comparable(tags.clone()),
    };
    let outputs = VpcOutputs {
        vpc_id: target.id.clone(),
        arn: arn(&target.scope, &target.id),
        default_security_group_id: group.and_then(|group| group.group_id()).map(str::to_owned),
    };
    Ok(Live { id: target.id.clone(), spec, outputs, tags })
}

/// The ids of the VPCs that carry this address's tags: two, while one takes the place of the other.
pub(super) async fn find(aws: &Aws, scope: &Scope) -> Result<Vec<String>, CloudError> {
    let clients = aws.region(&scope.region).await;
    let found = vpcs(aws, clients.ec2(), ec2::owned_by(scope)).await?;
    Ok(found.into_iter().filter_map(|vpc| vpc.vpc_id).collect())
}
