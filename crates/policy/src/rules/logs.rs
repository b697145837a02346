//! Rules for log groups.

use super::look::{at_least, is_key};
use crate::rule::Holds;
use crate::{Ids, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "logs-log-group-encryption",
        kind: "logs_log_group",
        field: "kms_key",
        requirement: "the log group is encrypted with a customer managed key",
        remedy: "set `kms_key` to the ARN of a `kms_key` with `services = [\"logs\"]`",
        ids: Ids {
            cis: "",
            security_hub: "",
            prowler: "cloudwatch_log_group_kms_encryption_enabled",
            checkov: "CKV_AWS_158",
            trivy: "AWS-0017",
        },
        holds: Holds::Of(|spec| is_key(spec, "kms_key")),
    },
    Rule {
        name: "logs-log-group-retention",
        kind: "logs_log_group",
        field: "retention_in_days",
        requirement: "logs are kept for a year at least",
        remedy: "set `retention_in_days = 365` or more",
        ids: Ids {
            cis: "",
            security_hub: "CloudWatch.16",
            prowler: "cloudwatch_log_group_retention_policy_specific_days_enabled",
            checkov: "CKV_AWS_338",
            trivy: "",
        },
        holds: Holds::Of(|spec| {
            at_least(spec, "retention_in_days", 365) || spec.get("retention_in_days") == Some(&0.into())
        }),
    },
];
