//! `ec2_internet_gateway`: AWS::EC2::InternetGateway, with its attachment to a VPC.
//!
//! A VPC has at most one. To move a gateway to another VPC is to replace it. The same one could be detached and attached instead,
//! but it cannot leave a VPC in which something still has a public address, and what is to have one in the new VPC waits for a
//! gateway there: a VPC that is itself replaced would never get rid of it.
//!
//! <https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Internet_Gateway.html>

mod call;
mod read;
mod run;
mod settle;
mod spec;
mod steps;

use provision_reconciler::{Change, CloudError, Kind, Live, Progress, Scope, Step, Target};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use call::Call;
pub use spec::InternetGatewaySpec;

use crate::Aws;

/// The kind `ec2_internet_gateway`.
#[derive(Clone, Copy, Debug)]
pub struct Ec2InternetGateway;

/// What references to an internet gateway can name besides its fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InternetGatewayOutputs {
    /// The gateway's id, `igw-…`.
    pub internet_gateway_id: String,
    /// The gateway's ARN.
    pub arn: String,
}

impl InternetGatewayOutputs {
    fn new(scope: &Scope, id: &str) -> Self {
        Self { internet_gateway_id: id.to_owned(), arn: scope.arn("ec2", &format!("internet-gateway/{id}")) }
    }
}

impl Kind for Ec2InternetGateway {
    const NAME: &'static str = "ec2_internet_gateway";
    const AWS_TYPE: &'static str = "AWS::EC2::InternetGateway";
    const ARN: &'static str = "arn:${Partition}:ec2:${Region}:${Account}:internet-gateway/${InternetGatewayId}";
    const READS: &'static [&'static str] = &[read::GATEWAYS];

    type Cloud = Aws;
    type Spec = InternetGatewaySpec;
    type Outputs = InternetGatewayOutputs;
    type Call = Call;

    fn identity(_spec: &InternetGatewaySpec, _scope: &Scope) -> Option<String> {
        None
    }

    async fn read(aws: &Aws, targets: &[Target<InternetGatewaySpec>]) -> Vec<Result<Option<Live<Self>>, CloudError>> {
        read::read(aws, targets).await
    }

    async fn find(aws: &Aws, scope: &Scope) -> Result<Option<String>, CloudError> {
        Ok(read::find(aws, scope).await?.into_iter().next())
    }

    async fn find_all(aws: &Aws, scope: &Scope) -> Result<Vec<String>, CloudError> {
        read::find(aws, scope).await
    }

    /// Each is in a VPC of its own, and what has a public address in the old one keeps the old gateway there.
    fn creates_first(live: &InternetGatewaySpec, desired: &InternetGatewaySpec) -> bool {
        live.vpc_id != desired.vpc_id
    }

    fn steps(change: Change<'_, InternetGatewaySpec>) -> Vec<Step<Call>> {
        steps::steps(change)
    }

    async fn run(aws: &Aws, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
        run::run(aws, scope, call, progress).await
    }

    async fn settle(aws: &Aws, scope: &Scope, call: &Call, progress: &mut Progress) -> Result<(), CloudError> {
        settle::settle(aws, scope, call, progress).await
    }
}
