//! Looking for a route table by its tags.

use provision_reconciler::{CloudError, Scope};

use super::read::describe;
use crate::Aws;
use crate::ec2::owned_by;

/// The route table that carries this address's tags.
pub(super) async fn find(aws: &Aws, scope: &Scope) -> Result<Option<String>, CloudError> {
    let clients = aws.region(&scope.region).await;
    let found = describe(aws, clients.ec2(), owned_by(scope)).await?;
    Ok(found.into_iter().find_map(|table| table.route_table_id))
}
