//! `ec2_vpc_endpoint`: AWS::EC2::VPCEndpoint.
//!
//! How a VPC reaches AWS's services without the internet: through routes that a gateway endpoint puts into route tables, or through
//! network interfaces of an interface endpoint in its subnets. One that is being deleted, or could not be made, counts as absent.
//!
//! <https://docs.aws.amazon.com/vpc/latest/privatelink/what-is-privatelink.html>

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

pub use call::{Call, Modification};
pub use spec::{EndpointType, VpcEndpointSpec};

use crate::Aws;

/// The kind `ec2_vpc_endpoint`.
#[derive(Clone, Copy, Debug)]
pub struct Ec2VpcEndpoint;

/// What references can name besides the fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VpcEndpointOutputs {
    /// The endpoint's ARN.
    pub arn: String,
    /// The endpoint's id, `vpce-…`, which `aws:SourceVpce` in policies means.
    pub vpc_endpoint_id: String,
    /// The first of an interface endpoint's own DNS names. A gateway endpoint has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dns_name: Option<String>,
}

impl Kind for Ec2VpcEndpoint {
    const NAME: &'static str = "ec2_vpc_endpoint";
    const AWS_TYPE: &'static str = "AWS::EC2::VPCEndpoint";
    const ARN: &'static str = "arn:${Partition}:ec2:${Region}:${Account}:vpc-endpoint/${VpcEndpointId}";
    const READS: &'static [&'static str] = &[read::DESCRIBE];

    type Cloud = Aws;
    type Spec = VpcEndpointSpec;
    type Outputs = VpcEndpointOutputs;
    type Call = Call;

    fn check(spec: &VpcEndpointSpec) -> Vec<Problem> {
        spec.problems()
    }

    fn complete(spec: VpcEndpointSpec, _scope: &Scope) -> Result<VpcEndpointSpec, Problem> {
        Ok(spec.complete())
    }

    fn identity(_spec: &VpcEndpointSpec, _scope: &Scope) -> Option<String> {
        None
    }

    async fn read(aws: &Aws, targets: &[Target<VpcEndpointSpec>]) -> Vec<Result<Option<Live<Self>>, CloudError>> {
        read::read(aws, targets).await
    }

    async fn find(aws: &Aws, scope: &Scope) -> Result<Option<String>, CloudError> {
        find::find(aws, scope).await
    }

    fn steps(change: Change<'_, VpcEndpointSpec>) -> Vec<Step<Call>> {
        steps::steps(change)
    }

    async fn run(aws: &Aws, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
        run::run(aws, scope, call, progress).await
    }

    async fn settle(aws: &Aws, scope: &Scope, call: &Call, progress: &mut Progress) -> Result<(), CloudError> {
        settle::settle(aws, scope, call, progress).await
    }
}
