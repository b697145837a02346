//! The AWS kinds, one file per kind, and the plumbing that all of them share.
//!
//! This is the only crate that calls the SDKs' create, read, update and delete operations.

pub mod aws;
pub mod document;
pub mod dynamodb_table;
mod ec2;
pub mod ec2_eip;
pub mod ec2_flow_log;
pub mod ec2_instance;
pub mod ec2_internet_gateway;
pub mod ec2_nat_gateway;
pub mod ec2_route_table;
pub mod ec2_security_group;
pub mod ec2_subnet;
pub mod ec2_vpc;
pub mod ec2_vpc_endpoint;
pub mod grants;
mod iam;
pub mod iam_instance_profile;
pub mod iam_managed_policy;
pub mod iam_role;
pub mod kinesis_stream;
mod kms;
pub mod kms_key;
pub mod kms_replica_key;
mod lambda;
pub mod lambda_event_source_mapping;
pub mod lambda_function;
pub mod logs_log_group;
pub mod notification;
mod registry;
pub mod s3_bucket;
pub mod secretsmanager_secret;
pub mod tagged;
pub mod tags;
#[cfg(test)]
mod testing;
pub mod values;

pub use aws::{Aws, Connection};
pub use dynamodb_table::DynamodbTable;
pub use ec2_eip::Ec2Eip;
pub use ec2_flow_log::Ec2FlowLog;
pub use ec2_instance::Ec2Instance;
pub use ec2_internet_gateway::Ec2InternetGateway;
pub use ec2_nat_gateway::Ec2NatGateway;
pub use ec2_route_table::Ec2RouteTable;
pub use ec2_security_group::Ec2SecurityGroup;
pub use ec2_subnet::Ec2Subnet;
pub use ec2_vpc::Ec2Vpc;
pub use ec2_vpc_endpoint::Ec2VpcEndpoint;
pub use iam_instance_profile::IamInstanceProfile;
pub use iam_managed_policy::IamManagedPolicy;
pub use iam_role::IamRole;
pub use kinesis_stream::KinesisStream;
pub use kms_key::KmsKey;
pub use kms_replica_key::KmsReplicaKey;
pub use lambda_event_source_mapping::LambdaEventSourceMapping;
pub use lambda_function::LambdaFunction;
pub use logs_log_group::LogsLogGroup;
pub use registry::registry;
pub use s3_bucket::S3Bucket;
pub use secretsmanager_secret::SecretsmanagerSecret;
