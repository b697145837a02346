//! What the file says of a managed policy.

use provision_reconciler::{Problem, Scope};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::Document;
use crate::iam;
use crate::tags::Tags;

/// A customer managed policy: permissions with a name of their own, to attach to roles, users and groups.
///
/// It can be deleted only when it is attached to nothing. So a change of what AWS cannot change (name, path, description)
/// needs a new name too, if anything bears the policy.
///
/// ```toml
/// [iam_managed_policy.metrics]
/// policy_name = "acme-${environment.name}-metrics"
/// policy.statements = [{ actions = ["cloudwatch:PutMetricData"], resources = ["*"] }]
/// ```
///
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html>
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ManagedPolicySpec {
    /// The name, unique in its account, in upper and lower case alike: up to 128 letters, digits and `+=,.@_-`.
    #[schemars(extend("immutable" = true, "pattern" = "^[a-zA-Z0-9_+=,.@-]{1,128}$"))]
    pub policy_name: String,
    /// The path, which groups policies and is part of the ARN: it begins and ends with `/`.
    #[serde(default = "root")]
    #[schemars(length(max = 512), extend("immutable" = true, "pattern" = "^/([!-~]*/)?$"))]
    pub path: String,
    /// What the policy is for.
    #[serde(default)]
    #[schemars(length(max = 1000), extend("immutable" = true))]
    #[schemars(extend("severity" = "low"))]
    pub description: String,
    /// What the policy allows and denies: the default version.
    #[schemars(extend("severity" = "high"))]
    pub policy: Document,
    /// The tags. IAM does not tell upper from lower case in their keys.
    #[serde(default)]
    #[schemars(extend("severity" = "low"))]
    pub tags: Tags,
    /// The versions that IAM keeps. Only ever read: the oldest must go before a sixth can come.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(skip)]
    pub versions: Vec<Version>,
}

/// A version of a managed policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Version {
    /// Its id, `v1`, `v2`, ….
    pub version_id: String,
    /// Whether it is the one that counts.
    pub is_default: bool,
}

impl Version {
    /// Its number: IAM counts on and never gives a number twice.
    pub(super) fn number(&self) -> u64 {
        self.version_id.trim_start_matches('v').parse().unwrap_or_default()
    }
}

fn root() -> String {
    "/".to_owned()
}

impl ManagedPolicySpec {
    /// What the policy's ARN is or will be.
    pub(super) fn arn(&self, scope: &Scope) -> String {
        iam::arn(scope, &format!("policy{}{}", self.path, self.policy_name))
    }

    pub(super) fn problems(&self) -> Vec<Problem> {
        let mut problems = iam::permission_problems("/policy", &self.policy);
        problems.extend(iam::tag_problems(&self.tags));
        problems
    }
}

#[cfg(test)]
mod tests {
    use provision_reconciler::{Kind, fields_of};
    use serde_json::json;

    use super::*;
    use crate::iam_managed_policy::IamManagedPolicy;
    use crate::testing::{scope, spec};

    #[test]
    fn the_arn_is_the_identity() {
        let policy = json!({ "statements": { "actions": "a:B", "resources": "*" } });
        let policy = spec::<IamManagedPolicy>(json!({ "policy_name": "a", "path": "/b/", "policy": policy }));
        let identity = IamManagedPolicy::identity(&policy, &scope::<IamManagedPolicy>("data"));
        assert_eq!(identity.as_deref(), Some("arn:aws:iam::123456789012:policy/b/a"));
        assert_eq!(policy.problems(), []);
    }

    #[test]
    fn what_is_only_ever_read_is_no_field_of_the_file() {
        assert!(fields_of::<ManagedPolicySpec>().get("versions").is_none());
    }

    #[test]
    fn a_policy_without_resources_or_with_principals_is_refused() {
        let policy = json!({ "statements": [{ "actions": "a:B" }, { "actions": "a:B", "principals": "*" }] });
        let problems = spec::<IamManagedPolicy>(json!({ "policy_name": "a", "policy": policy })).problems();
        let problems: Vec<_> = problems.into_iter().map(|problem| problem.message).collect();
        assert_eq!(problems, ["a statement names no resources", "a policy that is attached names no principals"]);
    }
}
