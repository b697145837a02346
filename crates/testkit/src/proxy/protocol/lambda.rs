//! Lambda, whose REST-JSON protocol is told by method and path.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html>

use super::{Operation, Request, decode};

/// Method, path, a query parameter that must be there, operation. The first row that fits counts.
#[rustfmt::skip]
const OPERATIONS: &[(&str, &str, &str, &str)] = &[
    ("GET", "/2018-10-31/layers", "find=LayerVersion", "GetLayerVersionByArn"),
    ("GET", "/2019-09-30/functions/{FunctionName}/provisioned-concurrency", "List=ALL", "ListProvisionedConcurrencyConfigs"),
    ("POST", "/2014-11-13/functions/{FunctionName}/invoke-async", "", "InvokeAsync"),
    ("GET", "/2015-03-31/event-source-mappings", "", "ListEventSourceMappings"),
    ("POST", "/2015-03-31/event-source-mappings", "", "CreateEventSourceMapping"),
    ("DELETE", "/2015-03-31/event-source-mappings/{UUID}", "", "DeleteEventSourceMapping"),
    ("GET", "/2015-03-31/event-source-mappings/{UUID}", "", "GetEventSourceMapping"),
    ("PUT", "/2015-03-31/event-source-mappings/{UUID}", "", "UpdateEventSourceMapping"),
    ("GET", "/2015-03-31/functions", "", "ListFunctions"),
    ("POST", "/2015-03-31/functions", "", "CreateFunction"),
    ("DELETE", "/2015-03-31/functions/{FunctionName}", "", "DeleteFunction"),
    ("GET", "/2015-03-31/functions/{FunctionName}", "", "GetFunction"),
    ("GET", "/2015-03-31/functions/{FunctionName}/aliases", "", "ListAliases"),
    ("POST", "/2015-03-31/functions/{FunctionName}/aliases", "", "CreateAlias"),
    ("DELETE", "/2015-03-31/functions/{FunctionName}/aliases/{Name}", "", "DeleteAlias"),
    ("GET", "/2015-03-31/functions/{FunctionName}/aliases/{Name}", "", "GetAlias"),
    ("PUT", "/2015-03-31/functions/{FunctionName}/aliases/{Name}", "", "UpdateAlias"),
    ("PUT", "/2015-03-31/functions/{FunctionName}/code", "", "UpdateFunctionCode"),
    ("GET", "/2015-03-31/functions/{FunctionName}/configuration", "", "GetFunctionConfiguration"),
    ("PUT", "/2015-03-31/functions/{FunctionName}/configuration", "", "UpdateFunctionConfiguration"),
    ("POST", "/2015-03-31/functions/{FunctionName}/invocations", "", "Invoke"),
    ("GET", "/2015-03-31/functions/{FunctionName}/policy", "", "GetPolicy"),
    ("POST", "/2015-03-31/functions/{FunctionName}/policy", "", "AddPermission"),
    ("DELETE", "/2015-03-31/functions/{FunctionName}/policy/{StatementId}", "", "RemovePermission"),
    ("GET", "/2015-03-31/functions/{FunctionName}/versions", "", "ListVersionsByFunction"),
    ("POST", "/2015-03-31/functions/{FunctionName}/versions", "", "PublishVersion"),
    ("GET", "/2016-08-19/account-settings", "", "GetAccountSettings"),
    ("DELETE", "/2017-03-31/tags/{Resource}", "", "UntagResource"),
    ("GET", "/2017-03-31/tags/{Resource}", "", "ListTags"),
    ("POST", "/2017-03-31/tags/{Resource}", "", "TagResource"),
    ("DELETE", "/2017-10-31/functions/{FunctionName}/concurrency", "", "DeleteFunctionConcurrency"),
    ("PUT", "/2017-10-31/functions/{FunctionName}/concurrency", "", "PutFunctionConcurrency"),
    ("GET", "/2018-10-31/layers", "", "ListLayers"),
    ("GET", "/2018-10-31/layers/{LayerName}/versions", "", "ListLayerVersions"),
    ("POST", "/2018-10-31/layers/{LayerName}/versions", "", "PublishLayerVersion"),
    ("DELETE", "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}", "", "DeleteLayerVersion"),
    ("GET", "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}", "", "GetLayerVersion"),
    ("GET", "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}/policy", "", "GetLayerVersionPolicy"),
    ("POST", "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}/policy", "", "AddLayerVersionPermission"),
    ("DELETE", "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}/policy/{StatementId}", "", "RemoveLayerVersionPermission"),
    ("DELETE", "/2019-09-25/functions/{FunctionName}/event-invoke-config", "", "DeleteFunctionEventInvokeConfig"),
    ("GET", "/2019-09-25/functions/{FunctionName}/event-invoke-config", "", "GetFunctionEventInvokeConfig"),
    ("POST", "/2019-09-25/functions/{FunctionName}/event-invoke-config", "", "UpdateFunctionEventInvokeConfig"),
    ("PUT", "/2019-09-25/functions/{FunctionName}/event-invoke-config", "", "PutFunctionEventInvokeConfig"),
    ("GET", "/2019-09-25/functions/{FunctionName}/event-invoke-config/list", "", "ListFunctionEventInvokeConfigs"),
    ("GET", "/2019-09-30/functions/{FunctionName}/concurrency", "", "GetFunctionConcurrency"),
    ("DELETE", "/2019-09-30/functions/{FunctionName}/provisioned-concurrency", "", "DeleteProvisionedConcurrencyConfig"),
    ("GET", "/2019-09-30/functions/{FunctionName}/provisioned-concurrency", "", "GetProvisionedConcurrencyConfig"),
    ("PUT", "/2019-09-30/functions/{FunctionName}/provisioned-concurrency", "", "PutProvisionedConcurrencyConfig"),
    ("GET", "/2020-04-22/code-signing-configs", "", "ListCodeSigningConfigs"),
    ("POST", "/2020-04-22/code-signing-configs", "", "CreateCodeSigningConfig"),
    ("DELETE", "/2020-04-22/code-signing-configs/{CodeSigningConfigArn}", "", "DeleteCodeSigningConfig"),
    ("GET", "/2020-04-22/code-signing-configs/{CodeSigningConfigArn}", "", "GetCodeSigningConfig"),
    ("PUT", "/2020-04-22/code-signing-configs/{CodeSigningConfigArn}", "", "UpdateCodeSigningConfig"),
    ("GET", "/2020-04-22/code-signing-configs/{CodeSigningConfigArn}/functions", "", "ListFunctionsByCodeSigningConfig"),
    ("DELETE", "/2020-06-30/functions/{FunctionName}/code-signing-config", "", "DeleteFunctionCodeSigningConfig"),
    ("GET", "/2020-06-30/functions/{FunctionName}/code-signing-config", "", "GetFunctionCodeSigningConfig"),
    ("PUT", "/2020-06-30/functions/{FunctionName}/code-signing-config", "", "PutFunctionCodeSigningConfig"),
    ("GET", "/2021-07-20/functions/{FunctionName}/runtime-management-config", "", "GetRuntimeManagementConfig"),
    ("PUT", "/2021-07-20/functions/{FunctionName}/runtime-management-config", "", "PutRuntimeManagementConfig"),
    ("DELETE", "/2021-10-31/functions/{FunctionName}/url", "", "DeleteFunctionUrlConfig"),
    ("GET", "/2021-10-31/functions/{FunctionName}/url", "", "GetFunctionUrlConfig"),
    ("POST", "/2021-10-31/functions/{FunctionName}/url", "", "CreateFunctionUrlConfig"),
    ("PUT", "/2021-10-31/functions/{FunctionName}/url", "", "UpdateFunctionUrlConfig"),
    ("GET", "/2021-10-31/functions/{FunctionName}/urls", "", "ListFunctionUrlConfigs"),
    ("POST", "/2021-11-15/functions/{FunctionName}/response-streaming-invocations", "", "InvokeWithResponseStream"),
    ("GET", "/2024-08-31/functions/{FunctionName}/recursion-config", "", "GetFunctionRecursionConfig"),
    ("PUT", "/2024-08-31/functions/{FunctionName}/recursion-config", "", "PutFunctionRecursionConfig"),
    ("GET", "/2025-11-30/capacity-providers", "", "ListCapacityProviders"),
    ("POST", "/2025-11-30/capacity-providers", "", "CreateCapacityProvider"),
    ("DELETE", "/2025-11-30/capacity-providers/{CapacityProviderName}", "", "DeleteCapacityProvider"),
    ("GET", "/2025-11-30/capacity-providers/{CapacityProviderName}", "", "GetCapacityProvider"),
    ("PUT", "/2025-11-30/capacity-providers/{CapacityProviderName}", "", "UpdateCapacityProvider"),
    ("GET", "/2025-11-30/capacity-providers/{CapacityProviderName}/function-versions", "", "ListFunctionVersionsByCapacityProvider"),
    ("GET", "/2025-11-30/functions/{FunctionName}/function-scaling-config", "", "GetFunctionScalingConfig"),
    ("PUT", "/2025-11-30/functions/{FunctionName}/function-scaling-config", "", "PutFunctionScalingConfig"),
    ("POST", "/2025-12-01/durable-execution-callbacks/{CallbackId}/fail", "", "SendDurableExecutionCallbackFailure"),
    ("POST", "/2025-12-01/durable-execution-callbacks/{CallbackId}/heartbeat", "", "SendDurableExecutionCallbackHeartbeat"),
    ("POST", "/2025-12-01/durable-execution-callbacks/{CallbackId}/succeed", "", "SendDurableExecutionCallbackSuccess"),
    ("DELETE", "/2025-12-01/durable-executions/{DurableExecutionArn}", "", "DeleteDurableExecution"),
    ("GET", "/2025-12-01/durable-executions/{DurableExecutionArn}", "", "GetDurableExecution"),
    ("POST", "/2025-12-01/durable-executions/{DurableExecutionArn}/checkpoint", "", "CheckpointDurableExecution"),
    ("GET", "/2025-12-01/durable-executions/{DurableExecutionArn}/history", "", "GetDurableExecutionHistory"),
    ("POST", "/2025-12-01/durable-executions/{DurableExecutionArn}/pause", "", "PauseDurableExecution"),
    ("POST", "/2025-12-01/durable-executions/{DurableExecutionArn}/resume", "", "ResumeDurableExecution"),
    ("GET", "/2025-12-01/durable-executions/{DurableExecutionArn}/state", "", "GetDurableExecutionState"),
    ("POST", "/2025-12-01/durable-executions/{DurableExecutionArn}/stop", "", "StopDurableExecution"),
    ("GET", "/2025-12-01/functions/{FunctionName}/durable-executions", "", "ListDurableExecutionsByFunction"),
    ("DELETE", "/2026-07-09/resource-policy/{ResourceArn}", "", "DeleteResourcePolicy"),
    ("GET", "/2026-07-09/resource-policy/{ResourceArn}", "", "GetResourcePolicy"),
    ("PUT", "/2026-07-09/resource-policy/{ResourceArn}", "", "PutResourcePolicy"),
];

pub(super) fn recognise(request: &Request<'_>) -> Option<Operation> {
    OPERATIONS.iter().find_map(|(method, pattern, parameter, name)| {
        let parameter = parameter.split('=').next().unwrap_or_default();
        let fits = *method == request.method() && (parameter.is_empty() || request.parameter(parameter).is_some());
        let placeholders = fits.then(|| fit(pattern, request.path()))??;
        Some(Operation {
            name: (*name).to_owned(),
            permission: permission(name),
            resource: placeholders.first().map(|name| decode(name)).or_else(|| named_in_body(request)),
            ..Operation::default()
        })
    })
}

/// What stands for the placeholders of a pattern in a path, if it fits.
fn fit<'a>(pattern: &str, path: &'a str) -> Option<Vec<&'a str>> {
    let (pattern, path) = (pattern.trim_start_matches('/').split('/'), path.trim_end_matches('/').split('/'));
    if pattern.clone().count() != path.clone().count() {
        return None;
    }
    let mut placeholders = Vec::new();
    for (expected, found) in pattern.zip(path) {
        if expected.starts_with('{') {
            placeholders.push(found);
        } else if expected != found {
            return None;
        }
    }
    Some(placeholders)
}

/// `CreateFunction` and `CreateEventSourceMapping` name their function in the body only.
fn named_in_body(request: &Request<'_>) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(request.body).ok()?;
    body.get("FunctionName")?.as_str().map(str::to_owned)
}

/// The IAM action where it is not named like the operation.
fn permission(operation: &str) -> Option<String> {
    match operation {
        "Invoke" | "InvokeWithResponseStream" => Some("InvokeFunction".to_owned()),
        "GetLayerVersionByArn" => Some("GetLayerVersion".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{signed, told};

    #[test]
    fn by_method_and_path() {
        let call =
            |method: &str, uri: &str, body: &str| told(method, uri, &[("authorization", &signed("lambda"))], body);
        assert_eq!(
            call("POST", "/2015-03-31/functions", r#"{"FunctionName": "f"}"#),
            "CreateFunction! lambda:CreateFunction f"
        );
        assert_eq!(call("POST", "/2015-03-31/functions/", "{}"), "CreateFunction! lambda:CreateFunction");
        assert_eq!(call("GET", "/2015-03-31/functions/f?Qualifier=1", ""), "GetFunction lambda:GetFunction f");
        assert_eq!(
            call("PUT", "/2015-03-31/functions/f/configuration", "{}"),
            "UpdateFunctionConfiguration! lambda:UpdateFunctionConfiguration f"
        );
        assert_eq!(call("POST", "/2015-03-31/functions/f/invocations", ""), "Invoke! lambda:InvokeFunction f");
        assert_eq!(
            call("GET", "/2019-09-30/functions/f/provisioned-concurrency?List=ALL", ""),
            "ListProvisionedConcurrencyConfigs lambda:ListProvisionedConcurrencyConfigs f"
        );
        assert_eq!(
            call("GET", "/2019-09-30/functions/f/provisioned-concurrency?Qualifier=1", ""),
            "GetProvisionedConcurrencyConfig lambda:GetProvisionedConcurrencyConfig f"
        );
        assert_eq!(
            call("GET", "/2017-03-31/tags/arn%3Aaws%3Alambda%3Aeu-west-1%3A712345678901%3Afunction%3Af", ""),
            "ListTags lambda:ListTags arn:aws:lambda:eu-west-1:712345678901:function:f"
        );
    }
}
