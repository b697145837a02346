//! Waiting until what a call began is finished.

use std::time::Duration;

use aws_sdk_ec2::types::VpcEndpoint;
use provision_reconciler::{CloudError, ErrorClass, Notes, Progress, Scope};

use super::call::Call;
use super::read;
use crate::Aws;
use crate::aws::{Poll, wait_until};

const DEADLINE: Duration = Duration::from_secs(10 * 60);

/// Waits, reading only.
pub(super) async fn settle(aws: &Aws, scope: &Scope, call: &Call, progress: &mut Progress) -> Result<(), CloudError> {
    let action = call.action();
    let deleting = match call {
        Call::CreateVpcEndpoint { .. } | Call::ModifyVpcEndpoint { .. } => false,
        Call::DeleteVpcEndpoints => true,
        // Done at once.
        Call::Tags(_) => return Ok(()),
    };
    let id = progress.id(action)?.to_owned();
    let clients = aws.region(&scope.region).await;
    let what = format!("the endpoint {id} to {}", if deleting { "be gone" } else { "become available" });
    let notes = progress.notes.clone();
    let look = || async {
        let endpoint = read::get(aws, clients.ec2(), &id).await?;
        if deleting { Ok(gone(endpoint.as_ref())) } else { made(action, &id, endpoint, &notes) }
    };
    let Some(endpoint) = wait_until(action, &what, DEADLINE, &notes, look).await? else { return Ok(()) };
    if let Some(name) = read::outputs(scope, &id, &endpoint).dns_name {
        progress.output("dns_name", name);
    }
    Ok(())
}

/// Its interfaces, and with them its subnets and security groups, are free only once it is gone.
fn gone(endpoint: Option<&VpcEndpoint>) -> Poll<Option<VpcEndpoint>> {
    match endpoint.map(read::state) {
        None => Poll::Ready(None),
        Some(state) if state == "deleted" => Poll::Ready(None),
        Some(state) => Poll::Pending(state),
    }
}

fn made(
    action: &str,
    id: &str,
    endpoint: Option<VpcEndpoint>,
    notes: &Notes,
) -> Result<Poll<Option<VpcEndpoint>>, CloudError> {
    // Reads lag: one that was just made may not be seen yet.
    let Some(endpoint) = endpoint else { return Ok(Poll::Pending("not to be seen".to_owned())) };
    let state = read::state(&endpoint);
    match state.as_str() {
        "available" => Ok(Poll::Ready(Some(endpoint))),
        "pendingacceptance" => {
            notes.say(&format!("{id} is of no use before the owner of the service accepts it"));
            Ok(Poll::Ready(Some(endpoint)))
        }
        "failed" | "rejected" | "expired" | "deleting" | "deleted" => Err(failed(action, id, &state, &endpoint)),
        _ => Ok(Poll::Pending(state)),
    }
}

fn failed(action: &str, id: &str, state: &str, endpoint: &VpcEndpoint) -> CloudError {
    let last = endpoint.last_error().and_then(|error| error.message());
    let why = endpoint.failure_reason().or(last).unwrap_or("AWS does not say why");
    let hint = match state {
        "rejected" | "expired" => "ask the owner of the service to accept it, then apply again".to_owned(),
        "deleting" | "deleted" => "somebody else deleted it meanwhile; apply again".to_owned(),
        _ => format!("delete it (`aws ec2 delete-vpc-endpoints --vpc-endpoint-ids {id}`), and apply again"),
    };
    CloudError::new(action, ErrorClass::Refused, format!("the endpoint {id} is {state}: {why}")).with_hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(state: Option<&str>) -> String {
        let endpoint = state.map(|state| VpcEndpoint::builder().state(state.into()).failure_reason("no").build());
        match made("ec2:CreateVpcEndpoint", "vpce-1", endpoint, &Notes::default()) {
            Ok(Poll::Ready(_)) => "ready".to_owned(),
            Ok(Poll::Pending(state)) => state,
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn one_that_is_not_seen_yet_is_waited_for_and_one_that_failed_is_not() {
        assert_eq!(look(None), "not to be seen");
        assert_eq!(look(Some("pending")), "pending");
        assert_eq!(look(Some("Available")), "ready");
        assert_eq!(look(Some("pendingAcceptance")), "ready");
        insta::assert_snapshot!(look(Some("failed")), @"ec2:CreateVpcEndpoint failed: the endpoint vpce-1 is failed: no");
    }

    #[test]
    fn one_that_is_being_deleted_is_waited_for() {
        let endpoint = |state: &str| VpcEndpoint::builder().state(state.into()).build();
        assert_eq!(gone(Some(&endpoint("Deleting"))), Poll::Pending("deleting".to_owned()));
        assert_eq!(gone(Some(&endpoint("deleted"))), Poll::Ready(None));
        assert_eq!(gone(None), Poll::Ready(None));
    }
}
