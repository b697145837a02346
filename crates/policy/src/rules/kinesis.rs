//! Rules for streams.

use super::look::{at_least, is_key};
use crate::rule::Holds;
use crate::{Ids, Rule};

pub(super) const RULES: &[Rule] = &[
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
        holds: Holds::Of(|spec| is_key(spec, "kms_key")),
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
        holds: Holds::Of(|spec| at_least(spec, "retention_period_hours", 168)),
    },
];
