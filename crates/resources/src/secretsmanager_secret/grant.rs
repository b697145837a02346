//! What access to a secret takes.
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html>

use provision_config::unknown::Reference;
use provision_reconciler::{Problem, Scope};
use serde_json::Value;

use super::spec::Spec;
use crate::grants::{Access, Granted, Part, customer_key, statements};

/// The words that a grant may use, besides `read-write`.
const KNOWN: &[Access] = &[
    Access {
        word: "read",
        actions: &[(Part::Itself, &["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"])],
        key: &["kms:Decrypt"],
    },
    Access {
        word: "write",
        actions: &[(Part::Itself, &["secretsmanager:DescribeSecret", "secretsmanager:PutSecretValue"])],
        // Storing a value also decrypts the current one, to see whether it is the same.
        key: &["kms:Decrypt", "kms:GenerateDataKey"],
    },
];

/// The statements that give this access.
pub(super) fn granted(spec: &Spec, scope: &Scope, access: &str) -> Result<Vec<Value>, Problem> {
    // AWS chooses the end of the ARN.
    let arn = Reference { address: scope.address.clone(), output: "arn".to_owned() };
    let granted = Granted { arn: arn.mark(), inside: "", key: customer_key(&spec.kms_key), service: "secretsmanager" };
    statements(KNOWN, access, &granted, scope)
}
