//! `ec2_eip`: AWS::EC2::EIP, a public IPv4 address of this account's own.
//!
//! What uses the address says so: a NAT gateway takes its allocation id.
//!
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/elastic-ip-addresses-eip.html>

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
pub use spec::EipSpec;

use crate::Aws;

/// The kind `ec2_eip`.
#[derive(Clone, Copy, Debug)]
pub struct Ec2Eip;

/// What references to an address can name besides its fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EipOutputs {
    /// The id of its allocation, `eipalloc-…`.
    pub allocation_id: String,
    /// The address itself.
    pub public_ip: String,
    /// The address's ARN.
    pub arn: String,
}

impl EipOutputs {
    fn new(scope: &Scope, id: &str, public_ip: &str) -> Self {
        let arn = scope.arn("ec2", &format!("elastic-ip/{id}"));
        Self { allocation_id: id.to_owned(), public_ip: public_ip.to_owned(), arn }
    }
}

impl Kind for Ec2Eip {
    const NAME: &'static str = "ec2_eip";
    const AWS_TYPE: &'static str = "AWS::EC2::EIP";
    const ARN: &'static str = "arn:${Partition}:ec2:${Region}:${Account}:elastic-ip/${AllocationId}";
    const READS: &'static [&'static str] = &[read::ADDRESSES];

    type Cloud = Aws;
    type Spec = EipSpec;
    type Outputs = EipOutputs;
    type Call = Call;

    fn identity(_spec: &EipSpec, _scope: &Scope) -> Option<String> {
        None
    }

    async fn read(aws: &Aws, targets: &[Target<EipSpec>]) -> Vec<Result<Option<Live<Self>>, CloudError>> {
        read::read(aws, targets).await
    }

    async fn find(aws: &Aws, scope: &Scope) -> Result<Option<String>, CloudError> {
        Ok(read::find(aws, scope).await?.into_iter().next())
    }

    async fn find_all(aws: &Aws, scope: &Scope) -> Result<Vec<String>, CloudError> {
        read::find(aws, scope).await
    }

    /// A gateway that uses the old one keeps it until it has let go.
    fn creates_first(_live: &EipSpec, _desired: &EipSpec) -> bool {
        true
    }

    fn steps(change: Change<'_, EipSpec>) -> Vec<Step<Call>> {
        steps::steps(change)
    }

    async fn run(aws: &Aws, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
        run::run(aws, scope, call, progress).await
    }

    async fn settle(aws: &Aws, scope: &Scope, call: &Call, progress: &mut Progress) -> Result<(), CloudError> {
        settle::settle(aws, scope, call, progress).await
    }
}
