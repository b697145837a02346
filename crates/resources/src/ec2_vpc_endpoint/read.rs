//! From AWS's answers to the file's form.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{Filter, VpcEndpoint};
use provision_reconciler::{CloudError, Live, Scope, Target, ownership};

use super::spec::{EndpointType, VpcEndpointSpec, default_policy};
use super::{Ec2VpcEndpoint, VpcEndpointOutputs};
use crate::Aws;
use crate::document::Document;
use crate::ec2::{answers, described, filter, from_sdk_tags, ids};
use crate::values::from_aws;

pub(super) const DESCRIBE: &str = "ec2:DescribeVpcEndpoints";

/// Reads all targets in one call.
pub(super) async fn read(
    aws: &Aws,
    targets: &[Target<VpcEndpointSpec>],
) -> Vec<Result<Option<Live<Ec2VpcEndpoint>>, CloudError>> {
    let Some(first) = targets.first() else { return Vec::new() };
    let clients = aws.region(&first.scope.region).await;
    let found = described("vpc-endpoint-id", &ids(targets), |filter| describe(aws, clients.ec2(), vec![filter])).await;
    answers(targets, found, VpcEndpoint::vpc_endpoint_id, live)
}

/// The endpoints that pass these filters, those that are about to go included.
pub(super) async fn describe(aws: &Aws, client: &Client, filters: Vec<Filter>) -> Result<Vec<VpcEndpoint>, CloudError> {
    let request = client.describe_vpc_endpoints().set_filters(Some(filters));
    aws.call(DESCRIBE, request.into_paginator().items().send().try_collect()).await
}

/// One endpoint in whatever state; `None` if none is seen.
pub(super) async fn get(aws: &Aws, client: &Client, id: &str) -> Result<Option<VpcEndpoint>, CloudError> {
    let found = describe(aws, client, vec![filter("vpc-endpoint-id", [id])]).await?;
    Ok(found.into_iter().next())
}

/// Its state in lower case: EC2 answers `available` where its own model says `Available`.
pub(super) fn state(endpoint: &VpcEndpoint) -> String {
    endpoint.state().map(|state| state.as_str().to_lowercase()).unwrap_or_default()
}

/// Whether it is one that is, or is about to be, of use.
pub(super) fn is_there(endpoint: &VpcEndpoint) -> bool {
    !matches!(state(endpoint).as_str(), "deleting" | "deleted" | "failed")
}

/// What references can name.
pub(super) fn outputs(scope: &Scope, id: &str, endpoint: &VpcEndpoint) -> VpcEndpointOutputs {
    VpcEndpointOutputs {
        arn: scope.arn("ec2", &format!("vpc-endpoint/{id}")),
        vpc_endpoint_id: id.to_owned(),
        dns_name: endpoint.dns_entries().iter().find_map(|entry| entry.dns_name.clone()),
    }
}

fn live(target: &Target<VpcEndpointSpec>, endpoint: &VpcEndpoint) -> Result<Option<Live<Ec2VpcEndpoint>>, CloudError> {
    if !is_there(endpoint) {
        return Ok(None);
    }
    let tags = from_sdk_tags(endpoint.tags());
    let endpoint_type = endpoint.vpc_endpoint_type().map(|one| from_aws(DESCRIBE, one.as_str())).transpose()?;
    let policy = endpoint.policy_document().and_then(Document::parse);
    let spec = VpcEndpointSpec {
        vpc_id: endpoint.vpc_id().unwrap_or_default().to_owned(),
        service_name: endpoint.service_name().unwrap_or_default().to_owned(),
        vpc_endpoint_type: Some(endpoint_type.unwrap_or(EndpointType::Gateway)),
        route_table_ids: endpoint.route_table_ids().iter().cloned().collect(),
        subnet_ids: endpoint.subnet_ids().iter().cloned().collect(),
        security_group_ids: endpoint.groups().iter().filter_map(|group| group.group_id.clone()).collect(),
        private_dns_enabled: endpoint.private_dns_enabled(),
        // Some services have endpoints without policies, which allow everything as well.
        policy_document: Some(policy.unwrap_or_else(default_policy)),
        tags: ownership::comparable(tags.clone()),
    };
    let outputs = outputs(&target.scope, &target.id, endpoint);
    Ok(Some(Live { id: target.id.clone(), spec, outputs, tags }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_told_whatever_their_case() {
        let endpoint = |state: &str| VpcEndpoint::builder().state(state.into()).build();
        for (told, expected, there) in [
            ("Available", "available", true),
            ("available", "available", true),
            ("pendingAcceptance", "pendingacceptance", true),
            ("Deleting", "deleting", false),
            ("deleted", "deleted", false),
            ("failed", "failed", false),
        ] {
            assert_eq!((state(&endpoint(told)).as_str(), is_there(&endpoint(told))), (expected, there), "{told}");
        }
    }
}
