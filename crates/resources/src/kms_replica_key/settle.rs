//! Waiting until a replica can be used.

use std::time::Duration;

use aws_sdk_kms::types::KeyState;
use provision_reconciler::{CloudError, Progress, Scope};

use crate::Aws;
use crate::aws::{Poll, wait_until};
use crate::kms::{self, Call};

/// How long AWS may take to bring the key material into another region, which usually takes seconds.
///
/// <https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-replicate.html>
const DEADLINE: Duration = Duration::from_secs(300);

pub(super) async fn settle(aws: &Aws, scope: &Scope, call: &Call, progress: &mut Progress) -> Result<(), CloudError> {
    const ACTION: &str = "kms:DescribeKey";
    let Call::ReplicateKey { .. } = call else { return Ok(()) };
    let clients = aws.region(&scope.region).await;
    let (id, kms) = (progress.id(ACTION)?, clients.kms());
    let what = format!("the replica {id} in {} to be ready", scope.region);
    wait_until(ACTION, &what, DEADLINE, &progress.notes, || async move {
        let state = kms::described(aws, kms, id).await?.and_then(|key| key.key_state);
        Ok(match state {
            // The region does not know it yet.
            None => Poll::Pending("unknown there".to_owned()),
            Some(KeyState::Creating) => Poll::Pending("Creating".to_owned()),
            Some(_) => Poll::Ready(()),
        })
    })
    .await
}
