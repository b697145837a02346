//! Reading Elastic IP addresses as they are.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{Address, Filter};
use provision_reconciler::{CloudError, Live, Scope, Target, ownership};

use super::spec::EipSpec;
use super::{Ec2Eip, EipOutputs};
use crate::Aws;
use crate::ec2;

pub(super) const ADDRESSES: &str = "ec2:DescribeAddresses";

/// Reads all targets with one description.
pub(super) async fn read(aws: &Aws, targets: &[Target<EipSpec>]) -> Vec<Result<Option<Live<Ec2Eip>>, CloudError>> {
    let Some(first) = targets.first() else { return Vec::new() };
    let clients = aws.region(&first.scope.region).await;
    let ids = ec2::ids(targets);
    let found = ec2::described("allocation-id", &ids, |filter| addresses(aws, clients.ec2(), vec![filter])).await;
    ec2::answers(targets, found, Address::allocation_id, |target, address| Ok(Some(live(target, address))))
}

/// `DescribeAddresses` has no pages.
pub(super) async fn addresses(aws: &Aws, client: &Client, filters: Vec<Filter>) -> Result<Vec<Address>, CloudError> {
    let answer = aws.call(ADDRESSES, client.describe_addresses().set_filters(Some(filters)).send()).await?;
    Ok(answer.addresses.unwrap_or_default())
}

fn live(target: &Target<EipSpec>, address: &Address) -> Live<Ec2Eip> {
    let tags = ec2::from_sdk_tags(address.tags());
    let spec = EipSpec {
        network_border_group: address.network_border_group().map(str::to_owned),
        public_ipv4_pool: address.public_ipv4_pool().map(str::to_owned),
        tags: ownership::comparable(tags.clone()),
    };
    let outputs = EipOutputs::new(&target.scope, &target.id, address.public_ip().unwrap_or_default());
    Live { id: target.id.clone(), spec, outputs, tags }
}

/// The ids of the addresses' allocations that carry this address's tags: two, while one takes the place of the other.
pub(super) async fn find(aws: &Aws, scope: &Scope) -> Result<Vec<String>, CloudError> {
    let clients = aws.region(&scope.region).await;
    let found = addresses(aws, clients.ec2(), ec2::owned_by(scope)).await?;
    Ok(found.into_iter().filter_map(|address| address.allocation_id).collect())
}
