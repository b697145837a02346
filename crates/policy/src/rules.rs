//! The rules. Their ids in other tools are those of the published rule sets.

use provision_config::unknown;
use serde_json::Value;

use crate::{Ids, Rule};

/// Every rule, by name.
pub const RULES: &[Rule] = &[
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
        holds: |spec| is_true(spec, "deletion_protection_enabled"),
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
        holds: |spec| is_key(spec, "kms_key"),
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
        holds: |spec| is_true(spec, "point_in_time_recovery"),
    },
    Rule {
        name: "kinesis-stream-encryption",
        kind: "kinesis_stream",
        field: "kms_key",
        requirement: "the stream is encrypted with a customer managed key",
        remedy: "set `kms_key` to the ARN of a `kms_key`",
        ids: Ids {
            cis: "",
            security_hub: "Kinesis.1",
            prowler: "kinesis_stream_encrypted_at_rest",
            checkov: "CKV_AWS_185",
            trivy: "AWS-0064",
        },
        holds: |spec| is_key(spec, "kms_key"),
    },
    Rule {
        name: "kinesis-stream-retention",
        kind: "kinesis_stream",
        field: "retention_period_hours",
        requirement: "records are kept for a week at least",
        remedy: "set `retention_period_hours = 168` or more",
        ids: Ids {
            cis: "",
            security_hub: "Kinesis.3",
            prowler: "kinesis_stream_data_retention_period",
            checkov: "",
            trivy: "",
        },
        holds: |spec| at_least(spec, "retention_period_hours", 168),
    },
    Rule {
        name: "kms-key-rotation",
        kind: "kms_key",
        field: "enable_key_rotation",
        requirement: "the key rotates by itself",
        remedy: "set `enable_key_rotation = true`",
        ids: Ids {
            cis: "4.6",
            security_hub: "KMS.4",
            prowler: "kms_cmk_rotation_enabled",
            checkov: "CKV_AWS_7",
            trivy: "AWS-0065",
        },
        holds: |spec| {
            is_true(spec, "enable_key_rotation") || spec.get("key_spec").is_some_and(|sort| sort != "SYMMETRIC_DEFAULT")
        },
    },
    Rule {
        name: "kms-key-single-region",
        kind: "kms_key",
        field: "multi_region",
        requirement: "the key exists in one region only",
        remedy: "set `multi_region = false`, unless replicas in other regions must read the same ciphertext",
        ids: Ids { cis: "", security_hub: "", prowler: "kms_cmk_not_multi_region", checkov: "", trivy: "" },
        holds: |spec| !is_true(spec, "multi_region"),
    },
    Rule {
        name: "lambda-function-tracing",
        kind: "lambda_function",
        field: "tracing_mode",
        requirement: "requests are traced",
        remedy: "set `tracing_mode = \"Active\"`",
        ids: Ids { cis: "", security_hub: "Lambda.7", prowler: "", checkov: "CKV_AWS_50", trivy: "AWS-0066" },
        holds: |spec| is(spec, "tracing_mode", "Active"),
    },
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
        holds: |spec| is_key(spec, "kms_key"),
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
        holds: |spec| at_least(spec, "retention_in_days", 365) || spec.get("retention_in_days") == Some(&0.into()),
    },
    Rule {
        name: "s3-bucket-encryption",
        kind: "s3_bucket",
        field: "kms_key",
        requirement: "objects are encrypted with a customer managed key",
        remedy: "set `kms_key` to the ARN of a `kms_key`",
        ids: Ids {
            cis: "",
            security_hub: "S3.17",
            prowler: "s3_bucket_kms_encryption",
            checkov: "CKV_AWS_145",
            trivy: "AWS-0132",
        },
        holds: |spec| is_key(spec, "kms_key"),
    },
    Rule {
        name: "s3-bucket-https-only",
        kind: "s3_bucket",
        field: "https_only",
        requirement: "requests without HTTPS are denied",
        remedy: "set `https_only = true`",
        ids: Ids {
            cis: "3.1.1",
            security_hub: "S3.5",
            prowler: "s3_bucket_secure_transport_policy",
            checkov: "CKV_AWS_379",
            trivy: "",
        },
        holds: |spec| is_true(spec, "https_only"),
    },
    Rule {
        name: "s3-bucket-no-acls",
        kind: "s3_bucket",
        field: "object_ownership",
        requirement: "access control lists are off",
        remedy: "set `object_ownership = \"BucketOwnerEnforced\"`",
        ids: Ids {
            cis: "",
            security_hub: "S3.12",
            prowler: "s3_bucket_acl_prohibited",
            checkov: "CKV2_AWS_65",
            trivy: "",
        },
        holds: |spec| is(spec, "object_ownership", "BucketOwnerEnforced"),
    },
    Rule {
        name: "s3-bucket-public-access",
        kind: "s3_bucket",
        field: "public_access_block",
        requirement: "public access is blocked in all four ways",
        remedy: "remove `public_access_block` from the file, or set all of it to `true`",
        ids: Ids {
            cis: "3.1.4",
            security_hub: "S3.8",
            prowler: "s3_bucket_level_public_access_block",
            checkov: "CKV2_AWS_6",
            trivy: "AWS-0094",
        },
        holds: |spec| blocks_public_access(spec),
    },
    Rule {
        name: "s3-bucket-versioning",
        kind: "s3_bucket",
        field: "versioning",
        requirement: "versions are kept",
        remedy: "set `versioning = true`",
        ids: Ids {
            cis: "",
            security_hub: "S3.14",
            prowler: "s3_bucket_object_versioning",
            checkov: "CKV_AWS_21",
            trivy: "AWS-0090",
        },
        holds: |spec| is_true(spec, "versioning"),
    },
    Rule {
        name: "secret-encryption",
        kind: "secretsmanager_secret",
        field: "kms_key",
        requirement: "the secret is encrypted with a customer managed key",
        remedy: "set `kms_key` to the ARN of a `kms_key`",
        ids: Ids { cis: "", security_hub: "", prowler: "", checkov: "CKV_AWS_149", trivy: "AWS-0098" },
        holds: |spec| is_key(spec, "kms_key"),
    },
];

fn is_true(spec: &Value, field: &str) -> bool {
    spec.get(field) == Some(&Value::Bool(true))
}

fn is(spec: &Value, field: &str, value: &str) -> bool {
    spec.get(field).and_then(Value::as_str) == Some(value)
}

fn at_least(spec: &Value, field: &str, least: i64) -> bool {
    spec.get(field).and_then(Value::as_i64).is_some_and(|value| value >= least)
}

/// Whether a field names a customer managed key: by its ARN, or by a reference to one.
fn is_key(spec: &Value, field: &str) -> bool {
    let key = spec.get(field).and_then(Value::as_str);
    key.is_some_and(|key| unknown::is_unknown(key) || (key.starts_with("arn:") && key.contains(":kms:")))
}

fn blocks_public_access(spec: &Value) -> bool {
    let ways = spec.get("public_access_block").and_then(Value::as_object);
    ways.is_some_and(|ways| ways.len() == 4 && ways.values().all(|way| *way == Value::Bool(true)))
}
