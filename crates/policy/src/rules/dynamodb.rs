//! Rules for tables.

use super::look::{is_key, is_true};
use crate::rule::Holds;
use crate::{Ids, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "dynamodb-table-deletion-protection",
        kind: "dynamodb_table",
        field: "deletion_protection_enabled",
        requirement: "deletion protection is on",
        remedy: "set `deletion_protection_enabled = true`",
        ids: Ids {
            cis: "",
            security_hub: "DynamoDB.6",
            prowler: "dynamodb_table_deletion_protection_enabled",
            checkov: "",
            trivy: "",
        },
        holds: Holds::Of(|spec| is_true(spec, "deletion_protection_enabled")),
    },
    Rule {
        name: "dynamodb-table-encryption",
        kind: "dynamodb_table",
        field: "kms_key",
        requirement: "the table is encrypted with a customer managed key",
        remedy: "set `kms_key` to the ARN of a `kms_key`",
        ids: Ids {
            cis: "",
            security_hub: "",
            prowler: "dynamodb_tables_kms_cmk_encryption_enabled",
            checkov: "CKV_AWS_119",
            trivy: "AWS-0025",
        },
        holds: Holds::Of(|spec| is_key(spec, "kms_key")),
    },
    Rule {
        name: "dynamodb-table-recovery",
        kind: "dynamodb_table",
        field: "point_in_time_recovery",
        requirement: "point-in-time recovery is on",
        remedy: "set `point_in_time_recovery = true`",
        ids: Ids {
            cis: "",
            security_hub: "DynamoDB.2",
            prowler: "dynamodb_tables_pitr_enabled",
            checkov: "CKV_AWS_28",
            trivy: "AWS-0024",
        },
        holds: Holds::Of(|spec| is_true(spec, "point_in_time_recovery")),
    },
];
