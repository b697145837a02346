//! The statements that services need in a key's policy.

use std::collections::BTreeSet;

use provision_reconciler::Scope;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::document::Document;

/// A service that uses the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    /// Tables.
    Dynamodb,
    /// EBS volumes.
    Ec2,
    /// Streams.
    Kinesis,
    /// Environments and code of functions.
    Lambda,
    /// Log groups: CloudWatch Logs itself encrypts with the key, and only for log groups of this account and region.
    Logs,
    /// Objects.
    S3,
    /// Secrets.
    Secretsmanager,
    /// Topics.
    Sns,
    /// Queues.
    Sqs,
}

/// A policy with what these services need added to it.
pub(super) fn with_services(policy: &Document, services: &BTreeSet<Service>, scope: &Scope) -> Document {
    let mut policy = policy.value().clone();
    let statements = services.iter().flat_map(|service| service.statements(scope));
    match policy.get_mut("Statement") {
        Some(Value::Array(list)) => list.extend(statements),
        Some(single) => *single = [single.clone()].into_iter().chain(statements).collect(),
        None => {}
    }
    Document::new(policy)
}

impl Service {
    fn statements(self, scope: &Scope) -> Vec<Value> {
        match self {
            Self::Logs => vec![logs(scope)],
            other => other.through(scope).into(),
        }
    }

    /// The service's name in its endpoint and in a statement's id.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Dynamodb => ("dynamodb", "DynamoDB"),
            Self::Ec2 => ("ec2", "EC2"),
            Self::Kinesis => ("kinesis", "Kinesis"),
            Self::Lambda => ("lambda", "Lambda"),
            Self::Logs => ("logs", "Logs"),
            Self::S3 => ("s3", "S3"),
            Self::Secretsmanager => ("secretsmanager", "SecretsManager"),
            Self::Sns => ("sns", "SNS"),
            Self::Sqs => ("sqs", "SQS"),
        }
    }

    /// Use of the key through the service by those of the account whom IAM lets, and the grants that the service makes for
    /// its own resources. <https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service>
    fn through(self, scope: &Scope) -> [Value; 2] {
        let (endpoint, name) = self.names();
        let principal = json!({ "AWS": format!("arn:{}:iam::{}:root", scope.partition, scope.account) });
        let via = json!({
            "kms:ViaService": format!("{endpoint}.{}.amazonaws.com", scope.region),
            "kms:CallerAccount": scope.account,
        });
        [
            json!({
                "Sid": format!("AllowUseThrough{name}"),
                "Effect": "Allow",
                "Principal": principal,
                "Action": ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
                "Resource": "*",
                "Condition": { "StringEquals": via },
            }),
            json!({
                "Sid": format!("AllowGrantsFor{name}"),
                "Effect": "Allow",
                "Principal": principal,
                "Action": ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"],
                "Resource": "*",
                "Condition": { "StringEquals": via, "Bool": { "kms:GrantIsForAWSResource": "true" } },
            }),
        ]
    }
}

/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html>
fn logs(scope: &Scope) -> Value {
    json!({
        "Sid": "AllowCloudWatchLogs",
        "Effect": "Allow",
        "Principal": { "Service": format!("logs.{}.amazonaws.com", scope.region) },
        "Action": ["kms:Decrypt", "kms:Describe*", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
        "Resource": "*",
        "Condition": { "ArnLike": { "kms:EncryptionContext:aws:logs:arn": scope.arn("logs", "*") } },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::KmsKey;
    use crate::testing::spec;

    #[test]
    fn each_service_gets_its_statements_once() {
        let key = spec::<KmsKey>(json!({ "services": ["s3", "logs"] }));
        let policy = key.policy.unwrap_or_default();
        let statements = policy.value()["Statement"].as_array().cloned().unwrap_or_default();
        let ids: Vec<&str> = statements.iter().filter_map(|statement| statement["Sid"].as_str()).collect();
        assert_eq!(
            ids,
            ["Enable IAM User Permissions", "AllowCloudWatchLogs", "AllowUseThroughS3", "AllowGrantsForS3"]
        );
        assert_eq!(
            statements[1]["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"],
            "arn:aws:logs:us-east-1:123456789012:*"
        );
        assert_eq!(statements[2]["Condition"]["StringEquals"]["kms:ViaService"], "s3.us-east-1.amazonaws.com");
    }

    #[test]
    fn they_are_added_to_a_policy_of_ones_own() {
        let own = json!({ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*" } });
        let key = spec::<KmsKey>(json!({ "policy": own, "services": ["kinesis"] }));
        let policy = key.policy.unwrap_or_default();
        assert_eq!(policy.value()["Statement"].as_array().map(Vec::len), Some(3));
    }
}
