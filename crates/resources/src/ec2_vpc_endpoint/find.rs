//! Looking for an endpoint by its tags.

use provision_reconciler::{CloudError, Scope};

use super::read::{describe, is_there};
use crate::Aws;
use crate::ec2::owned_by;

/// The endpoint that carries this address's tags.
pub(super) async fn find(aws: &Aws, scope: &Scope) -> Result<Option<String>, CloudError> {
    let clients = aws.region(&scope.region).await;
    let found = describe(aws, clients.ec2(), owned_by(scope)).await?;
    Ok(found.into_iter().filter(is_there).find_map(|endpoint| endpoint.vpc_endpoint_id))
}
