//! Testing a flow log: AWS tells whether its records arrive. Nothing is made, so nothing is left.

use aws_sdk_ec2::types::FlowLog;
use provision_reconciler::verify::{Check, Verification};

use super::read;
use super::spec::FlowLogSpec;
use crate::Aws;

const DELIVERY: &str = "delivers its records";

/// Tests a flow log.
pub(super) async fn verify(aws: &Aws, verification: &Verification<FlowLogSpec>) -> Vec<Check> {
    let scope = &verification.scope;
    vec![match read::one(aws, scope, &verification.id).await {
        Ok(Some(log)) => match (failure(&log), log.deliver_logs_status()) {
            (Some(failure), _) => Check::failed(DELIVERY, scope, failure).hint(
                "the role (or the bucket's policy) must let it write, the destination must exist, and its key must be usable: \
                 https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-troubleshooting.html",
            ),
            (None, Some(_)) => Check::passed(DELIVERY, "AWS says that the last delivery succeeded"),
            (None, None) => Check::skipped(DELIVERY, "AWS has not tried to deliver any yet"),
        },
        Ok(None) => Check::failed(DELIVERY, scope, format!("there is no flow log {}", verification.id)),
        Err(error) => Check::failed_call(DELIVERY, scope, &error),
    }]
}

/// Why the last delivery failed, if it did: `Access error`, `Rate limited`, `Unknown error`.
pub(super) fn failure(log: &FlowLog) -> Option<String> {
    let why = || log.deliver_logs_error_message().unwrap_or("AWS does not say why").to_owned();
    (log.deliver_logs_status() == Some("FAILED")).then(why)
}
