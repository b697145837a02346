//! `ec2_vpc`: AWS::EC2::VPC, with its default security group.
//!
//! AWS makes a security group, a network ACL and a main route table along with each VPC, and deletes them with it. The group
//! is what instances get for which nobody names another, and it comes with rules that let all its members talk to each other
//! and to the whole world. It cannot be deleted, so it is emptied, and stays under watch: a rule that somebody adds is drift.
//!
//! <https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html>

mod call;
pub(crate) mod cidr;
mod default_group;
mod read;
mod run;
mod settle;
mod spec;
mod steps;

use provision_reconciler::{Change, CloudError, Kind, Live, Problem, Progress, Scope, Step, Target};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use call::{Attribute, Call};
pub use default_group::{DefaultSecurityGroup, Rule};
pub use spec::{InstanceTenancy, VpcSpec};

use crate::Aws;

/// The kind `ec2_vpc`.
#[derive(Clone, Copy, Debug)]
pub struct Ec2Vpc;

/// What references to a VPC can name besides its fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VpcOutputs {
    /// The VPC's id, `vpc-…`.
    pub vpc_id: String,
    /// The VPC's ARN.
    pub arn: String,
    /// The id of the security group that AWS made with the VPC, `sg-…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_security_group_id: Option<String>,
}

impl Kind for Ec2Vpc {
    const NAME: &'static str = "ec2_vpc";
    const AWS_TYPE: &'static str = "AWS::EC2::VPC";
    const ARN: &'static str = "arn:${Partition}:ec2:${Region}:${Account}:vpc/${VpcId}";
    const READS: &'static [&'static str] = &[read::VPCS, read::ATTRIBUTE, read::GROUPS];

    type Cloud = Aws;
    type Spec = VpcSpec;
    type Outputs = VpcOutputs;
    type Call = Call;

    fn check(spec: &VpcSpec) -> Vec<Problem> {
        spec.problems()
    }

    /// The rules that the default security group comes with are no matter to anything else.
    fn core(spec: &VpcSpec) -> Option<VpcSpec> {
        Some(VpcSpec { default_security_group: DefaultSecurityGroup::of_a_new_vpc(), ..spec.clone() })
    }

    fn identity(_spec: &VpcSpec, _scope: &Scope) -> Option<String> {
        None
    }

    async fn read(aws: &Aws, targets: &[Target<VpcSpec>]) -> Vec<Result<Option<Live<Self>>, CloudError>> {
        read::read(aws, targets).await
    }

    async fn find(aws: &Aws, scope: &Scope) -> Result<Option<String>, CloudError> {
        Ok(read::find(aws, scope).await?.into_iter().next())
    }

    async fn find_all(aws: &Aws, scope: &Scope) -> Result<Vec<String>, CloudError> {
        read::find(aws, scope).await
    }

    /// Two VPCs can have the same addresses.
    fn creates_first(_live: &VpcSpec, _desired: &VpcSpec) -> bool {
        true
    }

    fn steps(change: Change<'_, VpcSpec>) -> Vec<Step<Call>> {
        steps::steps(change)
    }

    async fn run(aws: &Aws, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
        run::run(aws, scope, call, progress).await
    }

    async fn settle(aws: &Aws, scope: &Scope, call: &Call, progress: &mut Progress) -> Result<(), CloudError> {
        settle::settle(aws, scope, call, progress).await
    }
}

/// A VPC's ARN.
fn arn(scope: &Scope, vpc_id: &str) -> String {
    scope.arn("ec2", &format!("vpc/{vpc_id}"))
}
