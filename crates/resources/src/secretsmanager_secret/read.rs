//! Reading secrets as they are: everything but their values.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use aws_sdk_secretsmanager::types::{StatusType, Tag};
use provision_reconciler::{CloudError, ErrorClass, Live, Target, ownership};

use super::spec::{AWS_MANAGED, Deletion, Replica, Rotation, Spec};
use super::{Outputs, SecretsmanagerSecret};
use crate::Aws;
use crate::document::Document;
use crate::tags;

pub(super) const DESCRIBE: &str = "secretsmanager:DescribeSecret";
pub(super) const POLICY: &str = "secretsmanager:GetResourcePolicy";
pub(super) const VERSIONS: &str = "secretsmanager:ListSecretVersionIds";

/// The stage of the version whose value is the secret's.
pub(super) const CURRENT: &str = "AWSCURRENT";
/// The alias of the key that AWS manages for Secrets Manager.
pub(super) const AWS_MANAGED_ALIAS: &str = "alias/aws/secretsmanager";

/// Reads one secret: two calls at once, and a third if its value is not the one that the file asks for.
pub(super) async fn read(aws: &Aws, target: &Target<Spec>) -> Result<Option<Live<SecretsmanagerSecret>>, CloudError> {
    let clients = aws.region(&target.scope.region).await;
    let client = clients.secrets_manager();
    let (described, policy) = futures::join!(describe(aws, client, &target.id), policy(aws, client, &target.id));
    let Some(described) = described? else { return Ok(None) };
    let pending = described.deleted_date.is_some();
    // A copy of one of another region is none that can be had by itself.
    let is_copy = described.primary_region().is_some_and(|region| region != target.scope.region);
    if (pending || is_copy) && target.desired.is_none() {
        return Ok(None);
    }
    let mut spec = spec(&described, target.desired.as_ref());
    spec.policy = match policy {
        Ok(policy) => policy,
        // Nothing but the description of a pending one can be read.
        Err(_) if pending => target.desired.as_ref().map(|desired| desired.policy.clone()).unwrap_or_default(),
        Err(error) => return Err(error),
    };
    let wanted = target.desired.as_ref().and_then(|desired| desired.version_id.as_deref());
    if wanted.is_some() && wanted != spec.version_id.as_deref() && !pending {
        spec.versions = versions(aws, client, &target.id).await?;
    }
    let tags = tags(described.tags());
    let id = match ownership::is_ours(&tags, &target.scope.environment, &target.scope.address) {
        // Said where somebody else's secret is in the way, and cannot be seen in the console.
        false if pending => format!("{} (scheduled for deletion)", target.id),
        _ => target.id.clone(),
    };
    let outputs = Outputs { arn: described.arn.clone().unwrap_or_default() };
    Ok(Some(Live { id, spec, outputs, tags }))
}

/// The secret; `None` if there is none.
pub(super) async fn describe(
    aws: &Aws,
    client: &Client,
    name: &str,
) -> Result<Option<DescribeSecretOutput>, CloudError> {
    match aws.call(DESCRIBE, client.describe_secret().secret_id(name).send()).await {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.class == ErrorClass::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

async fn policy(aws: &Aws, client: &Client, name: &str) -> Result<Document, CloudError> {
    match aws.call(POLICY, client.get_resource_policy().secret_id(name).send()).await {
        Ok(answer) => Ok(answer.resource_policy().and_then(Document::parse).unwrap_or_default()),
        Err(error) if error.class == ErrorClass::NotFound => Ok(Document::default()),
        Err(error) => Err(error),
    }
}

/// The ids of all versions, those included that no stage is attached to: a description leaves them out.
async fn versions(aws: &Aws, client: &Client, name: &str) -> Result<BTreeSet<String>, CloudError> {
    let request = client.list_secret_version_ids().secret_id(name).include_deprecated(true);
    let pages = aws.call(VERSIONS, request.into_paginator().send().try_collect()).await?;
    let versions = pages.iter().flat_map(|page| page.versions());
    Ok(versions.filter_map(|version| version.version_id().map(str::to_owned)).collect())
}

/// The description in the file's form.
fn spec(described: &DescribeSecretOutput, desired: Option<&Spec>) -> Spec {
    let version_id = current(described);
    Spec {
        name: described.name.clone().unwrap_or_default(),
        description: described.description.clone().unwrap_or_default(),
        kms_key: kms_key(described.kms_key_id()),
        // What cannot be read: the window is used only when the secret is deleted, and AWS does not know where a value came from.
        recovery_window_in_days: desired.map_or(30, |desired| desired.recovery_window_in_days),
        value: desired.and_then(|desired| desired.value.clone()),
        policy: Document::default(),
        rotation: rotation(described),
        replicas: replicas(described),
        has_value: Some(version_id.is_some()),
        version_id,
        deletion: if described.deleted_date.is_some() { Deletion::Pending } else { Deletion::None },
        tags: ownership::comparable(tags(described.tags())),
        versions: BTreeSet::new(),
    }
}

/// The id of the current version.
pub(super) fn current(described: &DescribeSecretOutput) -> Option<String> {
    let stages = described.version_ids_to_stages()?;
    let current = stages.iter().find(|(_, stages)| stages.iter().any(|stage| stage == CURRENT));
    current.map(|(id, _)| id.clone())
}

/// AWS tells no key if it is the one that it manages, or its alias.
fn kms_key(key: Option<&str>) -> String {
    key.filter(|key| !key.ends_with(AWS_MANAGED_ALIAS)).unwrap_or(AWS_MANAGED).to_owned()
}

/// AWS goes on telling the function and the schedule of a rotation that was turned off.
fn rotation(described: &DescribeSecretOutput) -> Rotation {
    if described.rotation_enabled != Some(true) {
        return Rotation::default();
    }
    let rules = described.rotation_rules();
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let schedule_expression = text(rules.and_then(|rules| rules.schedule_expression()));
    // Of a schedule, AWS also tells the days that it comes to.
    let days = rules.and_then(|rules| rules.automatically_after_days()).filter(|_| schedule_expression.is_empty());
    Rotation {
        lambda_arn: text(described.rotation_lambda_arn()),
        automatically_after_days: days.unwrap_or_default(),
        schedule_expression,
        duration: text(rules.and_then(|rules| rules.duration())),
    }
}

/// A replica that failed is none that the file can ask for, and so is made anew.
fn replicas(described: &DescribeSecretOutput) -> Vec<Replica> {
    let replica = |status: &aws_sdk_secretsmanager::types::ReplicationStatusType| {
        let mut key = kms_key(status.kms_key_id());
        if status.status() == Some(&StatusType::Failed) {
            key = format!("{key} (failed: {})", status.status_message().unwrap_or("no reason given"));
        }
        Replica { region: status.region().unwrap_or_default().to_owned(), kms_key: key }
    };
    described.replication_status().iter().map(replica).collect()
}

/// Tags of an answer.
pub(super) fn tags(tags: &[Tag]) -> BTreeMap<String, String> {
    tags::from_sdk(tags, |tag| (tag.key().unwrap_or_default(), tag.value().unwrap_or_default()))
}
