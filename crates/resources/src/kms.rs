//! What the kinds of KMS keys share: keys of one's own ([`crate::kms_key`]) and their replicas in other regions
//! ([`crate::kms_replica_key`]).
//!
//! A key is never deleted at once, only scheduled for deletion, and its alias stays on it until it is gone. So a key that is
//! pending deletion is found again under the alias of its address: it counts as absent once the file has no such
//! resource, but as long as the file asks for it, it is read as a key whose `deletion` is `pending`, and the update cancels
//! the deletion instead of making a second key that could not decrypt what the first one encrypted.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/Welcome.html>

mod call;
mod find;
mod key_spec;
mod read;
mod recovery;
mod run;
mod services;
mod settings;
mod steps;
mod verify;

use std::collections::BTreeMap;

use provision_reconciler::Scope;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use call::Call;
pub(crate) use find::find;
pub use key_spec::{KeySpec, KeyUsage};
pub(crate) use read::{Found, Wanted, described, read};
pub(crate) use recovery::{AS_IT_WAS, DECRYPTS, decrypts, usable};
pub(crate) use run::run;
pub use services::Service;
pub use settings::Deletion;
pub(crate) use settings::{Settings, alias_in, alias_problem, default_pending_window, policy_in};
pub(crate) use steps::{create_alias, delete, disable, update};
pub(crate) use verify::{Place, round_trip, round_trip_check};

/// What references to a key can name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Outputs {
    /// The key's ARN.
    pub arn: String,
    /// The key's id.
    pub key_id: String,
    /// The alias that the key goes by, `alias/…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias_name: Option<String>,
    /// The alias's ARN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias_arn: Option<String>,
}

impl Outputs {
    pub(crate) fn new(scope: &Scope, key_id: &str, alias: Option<&str>) -> Self {
        Self {
            arn: scope.arn("kms", &format!("key/{key_id}")),
            key_id: key_id.to_owned(),
            alias_name: alias.map(str::to_owned),
            alias_arn: alias.map(|alias| scope.arn("kms", alias)),
        }
    }
}

/// The outputs that are known before the key exists.
pub(crate) fn predict(alias: String, scope: &Scope) -> Map<String, Value> {
    let arn = scope.arn("kms", &alias);
    Map::from_iter([("alias_name".to_owned(), alias.into()), ("alias_arn".to_owned(), arn.into())])
}

/// The tags of a `ListResourceTags` answer.
fn tags(tags: &[aws_sdk_kms::types::Tag]) -> BTreeMap<String, String> {
    crate::tags::from_sdk(tags, |tag| (tag.tag_key(), tag.tag_value()))
}
