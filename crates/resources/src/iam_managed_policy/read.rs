//! Reading managed policies as they are.

use aws_sdk_iam::Client;
use aws_sdk_iam::types::{Policy, PolicyVersion};
use futures::future::join;
use provision_reconciler::{CloudError, Live, Target, ownership};

use super::spec::{ManagedPolicySpec, Version};
use super::{IamManagedPolicy, ManagedPolicyOutputs};
use crate::Aws;
use crate::document::Document;
use crate::iam::{self, found};

pub(super) const POLICY: &str = "iam:GetPolicy";
pub(super) const VERSIONS: &str = "iam:ListPolicyVersions";
pub(super) const VERSION: &str = "iam:GetPolicyVersion";

/// Reads one policy: two calls at once, then one for the document of the default version.
pub(super) async fn read(
    aws: &Aws,
    target: &Target<ManagedPolicySpec>,
) -> Result<Option<Live<IamManagedPolicy>>, CloudError> {
    let clients = aws.region(&target.scope.region).await;
    let (iam, arn) = (clients.iam(), target.id.as_str());
    let policy_and_document = async {
        let Some(policy) = policy(aws, iam, arn).await? else { return Ok(None) };
        let version_id = policy.default_version_id().unwrap_or_default();
        let document = document(aws, iam, arn, version_id).await?;
        Ok::<_, CloudError>(document.map(|document| (policy, document)))
    };
    let (policy, versions) = join(policy_and_document, versions(aws, iam, arn)).await;
    // Deleted between two calls, if one of them does not find it any more.
    let (Some((policy, document)), Some(versions)) = (policy?, versions?) else { return Ok(None) };
    let tags = iam::from_sdk_tags(policy.tags());
    let spec = ManagedPolicySpec {
        policy_name: policy.policy_name.clone().unwrap_or_default(),
        path: policy.path.clone().unwrap_or_default(),
        description: policy.description.clone().unwrap_or_default(),
        policy: document,
        tags: ownership::comparable(tags.clone()),
        versions,
    };
    Ok(Some(Live { id: target.id.clone(), spec, outputs: outputs(&policy), tags }))
}

pub(super) fn outputs(policy: &Policy) -> ManagedPolicyOutputs {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    ManagedPolicyOutputs { arn: text(policy.arn()), policy_id: text(policy.policy_id()) }
}

/// The policy; `None` if there is none.
pub(super) async fn policy(aws: &Aws, iam: &Client, arn: &str) -> Result<Option<Policy>, CloudError> {
    let answer = aws.call(POLICY, iam.get_policy().policy_arn(arn).send()).await;
    Ok(found(answer)?.and_then(|answer| answer.policy))
}

/// What a version says; `None` if there is no such version.
pub(super) async fn document(
    aws: &Aws,
    iam: &Client,
    arn: &str,
    version_id: &str,
) -> Result<Option<Document>, CloudError> {
    let request = iam.get_policy_version().policy_arn(arn).version_id(version_id);
    let version = found(aws.call(VERSION, request.send()).await)?.and_then(|answer| answer.policy_version);
    version.map(|version| iam::document(VERSION, version.document().unwrap_or_default())).transpose()
}

async fn versions(aws: &Aws, iam: &Client, arn: &str) -> Result<Option<Vec<Version>>, CloudError> {
    let request = iam.list_policy_versions().policy_arn(arn);
    let answer = aws.call(VERSIONS, request.into_paginator().items().send().try_collect()).await;
    let versions: Option<Vec<_>> = found(answer)?;
    let version = |version: PolicyVersion| Version {
        version_id: version.version_id.unwrap_or_default(),
        is_default: version.is_default_version,
    };
    Ok(versions.map(|versions| versions.into_iter().map(version).collect()))
}
