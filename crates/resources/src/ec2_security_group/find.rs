//! Looking for a security group by its tags, or by its name.

use aws_sdk_ec2::types::SecurityGroup;
use provision_reconciler::{CloudError, Scope};

use super::read;
use crate::Aws;
use crate::aws::Clients;
use crate::ec2::{filter, owned_by};

/// The ids of all groups that the tags say are this resource.
pub(super) async fn find_all(aws: &Aws, scope: &Scope) -> Result<Vec<String>, CloudError> {
    let clients = aws.region(&scope.region).await;
    let found = read::describe(aws, &clients, owned_by(scope)).await?;
    Ok(found.into_iter().filter_map(|group| group.group_id).collect())
}

/// The group of this name; names are unique in a VPC, whether upper or lower case (which a filter by name tells apart).
pub(super) async fn named(
    aws: &Aws,
    clients: &Clients,
    vpc_id: &str,
    name: &str,
) -> Result<Option<SecurityGroup>, CloudError> {
    let groups = read::describe(aws, clients, vec![filter("vpc-id", [vpc_id])]).await?;
    let is_named = |group: &SecurityGroup| group.group_name().is_some_and(|other| other.eq_ignore_ascii_case(name));
    Ok(groups.into_iter().find(is_named))
}
