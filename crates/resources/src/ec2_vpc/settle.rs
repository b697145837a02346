//! Waiting until a new VPC is there for everybody, with its default security group.

use aws_sdk_ec2::types::VpcState;
use futures::future::try_join;
use provision_reconciler::{CloudError, Progress, Scope};

use super::call::Call;
use super::read::{default_groups, vpcs};
use crate::Aws;
use crate::ec2::{filter, until_seen};

pub(super) async fn settle(aws: &Aws, scope: &Scope, call: &Call, progress: &mut Progress) -> Result<(), CloudError> {
    let Call::CreateVpc { .. } = call else { return Ok(()) };
    let action = call.action();
    let id = progress.id(action)?.to_owned();
    let clients = aws.region(&scope.region).await;
    let client = clients.ec2();
    let available = || async {
        let found = vpcs(aws, client, vec![filter("vpc-id", [id.as_str()])]).await?;
        Ok(found.into_iter().find(|vpc| vpc.state() == Some(&VpcState::Available)))
    };
    let group = || async {
        let found = default_groups(aws, client, filter("vpc-id", [id.as_str()])).await?;
        Ok(found.into_iter().find_map(|group| group.group_id))
    };
    let what = format!("the VPC {id}");
    let whose = format!("the default security group of {id}");
    let notes = &progress.notes;
    let (_, group) =
        try_join(until_seen(action, &what, notes, available), until_seen(action, &whose, notes, group)).await?;
    progress.output("default_security_group_id", group);
    Ok(())
}
