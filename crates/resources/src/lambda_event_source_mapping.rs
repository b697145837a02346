//! `lambda_event_source_mapping`: AWS::Lambda::EventSourceMapping.
//!
//! AWS chooses a mapping's id, and there is no client token. So a mapping is found by its tags, and after a lost answer it is
//! looked for before anything is tried again. (Lambda also refuses a second mapping of the same source to the same
//! function.)

mod call;
mod find;
mod read;
mod request;
mod run;
mod settle;
mod spec;
mod steps;

use provision_reconciler::{Change, CloudError, Kind, Live, Problem, Progress, Scope, Step, Target};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use call::Call;
pub use spec::{FunctionResponseType, MappingSpec, StartingPosition};

use crate::Aws;

/// The kind `lambda_event_source_mapping`.
#[derive(Clone, Copy, Debug)]
pub struct LambdaEventSourceMapping;

/// What references can name besides the fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MappingOutputs {
    /// The mapping's ARN.
    pub arn: String,
    /// The mapping's id.
    pub uuid: String,
}

impl Kind for LambdaEventSourceMapping {
    const NAME: &'static str = "lambda_event_source_mapping";
    const AWS_TYPE: &'static str = "AWS::Lambda::EventSourceMapping";
    const ARN: &'static str = "arn:${Partition}:lambda:${Region}:${Account}:event-source-mapping:${UUID}";
    const READS: &'static [&'static str] = &[read::GET, find::LIST, crate::lambda::LIST_TAGS];

    type Cloud = Aws;
    type Spec = MappingSpec;
    type Outputs = MappingOutputs;
    type Call = Call;

    fn check(spec: &MappingSpec) -> Vec<Problem> {
        spec.problems()
    }

    fn identity(_spec: &MappingSpec, _scope: &Scope) -> Option<String> {
        None
    }

    async fn read(cloud: &Aws, targets: &[Target<MappingSpec>]) -> Vec<Result<Option<Live<Self>>, CloudError>> {
        read::read(cloud, targets).await
    }

    async fn find(cloud: &Aws, scope: &Scope) -> Result<Option<String>, CloudError> {
        find::find(cloud, scope).await
    }

    fn steps(change: Change<'_, MappingSpec>) -> Vec<Step<Call>> {
        steps::steps(change)
    }

    async fn run(cloud: &Aws, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
        run::run(cloud, scope, call, progress).await
    }

    async fn settle(cloud: &Aws, scope: &Scope, call: &Call, progress: &mut Progress) -> Result<(), CloudError> {
        settle::settle(cloud, scope, call, progress).await
    }
}
