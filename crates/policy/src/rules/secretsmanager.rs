//! Rules for secrets.

use super::look::is_key;
use crate::rule::Holds;
use crate::{Ids, Rule};

pub(super) const RULES: &[Rule] = &[Rule {
    name: "secret-encryption",
    kind: "secretsmanager_secret",
    field: "kms_key",
    requirement: "the secret is encrypted with a customer managed key",
    remedy: "set `kms_key` to the ARN of a `kms_key`",
    ids: Ids { cis: "", security_hub: "", prowler: "", checkov: "CKV_AWS_149", trivy: "AWS-0098" },
    holds: Holds::Of(|spec| is_key(spec, "kms_key")),
}];
