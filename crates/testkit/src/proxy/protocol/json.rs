//! AWS JSON 1.0 and 1.1 (KMS, DynamoDB, Kinesis, Secrets Manager, CloudWatch Logs, SSM, …): the header `x-amz-target` names
//! the operation.
//!
//! <https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html>

use serde_json::{Map, Value};

use super::{Operation, Request};

/// The members that name what a call is about, the most telling first.
const NAMES: &[&str] = &[
    "TableName",
    "StreamName",
    "StreamARN",
    "KeyId",
    "AliasName",
    "SecretId",
    "logGroupName",
    "logGroupIdentifier",
    "logGroupNamePattern",
    "ResourceArn",
    "ResourceARN",
    "resourceArn",
    "TargetKeyId",
    "BackupArn",
    "Name",
    "Names",
    "RequestItems",
];

pub(super) fn recognise(request: &Request<'_>) -> Option<Operation> {
    let (_, name) = request.header("x-amz-target")?.rsplit_once('.')?;
    let members: Map<String, Value> = serde_json::from_slice(request.body).unwrap_or_default();
    Some(Operation {
        name: name.to_owned(),
        resource: resource(&members),
        dry_run: members.get("DryRun") == Some(&Value::Bool(true)),
        ..Operation::default()
    })
}

fn resource(members: &Map<String, Value>) -> Option<String> {
    NAMES.iter().find_map(|name| match members.get(*name)? {
        Value::String(value) => Some(value.clone()),
        // Of a batch, by table.
        Value::Object(values) => Some(values.keys().map(String::as_str).collect::<Vec<_>>().join(",")),
        Value::Array(values) => Some(values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",")),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{signed, told};

    #[test]
    fn operations_and_what_they_are_about() {
        let call = |service: &str, target: &str, body: &str| {
            told("POST", "/", &[("authorization", &signed(service)), ("x-amz-target", target)], body)
        };
        assert_eq!(
            call("kms", "TrentService.EnableKeyRotation", r#"{"KeyId": "alias/data"}"#),
            "EnableKeyRotation! kms:EnableKeyRotation alias/data"
        );
        assert_eq!(
            call("kms", "TrentService.CreateAlias", r#"{"AliasName": "alias/data", "TargetKeyId": "1"}"#),
            "CreateAlias! kms:CreateAlias alias/data"
        );
        assert_eq!(call("kms", "TrentService.DeleteAlias", r#"{"DryRun": true}"#), "DeleteAlias kms:DeleteAlias");
        assert_eq!(
            call("dynamodb", "DynamoDB_20120810.DescribeTable", r#"{"TableName": "lock"}"#),
            "DescribeTable dynamodb:DescribeTable lock"
        );
        assert_eq!(call("dynamodb", "DynamoDB_20120810.ListTables", "{}"), "ListTables dynamodb:ListTables");
        assert_eq!(
            call("dynamodb", "DynamoDB_20120810.BatchWriteItem", r#"{"RequestItems": {"a": [], "b": []}}"#),
            "BatchWriteItem! dynamodb:BatchWriteItem a,b"
        );
        assert_eq!(
            call("kinesis", "Kinesis_20131202.UpdateShardCount", r#"{"StreamName": "events", "TargetShardCount": 2}"#),
            "UpdateShardCount! kinesis:UpdateShardCount events"
        );
        assert_eq!(
            call("logs", "Logs_20140328.CreateLogGroup", r#"{"logGroupName": "/flow"}"#),
            "CreateLogGroup! logs:CreateLogGroup /flow"
        );
        assert_eq!(
            call("secretsmanager", "secretsmanager.GetSecretValue", "not json"),
            "GetSecretValue secretsmanager:GetSecretValue"
        );
    }
}
