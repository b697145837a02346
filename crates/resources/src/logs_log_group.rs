//! `logs_log_group`: CloudWatch Logs log groups.
//!
//! A log group is known by its name. AWS writes its ARN in two ways: followed by `:*` where its log streams are meant (in most IAM
//! policies), and without (in its tags, and in Lambda's and Step Functions' settings).
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/Welcome.html>

mod call;
mod grant;
mod read;
mod run;
mod spec;
mod steps;

use provision_config::unknown;
use provision_reconciler::{Change, CloudError, Kind, Live, Problem, Progress, Scope, Step, Target};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use call::{Call, Operation};
pub use spec::{LogGroupClass, Spec};

use crate::Aws;

/// The kind `logs_log_group`.
#[derive(Clone, Copy, Debug)]
pub struct LogsLogGroup;

/// What references to a log group can name besides its fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Outputs {
    /// The log group's ARN, without `:*`.
    pub arn: String,
    /// The ARN that stands for all of its log streams: with `:*`, as IAM policies need it.
    pub arn_all: String,
}

impl Outputs {
    fn new(scope: &Scope, name: &str) -> Self {
        let arn = arn(scope, name);
        Self { arn_all: format!("{arn}:*"), arn }
    }
}

impl Kind for LogsLogGroup {
    const NAME: &'static str = "logs_log_group";
    const AWS_TYPE: &'static str = "AWS::Logs::LogGroup";
    const ARN: &'static str = "arn:${Partition}:logs:${Region}:${Account}:log-group:${LogGroupName}";
    const STATEFUL: bool = true;
    const READS: &'static [&'static str] = &[read::DESCRIBE, read::TAGS];

    type Cloud = Aws;
    type Spec = Spec;
    type Outputs = Outputs;
    type Call = Call;

    fn check(spec: &Spec) -> Vec<Problem> {
        spec.problems()
    }

    fn granted(spec: &Spec, scope: &Scope, access: &str) -> Result<Vec<Value>, Problem> {
        grant::granted(spec, scope, access)
    }

    fn identity(spec: &Spec, _scope: &Scope) -> Option<String> {
        (!unknown::is_unknown(&spec.log_group_name)).then(|| spec.log_group_name.clone())
    }

    fn predict(spec: &Spec, scope: &Scope) -> Map<String, Value> {
        let Outputs { arn, arn_all } = Outputs::new(scope, &spec.log_group_name);
        Map::from_iter([("arn".to_owned(), arn.into()), ("arn_all".to_owned(), arn_all.into())])
    }

    async fn read(aws: &Aws, targets: &[Target<Spec>]) -> Vec<Result<Option<Live<Self>>, CloudError>> {
        read::read(aws, targets).await
    }

    async fn find(aws: &Aws, scope: &Scope) -> Result<Option<String>, CloudError> {
        read::find(aws, scope).await
    }

    fn steps(change: Change<'_, Spec>) -> Vec<Step<Call>> {
        steps::steps(change)
    }

    async fn run(aws: &Aws, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
        run::run(aws, scope, call, progress).await
    }
}

/// A log group's ARN, without `:*`.
fn arn(scope: &Scope, name: &str) -> String {
    scope.arn("logs", &format!("log-group:{name}"))
}
