//! What can be set of a log group.

use std::collections::BTreeMap;

use provision_reconciler::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The days for which AWS can keep log events; 0 stands for ever.
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html>
const RETENTIONS: [i32; 23] =
    [0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/// A CloudWatch Logs log group. Unset fields make it keep a year, and protected from deletion.
///
/// ```toml
/// [logs_log_group.pipeline]
/// log_group_name = "/aws/lambda/acme-${environment.name}-pipeline"
/// retention_in_days = 90
/// kms_key = "${kms_key.logs.arn}"
/// ```
///
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html>
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// The name, unique in its account and region: up to 512 letters, digits, `.`, `-`, `_`, `/`, `#`. A Lambda function logs to
    /// `/aws/lambda/NAME` unless told otherwise.
    #[schemars(extend("immutable" = true, "pattern" = "^[.A-Za-z0-9_/#-]{1,512}$"))]
    pub log_group_name: String,
    /// For how many days log events are kept: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192,
    /// 2557, 2922, 3288 or 3653. 0: for ever.
    #[serde(default = "default_retention")]
    #[schemars(range(min = 0, max = 3653))]
    #[schemars(extend("severity" = "high"))]
    pub retention_in_days: i32,
    /// The ARN of the KMS key that encrypts the log events; its policy must let `logs.REGION.amazonaws.com` use it for this
    /// log group. Empty: encrypted by a key of CloudWatch Logs' own.
    #[serde(default)]
    #[schemars(extend("pattern" = "^(arn:[^:]+:kms:[^:]+:[0-9]{12}:key/.+)?$"))]
    #[schemars(extend("severity" = "high"))]
    pub kms_key: String,
    /// What can be done with the log events, and what they cost.
    #[serde(default)]
    #[schemars(extend("immutable" = true))]
    pub log_group_class: LogGroupClass,
    /// Whether AWS refuses to delete the log group. The engine's own protection (`protect`) comes on top; a `destroy` that it
    /// allows turns this off first.
    #[serde(default = "yes")]
    #[schemars(extend("severity" = "high"))]
    pub deletion_protection_enabled: bool,
    /// The tags.
    #[serde(default)]
    #[schemars(extend("severity" = "low"))]
    pub tags: BTreeMap<String, String>,
}

/// What can be done with the log events of a group.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html>
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LogGroupClass {
    /// Everything.
    #[default]
    Standard,
    /// Queries, but no metric filters, live tail or exports, for half the price.
    InfrequentAccess,
}

impl Spec {
    pub(super) fn problems(&self) -> Vec<Problem> {
        let days = self.retention_in_days;
        if RETENTIONS.contains(&days) {
            return Vec::new();
        }
        let next = RETENTIONS.iter().find(|allowed| **allowed > days).copied().unwrap_or(0);
        let message = format!("CloudWatch Logs cannot keep log events for {days} days");
        vec![Problem::new("/retention_in_days", message).help(format!("the next longer time is {next} days"))]
    }
}

fn default_retention() -> i32 {
    365
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    #[test]
    fn only_times_that_aws_knows_are_taken() {
        let problems = |days: i32| {
            let spec: Spec =
                serde_json::from_value(json!({ "log_group_name": "a", "retention_in_days": days })).unwrap();
            spec.problems()
        };
        assert_eq!(problems(0), []);
        assert_eq!(problems(3653), []);
        let problem = problems(31).remove(0);
        insta::assert_snapshot!(format!("{}\n{}", problem.message, problem.help.unwrap()), @r"
        CloudWatch Logs cannot keep log events for 31 days
        the next longer time is 60 days
        ");
    }
}
