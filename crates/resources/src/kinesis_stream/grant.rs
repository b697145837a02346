//! What access to a stream takes.
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonkinesisdatastreams.html>

use provision_reconciler::{Problem, Scope};
use serde_json::Value;

use super::spec::StreamSpec;
use crate::grants::{Access, Granted, Part, customer_key, statements};

/// The words that a grant may use, besides `read-write`.
const KNOWN: &[Access] = &[
    Access {
        word: "read",
        actions: &[(
            Part::Itself,
            &[
                "kinesis:DescribeStream",
                "kinesis:DescribeStreamSummary",
                "kinesis:GetRecords",
                "kinesis:GetShardIterator",
                "kinesis:ListShards",
            ],
        )],
        key: &["kms:Decrypt"],
    },
    Access {
        word: "write",
        actions: &[(Part::Itself, &["kinesis:DescribeStreamSummary", "kinesis:PutRecord", "kinesis:PutRecords"])],
        key: &["kms:GenerateDataKey"],
    },
];

/// The statements that give this access.
pub(super) fn granted(spec: &StreamSpec, scope: &Scope, access: &str) -> Result<Vec<Value>, Problem> {
    let granted = Granted {
        arn: scope.arn("kinesis", &format!("stream/{}", spec.name)),
        inside: "",
        key: customer_key(&spec.kms_key),
        service: "kinesis",
    };
    statements(KNOWN, access, &granted, scope)
}
