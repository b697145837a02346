//! `ec2_subnet`: AWS::EC2::Subnet.
//!
//! A range of a VPC's addresses in one availability zone. Which route table and network ACL it has is said by those.
//!
//! <https://docs.aws.amazon.com/vpc/latest/userguide/configure-subnets.html>

mod call;
mod read;
mod run;
mod settle;
mod spec;
mod steps;

use provision_reconciler::{Change, CloudError, Kind, Live, Problem, Progress, Scope, Step, Target};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use call::{Attribute, Call};
pub use spec::{HostnameType, SubnetSpec};

use crate::Aws;

/// The kind `ec2_subnet`.
#[derive(Clone, Copy, Debug)]
pub struct Ec2Subnet;

/// What references to a subnet can name besides its fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubnetOutputs {
    /// The subnet's id, `subnet-…`.
    pub subnet_id: String,
    /// The subnet's ARN.
    pub arn: String,
    /// The availability zone that it is in.
    pub availability_zone: String,
}

impl Kind for Ec2Subnet {
    const NAME: &'static str = "ec2_subnet";
    const AWS_TYPE: &'static str = "AWS::EC2::Subnet";
    const ARN: &'static str = "arn:${Partition}:ec2:${Region}:${Account}:subnet/${SubnetId}";
    const READS: &'static [&'static str] = &[read::SUBNETS];

    type Cloud = Aws;
    type Spec = SubnetSpec;
    type Outputs = SubnetOutputs;
    type Call = Call;

    fn check(spec: &SubnetSpec) -> Vec<Problem> {
        spec.problems()
    }

    fn complete(spec: SubnetSpec, scope: &Scope) -> Result<SubnetSpec, Problem> {
        spec.complete(scope)
    }

    fn identity(_spec: &SubnetSpec, _scope: &Scope) -> Option<String> {
        None
    }

    async fn read(aws: &Aws, targets: &[Target<SubnetSpec>]) -> Vec<Result<Option<Live<Self>>, CloudError>> {
        read::read(aws, targets).await
    }

    async fn find(aws: &Aws, scope: &Scope) -> Result<Option<String>, CloudError> {
        Ok(read::find(aws, scope).await?.into_iter().next())
    }

    async fn find_all(aws: &Aws, scope: &Scope) -> Result<Vec<String>, CloudError> {
        read::find(aws, scope).await
    }

    fn creates_first(live: &SubnetSpec, desired: &SubnetSpec) -> bool {
        live.leaves_room_for(desired)
    }

    fn steps(change: Change<'_, SubnetSpec>) -> Vec<Step<Call>> {
        steps::steps(change)
    }

    async fn run(aws: &Aws, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
        run::run(aws, scope, call, progress).await
    }

    async fn settle(aws: &Aws, scope: &Scope, call: &Call, progress: &mut Progress) -> Result<(), CloudError> {
        settle::settle(aws, scope, call, progress).await
    }
}

/// A subnet's ARN.
fn arn(scope: &Scope, subnet_id: &str) -> String {
    scope.arn("ec2", &format!("subnet/{subnet_id}"))
}
