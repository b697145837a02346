//! What can be set of every key, whatever its kind.

use std::collections::{BTreeMap, BTreeSet};

use provision_reconciler::{Problem, Scope};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::services::{Service, with_services};
use crate::document::Document;

/// The settings that every key has.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Settings {
    /// What the key is for.
    pub description: String,
    /// The alias that it goes by.
    pub alias: Option<String>,
    /// Who may use and manage it.
    pub policy: Option<Document>,
    /// Whether it can be used.
    pub enabled: bool,
    /// The days between the deletion of the resource and that of the key.
    pub pending_window_in_days: i32,
    /// Whether AWS is about to delete it.
    pub deletion: Deletion,
    /// The tags.
    pub tags: BTreeMap<String, String>,
}

/// Whether AWS is about to delete a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Deletion {
    /// It is not.
    #[default]
    None,
    /// It is. Only ever read, hence no value that a file may use.
    #[schemars(skip)]
    Pending,
}

/// The alias, the default one if none is set.
pub(crate) fn alias_in(alias: Option<&str>, scope: &Scope) -> String {
    alias.map_or_else(|| default_alias(scope), str::to_owned)
}

/// The policy, AWS's own if none is set, with what these services need.
pub(crate) fn policy_in(policy: Option<Document>, services: &BTreeSet<Service>, scope: &Scope) -> Document {
    with_services(&policy.unwrap_or_else(|| default_policy(scope)), services, scope)
}

/// What is wrong with an alias that the schema cannot say.
pub(crate) fn alias_problem(alias: Option<&str>) -> Option<Problem> {
    let reserved = alias.is_some_and(|alias| alias.starts_with("alias/aws/"));
    let message = "aliases that begin with `alias/aws/` are reserved for AWS's own keys";
    reserved.then(|| Problem::new("/alias", message))
}

/// The longest that AWS waits, and its own default.
pub(crate) fn default_pending_window() -> i32 {
    30
}

/// `alias/ENVIRONMENT/NAME`, and the `for_each` key behind another slash; what an alias cannot contain becomes `_`.
fn default_alias(scope: &Scope) -> String {
    let address = &scope.address;
    let parts = [Some(&scope.environment), Some(&address.name), address.key.as_ref()];
    let allowed = |character: char| match character {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '/' | '_' | '-' => character,
        _ => '_',
    };
    let parts: Vec<String> = parts.into_iter().flatten().map(|part| part.chars().map(allowed).collect()).collect();
    format!("alias/{}", parts.join("/"))
}

/// The policy that AWS gives to a key for which none is given.
///
/// <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html>
fn default_policy(scope: &Scope) -> Document {
    Document::new(json!({
        "Version": "2012-10-17",
        "Id": "key-default-1",
        "Statement": [{
            "Sid": "Enable IAM User Permissions",
            "Effect": "Allow",
            "Principal": { "AWS": format!("arn:{}:iam::{}:root", scope.partition, scope.account) },
            "Action": "kms:*",
            "Resource": "*",
        }],
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::KmsKey;
    use crate::testing::{scope, spec};

    #[test]
    fn defaults_are_completed_from_the_scope() {
        let completed = spec::<KmsKey>(json!({}));
        assert_eq!(completed.alias.as_deref(), Some("alias/staging/data"));
        assert_eq!(completed.policy, Some(default_policy(&scope::<KmsKey>("data"))));
        let mut keyed = scope::<KmsKey>("data");
        keyed.address = keyed.address.with_key("eu west");
        assert_eq!(default_alias(&keyed), "alias/staging/data/eu_west");
    }
}
