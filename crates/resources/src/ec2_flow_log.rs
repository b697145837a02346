//! `ec2_flow_log`: AWS::EC2::FlowLog, the record of what goes through a VPC, a subnet or a network interface.
//!
//! AWS changes nothing of a flow log but its tags. It makes one even if it will be unable to deliver, and says so some minutes
//! later (`DeliverLogsStatus`); that is no difference between file and AWS, so `verify` tells of it.
//!
//! <https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs.html>

mod call;
mod read;
mod run;
mod spec;
mod steps;
mod verify;

use provision_reconciler::verify::{Check, Verification};
use provision_reconciler::{Change, CloudError, Kind, Live, Problem, Progress, Scope, Step, Target};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use call::Call;
pub use spec::{FlowLogSpec, LogDestinationType, TrafficType};

use crate::Aws;

/// The kind `ec2_flow_log`.
#[derive(Clone, Copy, Debug)]
pub struct Ec2FlowLog;

/// What references can name besides the fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FlowLogOutputs {
    /// The flow log's id, `fl-…`.
    pub flow_log_id: String,
    /// The flow log's ARN.
    pub arn: String,
}

impl FlowLogOutputs {
    fn new(scope: &Scope, id: &str) -> Self {
        Self { flow_log_id: id.to_owned(), arn: scope.arn("ec2", &format!("vpc-flow-log/{id}")) }
    }
}

impl Kind for Ec2FlowLog {
    const NAME: &'static str = "ec2_flow_log";
    const AWS_TYPE: &'static str = "AWS::EC2::FlowLog";
    const ARN: &'static str = "arn:${Partition}:ec2:${Region}:${Account}:vpc-flow-log/${VpcFlowLogId}";
    const READS: &'static [&'static str] = &[read::DESCRIBE];

    type Cloud = Aws;
    type Spec = FlowLogSpec;
    type Outputs = FlowLogOutputs;
    type Call = Call;

    fn check(spec: &FlowLogSpec) -> Vec<Problem> {
        spec.problems()
    }

    fn identity(_spec: &FlowLogSpec, _scope: &Scope) -> Option<String> {
        None
    }

    async fn read(aws: &Aws, targets: &[Target<FlowLogSpec>]) -> Vec<Result<Option<Live<Self>>, CloudError>> {
        read::read(aws, targets).await
    }

    async fn find(aws: &Aws, scope: &Scope) -> Result<Option<String>, CloudError> {
        Ok(read::find_all(aws, scope).await?.into_iter().next())
    }

    async fn find_all(aws: &Aws, scope: &Scope) -> Result<Vec<String>, CloudError> {
        read::find_all(aws, scope).await
    }

    /// So that no traffic goes unrecorded; but AWS allows one flow log of a resource to a destination.
    fn creates_first(live: &FlowLogSpec, desired: &FlowLogSpec) -> bool {
        live.resource_id != desired.resource_id || !desired.delivers_where(live)
    }

    fn steps(change: Change<'_, FlowLogSpec>) -> Vec<Step<Call>> {
        steps::steps(change)
    }

    async fn run(aws: &Aws, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
        run::run(aws, scope, call, progress).await
    }

    async fn settle(aws: &Aws, scope: &Scope, call: &Call, progress: &mut Progress) -> Result<(), CloudError> {
        run::settle(aws, scope, call, progress).await
    }

    async fn verify(aws: &Aws, verification: &Verification<FlowLogSpec>) -> Vec<Check> {
        verify::verify(aws, verification).await
    }
}
