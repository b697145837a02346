//! Rules for functions.

use super::look::is;
use crate::rule::Holds;
use crate::{Ids, Rule};

pub(super) const RULES: &[Rule] = &[Rule {
    name: "lambda-function-tracing",
    kind: "lambda_function",
    field: "tracing_mode",
    requirement: "requests are traced",
    remedy: "set `tracing_mode = \"Active\"`",
    ids: Ids { cis: "", security_hub: "Lambda.7", prowler: "", checkov: "CKV_AWS_50", trivy: "AWS-0066" },
    holds: Holds::Of(|spec| is(spec, "tracing_mode", "Active")),
}];
