//! Looking for a function by its tags.

use futures::future::join_all;
use provision_reconciler::{CloudError, ErrorClass, Scope, ownership};

use crate::{Aws, lambda};

pub(super) const LIST: &str = "lambda:ListFunctions";

/// The name of the function that the tags say is this resource. A list of functions does not tell tags: each is asked.
pub(super) async fn find(cloud: &Aws, scope: &Scope) -> Result<Option<String>, CloudError> {
    let clients = cloud.region(&scope.region).await;
    let client = clients.lambda();
    let functions = cloud.call(LIST, client.list_functions().into_paginator().items().send().try_collect()).await?;
    let known = functions.into_iter().filter_map(|function| function.function_name.zip(function.function_arn));
    let (names, arns): (Vec<_>, Vec<_>) = known.unzip();
    let tags = join_all(arns.into_iter().map(|arn| lambda::tags(cloud, client, arn))).await;
    for (name, tags) in names.into_iter().zip(tags) {
        match tags {
            Ok(tags) if ownership::is_ours(&tags, &scope.environment, &scope.address) => return Ok(Some(name)),
            // Deleted since it was listed, or none of our business.
            Ok(_) => {}
            Err(error) if matches!(error.class, ErrorClass::NotFound | ErrorClass::Denied) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}
