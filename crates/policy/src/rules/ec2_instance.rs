//! Rules for instances.

use serde_json::Value;

use super::look::{is, is_key, is_true};
use crate::rule::Holds;
use crate::{Ids, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "ec2-instance-detailed-monitoring",
        kind: "ec2_instance",
        field: "monitoring",
        requirement: "metrics come every minute",
        remedy: "set `monitoring = true`",
        ids: Ids {
            cis: "",
            security_hub: "",
            prowler: "ec2_instance_detailed_monitoring_enabled",
            checkov: "CKV_AWS_126",
            trivy: "",
        },
        holds: Holds::Of(|spec| is_true(spec, "monitoring")),
    },
    Rule {
        name: "ec2-instance-ebs-optimized",
        kind: "ec2_instance",
        field: "ebs_optimized",
        requirement: "its volumes have a throughput of their own",
        remedy: "set `ebs_optimized = true`",
        ids: Ids { cis: "", security_hub: "", prowler: "", checkov: "CKV_AWS_135", trivy: "" },
        holds: Holds::Of(|spec| is_true(spec, "ebs_optimized")),
    },
    Rule {
        name: "ec2-instance-encrypted-volumes",
        kind: "ec2_instance",
        field: "root_volume",
        requirement: "every volume is encrypted with a customer managed key",
        remedy: "set `encrypted = true` and `kms_key` of the volume",
        ids: Ids {
            cis: "6.1.1",
            security_hub: "EC2.3",
            prowler: "ec2_ebs_volume_encryption",
            checkov: "CKV_AWS_8",
            trivy: "AWS-0131",
        },
        holds: Holds::Of(|spec| volumes(spec).all(|volume| is_true(volume, "encrypted") && is_key(volume, "kms_key"))),
    },
    Rule {
        name: "ec2-instance-hop-limit",
        kind: "ec2_instance",
        field: "metadata_options",
        requirement: "metadata does not travel further than the instance itself",
        remedy: "set `metadata_options.http_put_response_hop_limit = 1`",
        ids: Ids { cis: "", security_hub: "", prowler: "", checkov: "CKV_AWS_341", trivy: "" },
        holds: Holds::Of(|spec| spec.pointer("/metadata_options/http_put_response_hop_limit") == Some(&Value::from(1))),
    },
    Rule {
        name: "ec2-instance-imdsv2",
        kind: "ec2_instance",
        field: "metadata_options",
        requirement: "metadata is given only for a token (IMDSv2)",
        remedy: "set `metadata_options.http_tokens = \"required\"`",
        ids: Ids {
            cis: "6.7",
            security_hub: "EC2.8",
            prowler: "ec2_instance_imdsv2_enabled",
            checkov: "CKV_AWS_79",
            trivy: "AWS-0028",
        },
        holds: Holds::Of(|spec| {
            let options = spec.get("metadata_options").unwrap_or(&Value::Null);
            is(options, "http_tokens", "required") || is(options, "http_endpoint", "disabled")
        }),
    },
    Rule {
        name: "ec2-instance-no-public-address",
        kind: "ec2_instance",
        field: "associate_public_ip_address",
        requirement: "it has no public address",
        remedy: "set `associate_public_ip_address = false`",
        ids: Ids {
            cis: "",
            security_hub: "EC2.9",
            prowler: "ec2_instance_public_ip",
            checkov: "CKV_AWS_88",
            trivy: "",
        },
        holds: Holds::Of(|spec| !is_true(spec, "associate_public_ip_address")),
    },
    Rule {
        name: "ec2-instance-no-secrets-in-user-data",
        kind: "ec2_instance",
        field: "user_data",
        requirement: "its user data has no access keys or private keys",
        remedy: "let the instance fetch secrets from Secrets Manager through its role",
        ids: Ids {
            cis: "",
            security_hub: "",
            prowler: "ec2_instance_secrets_user_data",
            checkov: "CKV_AWS_46",
            trivy: "AWS-0029",
        },
        holds: Holds::Of(|spec| {
            let text = spec.get("user_data").and_then(Value::as_str).unwrap_or_default();
            !has_access_key(text)
                && !text.to_lowercase().contains("aws_secret_access_key")
                && !text.contains("PRIVATE KEY-----")
        }),
    },
    Rule {
        name: "ec2-instance-profile",
        kind: "ec2_instance",
        field: "iam_instance_profile",
        requirement: "it has a role of its own",
        remedy: "set `iam_instance_profile` to an `iam_instance_profile`",
        ids: Ids {
            cis: "2.16",
            security_hub: "",
            prowler: "ec2_instance_profile_attached",
            checkov: "CKV2_AWS_41",
            trivy: "",
        },
        holds: Holds::Of(|spec| {
            spec.get("iam_instance_profile").and_then(Value::as_str).is_some_and(|profile| !profile.is_empty())
        }),
    },
];

fn volumes(spec: &Value) -> impl Iterator<Item = &Value> {
    let data = spec.get("data_volumes").and_then(Value::as_object).into_iter().flat_map(|volumes| volumes.values());
    spec.get("root_volume").into_iter().chain(data)
}

/// Whether a text contains something of the form of an access key id.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids>
fn has_access_key(text: &str) -> bool {
    ["AKIA", "ASIA"].iter().flat_map(|prefix| text.match_indices(prefix)).any(|(start, _)| {
        let id = text[start..].chars().take_while(|next| next.is_ascii_uppercase() || next.is_ascii_digit());
        id.count() == 20
    })
}
