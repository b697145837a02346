//! From AWS's answers to the file's form.

use aws_sdk_lambda::Client;
use aws_sdk_lambda::operation::get_function::GetFunctionOutput;
use aws_sdk_lambda::types::{FunctionConfiguration, State};
use futures::future::{join, join_all};
use provision_reconciler::{CloudError, ErrorClass, Live, Scope, Target, ownership};

use super::permission;
use super::spec::{Code, FunctionSpec, LogFormat, Logging, TracingMode, UNRESERVED, Vpc};
use super::{FunctionOutputs, LambdaFunction};
use crate::Aws;
use crate::lambda::{self, found};
use crate::tags::Tags;
use crate::values::from_aws;

pub(super) const GET: &str = "lambda:GetFunction";
pub(super) const POLICY: &str = "lambda:GetPolicy";

type Read = Result<Option<Live<LambdaFunction>>, CloudError>;

/// Reads all targets at once.
pub(super) async fn read(cloud: &Aws, targets: &[Target<FunctionSpec>]) -> Vec<Read> {
    join_all(targets.iter().map(|target| read_one(cloud, target))).await
}

/// Two calls, neither of which needs the other's answer: `GetFunction` also tells tags and concurrency.
async fn read_one(cloud: &Aws, target: &Target<FunctionSpec>) -> Read {
    let clients = cloud.region(&target.scope.region).await;
    let client = clients.lambda();
    let (function, policy) = join(get(cloud, client, &target.id), policy(cloud, client, &target.id)).await;
    let Some(function) = function? else { return Ok(None) };
    let Some(configuration) = function.configuration() else { return Ok(None) };
    if configuration.state() == Some(&State::Deleting) {
        return Ok(None);
    }
    let tags = tags(&function)?;
    let mut spec = spec(configuration)?;
    // Where the code comes from is not for AWS to know; what it is, is told by its hash.
    spec.code.folder = target.desired.as_ref().map(|desired| desired.code.folder.clone()).unwrap_or_default();
    spec.reserved_concurrent_executions = function
        .concurrency()
        .and_then(|concurrency| concurrency.reserved_concurrent_executions())
        .unwrap_or(UNRESERVED);
    spec.permissions = policy?.map(|policy| permission::of_policy(&policy, &target.scope)).unwrap_or_default();
    spec.tags = ownership::comparable(tags.clone());
    let outputs = FunctionOutputs::new(&target.scope, &spec.function_name);
    Ok(Some(Live { id: target.id.clone(), spec, outputs, tags }))
}

/// A function's ARN.
pub(super) fn arn(scope: &Scope, function_name: &str) -> String {
    scope.arn("lambda", &format!("function:{function_name}"))
}

/// The function; `None` if there is none.
pub(super) async fn get(
    cloud: &Aws,
    client: &Client,
    function_name: &str,
) -> Result<Option<GetFunctionOutput>, CloudError> {
    found(cloud.call(GET, client.get_function().function_name(function_name).send()).await)
}

/// The function's policy; `None` if it has none.
pub(super) async fn policy(cloud: &Aws, client: &Client, function_name: &str) -> Result<Option<String>, CloudError> {
    let answer = found(cloud.call(POLICY, client.get_policy().function_name(function_name).send()).await)?;
    Ok(answer.and_then(|answer| answer.policy))
}

/// The tags that came with the function. Without permission for them Lambda answers all the same, and they would be taken to
/// be gone.
pub(super) fn tags(function: &GetFunctionOutput) -> Result<Tags, CloudError> {
    match function.tags_error() {
        Some(error) => {
            let failed = CloudError::new(lambda::LIST_TAGS, ErrorClass::Denied, error.message());
            Err(CloudError { code: Some(error.error_code().to_owned()), ..failed }
                .with_hint("allow `lambda:ListTags` to the caller"))
        }
        None => Ok(lambda::from_sdk(function.tags())),
    }
}

/// The configuration in the file's form, without what other answers tell.
fn spec(configuration: &FunctionConfiguration) -> Result<FunctionSpec, CloudError> {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let architectures = configuration.architectures().iter().map(|one| from_aws(GET, one.as_str()));
    let tracing = configuration.tracing_config().and_then(|tracing| tracing.mode());
    Ok(FunctionSpec {
        function_name: text(configuration.function_name()),
        description: text(configuration.description()),
        runtime: text(configuration.runtime().map(|runtime| runtime.as_str())),
        handler: text(configuration.handler()),
        role: text(configuration.role()),
        code: Code { folder: String::new(), code_sha256: Some(text(configuration.code_sha256())) },
        architectures: architectures.collect::<Result<_, _>>()?,
        memory_size: configuration.memory_size().unwrap_or_default(),
        timeout: configuration.timeout().unwrap_or_default(),
        ephemeral_storage: configuration.ephemeral_storage().map_or(512, |storage| storage.size()),
        environment: environment(configuration)?,
        kms_key: text(configuration.kms_key_arn()),
        tracing_mode: tracing.map_or(Ok(TracingMode::PassThrough), |mode| from_aws(GET, mode.as_str()))?,
        dead_letter_target_arn: text(configuration.dead_letter_config().and_then(|config| config.target_arn())),
        layers: configuration.layers().iter().map(|layer| text(layer.arn())).collect(),
        vpc: vpc(configuration),
        reserved_concurrent_executions: UNRESERVED,
        logging: logging(configuration)?,
        permissions: Vec::new(),
        tags: Tags::new(),
    })
}

/// The environment variables. Without permission for their key Lambda answers all the same, and they would be taken to be
/// gone.
fn environment(configuration: &FunctionConfiguration) -> Result<Tags, CloudError> {
    let Some(environment) = configuration.environment() else { return Ok(Tags::new()) };
    match environment.error() {
        Some(error) => {
            let message = error.message().unwrap_or("Lambda could not decrypt the environment variables");
            let failed = CloudError::new(GET, ErrorClass::Denied, message);
            Err(CloudError { code: error.error_code().map(str::to_owned), ..failed }
                .with_hint("allow `kms:Decrypt` on the function's `kms_key` to the caller"))
        }
        None => Ok(lambda::from_sdk(environment.variables())),
    }
}

fn vpc(configuration: &FunctionConfiguration) -> Vpc {
    let Some(vpc) = configuration.vpc_config() else { return Vpc::default() };
    Vpc {
        subnet_ids: vpc.subnet_ids().iter().cloned().collect(),
        security_group_ids: vpc.security_group_ids().iter().cloned().collect(),
        ipv6_allowed: vpc.ipv6_allowed_for_dual_stack().unwrap_or_default(),
    }
}

fn logging(configuration: &FunctionConfiguration) -> Result<Logging, CloudError> {
    let logging = configuration.logging_config();
    let format = logging.and_then(|logging| logging.log_format());
    let application = logging.and_then(|logging| logging.application_log_level());
    let system = logging.and_then(|logging| logging.system_log_level());
    Ok(Logging {
        log_format: format.map_or(Ok(LogFormat::Text), |format| from_aws(GET, format.as_str()))?,
        log_group: logging.and_then(|logging| logging.log_group()).map(str::to_owned),
        application_log_level: application.map(|level| from_aws(GET, level.as_str())).transpose()?,
        system_log_level: system.map(|level| from_aws(GET, level.as_str())).transpose()?,
    })
}
