//! What access to a bucket takes.
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html>

use provision_reconciler::{Problem, Scope};
use serde_json::Value;

use super::Spec;
use crate::grants::{Access, Granted, Part, customer_key, statements};

/// The words that a grant may use, besides `read-write`.
const KNOWN: &[Access] = &[
    Access {
        word: "read",
        actions: &[(Part::Itself, &["s3:ListBucket"]), (Part::Inside, &["s3:GetObject"])],
        key: &["kms:Decrypt"],
    },
    Access {
        word: "write",
        actions: &[(Part::Inside, &["s3:AbortMultipartUpload", "s3:PutObject"])],
        // A multipart upload reads what it has written so far.
        key: &["kms:Decrypt", "kms:GenerateDataKey"],
    },
    Access { word: "delete", actions: &[(Part::Inside, &["s3:DeleteObject"])], key: &[] },
];

/// The statements that give this access.
pub(super) fn granted(spec: &Spec, scope: &Scope, access: &str) -> Result<Vec<Value>, Problem> {
    let granted = Granted {
        arn: format!("arn:{}:s3:::{}", scope.partition, spec.bucket),
        inside: "/*",
        key: customer_key(spec.kms_key()),
        service: "s3",
    };
    statements(KNOWN, access, &granted, scope)
}
