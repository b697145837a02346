//! Reading keys as they are.

use std::collections::BTreeMap;

use aws_sdk_kms::Client;
use aws_sdk_kms::types::{KeyMetadata, KeyState};
use provision_reconciler::{CloudError, ErrorClass, Live, Scope, Target, ownership};

use super::spec::{Deletion, Spec};
use super::{KmsKey, Outputs, tags};
use crate::Aws;
use crate::document::Document;
use crate::values::from_aws;

/// What the live alias is when the desired one leads to some other key; see [`is_of_another_key`].
fn of_another_key(alias: &str, key_id: &str) -> String {
    format!("{alias} of key {key_id}")
}

/// Whether the live alias says that the desired alias exists and leads to another key.
pub(super) fn is_of_another_key(live: &str, desired: &str) -> bool {
    live.strip_prefix(desired).is_some_and(|rest| rest.starts_with(" of key "))
}

/// Whether AWS is about to delete the key.
pub(super) fn is_pending_deletion(key: &KeyMetadata) -> bool {
    matches!(key.key_state(), Some(KeyState::PendingDeletion | KeyState::PendingReplicaDeletion))
}

/// Reads one key: four calls at once, or one more before them if only its alias is known.
pub(super) async fn read(aws: &Aws, target: &Target<Spec>) -> Result<Option<Live<KmsKey>>, CloudError> {
    let clients = aws.region(&target.scope.region).await;
    let reader = Reader { aws, kms: clients.kms() };
    if target.id.starts_with("alias/") {
        let Some(key) = reader.describe(&target.id).await? else { return Ok(None) };
        let id = key.key_id.clone();
        let settings = reader.settings(&id, target).await;
        let alias = Some(target.id.clone());
        return settings?.map_or(Ok(None), |settings| live(target, &key, alias, settings));
    }
    let (described, settings) = futures::join!(reader.named(target), reader.settings(&target.id, target));
    let Some((key, alias)) = described? else { return Ok(None) };
    settings?.map_or(Ok(None), |settings| live(target, &key, alias, settings))
}

/// Everything but the description.
struct Settings {
    policy: Option<Document>,
    /// Whether it rotates, and how often if AWS says so.
    rotation: (bool, Option<i32>),
    tags: BTreeMap<String, String>,
}

struct Reader<'a> {
    aws: &'a Aws,
    kms: &'a Client,
}

impl Reader<'_> {
    /// The key and the alias that it goes by.
    ///
    /// Asked for by the alias that it should have: if the answer is our key, one call has told both. Otherwise the alias was
    /// changed, here or in AWS, and that takes more.
    async fn named(&self, target: &Target<Spec>) -> Result<Option<(KeyMetadata, Option<String>)>, CloudError> {
        let wanted = target.desired.as_ref().and_then(|desired| desired.alias.as_deref());
        let holder = match wanted {
            Some(alias) => self.describe(alias).await?,
            None => None,
        };
        match (wanted, holder) {
            (Some(alias), Some(key)) if key.key_id == target.id => Ok(Some((key, Some(alias.to_owned())))),
            (Some(alias), Some(other)) => {
                let key = self.describe(&target.id).await?;
                Ok(key.map(|key| (key, Some(of_another_key(alias, &other.key_id)))))
            }
            (_, None) => {
                let (key, alias) = futures::join!(self.describe(&target.id), self.first_alias(&target.id));
                match key? {
                    Some(key) => Ok(Some((key, alias?))),
                    None => Ok(None),
                }
            }
            (None, Some(_)) => Ok(None),
        }
    }

    async fn describe(&self, id: &str) -> Result<Option<KeyMetadata>, CloudError> {
        let answer = self.aws.call("kms:DescribeKey", self.kms.describe_key().key_id(id).send()).await;
        Ok(found(answer)?.and_then(|answer| answer.key_metadata))
    }

    /// The first of the aliases that the key has.
    async fn first_alias(&self, id: &str) -> Result<Option<String>, CloudError> {
        let answer = self.aws.call("kms:ListAliases", self.kms.list_aliases().key_id(id).limit(100).send()).await;
        let Some(answer) = found(answer)? else { return Ok(None) };
        let own = answer.aliases().iter().filter(|alias| alias.target_key_id() == Some(id));
        Ok(own.filter_map(|alias| alias.alias_name()).min().map(str::to_owned))
    }

    async fn settings(&self, id: &str, target: &Target<Spec>) -> Result<Option<Settings>, CloudError> {
        let rotates = target.desired.as_ref().is_none_or(Spec::can_rotate);
        let (policy, rotation, tags) = futures::join!(self.policy(id), self.rotation(id, rotates), self.tags(id));
        Ok(match (policy?, rotation?, tags?) {
            (Some(policy), Some(rotation), Some(tags)) => {
                Some(Settings { policy: Document::parse(&policy), rotation, tags })
            }
            _ => None,
        })
    }

    async fn policy(&self, id: &str) -> Result<Option<String>, CloudError> {
        let request = self.kms.get_key_policy().key_id(id).policy_name("default");
        let answer = self.aws.call("kms:GetKeyPolicy", request.send()).await;
        Ok(found(answer)?.map(|answer| answer.policy.unwrap_or_default()))
    }

    async fn rotation(&self, id: &str, rotates: bool) -> Result<Option<(bool, Option<i32>)>, CloudError> {
        if !rotates {
            return Ok(Some((false, None)));
        }
        let request = self.kms.get_key_rotation_status().key_id(id);
        match self.aws.call("kms:GetKeyRotationStatus", request.send()).await {
            // An asymmetric or HMAC key.
            Err(error) if error.code.as_deref() == Some("UnsupportedOperationException") => Ok(Some((false, None))),
            // A key that is about to be deleted is not rotated.
            Err(error) if error.code.as_deref() == Some("KMSInvalidStateException") => Ok(Some((false, None))),
            answer => Ok(found(answer)?.map(|answer| (answer.key_rotation_enabled, answer.rotation_period_in_days))),
        }
    }

    /// A key has at most 50 tags, which is one page.
    async fn tags(&self, id: &str) -> Result<Option<BTreeMap<String, String>>, CloudError> {
        let request = self.kms.list_resource_tags().key_id(id).limit(50);
        let answer = self.aws.call("kms:ListResourceTags", request.send()).await;
        Ok(found(answer)?.map(|answer| tags(answer.tags())))
    }
}

/// `None` where there is no such thing.
fn found<T>(answer: Result<T, CloudError>) -> Result<Option<T>, CloudError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.class == ErrorClass::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn live(
    target: &Target<Spec>,
    key: &KeyMetadata,
    alias: Option<String>,
    settings: Settings,
) -> Result<Option<Live<KmsKey>>, CloudError> {
    let pending = is_pending_deletion(key);
    if pending && target.desired.is_none() {
        return Ok(None);
    }
    let ours = Spec::default();
    // What cannot be read: the window is used only when the key is deleted, and AWS tells no period while rotation is off.
    let desired = target.desired.as_ref().unwrap_or(&ours);
    let (enable_key_rotation, period) = settings.rotation;
    let outputs = outputs(&target.scope, key, alias.as_deref());
    let spec = Spec {
        description: key.description.clone().unwrap_or_default(),
        alias: Some(alias.unwrap_or_default()),
        key_usage: from_aws(
            "kms:DescribeKey",
            key.key_usage.as_ref().map_or("ENCRYPT_DECRYPT", |usage| usage.as_str()),
        )?,
        key_spec: from_aws("kms:DescribeKey", key.key_spec.as_ref().map_or("SYMMETRIC_DEFAULT", |spec| spec.as_str()))?,
        policy: Some(settings.policy.unwrap_or_default()),
        // Their statements are in the policy, which is what is compared.
        services: desired.services.clone(),
        enable_key_rotation,
        rotation_period_in_days: match period {
            Some(days) if enable_key_rotation => days,
            _ => desired.rotation_period_in_days,
        },
        multi_region: key.multi_region.unwrap_or_default(),
        enabled: !pending && key.key_state != Some(KeyState::Disabled),
        pending_window_in_days: desired.pending_window_in_days,
        deletion: if pending { Deletion::Pending } else { Deletion::None },
        tags: ownership::comparable(settings.tags.clone()),
    };
    Ok(Some(Live { id: key.key_id.clone(), spec, outputs, tags: settings.tags }))
}

fn outputs(scope: &Scope, key: &KeyMetadata, alias: Option<&str>) -> Outputs {
    let alias = alias.filter(|alias| !alias.contains(' '));
    let outputs = Outputs::new(scope, &key.key_id, alias);
    match &key.arn {
        Some(arn) => Outputs { arn: arn.clone(), ..outputs },
        None => outputs,
    }
}
