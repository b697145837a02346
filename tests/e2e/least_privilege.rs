//! The function's role can do what the pipeline needs, and nothing else: tried action by action, as that role, against an
//! IAM that enforces.
//!
//! What MiniStack answers wrongly is in the tables too, with the reason. What cannot be seen here: that the role may use
//! the keys through their services (MiniStack's services use keys without asking whether the caller may); only that it
//! may not use them by itself.

use std::io::Write;
use std::process::{Command, Stdio};

use provision_testkit::emulator::Emulator;
use serde_json::{Value, json};

use crate::world::World;

const ALLOWED: &str = "allowed";
const REFUSED: &str = "refused";

/// An action, the answer on the pipeline's own resource, the answer on another one of the same account, and the call's
/// parameters, in which `$…` stands for the name of the one or the other.
type Row = (&'static str, &'static str, &'static str, &'static str);

#[rustfmt::skip]
const TABLE: &[Row] = &[
    // What Lambda needs for reading the stream.
    ("kinesis:DescribeStream", ALLOWED, REFUSED, r#"{"StreamName": "$stream"}"#),
    ("kinesis:DescribeStreamSummary", ALLOWED, REFUSED, r#"{"StreamName": "$stream"}"#),
    ("kinesis:ListShards", ALLOWED, REFUSED, r#"{"StreamName": "$stream"}"#),
    ("kinesis:GetShardIterator", ALLOWED, REFUSED, r#"{"StreamName": "$stream", "ShardId": "$shard", "ShardIteratorType": "LATEST"}"#),
    ("kinesis:GetRecords", ALLOWED, REFUSED, r#"{"StreamARN": "$stream_arn", "ShardIterator": "$iterator"}"#),
    // Wrong for its own: MiniStack does not know which stream an iterator is of, and takes it for none. AWS allows it.
    ("kinesis:GetRecords", REFUSED, REFUSED, r#"{"ShardIterator": "$iterator"}"#),
    ("kinesis:PutRecord", REFUSED, REFUSED, r#"{"StreamName": "$stream", "PartitionKey": "a", "Data": "a"}"#),
    ("kinesis:PutRecords", REFUSED, REFUSED, r#"{"StreamName": "$stream", "Records": [{"PartitionKey": "a", "Data": "a"}]}"#),
    ("kinesis:SplitShard", REFUSED, REFUSED, r#"{"StreamName": "$stream", "ShardToSplit": "$shard", "NewStartingHashKey": "1"}"#),
    ("kinesis:DecreaseStreamRetentionPeriod", REFUSED, REFUSED, r#"{"StreamName": "$stream", "RetentionPeriodHours": 24}"#),
    ("kinesis:StopStreamEncryption", REFUSED, REFUSED, r#"{"StreamName": "$stream", "EncryptionType": "KMS", "KeyId": "$key"}"#),
    ("kinesis:DeleteStream", REFUSED, REFUSED, r#"{"StreamName": "$stream"}"#),
    ("kinesis:ListStreams", REFUSED, REFUSED, "{}"),

    // Items are written; none is read.
    ("dynamodb:PutItem", ALLOWED, REFUSED, r#"{"TableName": "$table", "Item": {"id": {"S": "a"}}}"#),
    ("dynamodb:UpdateItem", ALLOWED, REFUSED, r#"{"TableName": "$table", "Key": {"id": {"S": "a"}}}"#),
    ("dynamodb:DeleteItem", ALLOWED, REFUSED, r#"{"TableName": "$table", "Key": {"id": {"S": "a"}}}"#),
    ("dynamodb:BatchWriteItem", ALLOWED, REFUSED, r#"{"RequestItems": {"$table": [{"PutRequest": {"Item": {"id": {"S": "a"}}}}]}}"#),
    ("dynamodb:GetItem", REFUSED, REFUSED, r#"{"TableName": "$table", "Key": {"id": {"S": "a"}}}"#),
    ("dynamodb:Query", REFUSED, REFUSED, r#"{"TableName": "$table", "KeyConditionExpression": "id = :a", "ExpressionAttributeValues": {":a": {"S": "a"}}}"#),
    ("dynamodb:Scan", REFUSED, REFUSED, r#"{"TableName": "$table"}"#),
    ("dynamodb:DescribeTable", REFUSED, REFUSED, r#"{"TableName": "$table"}"#),
    ("dynamodb:UpdateTable", REFUSED, REFUSED, r#"{"TableName": "$table", "DeletionProtectionEnabled": false}"#),
    ("dynamodb:DeleteTable", REFUSED, REFUSED, r#"{"TableName": "$table"}"#),
    ("dynamodb:ListTables", REFUSED, REFUSED, "{}"),
    // The environment's own lock, beside it.
    ("dynamodb:GetItem", REFUSED, REFUSED, r#"{"TableName": "$lock_table", "Key": {"LockID": {"S": "dev"}}}"#),
    ("dynamodb:DeleteItem", REFUSED, REFUSED, r#"{"TableName": "$lock_table", "Key": {"LockID": {"S": "dev"}}}"#),

    // Objects are written; none is read.
    ("s3:PutObject", ALLOWED, REFUSED, r#"{"Bucket": "$bucket", "Key": "raw/a", "Body": "a"}"#),
    ("s3:AbortMultipartUpload", ALLOWED, REFUSED, r#"{"Bucket": "$bucket", "Key": "probe", "UploadId": "$upload"}"#),
    ("s3:GetObject", REFUSED, REFUSED, r#"{"Bucket": "$bucket", "Key": "raw/a"}"#),
    ("s3:DeleteObject", REFUSED, REFUSED, r#"{"Bucket": "$bucket", "Key": "raw/a"}"#),
    ("s3:ListBucket", REFUSED, REFUSED, r#"{"Bucket": "$bucket"}"#),
    ("s3:GetBucketPolicy", REFUSED, REFUSED, r#"{"Bucket": "$bucket"}"#),
    ("s3:PutBucketPolicy", REFUSED, REFUSED, r#"{"Bucket": "$bucket", "Policy": "{}"}"#),
    ("s3:DeleteBucketPolicy", REFUSED, REFUSED, r#"{"Bucket": "$bucket"}"#),
    ("s3:PutBucketVersioning", REFUSED, REFUSED, r#"{"Bucket": "$bucket", "VersioningConfiguration": {"Status": "Suspended"}}"#),
    ("s3:DeleteBucket", REFUSED, REFUSED, r#"{"Bucket": "$bucket"}"#),
    ("s3:ListAllMyBuckets", REFUSED, REFUSED, "{}"),
    // The environment's own state, beside it.
    ("s3:GetObject", REFUSED, REFUSED, r#"{"Bucket": "$state_bucket", "Key": "a"}"#),
    ("s3:PutObject", REFUSED, REFUSED, r#"{"Bucket": "$state_bucket", "Key": "a", "Body": "a"}"#),

    // The secret is read.
    ("secretsmanager:GetSecretValue", ALLOWED, REFUSED, r#"{"SecretId": "$secret"}"#),
    ("secretsmanager:DescribeSecret", ALLOWED, REFUSED, r#"{"SecretId": "$secret"}"#),
    ("secretsmanager:PutSecretValue", REFUSED, REFUSED, r#"{"SecretId": "$secret", "SecretString": "a"}"#),
    ("secretsmanager:UpdateSecret", REFUSED, REFUSED, r#"{"SecretId": "$secret", "Description": "a"}"#),
    ("secretsmanager:PutResourcePolicy", REFUSED, REFUSED, r#"{"SecretId": "$secret", "ResourcePolicy": "{}"}"#),
    ("secretsmanager:DeleteSecret", REFUSED, REFUSED, r#"{"SecretId": "$secret"}"#),
    ("secretsmanager:ListSecrets", REFUSED, REFUSED, "{}"),

    // Wrong for its own: MiniStack does not match `log-group:NAME:*` when it is called. AWS allows both: see SIMULATED.
    ("logs:CreateLogStream", REFUSED, REFUSED, r#"{"logGroupName": "$group", "logStreamName": "a"}"#),
    ("logs:PutLogEvents", REFUSED, REFUSED, r#"{"logGroupName": "$group", "logStreamName": "a", "logEvents": [{"timestamp": 1, "message": "a"}]}"#),
    ("logs:GetLogEvents", REFUSED, REFUSED, r#"{"logGroupName": "$group", "logStreamName": "a"}"#),
    ("logs:DeleteLogStream", REFUSED, REFUSED, r#"{"logGroupName": "$group", "logStreamName": "a"}"#),
    ("logs:PutRetentionPolicy", REFUSED, REFUSED, r#"{"logGroupName": "$group", "retentionInDays": 1}"#),
    ("logs:DeleteLogGroup", REFUSED, REFUSED, r#"{"logGroupName": "$group"}"#),

    // Keys: through their services alone.
    ("kms:Decrypt", REFUSED, REFUSED, r#"{"CiphertextBlob": "$ciphertext"}"#),
    ("kms:Encrypt", REFUSED, REFUSED, r#"{"KeyId": "$key", "Plaintext": "a"}"#),
    ("kms:GenerateDataKey", REFUSED, REFUSED, r#"{"KeyId": "$key", "KeySpec": "AES_256"}"#),
    ("kms:DescribeKey", REFUSED, REFUSED, r#"{"KeyId": "$key"}"#),
    ("kms:CreateGrant", REFUSED, REFUSED, r#"{"KeyId": "$key", "GranteePrincipal": "$role_arn", "Operations": ["Decrypt"]}"#),
    ("kms:PutKeyPolicy", REFUSED, REFUSED, r#"{"KeyId": "$key", "Policy": "{}"}"#),
    ("kms:DisableKey", REFUSED, REFUSED, r#"{"KeyId": "$key"}"#),
    ("kms:ScheduleKeyDeletion", REFUSED, REFUSED, r#"{"KeyId": "$key"}"#),
    ("kms:ListKeys", REFUSED, REFUSED, "{}"),

    // Neither itself nor more power. (There is no function "another": who may not is told so before that.)
    ("iam:GetRole", REFUSED, REFUSED, r#"{"RoleName": "$role"}"#),
    ("iam:PutRolePolicy", REFUSED, REFUSED, r#"{"RoleName": "$role", "PolicyName": "a", "PolicyDocument": "{}"}"#),
    ("iam:AttachRolePolicy", REFUSED, REFUSED, r#"{"RoleName": "$role", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}"#),
    ("iam:UpdateAssumeRolePolicy", REFUSED, REFUSED, r#"{"RoleName": "$role", "PolicyDocument": "{}"}"#),
    ("iam:DeleteRole", REFUSED, REFUSED, r#"{"RoleName": "$role"}"#),
    ("iam:CreateUser", REFUSED, REFUSED, r#"{"UserName": "$role"}"#),
    ("iam:ListRoles", REFUSED, REFUSED, "{}"),
    ("sts:AssumeRole", REFUSED, REFUSED, r#"{"RoleArn": "$role_arn", "RoleSessionName": "again"}"#),
    ("lambda:InvokeFunction", REFUSED, REFUSED, r#"{"FunctionName": "$function"}"#),
    ("lambda:GetFunction", REFUSED, REFUSED, r#"{"FunctionName": "$function"}"#),
    ("lambda:UpdateFunctionCode", REFUSED, REFUSED, r#"{"FunctionName": "$function", "S3Bucket": "$bucket", "S3Key": "raw/a"}"#),
    ("lambda:UpdateFunctionConfiguration", REFUSED, REFUSED, r#"{"FunctionName": "$function", "Timeout": 1}"#),
    ("lambda:DeleteFunction", REFUSED, REFUSED, r#"{"FunctionName": "$function"}"#),
    ("lambda:ListFunctions", REFUSED, REFUSED, "{}"),
    ("ec2:DescribeInstances", REFUSED, REFUSED, "{}"),
];

/// Where the call itself shows nothing, for want of MiniStack's: what `iam:SimulatePrincipalPolicy` says of the role's live
/// policies. An action, the answer on its own resource, on another, and the resource.
#[rustfmt::skip]
const SIMULATED: &[Row] = &[
    ("logs:CreateLogStream", ALLOWED, REFUSED, "arn:aws:logs:us-east-1:$account:log-group:$group:log-stream:a"),
    ("logs:PutLogEvents", ALLOWED, REFUSED, "arn:aws:logs:us-east-1:$account:log-group:$group:log-stream:a"),
    ("logs:GetLogEvents", REFUSED, REFUSED, "arn:aws:logs:us-east-1:$account:log-group:$group:log-stream:a"),
    // MiniStack has no X-Ray. Its actions are on no resource in particular.
    ("xray:PutTraceSegments", ALLOWED, ALLOWED, "*"),
    ("xray:PutTelemetryRecords", ALLOWED, ALLOWED, "*"),
    ("xray:GetTraceSummaries", REFUSED, REFUSED, "*"),
];

#[test]
fn the_functions_role_can_do_what_the_pipeline_needs_and_nothing_else() {
    if std::env::var("PROVISION_SANDBOX_LANE").is_ok_and(|lane| lane == "moto") {
        // moto's enforcement denies whatever is allowed on one resource only: nothing could be shown with it.
        return;
    }
    let emulator = Emulator::shared().enforcing();
    let world = World::of(emulator.account());
    // The data stack and its audit trail: MiniStack's EC2 loses most of what it is told.
    world.edit("base.toml", "  \"base/network.toml\",\n  \"base/instance.toml\",\n", "");
    world.run(&["apply", "dev", "--yes"]).expect_exit(0);

    let answers = probe(&world, &json!({ "environment": "dev", "rows": TABLE, "simulated": SIMULATED }));
    assert_eq!(answers.len(), 2 * (TABLE.len() + SIMULATED.len()), "every row was tried on both");
    let wrong: Vec<String> = answers
        .iter()
        .filter(|row| row[2] != row[3])
        .map(|row| format!("{} on {}: expected {}, was {}", row[0], row[1], row[2], row[3]))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    world.run(&["drift", "dev"]).expect_exit(0);
}

/// What the probe found.
fn probe(world: &World, told: &Value) -> Vec<Value> {
    let mut python = Command::new(Emulator::shared().python())
        .args(["-c", include_str!("least_privilege/probe.py")])
        .envs(world.account.environment.iter().cloned())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    python.stdin.take().unwrap().write_all(told.to_string().as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}
