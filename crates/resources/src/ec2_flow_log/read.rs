//! From AWS's answer to the file's form: one call tells all flow logs and their tags.

use aws_sdk_ec2::types::{Filter, FlowLog};
use provision_reconciler::{CloudError, Live, Scope, Target, ownership};

use super::spec::{FlowLogSpec, LogDestinationType, without_streams};
use super::{Ec2FlowLog, FlowLogOutputs};
use crate::Aws;
use crate::aws::Clients;
use crate::ec2::{answers, filter, from_sdk_tags, ids, owned_by};
use crate::values::from_aws;

pub(super) const DESCRIBE: &str = "ec2:DescribeFlowLogs";

type Read = Result<Option<Live<Ec2FlowLog>>, CloudError>;

/// Reads all targets at once.
pub(super) async fn read(aws: &Aws, targets: &[Target<FlowLogSpec>]) -> Vec<Read> {
    let Some(first) = targets.first() else { return Vec::new() };
    let clients = aws.region(&first.scope.region).await;
    let found = describe(aws, &clients, vec![filter("flow-log-id", ids(targets))]).await;
    answers(targets, found, |log| log.flow_log_id(), live)
}

/// The ids of all flow logs that the tags say are this resource.
pub(super) async fn find_all(aws: &Aws, scope: &Scope) -> Result<Vec<String>, CloudError> {
    Ok(owned(aws, scope).await?.into_iter().filter_map(|log| log.flow_log_id).collect())
}

/// All flow logs that the tags say are this resource.
pub(super) async fn owned(aws: &Aws, scope: &Scope) -> Result<Vec<FlowLog>, CloudError> {
    let clients = aws.region(&scope.region).await;
    describe(aws, &clients, owned_by(scope)).await
}

/// The flow log of this id.
pub(super) async fn one(aws: &Aws, scope: &Scope, id: &str) -> Result<Option<FlowLog>, CloudError> {
    let clients = aws.region(&scope.region).await;
    Ok(describe(aws, &clients, vec![filter("flow-log-id", [id])]).await?.into_iter().next())
}

async fn describe(aws: &Aws, clients: &Clients, filters: Vec<Filter>) -> Result<Vec<FlowLog>, CloudError> {
    let request = clients.ec2().describe_flow_logs().set_filter(Some(filters));
    aws.call(DESCRIBE, request.into_paginator().items().send().try_collect()).await
}

fn live(target: &Target<FlowLogSpec>, log: &FlowLog) -> Read {
    let tags = from_sdk_tags(log.tags());
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let destination_type = match log.log_destination_type() {
        Some(kind) => from_aws(DESCRIBE, kind.as_str())?,
        None => LogDestinationType::default(),
    };
    let (log_group_name, log_destination) = match destination_type {
        LogDestinationType::CloudWatchLogs => log_group(log, target),
        LogDestinationType::S3 => (None, log.log_destination().map(str::to_owned)),
    };
    let spec = FlowLogSpec {
        resource_id: text(log.resource_id()),
        traffic_type: from_aws(DESCRIBE, log.traffic_type().map(|traffic| traffic.as_str()).unwrap_or_default())?,
        log_destination_type: destination_type,
        log_group_name,
        log_destination,
        deliver_logs_permission_arn: log.deliver_logs_permission_arn().map(str::to_owned),
        log_format: text(log.log_format()),
        max_aggregation_interval: log.max_aggregation_interval().unwrap_or_default(),
        tags: ownership::comparable(tags.clone()),
    };
    let outputs = FlowLogOutputs::new(&target.scope, &target.id);
    Ok(Some(Live { id: target.id.clone(), spec, outputs, tags }))
}

/// The name and the ARN of a log group. AWS tells what the flow log was made with, so each follows from the other.
fn log_group(log: &FlowLog, target: &Target<FlowLogSpec>) -> (Option<String>, Option<String>) {
    let arn = log.log_destination().map(without_streams);
    let named = arn.and_then(|arn| arn.split_once(":log-group:")).map(|(_, name)| name);
    let name = log.log_group_name().or(named).map(str::to_owned);
    let of_name = |name: &String| target.scope.arn("logs", &format!("log-group:{name}"));
    let arn = arn.map(str::to_owned).or_else(|| name.as_ref().map(of_name));
    // The file may name all of its streams, which is the same.
    let desired = target.desired.as_ref().and_then(|desired| desired.log_destination.as_deref());
    let same = desired.filter(|desired| arn.as_deref() == Some(without_streams(desired)));
    (name, same.map(str::to_owned).or(arn))
}
