//! Reading log groups as they are.

use std::collections::BTreeMap;

use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::types::LogGroup;
use futures::future::{join, join_all, try_join_all};
use provision_reconciler::{CloudError, ErrorClass, Live, Scope, Target, ownership};

use super::spec::{LogGroupClass, Spec};
use super::{LogsLogGroup, Outputs, arn};
use crate::Aws;
use crate::tags::Tags;
use crate::values::from_aws;

pub(super) const DESCRIBE: &str = "logs:DescribeLogGroups";
pub(super) const TAGS: &str = "logs:ListTagsForResource";

/// The most log groups that one `DescribeLogGroups` can be asked for by name.
const BATCH: usize = 50;

type Read = Result<Option<Live<LogsLogGroup>>, CloudError>;

/// Reads all targets at once: one description for up to fifty, and the tags of each.
pub(super) async fn read(aws: &Aws, targets: &[Target<Spec>]) -> Vec<Read> {
    let Some(first) = targets.first() else { return Vec::new() };
    let clients = aws.region(&first.scope.region).await;
    let client = clients.cloudwatch_logs();
    let batches = try_join_all(targets.chunks(BATCH).map(|batch| describe(aws, client, batch)));
    let tags = join_all(targets.iter().map(|target| tags(aws, client, arn(&target.scope, &target.id))));
    let (groups, tags) = join(batches, tags).await;
    let groups: BTreeMap<String, LogGroup> = match groups {
        Ok(batches) => batches.into_iter().flatten().collect(),
        Err(error) => return targets.iter().map(|_| Err(error.clone())).collect(),
    };
    targets.iter().zip(tags).map(|(target, tags)| live(target, groups.get(&target.id), tags)).collect()
}

/// Those of some log groups that there are, by name.
async fn describe(aws: &Aws, client: &Client, targets: &[Target<Spec>]) -> Result<Vec<(String, LogGroup)>, CloudError> {
    let names: Vec<String> = targets.iter().map(|target| target.id.clone()).collect();
    let request = client.describe_log_groups().set_log_group_identifiers(Some(names));
    let pages = aws.call(DESCRIBE, request.into_paginator().send().try_collect()).await?;
    let groups = pages.into_iter().flat_map(|page| page.log_groups.unwrap_or_default());
    Ok(groups.filter_map(|group| Some((group.log_group_name.clone()?, group))).collect())
}

/// The tags; `None` if there is no such log group.
pub(super) async fn tags(aws: &Aws, client: &Client, arn: String) -> Result<Option<Tags>, CloudError> {
    match aws.call(TAGS, client.list_tags_for_resource().resource_arn(arn).send()).await {
        Ok(answer) => Ok(Some(answer.tags.unwrap_or_default().into_iter().collect())),
        Err(error) if error.class == ErrorClass::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn live(target: &Target<Spec>, group: Option<&LogGroup>, tags: Result<Option<Tags>, CloudError>) -> Read {
    let Some(group) = group else { return Ok(None) };
    let Some(tags) = tags? else { return Ok(None) };
    let class = group.log_group_class().map(|class| from_aws(DESCRIBE, class.as_str())).transpose()?;
    let spec = Spec {
        log_group_name: target.id.clone(),
        retention_in_days: group.retention_in_days().unwrap_or_default(),
        kms_key: group.kms_key_id().unwrap_or_default().to_owned(),
        log_group_class: class.unwrap_or(LogGroupClass::Standard),
        deletion_protection_enabled: group.deletion_protection_enabled().unwrap_or_default(),
        tags: ownership::comparable(tags.clone()),
    };
    Ok(Some(Live { id: target.id.clone(), spec, outputs: Outputs::new(&target.scope, &target.id), tags }))
}

/// The name of the log group that the tags say is this resource. There is no search by tag: every log group is asked.
pub(super) async fn find(aws: &Aws, scope: &Scope) -> Result<Option<String>, CloudError> {
    let clients = aws.region(&scope.region).await;
    let client = clients.cloudwatch_logs();
    let pages = aws.call(DESCRIBE, client.describe_log_groups().into_paginator().send().try_collect()).await?;
    let groups = pages.into_iter().flat_map(|page| page.log_groups.unwrap_or_default());
    let searches = groups.filter_map(|group| group.log_group_name).map(|name| async move {
        match tags(aws, client, arn(scope, &name)).await {
            Ok(Some(tags)) if ownership::is_ours(&tags, &scope.environment, &scope.address) => Ok(Some(name)),
            Ok(_) => Ok(None),
            // Closed to us: not one that we made.
            Err(error) if error.class == ErrorClass::Denied => Ok(None),
            Err(error) => Err(error),
        }
    });
    Ok(try_join_all(searches).await?.into_iter().flatten().next())
}
