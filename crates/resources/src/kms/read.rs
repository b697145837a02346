//! Reading keys as they are.

use std::collections::BTreeMap;

use aws_sdk_kms::Client;
use aws_sdk_kms::types::{KeyMetadata, KeyState};
use provision_reconciler::{CloudError, ErrorClass, Scope, ownership};

use super::settings::{Deletion, Settings};
use super::{Outputs, default_pending_window, tags};
use crate::Aws;
use crate::document::Document;

/// What the live alias is when the desired one leads to some other key; see [`is_of_another_key`].
fn of_another_key(alias: &str, key_id: &str) -> String {
    format!("{alias} of key {key_id}")
}

/// Whether the live alias says that the desired alias exists and leads to another key.
pub(super) fn is_of_another_key(live: &str, desired: &str) -> bool {
    live.strip_prefix(desired).is_some_and(|rest| rest.starts_with(" of key "))
}

/// Whether AWS is about to delete the key. One with replicas waits for theirs first.
pub(super) fn is_pending_deletion(key: &KeyMetadata) -> bool {
    matches!(key.key_state(), Some(KeyState::PendingDeletion | KeyState::PendingReplicaDeletion))
}

/// What the file wants of a key, as far as reading it depends on that.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    /// The alias.
    pub alias: Option<&'a str>,
    /// What cannot be read: it is used only when the key is deleted.
    pub pending_window_in_days: i32,
}

/// A key as it is.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// What `DescribeKey` tells.
    pub key: KeyMetadata,
    /// What keys of all kinds have.
    pub settings: Settings,
    /// Whether it rotates, and how often if AWS says so.
    pub rotation: (bool, Option<i32>),
    /// All of its tags.
    pub tags: BTreeMap<String, String>,
    /// What references can name.
    pub outputs: Outputs,
}

/// Reads one key: four calls at once (three if it does not rotate by itself), or one more before them if only its alias is
/// known. A key that AWS is about to delete is there only for a file that wants it.
pub(crate) async fn read(
    aws: &Aws,
    scope: &Scope,
    id: &str,
    wanted: Option<Wanted<'_>>,
    rotates: bool,
) -> Result<Option<Found>, CloudError> {
    let clients = aws.region(&scope.region).await;
    let reader = Reader { aws, kms: clients.kms() };
    let (key, alias, answers) = if id.starts_with("alias/") {
        let Some(key) = reader.describe(id).await? else { return Ok(None) };
        let answers = reader.answers(&key.key_id, rotates).await;
        (key, Some(id.to_owned()), answers)
    } else {
        let alias = wanted.and_then(|wanted| wanted.alias);
        let (named, answers) = futures::join!(reader.named(id, alias), reader.answers(id, rotates));
        let Some((key, alias)) = named? else { return Ok(None) };
        (key, alias, answers)
    };
    let Some(answers) = answers? else { return Ok(None) };
    if is_pending_deletion(&key) && wanted.is_none() {
        return Ok(None);
    }
    Ok(Some(found_key(scope, key, alias, answers, wanted)))
}

/// The key of this id or alias, if there is one.
pub(crate) async fn described(aws: &Aws, kms: &Client, id: &str) -> Result<Option<KeyMetadata>, CloudError> {
    Reader { aws, kms }.describe(id).await
}

/// Everything but the description.
struct Answers {
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
    async fn named(&self, id: &str, wanted: Option<&str>) -> Result<Option<(KeyMetadata, Option<String>)>, CloudError> {
        let holder = match wanted {
            Some(alias) => self.describe(alias).await?,
            None => None,
        };
        match (wanted, holder) {
            (Some(alias), Some(key)) if key.key_id == id => Ok(Some((key, Some(alias.to_owned())))),
            (Some(alias), Some(other)) => {
                let key = self.describe(id).await?;
                Ok(key.map(|key| (key, Some(of_another_key(alias, &other.key_id)))))
            }
            (_, None) => {
                let (key, alias) = futures::join!(self.describe(id), self.first_alias(id));
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

    async fn answers(&self, id: &str, rotates: bool) -> Result<Option<Answers>, CloudError> {
        let (policy, rotation, tags) = futures::join!(self.policy(id), self.rotation(id, rotates), self.tags(id));
        Ok(match (policy?, rotation?, tags?) {
            (Some(policy), Some(rotation), Some(tags)) => {
                Some(Answers { policy: Document::parse(&policy), rotation, tags })
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

fn found_key(
    scope: &Scope,
    key: KeyMetadata,
    alias: Option<String>,
    answers: Answers,
    wanted: Option<Wanted<'_>>,
) -> Found {
    let pending = is_pending_deletion(&key);
    let outputs = outputs(scope, &key, alias.as_deref());
    let settings = Settings {
        description: key.description.clone().unwrap_or_default(),
        alias: Some(alias.unwrap_or_default()),
        policy: Some(answers.policy.unwrap_or_default()),
        enabled: !pending && key.key_state != Some(KeyState::Disabled),
        pending_window_in_days: wanted.map_or_else(default_pending_window, |wanted| wanted.pending_window_in_days),
        deletion: if pending { Deletion::Pending } else { Deletion::None },
        tags: ownership::comparable(answers.tags.clone()),
    };
    Found { key, settings, rotation: answers.rotation, tags: answers.tags, outputs }
}

fn outputs(scope: &Scope, key: &KeyMetadata, alias: Option<&str>) -> Outputs {
    let alias = alias.filter(|alias| !alias.contains(' '));
    let outputs = Outputs::new(scope, &key.key_id, alias);
    match &key.arn {
        Some(arn) => Outputs { arn: arn.clone(), ..outputs },
        None => outputs,
    }
}
