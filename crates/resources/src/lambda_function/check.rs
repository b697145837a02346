//! What is wrong with a function beyond what its schema can say.

use provision_config::unknown;
use provision_reconciler::Problem;

use super::code;
use super::spec::{FunctionSpec, LogFormat};

/// The most layers of a function.
const LAYERS: usize = 5;

/// Variables that Lambda sets itself and takes from nobody.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime>
const RESERVED: &[&str] = &[
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
];

/// All that is wrong with it.
pub(super) fn problems(spec: &FunctionSpec) -> Vec<Problem> {
    let mut problems = Vec::new();
    check_code(spec, &mut problems);
    check_environment(spec, &mut problems);
    check_vpc(spec, &mut problems);
    if spec.architectures.len() != 1 {
        let problem = Problem::new("/architectures", "a function runs on exactly one architecture");
        problems.push(problem.help("write `[\"x86_64\"]` or `[\"arm64\"]`"));
    }
    if spec.layers.len() > LAYERS {
        problems.push(Problem::new("/layers", format!("a function has at most {LAYERS} layers")));
    }
    if spec.logging.log_format == LogFormat::Text {
        let levels = [
            ("application_log_level", spec.logging.application_log_level.is_some()),
            ("system_log_level", spec.logging.system_log_level.is_some()),
        ];
        for (field, _) in levels.into_iter().filter(|(_, set)| *set) {
            let problem = Problem::new(format!("/logging/{field}"), "levels are for `log_format = \"JSON\"`");
            problems.push(problem.help("remove it, or set `log_format = \"JSON\"`"));
        }
    }
    problems
}

fn check_code(spec: &FunctionSpec, problems: &mut Vec<Problem>) {
    if spec.code.code_sha256.is_some() {
        let problem = Problem::new("/code/code_sha256", "the hash is computed from the folder");
        problems.push(problem.help("remove it"));
    }
    if unknown::is_unknown(&spec.code.folder) {
        let problem = Problem::new("/code/folder", "the folder must be known before anything exists");
        problems.push(problem.help("refer to variables and inputs only, not to what AWS outputs"));
    } else if let Err(problem) = code::check(spec) {
        problems.push(problem);
    }
}

fn check_environment(spec: &FunctionSpec, problems: &mut Vec<Problem>) {
    for name in spec.environment.keys() {
        let pointer = format!("/environment/{}", name.replace('~', "~0").replace('/', "~1"));
        if RESERVED.contains(&name.as_str()) {
            problems.push(Problem::new(pointer, format!("`{name}` is set by Lambda itself")).help("use another name"));
        } else if !is_variable(name) {
            let problem = Problem::new(pointer, format!("`{name}` is no name for an environment variable"));
            problems.push(problem.help("use two or more letters, digits and `_`, beginning with a letter"));
        }
    }
}

fn is_variable(name: &str) -> bool {
    name.len() >= 2
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.chars().all(|next| next.is_ascii_alphanumeric() || next == '_')
}

fn check_vpc(spec: &FunctionSpec, problems: &mut Vec<Problem>) {
    let missing = match (spec.vpc.subnet_ids.is_empty(), spec.vpc.security_group_ids.is_empty()) {
        (true, false) => "subnet_ids",
        (false, true) => "security_group_ids",
        (true, true) if spec.vpc.ipv6_allowed => "subnet_ids",
        _ => return,
    };
    let problem = Problem::new("/vpc", format!("`vpc.{missing}` is missing"));
    problems.push(problem.help("a function in a VPC needs both `subnet_ids` and `security_group_ids`"));
}
