//! What access to a function takes.
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html>

use provision_reconciler::{Problem, Scope};
use serde_json::Value;

use super::spec::FunctionSpec;
use crate::grants::{Access, Granted, Part, statements};

/// The words that a grant may use.
const KNOWN: &[Access] = &[Access { word: "invoke", actions: &[(Part::Itself, &["lambda:InvokeFunction"])], key: &[] }];

/// The statements that give this access.
pub(super) fn granted(spec: &FunctionSpec, scope: &Scope, access: &str) -> Result<Vec<Value>, Problem> {
    let arn = super::read::arn(scope, &spec.function_name);
    let granted = Granted { arn, inside: ":*", key: None, service: "lambda" };
    statements(KNOWN, access, &granted, scope)
}
