//! `lambda_function`: AWS::Lambda::Function.
//!
//! A function is known by its name. Lambda makes one change of it at a time: its code by one call, all of its configuration
//! by another, and the function is `Active` and its last update `Successful` before the next.

mod call;
mod check;
mod code;
mod find;
mod grant;
mod permission;
mod read;
mod request;
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

pub use call::{Call, Operation, Upload};
pub use permission::Permission;
pub use spec::{
    ApplicationLogLevel, Architecture, Code, FunctionSpec, LogFormat, Logging, SystemLogLevel, TracingMode, UNRESERVED,
    Vpc,
};

use crate::Aws;

/// The kind `lambda_function`.
#[derive(Clone, Copy, Debug)]
pub struct LambdaFunction;

/// What references can name besides the fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FunctionOutputs {
    /// The function's ARN.
    pub arn: String,
    /// The ARN by which API Gateway invokes the function.
    pub invoke_arn: String,
    /// The version that is invoked: `$LATEST`, as no versions are published.
    pub version: String,
}

impl FunctionOutputs {
    fn new(scope: &Scope, function_name: &str) -> Self {
        let arn = read::arn(scope, function_name);
        let Scope { partition, region, .. } = scope;
        Self {
            invoke_arn: format!(
                "arn:{partition}:apigateway:{region}:lambda:path/2015-03-31/functions/{arn}/invocations"
            ),
            arn,
            version: "$LATEST".to_owned(),
        }
    }

    fn into_map(self) -> Map<String, Value> {
        let Self { arn, invoke_arn, version } = self;
        [("arn", arn), ("invoke_arn", invoke_arn), ("version", version)]
            .map(|(name, value)| (name.to_owned(), value.into()))
            .into_iter()
            .collect()
    }
}

impl Kind for LambdaFunction {
    const NAME: &'static str = "lambda_function";
    const AWS_TYPE: &'static str = "AWS::Lambda::Function";
    const ARN: &'static str = "arn:${Partition}:lambda:${Region}:${Account}:function:${FunctionName}";
    const READS: &'static [&'static str] = &[read::GET, read::POLICY, find::LIST, crate::lambda::LIST_TAGS];

    type Cloud = Aws;
    type Spec = FunctionSpec;
    type Outputs = FunctionOutputs;
    type Call = Call;

    fn check(spec: &FunctionSpec) -> Vec<Problem> {
        check::problems(spec)
    }

    fn complete(spec: FunctionSpec, scope: &Scope) -> Result<FunctionSpec, Problem> {
        spec.complete(scope)
    }

    fn identity(spec: &FunctionSpec, _scope: &Scope) -> Option<String> {
        (!unknown::is_unknown(&spec.function_name)).then(|| spec.function_name.clone())
    }

    fn granted(spec: &FunctionSpec, scope: &Scope, access: &str) -> Result<Vec<Value>, Problem> {
        grant::granted(spec, scope, access)
    }

    fn predict(spec: &FunctionSpec, scope: &Scope) -> Map<String, Value> {
        FunctionOutputs::new(scope, &spec.function_name).into_map()
    }

    async fn read(cloud: &Aws, targets: &[Target<FunctionSpec>]) -> Vec<Result<Option<Live<Self>>, CloudError>> {
        read::read(cloud, targets).await
    }

    async fn find(cloud: &Aws, scope: &Scope) -> Result<Option<String>, CloudError> {
        find::find(cloud, scope).await
    }

    fn steps(change: Change<'_, FunctionSpec>) -> Vec<Step<Call>> {
        steps::steps(change)
    }

    async fn run(cloud: &Aws, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
        run::run(cloud, scope, call, progress).await
    }

    async fn settle(cloud: &Aws, scope: &Scope, call: &Call, progress: &mut Progress) -> Result<(), CloudError> {
        settle::settle(cloud, scope, call, progress).await
    }

    async fn verify(cloud: &Aws, verification: &Verification<FunctionSpec>) -> Vec<Check> {
        verify::verify(cloud, verification).await
    }
}
