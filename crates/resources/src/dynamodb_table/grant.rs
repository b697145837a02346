//! What access to a table takes.
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html>

use provision_reconciler::{Problem, Scope};
use serde_json::Value;

use super::spec::TableSpec;
use crate::grants::{Access, Granted, Part, customer_key, statements};

/// The words that a grant may use, besides `read-write`.
const KNOWN: &[Access] = &[
    Access {
        word: "read",
        actions: &[
            (Part::Itself, &["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"]),
            (Part::Inside, &["dynamodb:Query", "dynamodb:Scan"]),
        ],
        key: &["kms:Decrypt"],
    },
    Access {
        word: "write",
        actions: &[(
            Part::Itself,
            &["dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
        )],
        key: &["kms:Decrypt"],
    },
];

/// The statements that give this access.
pub(super) fn granted(spec: &TableSpec, scope: &Scope, access: &str) -> Result<Vec<Value>, Problem> {
    let granted = Granted {
        arn: scope.arn("dynamodb", &format!("table/{}", spec.table_name)),
        inside: "/index/*",
        key: customer_key(&spec.kms_key),
        service: "dynamodb",
    };
    statements(KNOWN, access, &granted, scope)
}
