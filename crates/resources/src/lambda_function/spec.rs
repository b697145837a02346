//! What the file says of a function.

use std::collections::{BTreeMap, BTreeSet};

use provision_reconciler::{Problem, Scope};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::code;
use super::permission::Permission;
use crate::tags::Tags;

/// [`FunctionSpec::reserved_concurrent_executions`] of a function for which nothing is reserved.
pub const UNRESERVED: i32 = -1;

/// A Lambda function whose code is a folder.
///
/// The folder becomes a zip that is the same byte for byte on any machine, so code is uploaded exactly when a file of it
/// has changed.
///
/// ```toml
/// [lambda_function.pipeline]
/// function_name = "acme-${environment.name}-pipeline"
/// runtime = "python3.13"
/// handler = "handler.handler"
/// role = "${iam_role.pipeline.arn}"
/// code = { folder = "../lambda-src/pipeline" }
/// timeout = 60
/// environment = { TABLE_NAME = "${dynamodb_table.events.table_name}" }
/// ```
///
/// <https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html>
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FunctionSpec {
    /// The name, unique in its account and region: up to 64 letters, digits, `_`, `-`.
    #[schemars(extend("immutable" = true, "pattern" = "^[a-zA-Z0-9_-]{1,64}$"))]
    pub function_name: String,
    /// What the function is for.
    #[serde(default)]
    #[schemars(length(max = 256))]
    #[schemars(extend("severity" = "low"))]
    pub description: String,
    /// Lambda's identifier of the runtime: `python3.13`, `nodejs22.x`, `provided.al2023`, …
    /// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html>
    #[schemars(extend("pattern" = "^(dotnet|java|nodejs|provided|python|ruby)[a-z0-9.]*$"))]
    pub runtime: String,
    /// What in the code is called, in the runtime's own notation: `handler.handler` is the function `handler` of `handler.py`.
    #[schemars(extend("pattern" = r"^\S{1,128}$"))]
    pub handler: String,
    /// The ARN of the role that the function runs as. Lambda (`lambda.amazonaws.com`) must be trusted to assume it.
    #[schemars(extend("format" = "arn"))]
    #[schemars(extend("severity" = "high"))]
    pub role: String,
    /// The code.
    #[schemars(extend("severity" = "high"))]
    pub code: Code,
    /// What the function runs on; one of the two.
    #[serde(default = "x86_64")]
    pub architectures: Vec<Architecture>,
    /// Memory in MB; processing power grows with it.
    #[serde(default = "memory_size")]
    #[schemars(range(min = 128, max = 10240))]
    pub memory_size: i32,
    /// After how many seconds Lambda ends an invocation.
    #[serde(default = "timeout")]
    #[schemars(range(min = 1, max = 900))]
    pub timeout: i32,
    /// MB of `/tmp`. More than 512 are charged.
    #[serde(default = "ephemeral_storage")]
    #[schemars(range(min = 512, max = 10240))]
    pub ephemeral_storage: i32,
    /// Environment variables. They are shown in plans and kept in the state, and whoever may read the function's
    /// configuration can read them: a secret belongs into Secrets Manager, its ARN here.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// The ARN of the KMS key that encrypts the environment variables. Empty: a key that AWS manages.
    #[serde(default)]
    #[schemars(extend("pattern" = "^(|arn:[^:]+:kms:[^:]+:[0-9]{12}:key/.+)$"))]
    #[schemars(extend("severity" = "high"))]
    pub kms_key: String,
    /// Whether X-Ray traces requests by itself (`Active`) or only those that a caller already traces (`PassThrough`). `Active` needs
    /// `xray:PutTraceSegments` and `xray:PutTelemetryRecords` in the role.
    #[serde(default)]
    pub tracing_mode: TracingMode,
    /// The ARN of the SQS queue or SNS topic that gets asynchronous events which failed for good; the role must be allowed to send to
    /// it. Empty: they are dropped.
    #[serde(default)]
    #[schemars(extend("pattern" = "^(|arn:[^:]+:(sqs|sns):.+)$"))]
    pub dead_letter_target_arn: String,
    /// The ARNs of up to five layer versions; a later one's files hide an earlier one's.
    #[serde(default)]
    #[schemars(extend("severity" = "high"))]
    pub layers: Vec<String>,
    /// The subnets that the function reaches. Unset: none; it reaches the internet, and nothing in a VPC.
    #[serde(default)]
    #[schemars(extend("severity" = "high"))]
    pub vpc: Vpc,
    /// How many invocations run at once at most, and are sure to find room in the account's quota. 0: none is run. -1: nothing is
    /// reserved, and nothing limits it but the account's quota.
    #[serde(default = "unreserved")]
    #[schemars(range(min = -1))]
    pub reserved_concurrent_executions: i32,
    /// Where and how the function logs.
    #[serde(default)]
    pub logging: Logging,
    /// Who else may invoke the function: the statements of its resource policy, all of them. One that is not here is
    /// removed.
    #[serde(default)]
    #[schemars(extend("set" = "statement_id"))]
    #[schemars(extend("severity" = "high"))]
    pub permissions: Vec<Permission>,
    /// Tags, besides the environment's.
    #[serde(default)]
    #[schemars(extend("severity" = "low"))]
    pub tags: Tags,
}

/// A function's code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Code {
    /// The folder with the sources, relative to the file that says so. A `requirements.txt` in it is installed beside them;
    /// a `.lambdaignore` leaves files out.
    #[schemars(extend("format" = "path"))]
    pub folder: String,
    /// The SHA-256 of the package in base64. Never in a file: it is computed from the folder, and compared with the one
    /// that Lambda has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_sha256: Option<String>,
}

/// What a function runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Architecture {
    /// 64-bit x86.
    #[serde(rename = "x86_64")]
    X86_64,
    /// 64-bit ARM (AWS Graviton): costs less.
    #[serde(rename = "arm64")]
    Arm64,
}

/// Which requests X-Ray traces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum TracingMode {
    /// A sample of all.
    #[default]
    Active,
    /// Those that the caller traces.
    PassThrough,
}

/// The subnets that a function reaches. Lambda needs `ec2:CreateNetworkInterface`, `ec2:DescribeNetworkInterfaces` and
/// `ec2:DeleteNetworkInterface` in the role.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Vpc {
    /// The subnets, of one VPC.
    #[serde(default)]
    pub subnet_ids: BTreeSet<String>,
    /// The security groups of the function's network interfaces.
    #[serde(default)]
    pub security_group_ids: BTreeSet<String>,
    /// Whether IPv6 is used too, in subnets that have both.
    #[serde(default)]
    pub ipv6_allowed: bool,
}

/// Where and how a function logs.
/// <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html>
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Logging {
    /// Whether Lambda's own lines, and those of the runtime's logger, are JSON objects.
    #[serde(default)]
    pub log_format: LogFormat,
    /// The log group. Unset: `/aws/lambda/FUNCTION_NAME`, which Lambda makes itself, without a key and for ever, unless it is
    /// there: name a `logs_log_group` to have it encrypted and cleaned up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = r"^[.\-_/#A-Za-z0-9]{1,512}$"))]
    pub log_group: Option<String>,
    /// With `JSON`: the least level of the function's own lines that is kept. Unset: `INFO`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application_log_level: Option<ApplicationLogLevel>,
    /// With `JSON`: the least level of Lambda's lines that is kept. Unset: `INFO`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_log_level: Option<SystemLogLevel>,
}

/// The form of log lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum LogFormat {
    /// JSON objects.
    #[default]
    #[serde(rename = "JSON")]
    Json,
    /// Plain text.
    Text,
}

/// A level of a function's own lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[allow(missing_docs)]
pub enum ApplicationLogLevel {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
    Fatal,
}

/// A level of Lambda's lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[allow(missing_docs)]
pub enum SystemLogLevel {
    Debug,
    Info,
    Warn,
}

fn x86_64() -> Vec<Architecture> {
    vec![Architecture::X86_64]
}

fn memory_size() -> i32 {
    128
}

fn timeout() -> i32 {
    3
}

fn ephemeral_storage() -> i32 {
    512
}

fn unreserved() -> i32 {
    UNRESERVED
}

impl FunctionSpec {
    /// With what depends on where the function is, and the hash of its code.
    pub(super) fn complete(mut self, scope: &Scope) -> Result<Self, Problem> {
        self.code.code_sha256 = Some(code::of(&self)?.code_sha256.clone());
        self.logging = self.logging.complete(&self.function_name);
        for permission in &mut self.permissions {
            permission.complete(scope);
        }
        Ok(self)
    }
}

impl Logging {
    fn complete(mut self, function_name: &str) -> Self {
        self.log_group.get_or_insert_with(|| format!("/aws/lambda/{function_name}"));
        // Lambda has no levels for text.
        if self.log_format == LogFormat::Json {
            self.application_log_level.get_or_insert(ApplicationLogLevel::Info);
            self.system_log_level.get_or_insert(SystemLogLevel::Info);
        }
        self
    }
}
