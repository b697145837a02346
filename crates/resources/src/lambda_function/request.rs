//! From the file's form to the SDK's requests.

use std::time::Duration;

use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::{self, StalledStreamProtectionConfig};
use aws_sdk_lambda::operation::add_permission::builders::AddPermissionFluentBuilder;
use aws_sdk_lambda::operation::create_function::builders::CreateFunctionFluentBuilder;
use aws_sdk_lambda::operation::update_function_configuration::builders::UpdateFunctionConfigurationFluentBuilder;
use aws_sdk_lambda::types::{
    Architecture as SdkArchitecture, DeadLetterConfig, Environment, EphemeralStorage, FunctionCode, LoggingConfig,
    TracingConfig, VpcConfig,
};
use aws_smithy_types::Blob;
use aws_smithy_types::timeout::TimeoutConfig;
use provision_reconciler::CloudError;

use super::permission::Permission;
use super::spec::{Architecture, FunctionSpec, LogFormat, Logging, Vpc};
use crate::lambda::{to_sdk, unbuilt};
use crate::tags::Tags;
use crate::values::to_aws;

/// How long one attempt to send code may take: 50 MB, which base64 makes 67, over a slow line.
const UPLOAD: Duration = Duration::from_secs(10 * 60);

/// Sets what `CreateFunction` and `UpdateFunctionConfiguration` both take. Their builders have no type in common.
macro_rules! configured {
    ($request:expr, $action:expr, $spec:expr) => {
        $request
            .function_name(&$spec.function_name)
            .description(&$spec.description)
            .runtime($spec.runtime.as_str().into())
            .handler(&$spec.handler)
            .role(&$spec.role)
            .memory_size($spec.memory_size)
            .timeout($spec.timeout)
            .ephemeral_storage(storage($action, $spec.ephemeral_storage)?)
            .environment(Environment::builder().set_variables(Some(to_sdk(&$spec.environment))).build())
            .tracing_config(TracingConfig::builder().mode(to_aws(&$spec.tracing_mode).as_str().into()).build())
            .set_layers(Some($spec.layers.clone()))
            .logging_config(logging(&$spec.logging))
    };
}

/// A `CreateFunction` with everything that it takes. What is not wanted is left out.
pub(super) fn create(
    client: &Client,
    action: &str,
    spec: &FunctionSpec,
    zip: &[u8],
    tags: &Tags,
) -> Result<CreateFunctionFluentBuilder, CloudError> {
    let some = |text: &String| (!text.is_empty()).then(|| text.clone());
    let request = client.create_function().code(FunctionCode::builder().zip_file(Blob::new(zip)).build());
    Ok(configured!(request, action, spec)
        .set_architectures(Some(architectures(&spec.architectures)))
        .set_kms_key_arn(some(&spec.kms_key))
        .set_dead_letter_config(
            some(&spec.dead_letter_target_arn).map(|arn| DeadLetterConfig::builder().target_arn(arn).build()),
        )
        .set_vpc_config((!spec.vpc.subnet_ids.is_empty()).then(|| vpc(&spec.vpc)))
        .set_tags(Some(to_sdk(tags))))
}

/// An `UpdateFunctionConfiguration` of all configuration. What is not wanted is said to be empty: what is left out stays.
pub(super) fn update_configuration(
    client: &Client,
    action: &str,
    spec: &FunctionSpec,
) -> Result<UpdateFunctionConfigurationFluentBuilder, CloudError> {
    Ok(configured!(client.update_function_configuration(), action, spec)
        .kms_key_arn(&spec.kms_key)
        .dead_letter_config(DeadLetterConfig::builder().target_arn(&spec.dead_letter_target_arn).build())
        .vpc_config(vpc(&spec.vpc)))
}

/// An `AddPermission`.
pub(super) fn add_permission(
    client: &Client,
    function_name: &str,
    permission: &Permission,
) -> AddPermissionFluentBuilder {
    client
        .add_permission()
        .function_name(function_name)
        .statement_id(&permission.statement_id)
        .principal(&permission.principal)
        .action(&permission.action)
        .set_source_arn(permission.source_arn.clone())
        .set_source_account(permission.source_account.clone())
        .set_principal_org_id(permission.principal_org_id.clone())
}

pub(super) fn architectures(architectures: &[Architecture]) -> Vec<SdkArchitecture> {
    architectures.iter().map(|one| to_aws(one).as_str().into()).collect()
}

/// The client's own configuration, with time to send code as long as it is being sent.
pub(super) fn patient() -> config::Builder {
    config::Builder::new()
        .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(UPLOAD).build())
        .stalled_stream_protection(StalledStreamProtectionConfig::enabled().build())
}

fn storage(action: &str, size: i32) -> Result<EphemeralStorage, CloudError> {
    EphemeralStorage::builder().size(size).build().map_err(|error| unbuilt(action, &error))
}

fn vpc(vpc: &Vpc) -> VpcConfig {
    VpcConfig::builder()
        .set_subnet_ids(Some(vpc.subnet_ids.iter().cloned().collect()))
        .set_security_group_ids(Some(vpc.security_group_ids.iter().cloned().collect()))
        .ipv6_allowed_for_dual_stack(vpc.ipv6_allowed)
        .build()
}

/// Levels are for JSON only. The desired spec of a function that goes over to text still has the live ones.
fn logging(logging: &Logging) -> LoggingConfig {
    let json = logging.log_format == LogFormat::Json;
    let application = logging.application_log_level.filter(|_| json).map(|level| to_aws(&level).as_str().into());
    let system = logging.system_log_level.filter(|_| json).map(|level| to_aws(&level).as_str().into());
    LoggingConfig::builder()
        .log_format(to_aws(&logging.log_format).as_str().into())
        .set_log_group(logging.log_group.clone())
        .set_application_log_level(application)
        .set_system_log_level(system)
        .build()
}
