//! Rules for roles and policies.

use serde_json::Value;

use super::document::{allows, allows_on_all, lets_anybody};
use crate::rule::Holds;
use crate::{Ids, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "iam-managed-policy-no-wildcards",
        kind: "iam_managed_policy",
        field: "policy",
        requirement: "no statement allows everything, or everything of a service",
        remedy: "name the actions",
        ids: NO_WILDCARDS,
        holds: Holds::Of(|spec| spec.get("policy").is_none_or(|policy| !allows(policy, is_wildcard))),
    },
    Rule {
        name: "iam-role-no-administrator",
        kind: "iam_role",
        field: "managed_policy_arns",
        requirement: "no policy is attached that allows everything",
        remedy: "attach a policy that allows what the role needs, or use `grants`",
        ids: Ids {
            cis: "2.14",
            security_hub: "IAM.1",
            prowler: "iam_aws_attached_policy_no_administrative_privileges",
            checkov: "CKV_AWS_274",
            trivy: "",
        },
        holds: Holds::Of(|spec| {
            let attached = spec.get("managed_policy_arns").and_then(Value::as_array).into_iter().flatten();
            let mut attached = attached.filter_map(Value::as_str);
            !attached.any(|arn| arn.ends_with("/AdministratorAccess") || arn.ends_with("/IAMFullAccess"))
        }),
    },
    Rule {
        name: "iam-role-no-wildcards",
        kind: "iam_role",
        field: "inline_policies",
        requirement: "no statement allows everything, or everything of a service",
        remedy: "name the actions, or use `grants`",
        ids: NO_WILDCARDS,
        holds: Holds::Of(|spec| !inline(spec).any(|policy| allows(policy, is_wildcard))),
    },
    Rule {
        name: "iam-role-scoped-pass-role",
        kind: "iam_role",
        field: "inline_policies",
        requirement: "roles are passed by their ARN only",
        remedy: "name the roles in `resources` of the statement that allows `iam:PassRole`",
        ids: Ids { cis: "", security_hub: "", prowler: "", checkov: "", trivy: "AWS-0342" },
        holds: Holds::Of(|spec| {
            !inline(spec).any(|policy| allows_on_all(policy, |action| action.eq_ignore_ascii_case("iam:PassRole")))
        }),
    },
    Rule {
        name: "iam-role-trust",
        kind: "iam_role",
        field: "assume_role_policy",
        requirement: "not everybody may take on the role",
        remedy: "name who may in `assume_role_policy`, or give the statement a condition",
        ids: Ids {
            cis: "",
            security_hub: "",
            prowler: "iam_no_custom_policy_permissive_role_assumption",
            checkov: "CKV_AWS_60",
            trivy: "",
        },
        holds: Holds::Of(|spec| spec.get("assume_role_policy").is_none_or(|policy| !lets_anybody(policy))),
    },
];

const NO_WILDCARDS: Ids = Ids {
    cis: "2.14",
    security_hub: "IAM.21",
    prowler: "iam_inline_policy_no_administrative_privileges",
    checkov: "CKV_AWS_63",
    trivy: "AWS-0057",
};

fn inline(spec: &Value) -> impl Iterator<Item = &Value> {
    spec.get("inline_policies").and_then(Value::as_object).into_iter().flat_map(|policies| policies.values())
}

/// `*`, `s3:*`.
fn is_wildcard(action: &str) -> bool {
    action == "*" || action.split_once(':').is_some_and(|(_, operation)| operation == "*")
}
