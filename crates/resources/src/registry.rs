//! Every kind there is: adding one is a line here.

use std::sync::Arc;

use provision_reconciler::Registry;

use crate::{
    Aws, DynamodbTable, IamInstanceProfile, IamManagedPolicy, IamRole, KinesisStream, KmsKey, LambdaEventSourceMapping,
    LambdaFunction, LogsLogGroup, S3Bucket, SecretsmanagerSecret,
};

/// Every kind there is, bound to AWS.
pub fn registry(aws: &Arc<Aws>) -> Registry {
    Registry::default()
        .with::<DynamodbTable>(aws)
        .with::<IamInstanceProfile>(aws)
        .with::<IamManagedPolicy>(aws)
        .with::<IamRole>(aws)
        .with::<KinesisStream>(aws)
        .with::<KmsKey>(aws)
        .with::<LambdaEventSourceMapping>(aws)
        .with::<LambdaFunction>(aws)
        .with::<LogsLogGroup>(aws)
        .with::<S3Bucket>(aws)
        .with::<SecretsmanagerSecret>(aws)
}
