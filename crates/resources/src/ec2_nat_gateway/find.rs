//! Looking for a NAT gateway by its tags.

use provision_reconciler::{CloudError, Scope};

use super::read::{describe, is_there};
use crate::Aws;
use crate::ec2::owned_by;

/// The NAT gateway that carries this address's tags.
pub(super) async fn find(aws: &Aws, scope: &Scope) -> Result<Option<String>, CloudError> {
    let clients = aws.region(&scope.region).await;
    let found = describe(aws, clients.ec2(), owned_by(scope)).await?;
    // Of several the newest: an earlier one was left by a run that could not see it yet.
    let newest = found.into_iter().filter(is_there).max_by_key(|gateway| gateway.create_time.map(|at| at.as_nanos()));
    Ok(newest.and_then(|gateway| gateway.nat_gateway_id))
}
