//! An empty account, and what is there afterwards.

use serde_json::json;

use crate::boto::python;
use crate::world::World;

#[test]
fn an_empty_account_becomes_as_the_file_says_and_stays_so() {
    let world = World::new();
    world.run(&["plan", "dev"]).expect_exit(2);
    assert!(world.proxy().mutating_calls().is_empty(), "a plan changes nothing, not even a lock");
    let said = world.run(&["apply", "dev", "--yes"]).expect_exit(0);
    assert!(said.stdout.contains("created"), "{}", said.stdout);

    world.proxy().clear();
    let said = world.run(&["apply", "dev", "--yes"]).expect_exit(0);
    assert!(said.stdout.contains("No changes"), "{}", said.stdout);
    let changes = world.changes();
    assert!(changes.is_empty(), "{changes:?}");
    // Only the lock was taken and given back; there was nothing to write into the state.
    assert!(world.proxy().mutating_calls().iter().all(|call| call.service == "dynamodb"));
    world.run(&["plan", "dev"]).expect_exit(0);
    world.run(&["drift", "dev"]).expect_exit(0);
}

#[test]
fn everything_is_as_secure_as_promised() {
    let world = World::applied();
    let seen = python(
        &world.account,
        &format!(
            r#"
kms, s3, ddb, kin = client('kms'), client('s3'), client('dynamodb'), client('kinesis')
data, state = '{data}', '{state}'
arn = lambda name: kms.describe_key(KeyId='alias/acme-dev-' + name)['KeyMetadata']['Arn']
def bucket(name):
    rule = s3.get_bucket_encryption(Bucket=name)['ServerSideEncryptionConfiguration']['Rules'][0]
    policy = json.loads(s3.get_bucket_policy(Bucket=name)['Policy'])
    return dict(
        key=rule['ApplyServerSideEncryptionByDefault'].get('KMSMasterKeyID'),
        versioning=s3.get_bucket_versioning(Bucket=name).get('Status'),
        block=sorted(s3.get_public_access_block(Bucket=name)['PublicAccessBlockConfiguration'].values()),
        https=[[s['Effect'], s['Condition']] for s in policy['Statement']],
    )
def table(name):
    backups = ddb.describe_continuous_backups(TableName=name)['ContinuousBackupsDescription']
    described = ddb.describe_table(TableName=name)['Table']
    return dict(
        key=described['SSEDescription'].get('KMSMasterKeyArn'),
        protected=described['DeletionProtectionEnabled'],
        recovery=backups['PointInTimeRecoveryDescription']['PointInTimeRecoveryStatus'],
    )
stream = kin.describe_stream_summary(StreamName='acme-dev-events')['StreamDescriptionSummary']
group = client('logs').describe_log_groups(logGroupNamePrefix='/aws/lambda/acme-dev-processor')['logGroups'][0]
object = s3.get_object(Bucket=state, Key='provision/dev/state.json')
result = dict(
    arns=dict((name, arn(name)) for name in ['s3', 'dynamodb', 'kinesis', 'secrets', 'logs', 'volumes', 'lock', 'audit']),
    rotates=[kms.get_key_rotation_status(KeyId=arn(name))['KeyRotationEnabled'] for name in ['s3', 'dynamodb', 'kinesis', 'secrets', 'logs', 'volumes', 'lock', 'audit']],
    secret=client('secretsmanager').describe_secret(SecretId='acme-dev-pipeline')['KmsKeyId'],
    logs=[group['kmsKeyId'], group['retentionInDays']],
    data=bucket(data), state=bucket(state), records=table('acme-dev-records'), lock=table('acme-dev-lock'),
    stream=[stream['EncryptionType'], stream['KeyId'], stream['OpenShardCount'], stream['RetentionPeriodHours']],
    object=[object['ServerSideEncryption'], object['SSEKMSKeyId']],
    content=object['Body'].read().decode(),
)
"#,
            data = world.bucket("data"),
            state = world.bucket("state"),
        ),
    );
    let arn = |name: &str| seen["arns"][name].clone();
    assert_eq!(seen["rotates"], json!([true, true, true, true, true, true, true, true]));
    let https = json!([["Deny", { "Bool": { "aws:SecureTransport": "false" } }]]);
    let block = json!([true, true, true, true]);
    for (bucket, key) in [("data", "s3"), ("state", "audit")] {
        let expected = json!({ "key": arn(key), "versioning": "Enabled", "block": block, "https": https });
        assert_eq!(seen[bucket], expected);
    }
    for (table, key) in [("records", "dynamodb"), ("lock", "lock")] {
        assert_eq!(seen[table], json!({ "key": arn(key), "protected": true, "recovery": "ENABLED" }));
    }
    assert_eq!(seen["secret"], arn("secrets"));
    assert_eq!(seen["logs"], json!([arn("logs"), 365]));
    assert_eq!(seen["stream"], json!(["KMS", arn("kinesis"), 1, 168]));
    assert_eq!(seen["object"], json!(["aws:kms", arn("audit")]));
    let secret = &world.account.access.secret_key;
    assert!(!seen["content"].as_str().unwrap().contains(secret), "the state contains the secret access key");
}

#[test]
fn the_wrong_account_is_refused() {
    let world = World::new();
    world.edit("dev.toml", &world.account.id, "999999999999");
    let said = world.run(&["apply", "dev", "--yes"]).expect_exit(3);
    assert!(said.stderr.contains("999999999999") && said.stderr.contains(&world.account.id), "{}", said.stderr);
    assert!(world.proxy().mutating_calls().is_empty());
}

#[test]
fn a_bucket_of_somebody_else_is_not_touched() {
    let world = World::new();
    python(&world.account, &format!("client('s3').create_bucket(Bucket='{}')", world.bucket("data")));
    let said = world.run(&["apply", "dev", "--yes"]).expect_exit(1);
    assert!(said.stderr.contains("s3_bucket.data") && said.stderr.contains("hint"), "{}", said.stderr);
    assert!(world.changes().is_empty());
}
