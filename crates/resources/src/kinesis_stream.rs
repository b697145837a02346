//! `kinesis_stream`: AWS::Kinesis::Stream.
//!
//! A stream is known by its name. Kinesis makes one change of it at a time, and the stream is ACTIVE again before the next.

mod call;
mod grant;
mod read;
mod run;
mod settle;
mod spec;
mod steps;
mod verify;

use provision_config::unknown;
use provision_reconciler::verify::{Check, Verification};
use provision_reconciler::{Change, CloudError, Kind, Live, Problem, Progress, Scope, Step, Target};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use call::{Call, Operation};
pub use spec::{AWS_MANAGED_KEY, Metric, NONE, StreamMode, StreamSpec};

use crate::Aws;

/// The kind `kinesis_stream`.
#[derive(Clone, Copy, Debug)]
pub struct KinesisStream;

/// What references can name besides the fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StreamOutputs {
    /// The stream's ARN.
    pub arn: String,
}

impl Kind for KinesisStream {
    const NAME: &'static str = "kinesis_stream";
    const AWS_TYPE: &'static str = "AWS::Kinesis::Stream";
    const ARN: &'static str = "arn:${Partition}:kinesis:${Region}:${Account}:stream/${StreamName}";
    const STATEFUL: bool = true;
    const READS: &'static [&'static str] = &[read::DESCRIBE, read::TAGS, read::LIST];

    type Cloud = Aws;
    type Spec = StreamSpec;
    type Outputs = StreamOutputs;
    type Call = Call;

    fn identity(spec: &StreamSpec, _scope: &Scope) -> Option<String> {
        (!unknown::is_unknown(&spec.name)).then(|| spec.name.clone())
    }

    fn granted(spec: &StreamSpec, scope: &Scope, access: &str) -> Result<Vec<Value>, Problem> {
        grant::granted(spec, scope, access)
    }

    fn predict(spec: &StreamSpec, scope: &Scope) -> Map<String, Value> {
        Map::from_iter([("arn".to_owned(), read::arn(scope, &spec.name).into())])
    }

    async fn read(cloud: &Aws, targets: &[Target<StreamSpec>]) -> Vec<Result<Option<Live<Self>>, CloudError>> {
        read::read(cloud, targets).await
    }

    async fn find(cloud: &Aws, scope: &Scope) -> Result<Option<String>, CloudError> {
        read::find(cloud, scope).await
    }

    fn steps(change: Change<'_, StreamSpec>) -> Vec<Step<Call>> {
        steps::steps(change)
    }

    async fn run(cloud: &Aws, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
        run::run(cloud, scope, call, progress).await
    }

    async fn settle(cloud: &Aws, scope: &Scope, call: &Call, progress: &mut Progress) -> Result<(), CloudError> {
        settle::settle(cloud, scope, call, progress).await
    }

    async fn verify(cloud: &Aws, verification: &Verification<StreamSpec>) -> Vec<Check> {
        verify::verify(cloud, verification).await
    }
}
