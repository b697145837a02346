//! Drift of every sort.

#![allow(clippy::unwrap_used)]

use jiff::Timestamp;
use provision_reconciler::Remark;
use provision_reconciler::diff::Cause;
use provision_reconciler::drift::{Ignored, MendingCall};
use provision_reconciler::orphan::Orphan;
use serde_json::{Value, json};

use super::*;
use crate::ui::plan::samples::{address, policies};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn calls(actions: &[&str]) -> Mend {
    let call = |action: &&str| MendingCall { action: (*action).to_owned(), summary: "set it back".to_owned() };
    Mend::Calls(actions.iter().map(call).collect())
}

fn changed(path: &str, severity: Severity, expected: Value, actual: Value, action: &str) -> Changed {
    let difference = Difference {
        path: path.to_owned(),
        live: actual,
        desired: expected,
        cause: Cause::Drift,
        immutable: false,
        sensitive: false,
        severity,
    };
    Changed { difference, rules: Vec::new(), mend: calls(&[action]), since: None }
}

fn finding(text: &str, id: &str, severity: Severity, what: What) -> Finding {
    Finding { address: address(text), id: id.to_owned(), region: "us-east-1".to_owned(), severity, what }
}

fn drift() -> Drift {
    let (actual, expected) = policies();
    let since = Since { first_seen: at("2026-01-02T03:30:00Z"), after: Some(at("2026-01-02T03:00:00Z")) };
    let rotation = changed("enable_key_rotation", Severity::High, json!(true), json!(false), "kms:EnableKeyRotation");
    let mut secret = changed("secret", Severity::High, json!("(sensitive)"), json!("(sensitive)"), "x:PutSecret");
    secret.difference.sensitive = true;
    let mut size = changed("instance_type", Severity::Medium, json!("t3.small"), json!("t3.large"), "");
    size.mend = Mend::Replacement;
    let fields = vec![
        Changed { rules: vec!["kms-key-rotation (CIS 4.6, KMS.4)".to_owned()], since: Some(since), ..rotation },
        changed("policy", Severity::High, expected, actual, "kms:PutKeyPolicy"),
        secret,
        changed("tags[\"Project\"]", Severity::Low, json!("acme"), Value::Null, "kms:TagResource"),
    ];
    let mend = calls(&["dynamodb:CreateTable", "dynamodb:UpdateContinuousBackups"]);
    let orphan = Orphan {
        address: address("kms_key.old"),
        id: "5678".to_owned(),
        arn: "arn:aws:kms:us-east-1:123456789012:key/5678".to_owned(),
        region: "us-east-1".to_owned(),
        operation: Some("7a62c49f".to_owned()),
        other: Some("1234abcd".to_owned()),
    };
    Drift {
        environment: "dev".to_owned(),
        account: "123456789012".to_owned(),
        resources: 9,
        findings: vec![
            finding(
                "dynamodb_table.records",
                "acme-dev-records",
                Severity::High,
                What::Deleted { mend, since: Some(Since { after: None, ..since }) },
            ),
            finding("kms_key.s3", "1234abcd", Severity::High, What::Changed(fields)),
            finding("ec2_instance.worker", "i-1", Severity::Medium, What::Changed(vec![size])),
            finding(
                "kinesis_stream.events",
                "acme-dev-events",
                Severity::Medium,
                What::Unfinished { since: Some(since) },
            ),
            finding("kms_key.old", "5678", Severity::Medium, What::Orphan { orphan, since: None }),
        ],
        ignored: vec![Ignored {
            address: address("ec2_instance.worker"),
            path: "tags[\"Scanned\"]".to_owned(),
            reason: "the scanner sets it".to_owned(),
        }],
        remarks: vec![Remark {
            address: address("ec2_instance.worker"),
            text: "there is a newer image, ami-2".to_owned(),
        }],
    }
}

fn looked(drift: Drift) -> Checked<DriftLook> {
    let name = drift.environment.clone();
    let look = DriftLook { drift, graph: None, applied_at: Some(at("2026-01-01T00:00:00Z")) };
    Checked { name, outcome: Outcome::Looked(look) }
}

fn quiet(name: &str) -> Checked<DriftLook> {
    let findings = Vec::new();
    looked(Drift { environment: name.to_owned(), findings, ignored: Vec::new(), ..drift() })
}

fn of(environments: Vec<Checked<DriftLook>>) -> DriftReport {
    DriftReport { checked_at: at("2026-01-02T03:30:00Z"), engine: "0.1.0".to_owned(), environments }
}

/// One environment with findings of every sort.
pub fn report() -> DriftReport {
    of(vec![looked(drift())])
}

/// One environment without any.
pub fn none() -> DriftReport {
    of(vec![quiet("dev")])
}

/// One that drifted, one that did not, and one that could not be looked at.
pub fn several() -> DriftReport {
    let failed =
        Outcome::Failed { message: "no credentials were found".to_owned(), hint: Some("set AWS_PROFILE".to_owned()) };
    of(vec![looked(drift()), quiet("staging"), Checked { name: "prod".to_owned(), outcome: failed }])
}
