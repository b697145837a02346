//! Every kind there is: adding one is a line here.

use std::sync::Arc;

use provision_reconciler::Registry;

use crate::{
    Aws, DynamodbTable, Ec2Eip, Ec2FlowLog, Ec2Instance, Ec2InternetGateway, Ec2NatGateway, Ec2RouteTable,
    Ec2SecurityGroup, Ec2Subnet, Ec2Vpc, Ec2VpcEndpoint, IamInstanceProfile, IamManagedPolicy, IamRole, KinesisStream,
    KmsKey, KmsReplicaKey, LambdaEventSourceMapping, LambdaFunction, LogsLogGroup, S3Bucket, SecretsmanagerSecret,
};

/// Every kind there is, bound to AWS.
pub fn registry(aws: &Arc<Aws>) -> Registry {
    Registry::default()
        .with::<DynamodbTable>(aws)
        .with::<Ec2Eip>(aws)
        .with::<Ec2FlowLog>(aws)
        .with::<Ec2Instance>(aws)
        .with::<Ec2InternetGateway>(aws)
        .with::<Ec2NatGateway>(aws)
        .with::<Ec2RouteTable>(aws)
        .with::<Ec2SecurityGroup>(aws)
        .with::<Ec2Subnet>(aws)
        .with::<Ec2Vpc>(aws)
        .with::<Ec2VpcEndpoint>(aws)
        .with::<IamInstanceProfile>(aws)
        .with::<IamManagedPolicy>(aws)
        .with::<IamRole>(aws)
        .with::<KinesisStream>(aws)
        .with::<KmsKey>(aws)
        .with::<KmsReplicaKey>(aws)
        .with::<LambdaEventSourceMapping>(aws)
        .with::<LambdaFunction>(aws)
        .with::<LogsLogGroup>(aws)
        .with::<S3Bucket>(aws)
        .with::<SecretsmanagerSecret>(aws)
}
