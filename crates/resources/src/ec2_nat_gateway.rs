//! `ec2_nat_gateway`: AWS::EC2::NatGateway.
//!
//! Nothing of a NAT gateway but its tags can be changed. It takes AWS some 100 seconds to make one, and as long to take it away; its
//! Elastic IP address and its subnet are free only then. One that is being deleted, was deleted (AWS shows it for another hour) or
//! could not be made counts as absent.
//!
//! <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway.html>

mod call;
mod find;
mod read;
mod run;
mod settle;
mod spec;
mod steps;

use provision_reconciler::{Change, CloudError, Kind, Live, Problem, Progress, Scope, Step, Target};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use call::Call;
pub use spec::{ConnectivityType, NatGatewaySpec};

use crate::Aws;

/// The kind `ec2_nat_gateway`.
#[derive(Clone, Copy, Debug)]
pub struct Ec2NatGateway;

/// What references can name besides the fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NatGatewayOutputs {
    /// The NAT gateway's ARN.
    pub arn: String,
    /// The NAT gateway's id, `nat-…`.
    pub nat_gateway_id: String,
    /// Its address in the subnet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private_ip: Option<String>,
    /// The Elastic IP address that others see. A private NAT gateway has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_ip: Option<String>,
}

impl Kind for Ec2NatGateway {
    const NAME: &'static str = "ec2_nat_gateway";
    const AWS_TYPE: &'static str = "AWS::EC2::NatGateway";
    const ARN: &'static str = "arn:${Partition}:ec2:${Region}:${Account}:natgateway/${NatGatewayId}";
    const READS: &'static [&'static str] = &[read::DESCRIBE];

    type Cloud = Aws;
    type Spec = NatGatewaySpec;
    type Outputs = NatGatewayOutputs;
    type Call = Call;

    fn check(spec: &NatGatewaySpec) -> Vec<Problem> {
        spec.problems()
    }

    fn identity(_spec: &NatGatewaySpec, _scope: &Scope) -> Option<String> {
        None
    }

    async fn read(aws: &Aws, targets: &[Target<NatGatewaySpec>]) -> Vec<Result<Option<Live<Self>>, CloudError>> {
        read::read(aws, targets).await
    }

    async fn find(aws: &Aws, scope: &Scope) -> Result<Option<String>, CloudError> {
        find::find(aws, scope).await
    }

    fn steps(change: Change<'_, NatGatewaySpec>) -> Vec<Step<Call>> {
        steps::steps(change)
    }

    async fn run(aws: &Aws, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
        run::run(aws, scope, call, progress).await
    }

    async fn settle(aws: &Aws, scope: &Scope, call: &Call, progress: &mut Progress) -> Result<(), CloudError> {
        settle::settle(aws, scope, call, progress).await
    }
}
