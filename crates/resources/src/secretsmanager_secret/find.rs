//! Looking for a secret by its tags.

use aws_sdk_secretsmanager::types::{Filter, FilterNameStringType, SecretListEntry};
use provision_reconciler::{CloudError, Scope, ownership};

use super::read::tags;
use crate::Aws;

pub(super) const LIST: &str = "secretsmanager:ListSecrets";

/// The secret that carries this address's tags: rather one that is not about to be deleted. Listing lags by some minutes, but a secret
/// that was just made is found by its name.
pub(super) async fn find(aws: &Aws, scope: &Scope) -> Result<Option<String>, CloudError> {
    let clients = aws.region(&scope.region).await;
    let owned = ownership::tags(&scope.environment, &scope.address);
    // Filters look for values that begin with the text, and for keys and values apart: what they find is looked at again.
    let filter = |key, value: &str| Filter::builder().key(key).values(value).build();
    let request = clients.secrets_manager().list_secrets().include_planned_deletion(true).set_filters(Some(vec![
        filter(FilterNameStringType::TagKey, ownership::ADDRESS),
        filter(FilterNameStringType::TagValue, owned.get(ownership::ADDRESS).map_or("", String::as_str)),
    ]));
    let pages = aws.call(LIST, request.into_paginator().send().try_collect()).await?;
    let ours = |secret: &&SecretListEntry| {
        // A replica carries the tags of the secret itself.
        secret.primary_region().is_none_or(|region| region == scope.region)
            && ownership::is_ours(&tags(secret.tags()), &scope.environment, &scope.address)
    };
    let found = pages.iter().flat_map(|page| page.secret_list()).filter(ours);
    let found = found.min_by_key(|secret| secret.deleted_date.is_some());
    Ok(found.and_then(|secret| secret.name().map(str::to_owned)))
}
