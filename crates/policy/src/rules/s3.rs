//! Rules for buckets.

use serde_json::Value;

use super::look::{blocks_public_access, is, is_key, is_true, items};
use crate::rule::Holds;
use crate::{Ids, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "s3-bucket-access-logging",
        kind: "s3_bucket",
        field: "logging",
        requirement: "access to the bucket is logged",
        remedy: "set `logging = { bucket = …, prefix = … }`",
        ids: Ids {
            cis: "4.4",
            security_hub: "S3.9",
            prowler: "s3_bucket_server_access_logging_enabled",
            checkov: "CKV_AWS_18",
            trivy: "AWS-0089",
        },
        holds: Holds::Of(|spec| {
            spec.pointer("/logging/bucket").and_then(Value::as_str).is_some_and(|bucket| !bucket.is_empty())
        }),
    },
    Rule {
        name: "s3-bucket-aborts-uploads",
        kind: "s3_bucket",
        field: "lifecycle_rules",
        requirement: "parts of uploads that were never completed go by themselves",
        remedy: "give a lifecycle rule `abort_incomplete_multipart_upload_days = 7`",
        ids: Ids { cis: "", security_hub: "", prowler: "", checkov: "CKV_AWS_300", trivy: "" },
        holds: Holds::Of(|spec| {
            let rules = items(spec, "lifecycle_rules");
            rules.iter().any(|rule| rule.get("abort_incomplete_multipart_upload_days").is_some_and(Value::is_number))
        }),
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
        // S3 delivers access logs only to buckets that are encrypted with its own keys.
        holds: Holds::Of(|spec| is_key(spec, "kms_key") || is_true(spec, "receives_access_logs")),
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
        holds: Holds::Of(|spec| is_true(spec, "https_only")),
    },
    Rule {
        name: "s3-bucket-lifecycle",
        kind: "s3_bucket",
        field: "lifecycle_rules",
        requirement: "something becomes of objects as they age",
        remedy: "give it `lifecycle_rules`",
        ids: Ids {
            cis: "",
            security_hub: "S3.13",
            prowler: "s3_bucket_lifecycle_enabled",
            checkov: "CKV2_AWS_61",
            trivy: "",
        },
        holds: Holds::Of(|spec| !items(spec, "lifecycle_rules").is_empty()),
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
        holds: Holds::Of(|spec| is(spec, "object_ownership", "BucketOwnerEnforced")),
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
        holds: Holds::Of(blocks_public_access),
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
        holds: Holds::Of(|spec| is_true(spec, "versioning")),
    },
];
