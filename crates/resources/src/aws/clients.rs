//! The SDK clients of one region, each made when it is first needed.

use std::sync::OnceLock;
use std::time::Duration;

use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::{Region, SdkConfig};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;

use super::Connection;

/// How often the SDK tries a call that is safe to repeat, the first attempt included.
const ATTEMPTS: u32 = 6;

/// The SDK clients of one region. Every one of them shares the HTTP client, the credentials and the retry budget.
pub struct Clients {
    shared: SdkConfig,
    connection: Connection,
    cloudwatch: OnceLock<aws_sdk_cloudwatch::Client>,
    cloudwatch_logs: OnceLock<aws_sdk_cloudwatchlogs::Client>,
    dynamodb: OnceLock<aws_sdk_dynamodb::Client>,
    ec2: OnceLock<aws_sdk_ec2::Client>,
    iam: OnceLock<aws_sdk_iam::Client>,
    kinesis: OnceLock<aws_sdk_kinesis::Client>,
    kms: OnceLock<aws_sdk_kms::Client>,
    lambda: OnceLock<aws_sdk_lambda::Client>,
    resource_groups_tagging_api: OnceLock<aws_sdk_resourcegroupstagging::Client>,
    s3: OnceLock<aws_sdk_s3::Client>,
    secrets_manager: OnceLock<aws_sdk_secretsmanager::Client>,
    sns: OnceLock<aws_sdk_sns::Client>,
    ssm: OnceLock<aws_sdk_ssm::Client>,
    sts: OnceLock<aws_sdk_sts::Client>,
    once: OnceLock<Box<Clients>>,
}

/// One accessor per service: its client, made at the first use, at the endpoint that the connection names for it.
macro_rules! service {
    ($name:ident, $sdk:ident, $doc:literal) => {
        #[doc = $doc]
        pub fn $name(&self) -> &$sdk::Client {
            self.$name.get_or_init(|| {
                let mut config = $sdk::config::Builder::from(&self.shared);
                if let Some(endpoint) = self.connection.endpoint(stringify!($name)) {
                    config = config.endpoint_url(endpoint);
                }
                $sdk::Client::from_conf(config.build())
            })
        }
    };
}

impl Clients {
    pub(super) fn new(shared: SdkConfig, region: &str, connection: &Connection) -> Self {
        let shared = shared
            .into_builder()
            .region(Region::new(region.to_owned()))
            // `standard` backs off with jitter and shares a retry quota; the bounded concurrency of `Aws::call` keeps
            // below AWS's rates in the first place.
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(Duration::from_secs(5))
                    .operation_attempt_timeout(Duration::from_secs(60))
                    .build(),
            )
            // What is sent is small, and the timeout of the attempt is enough for it. The SDK would look ten times a second
            // after each request that waits for its answer, and a look at AWS has hundreds of them under way.
            .stalled_stream_protection(StalledStreamProtectionConfig::enabled().upload_enabled(false).build())
            .build();
        Self::of(shared, connection)
    }

    fn of(shared: SdkConfig, connection: &Connection) -> Self {
        Self {
            shared,
            connection: connection.clone(),
            cloudwatch: OnceLock::new(),
            cloudwatch_logs: OnceLock::new(),
            dynamodb: OnceLock::new(),
            ec2: OnceLock::new(),
            iam: OnceLock::new(),
            kinesis: OnceLock::new(),
            kms: OnceLock::new(),
            lambda: OnceLock::new(),
            resource_groups_tagging_api: OnceLock::new(),
            s3: OnceLock::new(),
            secrets_manager: OnceLock::new(),
            sns: OnceLock::new(),
            ssm: OnceLock::new(),
            sts: OnceLock::new(),
            once: OnceLock::new(),
        }
    }

    /// The same clients, but the SDK tries nothing twice: for a call whose repetition would make a second resource. See
    /// [`Aws::create`](super::Aws::create).
    pub fn once(&self) -> &Self {
        self.once.get_or_init(|| {
            let shared = self.shared.clone().into_builder().retry_config(RetryConfig::disabled()).build();
            Box::new(Self::of(shared, &self.connection))
        })
    }

    service!(cloudwatch, aws_sdk_cloudwatch, "Amazon CloudWatch.");
    service!(cloudwatch_logs, aws_sdk_cloudwatchlogs, "Amazon CloudWatch Logs.");
    service!(dynamodb, aws_sdk_dynamodb, "Amazon DynamoDB.");
    service!(ec2, aws_sdk_ec2, "Amazon Elastic Compute Cloud, Amazon VPC included.");
    service!(iam, aws_sdk_iam, "AWS Identity and Access Management, which is global.");
    service!(kinesis, aws_sdk_kinesis, "Amazon Kinesis Data Streams.");
    service!(kms, aws_sdk_kms, "AWS Key Management Service.");
    service!(lambda, aws_sdk_lambda, "AWS Lambda.");
    service!(resource_groups_tagging_api, aws_sdk_resourcegroupstagging, "AWS Resource Groups Tagging API.");
    service!(s3, aws_sdk_s3, "Amazon S3.");
    service!(secrets_manager, aws_sdk_secretsmanager, "AWS Secrets Manager.");
    service!(sns, aws_sdk_sns, "Amazon Simple Notification Service.");
    service!(ssm, aws_sdk_ssm, "AWS Systems Manager.");
    service!(sts, aws_sdk_sts, "AWS Security Token Service.");
}
