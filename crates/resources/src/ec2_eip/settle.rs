//! Waiting until a new address is there for everybody.

use provision_reconciler::{CloudError, Progress, Scope};

use super::call::Call;
use super::read::addresses;
use crate::Aws;
use crate::ec2::{filter, until_seen};

pub(super) async fn settle(aws: &Aws, scope: &Scope, call: &Call, progress: &mut Progress) -> Result<(), CloudError> {
    let Call::AllocateAddress { .. } = call else { return Ok(()) };
    let action = call.action();
    let id = progress.id(action)?.to_owned();
    let clients = aws.region(&scope.region).await;
    let look = || async {
        let found = addresses(aws, clients.ec2(), vec![filter("allocation-id", [id.as_str()])]).await?;
        Ok(found.into_iter().next())
    };
    until_seen(action, &format!("the address {id}"), &progress.notes, look).await.map(drop)
}
