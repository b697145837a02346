//! Looking for a bucket by its tags.

use futures::future::try_join_all;
use provision_reconciler::{CloudError, ErrorClass, Scope, ownership};

use super::convert::from_sdk_tags;
use super::failure::is_not_set;
use crate::Aws;

/// The bucket of this region that carries this address's tags.
pub(super) async fn find(aws: &Aws, scope: &Scope) -> Result<Option<String>, CloudError> {
    let clients = aws.region(&scope.region).await;
    let s3 = clients.s3();
    let pages = s3.list_buckets().bucket_region(&scope.region).into_paginator().send().try_collect();
    let pages = aws.call("s3:ListAllMyBuckets", pages).await?;
    let buckets = pages.iter().flat_map(|page| page.buckets()).filter_map(|bucket| bucket.name());
    let searches = buckets.map(|bucket| async move {
        let request = s3.get_bucket_tagging().bucket(bucket).expected_bucket_owner(&scope.account);
        match aws.call("s3:GetBucketTagging", request.send()).await {
            Ok(answer) => {
                let tags = from_sdk_tags(answer.tag_set());
                Ok(ownership::is_ours(&tags, &scope.environment, &scope.address).then(|| bucket.to_owned()))
            }
            // Without tags, gone meanwhile, or closed to us: not one that we made.
            Err(error) if is_not_set(&error) || matches!(error.class, ErrorClass::Denied | ErrorClass::NotFound) => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    });
    Ok(try_join_all(searches).await?.into_iter().flatten().next())
}
