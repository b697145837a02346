//! What access to a log group takes. Its encryption is the service's own business: nobody else needs its key.
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html>

use provision_reconciler::{Problem, Scope};
use serde_json::Value;

use super::spec::Spec;
use crate::grants::{Access, Granted, Part, statements};

/// The words that a grant may use, besides `read-write`.
const KNOWN: &[Access] = &[
    Access {
        word: "read",
        actions: &[(Part::Inside, &["logs:DescribeLogStreams", "logs:FilterLogEvents", "logs:GetLogEvents"])],
        key: &[],
    },
    Access { word: "write", actions: &[(Part::Inside, &["logs:CreateLogStream", "logs:PutLogEvents"])], key: &[] },
];

/// The statements that give this access.
pub(super) fn granted(spec: &Spec, scope: &Scope, access: &str) -> Result<Vec<Value>, Problem> {
    let granted = Granted { arn: super::arn(scope, &spec.log_group_name), inside: ":*", key: None, service: "logs" };
    statements(KNOWN, access, &granted, scope)
}
