//! The AWS kinds, one file per kind, and the plumbing that all of them share.
//!
//! This is the only crate that calls the SDKs' create, read, update and delete operations.

pub mod aws;
pub mod document;
pub mod dynamodb_table;
mod ec2;
pub mod grants;
mod iam;
pub mod iam_instance_profile;
pub mod iam_managed_policy;
pub mod iam_role;
pub mod kinesis_stream;
pub mod kms_key;
mod lambda;
pub mod lambda_event_source_mapping;
pub mod lambda_function;
pub mod logs_log_group;
mod registry;
pub mod s3_bucket;
pub mod secretsmanager_secret;
pub mod tags;
#[cfg(test)]
mod testing;
pub mod values;

pub use aws::{Aws, Connection};
pub use dynamodb_table::DynamodbTable;
pub use iam_instance_profile::IamInstanceProfile;
pub use iam_managed_policy::IamManagedPolicy;
pub use iam_role::IamRole;
pub use kinesis_stream::KinesisStream;
pub use kms_key::KmsKey;
pub use lambda_event_source_mapping::LambdaEventSourceMapping;
pub use lambda_function::LambdaFunction;
pub use logs_log_group::LogsLogGroup;
pub use registry::registry;
pub use s3_bucket::S3Bucket;
pub use secretsmanager_secret::SecretsmanagerSecret;
