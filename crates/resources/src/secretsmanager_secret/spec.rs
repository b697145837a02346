//! What can be set of a secret.

use std::collections::{BTreeMap, BTreeSet};

use provision_reconciler::{Problem, Scope};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::source::Source;
use super::version;
use crate::document::Document;

/// The `kms_key` of a secret that is encrypted with the key that AWS manages for Secrets Manager in each account.
pub(super) const AWS_MANAGED: &str = "";

/// A secret in AWS Secrets Manager. Deleting one schedules its deletion; until then, an apply that asks for it again restores it.
///
/// ```toml
/// [secretsmanager_secret.db]
/// name = "acme-${environment.name}-db"
/// kms_key = "${kms_key.secrets.arn}"
/// value = { environment_variable = "DB_PASSWORD" }
/// ```
///
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html>
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// The name, unique in its account and region: up to 512 letters, digits, `/`, `_`, `+`, `=`, `.`, `@`, `-`.
    #[schemars(extend("immutable" = true, "pattern" = "^[A-Za-z0-9/_+=.@-]{1,512}$"))]
    pub name: String,
    /// What the secret is for.
    #[serde(default)]
    #[schemars(length(max = 2048))]
    #[schemars(extend("severity" = "low"))]
    pub description: String,
    /// The ARN of the KMS key that encrypts the value. Empty: `aws/secretsmanager`, the key that AWS manages, which no other
    /// account can be allowed to use.
    #[serde(default)]
    #[schemars(extend("pattern" = "^(arn:[^:]+:kms:[^:]+:[0-9]{12}:key/.+)?$"))]
    #[schemars(extend("severity" = "high"))]
    pub kms_key: String,
    /// The days between the deletion of the resource and that of the secret, in which it can still be restored.
    #[serde(default = "default_recovery_window")]
    #[schemars(range(min = 7, max = 30))]
    pub recovery_window_in_days: i32,
    /// The resource policy: who may use the secret besides those whom IAM policies allow it. One that would let everybody in is
    /// refused. Unset: none.
    #[serde(default)]
    #[schemars(extend("severity" = "high"))]
    pub policy: Document,
    /// How AWS changes the value by itself. Unset: it does not.
    #[serde(default)]
    #[schemars(extend("severity" = "high"))]
    pub rotation: Rotation,
    /// Copies in other regions, which AWS keeps in step.
    #[serde(default)]
    #[schemars(extend("set" = "region"))]
    #[schemars(extend("severity" = "high"))]
    pub replicas: Vec<Replica>,
    /// Where the value comes from. Unset: whoever else sets it; the engine does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Source>,
    /// The id of the version whose value is the secret's. Never in a file: it follows from the value, where that can be read
    /// again, and so tells that the value has changed without telling the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("severity" = "high"))]
    pub version_id: Option<String>,
    /// Whether there is a value at all. Never in a file: it is `true` for a value that is set once and then left alone, because it is
    /// generated or rotated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("severity" = "high"))]
    pub has_value: Option<bool>,
    /// Whether AWS is about to delete the secret. Always `none` in a file; a secret on which it is `pending` is restored by the
    /// next apply.
    #[serde(default)]
    #[schemars(extend("severity" = "high"))]
    pub deletion: Deletion,
    /// The tags.
    #[serde(default)]
    #[schemars(extend("severity" = "low"))]
    pub tags: BTreeMap<String, String>,
    /// The ids of the versions that there are, if the wanted one is not the current one. Only ever read.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schemars(skip)]
    pub versions: BTreeSet<String>,
}

/// How AWS changes a value by itself, by a Lambda function.
/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets.html>
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rotation {
    /// The ARN of the function that changes it; Secrets Manager must be allowed to invoke it. Empty: no rotation.
    #[serde(default)]
    pub lambda_arn: String,
    /// The days between two rotations. 0: as `schedule_expression` says.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1000))]
    pub automatically_after_days: i64,
    /// When to rotate: `rate(10 days)`, `cron(0 16 1,15 * ? *)`, in UTC. Empty: as `automatically_after_days` says.
    #[serde(default)]
    #[schemars(extend("pattern" = "^((cron|rate)\\(.+\\))?$"))]
    pub schedule_expression: String,
    /// How long the window is in which AWS rotates: `3h`. Empty: until the day ends, or, of a schedule in hours, one hour.
    #[serde(default)]
    #[schemars(extend("pattern" = "^([0-9]{1,2}h)?$"))]
    pub duration: String,
}

/// A copy of a secret in another region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Replica {
    /// The region.
    #[schemars(extend("format" = "region"))]
    pub region: String,
    /// The ARN of the KMS key there. Empty: `aws/secretsmanager`.
    #[serde(default)]
    #[schemars(extend("pattern" = "^(arn:[^:]+:kms:[^:]+:[0-9]{12}:key/.+)?$"))]
    pub kms_key: String,
}

/// Whether AWS is about to delete a secret.
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

impl Rotation {
    /// Whether there is any.
    pub(super) fn is_on(&self) -> bool {
        !self.lambda_arn.is_empty()
    }

    /// When, for a person: `every 30 days`.
    pub(super) fn when(&self) -> String {
        match self.automatically_after_days {
            0 => format!("by {}", self.schedule_expression),
            1 => "every day".to_owned(),
            days => format!("every {days} days"),
        }
    }

    fn problems(&self, problems: &mut Vec<Problem>) {
        let given = [self.automatically_after_days != 0, !self.schedule_expression.is_empty()];
        if !self.is_on() {
            if given.contains(&true) || !self.duration.is_empty() {
                let message = "a schedule says nothing without the function that rotates";
                problems.push(Problem::new("/rotation", message).help("set `rotation.lambda_arn`"));
            }
        } else if given[0] == given[1] {
            let message = "rotation needs exactly one of `automatically_after_days` and `schedule_expression`";
            problems.push(Problem::new("/rotation", message).help("for instance `automatically_after_days = 30`"));
        }
    }
}

impl Spec {
    pub(super) fn complete(mut self, scope: &Scope) -> Result<Self, Problem> {
        if let Some(place) = self.replicas.iter().position(|replica| replica.region == scope.region) {
            let message = format!("the secret itself is in {}", scope.region);
            let help = "replicate it into other regions only";
            return Err(Problem::new(format!("/replicas/{place}/region"), message).help(help));
        }
        match &self.value {
            Some(source) if source.is_lasting() && !self.rotation.is_on() => {
                self.version_id = source.read()?.map(|value| version::of(&value, scope));
            }
            // Set once. Where it comes from need not be there any more.
            Some(_) => self.has_value = Some(true),
            None => {}
        }
        Ok(self)
    }

    pub(super) fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if let Some(source) = &self.value {
            problems.extend(source.problems());
        }
        for (field, given) in [("version_id", self.version_id.is_some()), ("has_value", self.has_value.is_some())] {
            if given {
                let message = format!("`{field}` follows from `value`, and is not for a file to set");
                problems.push(Problem::new(format!("/{field}"), message).help("remove it"));
            }
        }
        self.rotation.problems(&mut problems);
        problems
    }
}

fn default_recovery_window() -> i32 {
    30
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::{Value, json};

    use super::*;
    use crate::secretsmanager_secret::SecretsmanagerSecret;
    use crate::testing::{scope, spec};

    fn problems(mut table: Value) -> Vec<String> {
        table["name"] = json!("db");
        let spec: Spec = serde_json::from_value(table).unwrap();
        spec.problems().into_iter().map(|one| format!("{}: {}", one.pointer, one.message)).collect()
    }

    #[test]
    fn a_file_cannot_ask_for_what_is_only_ever_read() {
        let fields = provision_reconciler::fields_of::<Spec>();
        let shape = fields.get("deletion").map(|field| field.shape.noun());
        assert_eq!(shape.as_deref(), Some("one of `none`"));
        assert!(fields.get("versions").is_none());
        assert_eq!(problems(json!({ "version_id": "a", "has_value": true })).len(), 2);
    }

    #[test]
    fn rotation_needs_a_function_and_one_schedule() {
        assert_eq!(problems(json!({})), [""; 0]);
        let rotation = |table| problems(json!({ "rotation": table }));
        assert_eq!(rotation(json!({ "lambda_arn": "a", "automatically_after_days": 30 })), [""; 0]);
        assert_eq!(rotation(json!({ "lambda_arn": "a", "schedule_expression": "rate(4 hours)" })), [""; 0]);
        assert_eq!(rotation(json!({ "lambda_arn": "a" })).len(), 1);
        let both = json!({ "lambda_arn": "a", "automatically_after_days": 30, "schedule_expression": "rate(4 hours)" });
        assert_eq!(rotation(both).len(), 1);
        assert_eq!(rotation(json!({ "duration": "3h" })).len(), 1);
    }

    #[test]
    fn a_value_is_compared_only_where_it_can_be_read_again_and_nobody_else_changes_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        std::fs::write(&path, "hunter2").unwrap();
        let of = |table: Value| {
            let spec = spec::<SecretsmanagerSecret>(table);
            (spec.version_id.is_some(), spec.has_value)
        };
        assert_eq!(of(json!({ "name": "db" })), (false, None));
        assert_eq!(of(json!({ "name": "db", "value": { "file": path } })), (true, None));
        assert_eq!(of(json!({ "name": "db", "value": { "generate": {} } })), (false, Some(true)));
        let rotated = json!({ "lambda_arn": "a", "automatically_after_days": 30 });
        assert_eq!(
            of(json!({ "name": "db", "value": { "file": "/nowhere" }, "rotation": rotated })),
            (false, Some(true))
        );
    }

    #[test]
    fn a_secret_is_not_replicated_into_its_own_region() {
        let table = json!({ "name": "db", "replicas": [{ "region": "us-west-2" }, { "region": "us-east-1" }] });
        let spec: Spec = serde_json::from_value(table).unwrap();
        let problem = spec.complete(&scope::<SecretsmanagerSecret>("db")).err().unwrap();
        assert_eq!(problem.pointer, "/replicas/1/region");
    }
}
