//! Rules for keys.

use super::document::lets_anybody;
use super::look::is_true;
use crate::rule::Holds;
use crate::{Ids, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "kms-key-not-public",
        kind: "kms_key",
        field: "policy",
        requirement: "the key policy lets nobody in without a condition",
        remedy: "name principals in `policy`, or give the statement a condition",
        ids: Ids {
            cis: "2.21",
            security_hub: "KMS.5",
            prowler: "kms_key_not_publicly_accessible",
            checkov: "CKV_AWS_33",
            trivy: "",
        },
        holds: Holds::Of(|spec| spec.get("policy").is_none_or(|policy| !lets_anybody(policy))),
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
        holds: Holds::Of(|spec| {
            is_true(spec, "enable_key_rotation") || spec.get("key_spec").is_some_and(|sort| sort != "SYMMETRIC_DEFAULT")
        }),
    },
    Rule {
        name: "kms-key-single-region",
        kind: "kms_key",
        field: "multi_region",
        requirement: "the key exists in one region only",
        remedy: "set `multi_region = false`, unless replicas in other regions must read the same ciphertext",
        ids: Ids { cis: "", security_hub: "", prowler: "kms_cmk_not_multi_region", checkov: "", trivy: "" },
        holds: Holds::Of(|spec| !is_true(spec, "multi_region")),
    },
];
