//! Looking for a mapping by its tags.

use futures::future::join_all;
use provision_reconciler::{CloudError, ErrorClass, Scope, ownership};

use super::read;
use crate::{Aws, lambda};

pub(super) const LIST: &str = "lambda:ListEventSourceMappings";

/// The id of the mapping that the tags say is this resource. A list of mappings does not tell tags: each is asked.
pub(super) async fn find(cloud: &Aws, scope: &Scope) -> Result<Option<String>, CloudError> {
    let clients = cloud.region(&scope.region).await;
    let client = clients.lambda();
    let mappings =
        cloud.call(LIST, client.list_event_source_mappings().into_paginator().items().send().try_collect()).await?;
    // One that is about to go would be adopted, and then be gone.
    let mappings = mappings.into_iter().filter(|mapping| mapping.state() != Some(read::DELETING));
    let uuids: Vec<String> = mappings.filter_map(|mapping| mapping.uuid).collect();
    let tags = join_all(uuids.iter().map(|uuid| lambda::tags(cloud, client, read::arn(scope, uuid)))).await;
    for (uuid, tags) in uuids.into_iter().zip(tags) {
        match tags {
            Ok(tags) if ownership::is_ours(&tags, &scope.environment, &scope.address) => return Ok(Some(uuid)),
            // Deleted since it was listed, or none of our business.
            Ok(_) => {}
            Err(error) if matches!(error.class, ErrorClass::NotFound | ErrorClass::Denied) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}
