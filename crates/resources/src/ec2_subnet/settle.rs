//! Waiting until a new subnet can be used.

use aws_sdk_ec2::types::SubnetState;
use provision_reconciler::{CloudError, Progress, Scope};

use super::call::Call;
use super::read::subnets;
use crate::Aws;
use crate::ec2::{filter, until_seen};

pub(super) async fn settle(aws: &Aws, scope: &Scope, call: &Call, progress: &mut Progress) -> Result<(), CloudError> {
    let Call::CreateSubnet { .. } = call else { return Ok(()) };
    let action = call.action();
    let id = progress.id(action)?.to_owned();
    let clients = aws.region(&scope.region).await;
    let available = || async {
        let found = subnets(aws, clients.ec2(), vec![filter("subnet-id", [id.as_str()])]).await?;
        Ok(found.into_iter().find(|subnet| subnet.state() == Some(&SubnetState::Available)))
    };
    let subnet = until_seen(action, &format!("the subnet {id}"), &progress.notes, available).await?;
    progress.output("availability_zone", subnet.availability_zone.unwrap_or_default());
    Ok(())
}
