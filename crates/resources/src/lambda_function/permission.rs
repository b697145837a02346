//! The statements of a function's resource policy.
//!
//! Lambda lets a policy be changed one statement at a time only, and gives it back as one document.

use provision_config::unknown;
use provision_reconciler::Scope;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Who else may do what with a function: one statement of its resource policy.
///
/// <https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html>
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Permission {
    /// What tells the statement from the others.
    #[schemars(extend("pattern" = "^[a-zA-Z0-9_-]{1,100}$"))]
    pub statement_id: String,
    /// Who: a service (`s3.amazonaws.com`), an account, the ARN of a role or user, or `*`.
    #[schemars(extend("pattern" = r"^\S+$"))]
    pub principal: String,
    /// What may be done.
    #[serde(default = "invoke")]
    #[schemars(extend("pattern" = r"^lambda:([a-zA-Z]+|\*)$"))]
    pub action: String,
    /// With a service: only on behalf of this resource. `*` and `?` stand for anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "arn"))]
    pub source_arn: Option<String>,
    /// With a service: only on behalf of this account; for sources whose ARN does not name one, such as buckets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "account"))]
    pub source_account: Option<String>,
    /// Only whoever belongs to this organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = "^o-[a-z0-9]{10,32}$"))]
    pub principal_org_id: Option<String>,
}

fn invoke() -> String {
    "lambda:InvokeFunction".to_owned()
}

impl Permission {
    /// In the form in which Lambda gives it back: an account as its root's ARN.
    pub(super) fn complete(&mut self, scope: &Scope) {
        if !unknown::is_unknown(&self.principal) {
            self.principal = principal(&self.principal, scope);
        }
    }
}

/// The permissions of a policy as Lambda gives it.
pub(super) fn of_policy(policy: &str, scope: &Scope) -> Vec<Permission> {
    let policy: Value = serde_json::from_str(policy).unwrap_or_default();
    let statements = policy.get("Statement").and_then(Value::as_array).into_iter().flatten();
    statements.map(|statement| of_statement(statement, scope)).collect()
}

/// A statement that no permission can say (somebody put it there by other means) is shown as it is, in place of its principal:
/// so it differs from all that a file can ask for.
fn of_statement(statement: &Value, scope: &Scope) -> Permission {
    permission(statement, scope).unwrap_or_else(|| Permission {
        statement_id: text(statement, "Sid").unwrap_or_default(),
        principal: statement.to_string(),
        action: invoke(),
        source_arn: None,
        source_account: None,
        principal_org_id: None,
    })
}

fn permission(statement: &Value, scope: &Scope) -> Option<Permission> {
    let known = ["Sid", "Effect", "Principal", "Action", "Resource", "Condition"];
    let fields = statement.as_object()?;
    if text(statement, "Effect")? != "Allow" || !fields.keys().all(|key| known.contains(&key.as_str())) {
        return None;
    }
    let mut permission = Permission {
        statement_id: text(statement, "Sid")?,
        principal: principal(&named(statement.get("Principal")?)?, scope),
        action: text(statement, "Action")?,
        source_arn: None,
        source_account: None,
        principal_org_id: None,
    };
    let nothing = Map::new();
    let conditions = statement.get("Condition").map_or(Some(&nothing), Value::as_object)?;
    for (operator, keys) in conditions {
        for (key, value) in keys.as_object()? {
            let value = value.as_str()?.to_owned();
            match (operator.as_str(), key.to_ascii_lowercase().as_str()) {
                ("ArnLike", "aws:sourcearn") => permission.source_arn = Some(value),
                ("StringEquals", "aws:sourceaccount") => permission.source_account = Some(value),
                ("StringEquals", "aws:principalorgid") => permission.principal_org_id = Some(value),
                _ => return None,
            }
        }
    }
    Some(permission)
}

/// The one principal: `"*"`, `{"Service": "…"}` or `{"AWS": "…"}`.
fn named(principal: &Value) -> Option<String> {
    match principal {
        Value::String(text) => Some(text.clone()),
        Value::Object(fields) if fields.len() == 1 => {
            let (kind, who) = fields.iter().next()?;
            ["AWS", "Service"].contains(&kind.as_str()).then(|| who.as_str())?.map(str::to_owned)
        }
        _ => None,
    }
}

fn principal(text: &str, scope: &Scope) -> String {
    if text.len() == 12 && text.bytes().all(|digit| digit.is_ascii_digit()) {
        return format!("arn:{}:iam::{text}:root", scope.partition);
    }
    text.to_owned()
}

fn text(value: &Value, field: &str) -> Option<String> {
    value.get(field)?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::lambda_function::LambdaFunction;
    use crate::testing::scope;

    fn read(statement: Value) -> Permission {
        of_statement(&statement, &scope::<LambdaFunction>("data"))
    }

    fn said(permission: Value) -> Option<Permission> {
        let mut permission: Permission = serde_json::from_value(permission).ok()?;
        permission.complete(&scope::<LambdaFunction>("data"));
        Some(permission)
    }

    #[test]
    fn what_was_said_is_read_back() {
        let statement = |principal: Value, condition: Value| {
            json!({
                "Sid": "a", "Effect": "Allow", "Principal": principal, "Action": "lambda:InvokeFunction",
                "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "Condition": condition,
            })
        };
        for (live, file) in [
            (
                statement(
                    json!({ "Service": "s3.amazonaws.com" }),
                    json!({
                        "ArnLike": { "AWS:SourceArn": "arn:aws:s3:::b" },
                        "StringEquals": { "AWS:SourceAccount": "123456789012" },
                    }),
                ),
                json!({
                    "statement_id": "a", "principal": "s3.amazonaws.com",
                    "source_arn": "arn:aws:s3:::b", "source_account": "123456789012",
                }),
            ),
            (
                statement(json!({ "AWS": "arn:aws:iam::123456789012:root" }), json!({})),
                json!({ "statement_id": "a", "principal": "123456789012" }),
            ),
            (
                statement(json!("*"), json!({ "StringEquals": { "aws:PrincipalOrgID": "o-abcdefghij" } })),
                json!({ "statement_id": "a", "principal": "*", "principal_org_id": "o-abcdefghij" }),
            ),
        ] {
            assert_eq!(Some(read(live)), said(file));
        }
    }

    #[test]
    fn what_cannot_be_said_is_shown_whole() {
        let strange = json!({
            "Sid": "a", "Effect": "Allow", "Principal": { "AWS": "*" }, "Action": "lambda:InvokeFunction",
            "Condition": { "IpAddress": { "aws:SourceIp": "192.0.2.0/24" } },
        });
        let permission = read(strange.clone());
        assert_eq!((permission.statement_id.as_str(), permission.principal), ("a", strange.to_string()));
        let deny = json!({ "Sid": "b", "Effect": "Deny", "Principal": "*", "Action": "lambda:*" });
        assert!(read(deny).principal.contains("Deny"));
    }
}
