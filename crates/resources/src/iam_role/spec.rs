//! What the file says of a role.

use std::collections::{BTreeMap, BTreeSet};

use provision_config::unknown;
use provision_reconciler::{Grant, Problem, Scope};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::document::Document;
use crate::iam;
use crate::tags::Tags;

/// The inline policy that `grants` come to.
pub const GRANTS: &str = "grants";

/// An IAM role: who may take it on, and what they may do then.
///
/// `managed_policy_arns` and `inline_policies` are all that the role has: whatever else is attached to it or put on it is drift,
/// and goes with the next apply.
///
/// ```toml
/// [iam_role.pipeline]
/// role_name = "acme-${environment.name}-pipeline"
/// assume_role_policy.statements = [
///     { actions = ["sts:AssumeRole"], principals = { service = ["lambda.amazonaws.com"] } },
/// ]
/// managed_policy_arns = ["arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess"]
/// grants = [{ to = "s3_bucket.data", access = "read-write" }]
///
/// [iam_role.pipeline.inline_policies]
/// metrics.statements = [{ actions = ["cloudwatch:PutMetricData"], resources = ["*"] }]
/// ```
///
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html>
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleSpec {
    /// The name, unique in its account, in upper and lower case alike: up to 64 letters, digits and `+=,.@_-`.
    #[schemars(extend("immutable" = true, "pattern" = "^[a-zA-Z0-9_+=,.@-]{1,64}$"))]
    pub role_name: String,
    /// The path, which groups roles and is part of the ARN: it begins and ends with `/`.
    #[serde(default = "root")]
    #[schemars(length(max = 512), extend("immutable" = true, "pattern" = "^/([!-~]*/)?$"))]
    pub path: String,
    /// What the role is for.
    #[serde(default)]
    #[schemars(length(max = 1000))]
    #[schemars(extend("severity" = "low"))]
    pub description: String,
    /// The trust policy: who may take on the role. Without resources, for the role itself is what it is about.
    #[schemars(extend("severity" = "high"))]
    pub assume_role_policy: Document,
    /// How long a session of the role may last, in seconds: from one hour to twelve.
    #[serde(default = "hour")]
    #[schemars(range(min = 3600, max = 43200))]
    pub max_session_duration: i32,
    /// The ARN of the managed policy that bounds what the role can be allowed. Empty: none.
    #[serde(default)]
    #[schemars(extend("pattern" = "^(arn:[^:]+:iam::([0-9]{12}|aws):policy/.+)?$"))]
    #[schemars(extend("severity" = "high"))]
    pub permissions_boundary: String,
    /// The ARNs of the managed policies that are attached, AWS's own or the account's.
    #[serde(default)]
    #[schemars(extend("severity" = "high"))]
    pub managed_policy_arns: BTreeSet<String>,
    /// Policies that are the role's own, by name.
    #[serde(default)]
    #[schemars(extend("severity" = "high"))]
    pub inline_policies: BTreeMap<String, Document>,
    /// Access to other resources of this environment: what exactly it takes, on which ARNs and on which key, becomes the inline
    /// policy `grants`.
    #[serde(default)]
    #[schemars(extend("set" = true))]
    pub grants: Vec<GrantSpec>,
    /// The tags. IAM does not tell upper from lower case in their keys.
    #[serde(default)]
    #[schemars(extend("severity" = "low"))]
    pub tags: Tags,
    /// The instance profiles that the role is in. Only ever read: a role must leave them before it can be deleted.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schemars(skip)]
    pub instance_profiles: BTreeSet<String>,
}

/// Access to another resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantSpec {
    /// The address of the resource, as in `s3_bucket.data`.
    #[schemars(extend("format" = "address"))]
    pub to: String,
    /// Which access: `read`, `write`, `read-write`, or a word of that kind's own.
    pub access: String,
}

fn root() -> String {
    "/".to_owned()
}

fn hour() -> i32 {
    3600
}

impl RoleSpec {
    /// What the role's ARN is or will be.
    pub(super) fn arn(&self, scope: &Scope) -> String {
        iam::arn(scope, &format!("role{}{}", self.path, self.role_name))
    }

    pub(super) fn problems(&self) -> Vec<Problem> {
        let mut problems = iam::trust_problems("/assume_role_policy", &self.assume_role_policy);
        for (name, policy) in &self.inline_policies {
            let pointer = format!("/inline_policies/{}", name.replace('~', "~0").replace('/', "~1"));
            let is_allowed = |next: char| next.is_ascii_alphanumeric() || "+=,.@_-".contains(next);
            if name.is_empty() || name.len() > 128 || !name.chars().all(is_allowed) {
                let message = format!("`{name}` cannot be the name of an inline policy");
                problems.push(
                    Problem::new(&pointer, message)
                        .help("a name is up to 128 letters, digits and `+=,.@_-`, as in `write-logs`"),
                );
            }
            if name == GRANTS && !self.grants.is_empty() {
                let problem = Problem::new(&pointer, "`grants` come to the inline policy of this name");
                problems.push(problem.help("give this one another name"));
            }
            problems.extend(iam::permission_problems(&pointer, policy));
        }
        for arn in &self.managed_policy_arns {
            let is_arn = arn.starts_with("arn:") && arn.contains(":policy/");
            if !is_arn && !unknown::is_unknown(arn) {
                let problem =
                    Problem::new("/managed_policy_arns", format!("`{arn}` is not the ARN of a managed policy"));
                problems.push(
                    problem.help("as in `arn:aws:iam::aws:policy/ReadOnlyAccess` or `${iam_managed_policy.NAME.arn}`"),
                );
            }
        }
        problems.extend(iam::tag_problems(&self.tags));
        problems
    }

    pub(super) fn granted(&self) -> Vec<Grant> {
        let grant = |(index, grant): (usize, &GrantSpec)| {
            // The config crate has checked the address.
            let (to, access) = (grant.to.parse().ok()?, grant.access.clone());
            Some(Grant { to, access, pointer: format!("/grants/{index}") })
        };
        self.grants.iter().enumerate().filter_map(grant).collect()
    }

    pub(super) fn receive(mut self, statements: Vec<Value>) -> Self {
        if !statements.is_empty() {
            let policy = Document::new(json!({ "Version": "2012-10-17", "Statement": statements }));
            self.inline_policies.insert(GRANTS.to_owned(), policy);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use provision_reconciler::{Kind, fields_of};
    use serde_json::json;

    use super::*;
    use crate::iam_role::IamRole;
    use crate::testing::{scope, spec};

    fn table(fields: Value) -> Value {
        let mut table = json!({ "role_name": "a", "assume_role_policy": { "statements": [
            { "actions": ["sts:AssumeRole"], "principals": { "service": ["lambda.amazonaws.com"] } },
        ]}});
        for (name, value) in fields.as_object().cloned().unwrap_or_default() {
            table[name] = value;
        }
        table
    }

    fn problems(fields: Value) -> Vec<String> {
        let problems = spec::<IamRole>(table(fields)).problems();
        problems.into_iter().map(|problem| format!("{}: {}", problem.pointer, problem.message)).collect()
    }

    #[test]
    fn the_arn_is_known_beforehand() {
        let of = |fields| spec::<IamRole>(table(fields)).arn(&scope::<IamRole>("data"));
        assert_eq!(of(json!({})), "arn:aws:iam::123456789012:role/a");
        assert_eq!(of(json!({ "path": "/team/b/" })), "arn:aws:iam::123456789012:role/team/b/a");
    }

    #[test]
    fn what_is_only_ever_read_is_no_field_of_the_file() {
        let fields = fields_of::<RoleSpec>();
        assert!(fields.get("instance_profiles").is_none());
        assert!(fields.get("grants").is_some());
    }

    #[test]
    fn what_the_schema_cannot_say_is_checked() {
        let policy = || json!({ "statements": { "actions": "a:B", "resources": "*" } });
        assert_eq!(problems(json!({ "inline_policies": { "a": policy(), "grants": policy() } })), [""; 0]);
        assert_eq!(
            problems(json!({
                "assume_role_policy": { "statements": { "actions": "sts:AssumeRole", "resources": "*" } },
                "inline_policies": { "a/b": policy(), "c": {}, "grants": policy() },
                "grants": [{ "to": "s3_bucket.data", "access": "read" }],
                "managed_policy_arns": ["ReadOnlyAccess"],
                "tags": { "Team": "a", "team": "b" },
            })),
            [
                "/assume_role_policy: a trust policy names no resources",
                "/inline_policies/a~1b: `a/b` cannot be the name of an inline policy",
                "/inline_policies/c: the policy has no statements",
                "/inline_policies/grants: `grants` come to the inline policy of this name",
                "/managed_policy_arns: `ReadOnlyAccess` is not the ARN of a managed policy",
                "/tags: the tag `team` is there twice, since IAM does not tell upper from lower case",
            ]
        );
    }

    #[test]
    fn grants_become_an_inline_policy() {
        let granted = spec::<IamRole>(table(json!({ "grants": [{ "to": "s3_bucket.data", "access": "read" }] })));
        let grants = IamRole::grants(&granted);
        assert_eq!(grants.len(), 1);
        assert_eq!((grants[0].to.to_string().as_str(), grants[0].pointer.as_str()), ("s3_bucket.data", "/grants/0"));
        let statement = json!({ "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["*"] });
        let received = IamRole::receive(granted.clone(), vec![statement.clone()]);
        let policy = Document::new(json!({ "Version": "2012-10-17", "Statement": [statement] }));
        assert_eq!(received.inline_policies, BTreeMap::from([(GRANTS.to_owned(), policy)]));
        assert_eq!(IamRole::receive(granted.clone(), Vec::new()), granted);
    }
}
