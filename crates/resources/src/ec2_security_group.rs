//! `ec2_security_group`: AWS::EC2::SecurityGroup, with all of its rules.
//!
//! The rules belong to the file as a whole: one that somebody adds by hand is a difference of its own, named by what it lets
//! through (`ingress["tcp 22 from 0.0.0.0/0"]`). AWS knows a rule by just that, and has a description for it; so a rule
//! that is described otherwise is described anew, and every other change of one is a rule that goes and another that comes.
//!
//! A name is unique in its VPC, so a second creation is refused: what is there is ours if it carries this operation's tag. And so
//! a group that is replaced can have its successor beside it, for those that use it to go over to, only under another name.
//!
//! <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html>

mod call;
mod convert;
mod find;
mod read;
mod rule;
mod run;
mod spec;
mod steps;
mod uses;

use provision_reconciler::{Change, CloudError, Kind, Live, Problem, Progress, Scope, Step, Target};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use call::Call;
pub use rule::{Direction, Rule};
pub use spec::SecurityGroupSpec;

use crate::Aws;

/// The kind `ec2_security_group`.
#[derive(Clone, Copy, Debug)]
pub struct Ec2SecurityGroup;

/// What references can name besides the fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecurityGroupOutputs {
    /// The group's id, `sg-…`.
    pub group_id: String,
    /// The group's ARN.
    pub arn: String,
}

impl SecurityGroupOutputs {
    fn new(scope: &Scope, id: &str) -> Self {
        Self { group_id: id.to_owned(), arn: scope.arn("ec2", &format!("security-group/{id}")) }
    }
}

impl Kind for Ec2SecurityGroup {
    const NAME: &'static str = "ec2_security_group";
    const AWS_TYPE: &'static str = "AWS::EC2::SecurityGroup";
    const ARN: &'static str = "arn:${Partition}:ec2:${Region}:${Account}:security-group/${SecurityGroupId}";
    const READS: &'static [&'static str] = &[read::DESCRIBE];

    type Cloud = Aws;
    type Spec = SecurityGroupSpec;
    type Outputs = SecurityGroupOutputs;
    type Call = Call;

    fn check(spec: &SecurityGroupSpec) -> Vec<Problem> {
        spec.problems()
    }

    fn complete(spec: SecurityGroupSpec, scope: &Scope) -> Result<SecurityGroupSpec, Problem> {
        Ok(spec.complete(&scope.account))
    }

    fn identity(_spec: &SecurityGroupSpec, _scope: &Scope) -> Option<String> {
        None
    }

    async fn read(aws: &Aws, targets: &[Target<SecurityGroupSpec>]) -> Vec<Result<Option<Live<Self>>, CloudError>> {
        read::read(aws, targets).await
    }

    async fn find(aws: &Aws, scope: &Scope) -> Result<Option<String>, CloudError> {
        Ok(find::find_all(aws, scope).await?.into_iter().next())
    }

    async fn find_all(aws: &Aws, scope: &Scope) -> Result<Vec<String>, CloudError> {
        find::find_all(aws, scope).await
    }

    /// A group that others name, or that an instance is in, cannot be deleted first.
    fn creates_first(live: &SecurityGroupSpec, desired: &SecurityGroupSpec) -> bool {
        live.vpc_id != desired.vpc_id || !live.group_name.eq_ignore_ascii_case(&desired.group_name)
    }

    fn steps(change: Change<'_, SecurityGroupSpec>) -> Vec<Step<Call>> {
        steps::steps(change)
    }

    async fn run(aws: &Aws, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
        run::run(aws, scope, call, progress).await
    }
}
