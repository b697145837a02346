//! What can be set of a key.

use std::collections::{BTreeMap, BTreeSet};

use provision_reconciler::{Problem, Scope};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::Document;
use crate::kms::{self, Deletion, KeySpec, KeyUsage, Service, Settings};

/// An AWS KMS key that you manage, with an alias.
///
/// Deleting one schedules its deletion; until then, an apply that asks for it again cancels the deletion.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// What the key is for.
    #[serde(default)]
    #[schemars(length(max = 8192))]
    #[schemars(extend("severity" = "low"))]
    pub description: String,
    /// The name that the key goes by, unique in account and region: `alias/` and then letters, digits, `/`, `_` or `-`. Unset:
    /// `alias/ENVIRONMENT/NAME`, with the resource's own name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256), extend("pattern" = "^alias/[a-zA-Z0-9/_-]+$"))]
    pub alias: Option<String>,
    /// What the key may be used for.
    #[serde(default)]
    #[schemars(extend("immutable" = true))]
    pub key_usage: KeyUsage,
    /// What sort of key it is.
    #[serde(default)]
    #[schemars(extend("immutable" = true))]
    pub key_spec: KeySpec,
    /// The key policy: who may use and manage the key. Unset: the account, which can then delegate through IAM policies (the
    /// policy that AWS itself gives to a key).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("severity" = "high"))]
    pub policy: Option<Document>,
    /// The services that use the key: each gets the statements that it needs, added to the policy.
    #[serde(default)]
    pub services: BTreeSet<Service>,
    /// Whether AWS rotates the key material by itself. Only symmetric encryption keys can be rotated: set it to `false` for
    /// any other `key_spec`.
    #[serde(default = "yes")]
    #[schemars(extend("severity" = "high"))]
    pub enable_key_rotation: bool,
    /// The days between two rotations.
    #[serde(default = "default_rotation_period")]
    #[schemars(range(min = 90, max = 2560))]
    #[schemars(extend("severity" = "high"))]
    pub rotation_period_in_days: i32,
    /// Whether the key can be replicated into other regions.
    #[serde(default)]
    #[schemars(extend("immutable" = true))]
    #[schemars(extend("severity" = "high"))]
    pub multi_region: bool,
    /// Whether the key can be used. Nothing that a disabled key encrypted can be read.
    #[serde(default = "yes")]
    #[schemars(extend("severity" = "high"))]
    pub enabled: bool,
    /// The days between the deletion of the resource and that of the key, in which the deletion can still be cancelled.
    #[serde(default = "kms::default_pending_window")]
    #[schemars(range(min = 7, max = 30))]
    pub pending_window_in_days: i32,
    /// Whether AWS is about to delete the key. Always `none` in a file; a key on which it is `pending` is kept by the next
    /// apply, which cancels the deletion.
    #[serde(default)]
    #[schemars(extend("severity" = "high"))]
    pub deletion: Deletion,
    /// The tags.
    #[serde(default)]
    #[schemars(extend("severity" = "low"))]
    pub tags: BTreeMap<String, String>,
}

impl Spec {
    /// Whether AWS can rotate a key of this sort.
    pub(super) fn can_rotate(&self) -> bool {
        self.key_spec == KeySpec::SymmetricDefault
    }

    pub(super) fn complete(mut self, scope: &Scope) -> Self {
        self.alias = Some(kms::alias_in(self.alias.as_deref(), scope));
        self.policy = Some(kms::policy_in(self.policy, &self.services, scope));
        self
    }

    /// What it has in common with keys of other kinds.
    pub(super) fn settings(&self) -> Settings {
        let Self { description, alias, policy, enabled, pending_window_in_days, deletion, tags, .. } = self.clone();
        Settings { description, alias, policy, enabled, pending_window_in_days, deletion, tags }
    }

    pub(super) fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::from_iter(kms::alias_problem(self.alias.as_deref()));
        if self.enable_key_rotation && !self.can_rotate() {
            let problem = Problem::new("/enable_key_rotation", "only symmetric encryption keys can be rotated");
            problems.push(problem.help("set `enable_key_rotation = false`, or leave `key_spec` unset"));
        }
        if !self.key_spec.allows(self.key_usage) {
            let message = "a key of this `key_spec` cannot be used like this";
            problems.push(Problem::new("/key_usage", message).help(format!("use one of {}", self.key_spec.usages())));
        }
        problems
    }
}

fn yes() -> bool {
    true
}

fn default_rotation_period() -> i32 {
    365
}

/// A key with everything at its default.
impl Default for Spec {
    fn default() -> Self {
        Self {
            description: String::new(),
            alias: None,
            key_usage: KeyUsage::default(),
            key_spec: KeySpec::default(),
            policy: None,
            services: BTreeSet::new(),
            enable_key_rotation: true,
            rotation_period_in_days: default_rotation_period(),
            multi_region: false,
            enabled: true,
            pending_window_in_days: kms::default_pending_window(),
            deletion: Deletion::None,
            tags: BTreeMap::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kms_key::KmsKey;
    use crate::testing::spec;

    fn problems(table: serde_json::Value) -> Vec<String> {
        spec::<KmsKey>(table).problems().into_iter().map(|one| format!("{}: {}", one.pointer, one.message)).collect()
    }

    #[test]
    fn a_file_cannot_ask_for_a_pending_deletion() {
        let fields = provision_reconciler::fields_of::<Spec>();
        let shape = fields.get("deletion").map(|field| field.shape.noun());
        assert_eq!(shape.as_deref(), Some("one of `none`"));
    }

    #[test]
    fn what_the_schema_cannot_say_is_checked() {
        assert_eq!(problems(json!({})), [""; 0]);
        assert_eq!(
            problems(json!({ "alias": "alias/aws/s3" })),
            ["/alias: aliases that begin with `alias/aws/` are reserved for AWS's own keys"]
        );
        assert_eq!(
            problems(json!({ "key_spec": "RSA_2048" })),
            ["/enable_key_rotation: only symmetric encryption keys can be rotated"]
        );
        assert_eq!(
            problems(json!({ "key_usage": "SIGN_VERIFY" })),
            ["/key_usage: a key of this `key_spec` cannot be used like this"]
        );
    }
}
