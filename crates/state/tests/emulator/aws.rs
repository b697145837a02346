//! An account of the local AWS with a bucket, a key and a lock table in it.

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use aws_smithy_http_client::Builder;
use provision_state::{DynamoDbTable, S3Store};
use provision_testkit::emulator::{Account, Emulator};
use provision_testkit::proxy::Proxy;

pub const KEY: &str = "provision/dev/state.json";
pub const TABLE: &str = "locks";

/// An account of its own.
pub struct Aws {
    pub account: Account,
    /// Everything goes through it.
    pub proxy: Proxy,
    pub s3: aws_sdk_s3::Client,
    pub dynamodb: aws_sdk_dynamodb::Client,
    kms: aws_sdk_kms::Client,
}

macro_rules! client {
    ($sdk:ident, $access:expr, $service:literal) => {{
        let access = $access;
        let endpoint = access.endpoints.get($service).or_else(|| access.endpoints.get("*")).unwrap();
        let credentials = Credentials::new(&access.access_key, &access.secret_key, None, None, "test");
        let config = $sdk::Config::builder()
            .behavior_version($sdk::config::BehaviorVersion::latest())
            .region($sdk::config::Region::new("us-east-1"))
            .endpoint_url(endpoint)
            .credentials_provider(credentials)
            .http_client(Builder::new().build_http())
            .build();
        $sdk::Client::from_conf(config)
    }};
}

impl Aws {
    /// An empty one.
    pub async fn empty() -> Self {
        // Starting the emulators blocks.
        let account = tokio::task::spawn_blocking(|| Emulator::shared().account()).await.unwrap();
        let (proxy, access) = Proxy::in_front_of(&account.access);
        Self {
            s3: client!(aws_sdk_s3, &access, "s3"),
            dynamodb: client!(aws_sdk_dynamodb, &access, "dynamodb"),
            kms: client!(aws_sdk_kms, &access, "kms"),
            account,
            proxy,
        }
    }

    /// The bucket's name: buckets share their names with all accounts.
    pub fn bucket(&self) -> String {
        format!("state-{}", self.account.id)
    }

    /// Makes the bucket, with versions.
    pub async fn create_bucket(&self) {
        self.s3.create_bucket().bucket(self.bucket()).send().await.unwrap();
        let versioning = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
        self.s3
            .put_bucket_versioning()
            .bucket(self.bucket())
            .versioning_configuration(versioning)
            .send()
            .await
            .unwrap();
    }

    /// Makes a key, and tells its ARN.
    pub async fn create_key(&self) -> String {
        let key = self.kms.create_key().send().await.unwrap().key_metadata.unwrap();
        key.arn.unwrap()
    }

    /// A store in the bucket, with this key.
    pub fn store(&self, kms_key: &str) -> S3Store {
        S3Store::new(self.s3.clone(), "dev", self.bucket(), KEY).kms_key(kms_key).account(&self.account.id)
    }

    /// Makes the lock table.
    pub async fn create_table(&self) {
        let attribute =
            AttributeDefinition::builder().attribute_name("LockID").attribute_type(ScalarAttributeType::S).build();
        let key = KeySchemaElement::builder().attribute_name("LockID").key_type(KeyType::Hash).build();
        self.dynamodb
            .create_table()
            .table_name(TABLE)
            .attribute_definitions(attribute.unwrap())
            .key_schema(key.unwrap())
            .billing_mode(BillingMode::PayPerRequest)
            .send()
            .await
            .unwrap();
    }

    /// Deletes the lock table, with all that is in it.
    pub async fn delete_table(&self) {
        self.dynamodb.delete_table().table_name(TABLE).send().await.unwrap();
        // It goes in its own time.
        while self.dynamodb.describe_table().table_name(TABLE).send().await.is_ok() {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }

    /// The lock table.
    pub fn table(&self) -> DynamoDbTable {
        DynamoDbTable::new(self.dynamodb.clone(), TABLE)
    }
}
