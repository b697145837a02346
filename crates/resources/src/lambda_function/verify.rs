//! Testing a function: it is invoked with `{"check": true}`, which it must answer with an object in which `ok` is true, without
//! doing anything.

use aws_sdk_lambda::Client;
use aws_sdk_lambda::primitives::Blob;
use provision_reconciler::verify::{Check, Verification};
use provision_reconciler::{CloudError, Scope};
use serde_json::Value;

use super::spec::FunctionSpec;
use crate::Aws;

const INVOKE: &str = "invoke with a check";
/// What the function is invoked with.
const EVENT: &str = r#"{"check": true}"#;

/// Tests a function.
pub(super) async fn verify(aws: &Aws, verification: &Verification<FunctionSpec>) -> Vec<Check> {
    if verification.spec.reserved_concurrent_executions == 0 {
        return vec![Check::skipped(INVOKE, "`reserved_concurrent_executions` is 0, so it cannot be invoked")];
    }
    let clients = aws.region(&verification.scope.region).await;
    vec![match invoke(aws, clients.lambda(), &verification.id).await {
        Ok(answer) => judge(&verification.scope, &verification.id, answer.error.is_some(), &answer.payload),
        Err(error) => Check::failed_call(INVOKE, &verification.scope, &error),
    }]
}

struct Answer {
    error: Option<String>,
    payload: Vec<u8>,
}

async fn invoke(aws: &Aws, client: &Client, function: &str) -> Result<Answer, CloudError> {
    let request = client.invoke().function_name(function).payload(Blob::new(EVENT));
    let answer = aws.call("lambda:InvokeFunction", request.send()).await?;
    Ok(Answer { error: answer.function_error, payload: answer.payload.map(Blob::into_inner).unwrap_or_default() })
}

/// Judges what the function answered; `failed` is whether Lambda says that it failed.
fn judge(scope: &Scope, function: &str, failed: bool, payload: &[u8]) -> Check {
    let answer: Value = serde_json::from_slice(payload).unwrap_or_default();
    if failed {
        let text = |name: &str| answer.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let message = text("errorMessage").unwrap_or("it gave no message");
        let message = match text("errorType") {
            Some(kind) => format!("the function failed: {kind}: {message}"),
            None => format!("the function failed: {message}"),
        };
        return Check::failed(INVOKE, scope, message)
            .hint(format!("see its log, /aws/lambda/{function} unless it has another"));
    }
    if answer.get("ok") == Some(&Value::Bool(true)) {
        return Check::passed(INVOKE, "it answered with `ok`: true");
    }
    Check::failed(INVOKE, scope, "it did not answer with an object in which `ok` is true")
        .hint(format!("let the function answer {EVENT} with {{\"ok\": true}}, and do nothing else for it"))
}

#[cfg(test)]
mod tests {
    use provision_reconciler::verify::Outcome;

    use super::*;
    use crate::lambda_function::LambdaFunction;
    use crate::testing::scope;

    fn judged(failed: bool, payload: &str) -> String {
        match judge(&scope::<LambdaFunction>("pipeline"), "acme", failed, payload.as_bytes()).outcome {
            Outcome::Failed { message, hint } => format!("{message}\nhint: {hint}"),
            Outcome::Passed(detail) | Outcome::Skipped(detail) => detail,
        }
    }

    #[test]
    fn only_ok_passes() {
        assert_eq!(judged(false, r#"{"ok": true, "table": "t"}"#), "it answered with `ok`: true");
        for other in ["", "null", "[]", "true", r#"{"ok": false}"#, r#"{"ok": "true"}"#] {
            let message = judged(false, other);
            assert_eq!(
                message.lines().next(),
                Some("it did not answer with an object in which `ok` is true"),
                "{other}"
            );
        }
    }

    #[test]
    fn what_a_function_should_answer_is_told() {
        insta::assert_snapshot!(judged(false, "{}"), @r#"
        it did not answer with an object in which `ok` is true
        hint: let the function answer {"check": true} with {"ok": true}, and do nothing else for it
        "#);
    }

    #[test]
    fn an_error_of_the_function_is_told() {
        insta::assert_snapshot!(judged(true, r#"{"errorType": "ConfigurationError", "errorMessage": "TABLE_NAME is not set"}"#), @r"
        the function failed: ConfigurationError: TABLE_NAME is not set
        hint: see its log, /aws/lambda/acme unless it has another
        ");
        insta::assert_snapshot!(judged(true, r#"{"ok": true}"#), @r"
        the function failed: it gave no message
        hint: see its log, /aws/lambda/acme unless it has another
        ");
    }
}
