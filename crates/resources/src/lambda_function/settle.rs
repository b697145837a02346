//! Waiting until what a call began is finished.

use std::time::Duration;

use aws_sdk_lambda::types::{FunctionConfiguration, LastUpdateStatus, State};
use provision_reconciler::{CloudError, ErrorClass, Progress, Scope};

use super::call::{Call, Operation};
use super::read;
use crate::Aws;
use crate::aws::{Poll, wait_until};

/// Network interfaces in a VPC may take some minutes.
const DEADLINE: Duration = Duration::from_secs(10 * 60);

/// Waits, reading only.
pub(super) async fn settle(cloud: &Aws, scope: &Scope, call: &Call, progress: &mut Progress) -> Result<(), CloudError> {
    let Call { function_name, operation } = call;
    let what = match operation {
        Operation::CreateFunction { .. } => format!("the function {function_name} to become Active"),
        Operation::UpdateFunctionCode { .. } | Operation::UpdateFunctionConfiguration { .. } => {
            format!("the update of the function {function_name}")
        }
        Operation::DeleteFunction => format!("the function {function_name} to be gone"),
        // Done at once.
        Operation::PutFunctionConcurrency { .. }
        | Operation::DeleteFunctionConcurrency
        | Operation::AddPermission { .. }
        | Operation::RemovePermission { .. }
        | Operation::TagResource { .. }
        | Operation::UntagResource { .. } => return Ok(()),
    };
    let clients = cloud.region(&scope.region).await;
    let client = clients.lambda();
    let notes = progress.notes.clone();
    wait_until(read::GET, &what, DEADLINE, &notes, || async {
        let function = read::get(cloud, client, function_name).await?;
        match (function.as_ref().and_then(|function| function.configuration()), operation) {
            (None, Operation::DeleteFunction) => Ok(Poll::Ready(())),
            (Some(_), Operation::DeleteFunction) => Ok(Poll::Pending("there".to_owned())),
            // Just created, and not to be seen everywhere yet.
            (None, _) => Ok(Poll::Pending("not to be seen".to_owned())),
            (Some(function), operation) => poll(function, operation),
        }
    })
    .await
}

/// How far a creation or an update is.
/// <https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html>
fn poll(function: &FunctionConfiguration, operation: &Operation) -> Result<Poll<()>, CloudError> {
    let pending = |state: &str| Ok(Poll::Pending(state.to_owned()));
    let updates = !matches!(operation, Operation::CreateFunction { .. });
    if function.state() == Some(&State::Failed) {
        let reason = function.state_reason().unwrap_or("Lambda gives no reason");
        return Err(failed(operation, format!("the function's state is Failed: {reason}")));
    }
    match function.last_update_status() {
        Some(LastUpdateStatus::Failed) if updates => {
            let reason = function.last_update_status_reason().unwrap_or("Lambda gives no reason");
            return Err(failed(operation, format!("the update failed: {reason}")));
        }
        Some(LastUpdateStatus::InProgress) if updates => return pending("InProgress"),
        _ => {}
    }
    match (function.state(), operation) {
        (Some(State::Pending), _) => pending("Pending"),
        // The update is not to be seen everywhere yet.
        (_, Operation::UpdateFunctionCode { code }) if function.code_sha256() != Some(&code.code_sha256) => {
            pending("as it was")
        }
        _ => Ok(Poll::Ready(())),
    }
}

fn failed(operation: &Operation, message: String) -> CloudError {
    CloudError::new(operation.action(), ErrorClass::Refused, message)
        .with_hint("mend what the reason names; the next apply goes on from where the function then is")
}

#[cfg(test)]
mod tests {
    use aws_sdk_lambda::types::builders::FunctionConfigurationBuilder;

    use super::*;
    use crate::lambda_function::Upload;

    fn function() -> FunctionConfigurationBuilder {
        FunctionConfiguration::builder().code_sha256("new").state(State::Active)
    }

    fn upload() -> Operation {
        let code = Upload {
            folder: String::new(),
            code_sha256: "new".to_owned(),
            runtime: String::new(),
            architectures: Vec::new(),
        };
        Operation::UpdateFunctionCode { code }
    }

    fn state(function: FunctionConfigurationBuilder) -> String {
        match poll(&function.build(), &upload()) {
            Ok(Poll::Ready(())) => "ready".to_owned(),
            Ok(Poll::Pending(state)) => state,
            Err(error) => error.message,
        }
    }

    #[test]
    fn an_update_is_done_when_the_function_is_active_and_as_asked() {
        assert_eq!(state(function().last_update_status(LastUpdateStatus::Successful)), "ready");
        assert_eq!(state(function().state(State::Inactive)), "ready", "idle for long, but updated");
        assert_eq!(state(function().last_update_status(LastUpdateStatus::InProgress)), "InProgress");
        assert_eq!(state(function().state(State::Pending)), "Pending");
        assert_eq!(state(function().code_sha256("old")), "as it was");
        let refused = function().last_update_status(LastUpdateStatus::Failed).last_update_status_reason("no subnet");
        assert_eq!(state(refused), "the update failed: no subnet");
        let broken = function().state(State::Failed).state_reason("no role");
        assert_eq!(state(broken), "the function's state is Failed: no role");
    }
}
