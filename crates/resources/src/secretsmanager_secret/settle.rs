//! Waiting for replicas.

use std::time::Duration;

use aws_sdk_secretsmanager::types::StatusType;
use provision_reconciler::{CloudError, ErrorClass, Progress, Scope};

use super::call::{Call, Operation};
use super::read;
use crate::Aws;
use crate::aws::{Poll, wait_until};

/// How long replicas may take to come or go.
const REPLICATION: Duration = Duration::from_secs(5 * 60);

pub(super) async fn settle(aws: &Aws, scope: &Scope, call: &Call, progress: &mut Progress) -> Result<(), CloudError> {
    let (comes, regions): (bool, Vec<&str>) = match &call.operation {
        Operation::CreateSecret { replicas, .. } | Operation::ReplicateSecretToRegions { replicas } => {
            (true, replicas.iter().map(|replica| replica.region.as_str()).collect())
        }
        Operation::RemoveRegionsFromReplication { regions } => (false, regions.iter().map(String::as_str).collect()),
        _ => return Ok(()),
    };
    if regions.is_empty() {
        return Ok(());
    }
    let action = call.operation.action();
    let clients = aws.region(&scope.region).await;
    let what = match comes {
        true => format!("the replica in {} to be in step", regions.join(", ")),
        false => format!("the replica in {} to be gone", regions.join(", ")),
    };
    wait_until(action, &what, REPLICATION, &progress.notes, || async {
        let described = read::describe(aws, clients.secrets_manager(), &call.name).await?;
        let statuses = described.as_ref().map(|described| described.replication_status()).unwrap_or_default();
        for region in &regions {
            let status = statuses.iter().find(|status| status.region() == Some(*region));
            match status.and_then(|status| status.status()) {
                Some(StatusType::Failed) if comes => {
                    let why = status.and_then(|status| status.status_message()).unwrap_or("AWS gives no reason");
                    let message = format!("the replica in {region} failed: {why}");
                    return Err(CloudError::new(action, ErrorClass::Refused, message).with_hint(
                        "see whether a secret of that name is there already, and whether the key may be used",
                    ));
                }
                Some(StatusType::InSync) if comes => {}
                None if !comes && status.is_none() => {}
                Some(status) => return Ok(Poll::Pending(format!("{region} is {}", status.as_str()))),
                None => return Ok(Poll::Pending(format!("{region} is not there yet"))),
            }
        }
        Ok(Poll::Ready(()))
    })
    .await
}
