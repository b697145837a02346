//! What can be set of a replica.

use std::collections::{BTreeMap, BTreeSet};

use provision_config::unknown::is_unknown;
use provision_reconciler::{Problem, Scope};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::Document;
use crate::kms::{self, Deletion, Service, Settings};

/// A replica of a multi-region KMS key, in the region of this resource. It encrypts and decrypts as the key itself does.
///
/// Deleting one schedules its deletion; until then, an apply that asks for it again cancels the deletion. The key itself is deleted
/// only once its replicas are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// The ARN of the key: a `kms_key` in another region, with `multi_region = true`.
    #[schemars(extend("immutable" = true, "pattern" = "^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/mrk-.+$"))]
    #[schemars(extend("severity" = "high"))]
    pub primary_key_arn: String,
    /// The name that the replica goes by, unique in account and region: `alias/` and then letters, digits, `/`, `_` or `-`.
    /// Unset: `alias/ENVIRONMENT/NAME`, with the resource's own name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256), extend("pattern" = "^alias/[a-zA-Z0-9/_-]+$"))]
    pub alias: Option<String>,
    /// What the replica is for.
    #[serde(default)]
    #[schemars(length(max = 8192))]
    #[schemars(extend("severity" = "low"))]
    pub description: String,
    /// Whether the replica can be used, whatever the key itself can.
    #[serde(default = "yes")]
    #[schemars(extend("severity" = "high"))]
    pub enabled: bool,
    /// Whether AWS is about to delete the replica. Always `none` in a file; a replica on which it is `pending` is kept by the
    /// next apply, which cancels the deletion.
    #[serde(default)]
    #[schemars(extend("severity" = "high"))]
    pub deletion: Deletion,
    /// The services that use the replica, in its region: each gets the statements that it needs, added to the policy.
    #[serde(default)]
    pub services: BTreeSet<Service>,
    /// The key policy of the replica, which does not share the key's: who may use and manage it. Unset: the account, which can
    /// then delegate through IAM policies (the policy that AWS itself gives to a key).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("severity" = "high"))]
    pub policy: Option<Document>,
    /// The days between the deletion of the resource and that of the replica, in which the deletion can still be cancelled.
    #[serde(default = "kms::default_pending_window")]
    #[schemars(range(min = 7, max = 30))]
    pub pending_window_in_days: i32,
    /// The tags.
    #[serde(default)]
    #[schemars(extend("severity" = "low"))]
    pub tags: BTreeMap<String, String>,
}

impl Spec {
    pub(super) fn complete(mut self, scope: &Scope) -> Result<Self, Problem> {
        if !is_unknown(&self.primary_key_arn) && region(&self.primary_key_arn) == scope.region {
            let message = format!("the key itself is in {}, where it can have no replica", scope.region);
            return Err(
                Problem::new("/primary_key_arn", message).help("set the `region` of the replica to another one")
            );
        }
        self.alias = Some(kms::alias_in(self.alias.as_deref(), scope));
        self.policy = Some(kms::policy_in(self.policy, &self.services, scope));
        Ok(self)
    }

    /// What it has in common with keys of other kinds.
    pub(super) fn settings(&self) -> Settings {
        let Self { description, alias, policy, enabled, pending_window_in_days, deletion, tags, .. } = self.clone();
        Settings { description, alias, policy, enabled, pending_window_in_days, deletion, tags }
    }
}

/// The region in an ARN.
pub(super) fn region(arn: &str) -> &str {
    arn.split(':').nth(3).unwrap_or_default()
}

fn yes() -> bool {
    true
}
