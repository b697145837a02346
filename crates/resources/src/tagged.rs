//! Everything that carries an environment's tags, whatever kind of resource it is.
//!
//! The Resource Groups Tagging API tells of nearly everything in one call for each region, though it lags changes by some minutes and
//! goes on telling of what was deleted. IAM roles it leaves out; those come from IAM itself.
//!
//! <https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html>

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::types::EntityType;
use aws_sdk_resourcegroupstagging::types::TagFilter;
use futures::future::try_join_all;
use provision_reconciler::orphan::Tagged;
use provision_reconciler::{CloudError, ErrorClass, ownership};

use crate::{Aws, iam};

/// The IAM actions that it needs.
pub const ACTIONS: [&str; 2] = ["tag:GetResources", "iam:GetAccountAuthorizationDetails"];

/// The most resources in one answer.
const PAGE: i32 = 100;

/// Everything in these regions that carries the tags of this environment; with what is global, if that is asked for: it is found with a
/// partition's first region, whether or not it is among them.
///
/// # Errors
/// If it cannot be listed.
pub async fn tagged(
    aws: &Aws,
    partition: &str,
    environment: &str,
    regions: &BTreeSet<String>,
    with_global: bool,
) -> Result<Vec<Tagged>, CloudError> {
    let global = global_region(partition);
    let elsewhere = (with_global && !regions.contains(global)).then_some((global, true));
    let places = regions.iter().map(|region| (region.as_str(), false)).chain(elsewhere);
    let listed = try_join_all(places.map(|(region, only_global)| resources(aws, environment, region, only_global)));
    let roles = async { if with_global { roles(aws, environment, global).await } else { Ok(Vec::new()) } };
    let (listed, roles) = futures::future::try_join(listed, roles).await?;
    Ok(listed.into_iter().flatten().chain(roles).collect())
}

/// Where AWS tells of what is global.
fn global_region(partition: &str) -> &'static str {
    match partition {
        "aws-cn" => "cn-north-1",
        "aws-us-gov" => "us-gov-west-1",
        _ => "us-east-1",
    }
}

async fn resources(aws: &Aws, environment: &str, region: &str, only_global: bool) -> Result<Vec<Tagged>, CloudError> {
    let clients = aws.region(region).await;
    let filter = TagFilter::builder().key(ownership::ENVIRONMENT).values(environment).build();
    let request = clients.resource_groups_tagging_api().get_resources().tag_filters(filter).resources_per_page(PAGE);
    let request = if only_global { request.resource_type_filters("iam") } else { request };
    let pages = request.into_paginator().send().try_collect();
    let pages = aws.call("tag:GetResources", pages).await.map_err(explain)?;
    let mappings = pages.into_iter().flat_map(|page| page.resource_tag_mapping_list.unwrap_or_default());
    let tagged = mappings.filter_map(|mapping| {
        let tags = mapping.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value));
        Some(Tagged { arn: mapping.resource_arn?, region: region.to_owned(), tags: tags.collect() })
    });
    Ok(tagged.collect())
}

/// The roles that carry the environment's tags: the one list of roles that tells their tags.
async fn roles(aws: &Aws, environment: &str, region: &str) -> Result<Vec<Tagged>, CloudError> {
    let clients = aws.region(region).await;
    let request = clients.iam().get_account_authorization_details().filter(EntityType::Role).max_items(1_000);
    let pages = request.into_paginator().send().try_collect();
    let pages = aws.call("iam:GetAccountAuthorizationDetails", pages).await.map_err(explain)?;
    let roles = pages.into_iter().flat_map(|page| page.role_detail_list.unwrap_or_default());
    let tagged = roles.filter_map(|role| {
        let tags: BTreeMap<String, String> = iam::from_sdk_tags(role.tags());
        let is_owned = tags.get(ownership::ENVIRONMENT).is_some_and(|owner| owner == environment);
        is_owned.then_some(Tagged { arn: role.arn?, region: region.to_owned(), tags })
    });
    Ok(tagged.collect())
}

fn explain(error: CloudError) -> CloudError {
    match error.class {
        ErrorClass::Denied => {
            let hint = format!("allow `{}` to the caller, or leave this search out with `--no-orphans`", error.action);
            error.with_hint(&hint)
        }
        _ => error,
    }
}
