//! Every kind through its whole life against the local AWS, through the real SDK: made, read back, changed, deleted.
//!
//! One binary for all kinds: linking the SDKs is what takes long. `PROVISION_SANDBOX_LANE=moto` runs it on moto.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "kinds/data_pairs.rs"]
mod data_pairs;
#[path = "kinds/driver.rs"]
mod driver;
#[path = "kinds/dynamodb_table.rs"]
mod dynamodb_table;
#[path = "kinds/ec2_eip.rs"]
mod ec2_eip;
#[path = "kinds/ec2_flow_log.rs"]
mod ec2_flow_log;
#[path = "kinds/ec2_instance.rs"]
mod ec2_instance;
#[path = "kinds/ec2_instance_pairs.rs"]
mod ec2_instance_pairs;
#[path = "kinds/ec2_instance_waits.rs"]
mod ec2_instance_waits;
#[path = "kinds/ec2_internet_gateway.rs"]
mod ec2_internet_gateway;
#[path = "kinds/ec2_nat_gateway.rs"]
mod ec2_nat_gateway;
#[path = "kinds/ec2_route_table.rs"]
mod ec2_route_table;
#[path = "kinds/ec2_security_group.rs"]
mod ec2_security_group;
#[path = "kinds/ec2_subnet.rs"]
mod ec2_subnet;
#[path = "kinds/ec2_vpc.rs"]
mod ec2_vpc;
#[path = "kinds/ec2_vpc_endpoint.rs"]
mod ec2_vpc_endpoint;
#[path = "kinds/iam_instance_profile.rs"]
mod iam_instance_profile;
#[path = "kinds/iam_managed_policy.rs"]
mod iam_managed_policy;
#[path = "kinds/iam_role.rs"]
mod iam_role;
#[path = "kinds/kinesis_stream.rs"]
mod kinesis_stream;
#[path = "kinds/kms_key.rs"]
mod kms_key;
#[path = "kinds/kms_replica_key.rs"]
mod kms_replica_key;
#[path = "kinds/lambda_event_source_mapping.rs"]
mod lambda_event_source_mapping;
#[path = "kinds/lambda_function.rs"]
mod lambda_function;
#[path = "kinds/logs_log_group.rs"]
mod logs_log_group;
#[path = "kinds/network.rs"]
mod network;
#[path = "kinds/pairs.rs"]
mod pairs;
#[path = "kinds/policies.rs"]
mod policies;
#[path = "kinds/retries.rs"]
mod retries;
#[path = "kinds/s3_bucket.rs"]
mod s3_bucket;
#[path = "kinds/s3_recovery.rs"]
mod s3_recovery;
#[path = "kinds/s3_replication.rs"]
mod s3_replication;
#[path = "kinds/secret_values.rs"]
mod secret_values;
#[path = "kinds/secretsmanager_secret.rs"]
mod secretsmanager_secret;
#[path = "kinds/verify.rs"]
mod verify;
