//! Looking for a key by its tags.

use aws_sdk_kms::types::KeyMetadata;
use futures::future::try_join_all;
use provision_reconciler::{CloudError, ErrorClass, Scope, ownership};

use super::read::is_pending_deletion;
use super::tags;
use crate::Aws;

/// The key that carries this address's tags. Of several, one that is not about to be deleted, and of those the newest.
pub(crate) async fn find(aws: &Aws, scope: &Scope) -> Result<Option<String>, CloudError> {
    let clients = aws.region(&scope.region).await;
    let kms = clients.kms();
    let keys = aws.call("kms:ListKeys", kms.list_keys().into_paginator().items().send().try_collect()).await?;
    let searches = keys.iter().filter_map(|key| key.key_id()).map(|id| async move {
        let answer = aws.call("kms:ListResourceTags", kms.list_resource_tags().key_id(id).limit(50).send()).await;
        match answer {
            Ok(answer) if ownership::is_ours(&tags(answer.tags()), &scope.environment, &scope.address) => {}
            Ok(_) => return Ok(None),
            // Somebody's key whose policy keeps us out, or one that went meanwhile, is not the one that we made.
            Err(error) if matches!(error.class, ErrorClass::Denied | ErrorClass::NotFound) => return Ok(None),
            Err(error) => return Err(error),
        }
        let answer = aws.call("kms:DescribeKey", kms.describe_key().key_id(id).send()).await?;
        Ok(answer.key_metadata)
    });
    let found = try_join_all(searches).await?;
    let rank = |key: &KeyMetadata| (!is_pending_deletion(key), key.creation_date.map(|date| date.as_nanos()));
    Ok(found.into_iter().flatten().max_by_key(rank).map(|key| key.key_id))
}
