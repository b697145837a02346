//! Waiting until what a call began is finished.

use std::time::Duration;

use aws_sdk_ec2::types::{NatGateway, NatGatewayState};
use provision_reconciler::{CloudError, ErrorClass, Progress, Scope};

use super::call::Call;
use super::read;
use crate::Aws;
use crate::aws::{Poll, wait_until};

const DEADLINE: Duration = Duration::from_secs(15 * 60);

/// Waits, reading only.
pub(super) async fn settle(aws: &Aws, scope: &Scope, call: &Call, progress: &mut Progress) -> Result<(), CloudError> {
    let action = call.action();
    let deleting = match call {
        Call::CreateNatGateway { .. } => false,
        Call::DeleteNatGateway => true,
        // Done at once.
        Call::Tags(_) => return Ok(()),
    };
    let id = progress.id(action)?.to_owned();
    let clients = aws.region(&scope.region).await;
    let what = format!("the NAT gateway {id} to become {}", if deleting { "deleted" } else { "available" });
    let notes = progress.notes.clone();
    let look = || async {
        let gateway = read::get(aws, clients.ec2(), &id).await?;
        if deleting { Ok(gone(gateway.as_ref())) } else { made(action, &id, gateway) }
    };
    let Some(gateway) = wait_until(action, &what, DEADLINE, &notes, look).await? else { return Ok(()) };
    let outputs = read::outputs(scope, &id, &gateway);
    for (name, value) in [("private_ip", outputs.private_ip), ("public_ip", outputs.public_ip)] {
        if let Some(value) = value {
            progress.output(name, value);
        }
    }
    Ok(())
}

/// Its Elastic IP address and its subnet are free only once it is `deleted`.
fn gone(gateway: Option<&NatGateway>) -> Poll<Option<NatGateway>> {
    match gateway.and_then(NatGateway::state) {
        None | Some(NatGatewayState::Deleted | NatGatewayState::Failed) => Poll::Ready(None),
        Some(state) => Poll::Pending(state.to_string()),
    }
}

fn made(action: &str, id: &str, gateway: Option<NatGateway>) -> Result<Poll<Option<NatGateway>>, CloudError> {
    // Reads lag: one that was just made may not be seen yet.
    let Some(gateway) = gateway else { return Ok(Poll::Pending("not to be seen".to_owned())) };
    match gateway.state() {
        Some(NatGatewayState::Available) => Ok(Poll::Ready(Some(gateway))),
        Some(NatGatewayState::Failed) => Err(failed(action, id, &gateway)),
        Some(state @ (NatGatewayState::Deleting | NatGatewayState::Deleted)) => {
            let message = format!("the NAT gateway {id} was deleted by somebody else while it was made: it is {state}");
            Err(CloudError::new(action, ErrorClass::Refused, message).with_hint("apply again"))
        }
        state => Ok(Poll::Pending(state.map_or("pending", NatGatewayState::as_str).to_owned())),
    }
}

/// Why AWS could not make it, and what to do.
///
/// <https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html>
fn failed(action: &str, id: &str, gateway: &NatGateway) -> CloudError {
    let code = gateway.failure_code().unwrap_or("Unknown");
    let why = gateway.failure_message().unwrap_or("AWS does not say why");
    let remedy = match code {
        "Gateway.NotAttached" => "attach an internet gateway to the VPC, or make it `connectivity_type = \"private\"`",
        "Resource.AlreadyAssociated" => "give it an Elastic IP address that nothing else uses",
        "InvalidAllocationID.NotFound" => "name an Elastic IP address that exists in this region",
        "InsufficientFreeAddressesInSubnet" => "name a subnet that has free addresses",
        "InvalidSubnetID.NotFound" => "name a subnet that exists in this region",
        _ => "see the NAT gateway in the AWS console",
    };
    let hint = format!("{remedy}, and apply again; {id} costs nothing, and AWS removes it by itself within the hour");
    let error = CloudError::new(action, ErrorClass::Refused, format!("the NAT gateway {id} failed: {why}"));
    CloudError { code: Some(code.to_owned()), ..error }.with_hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gateway(state: NatGatewayState) -> NatGateway {
        NatGateway::builder().state(state).build()
    }

    #[test]
    fn one_that_is_not_seen_yet_is_waited_for_and_one_that_failed_is_not() {
        let state = |gateway| match made("ec2:CreateNatGateway", "nat-1", gateway) {
            Ok(Poll::Pending(state)) => state,
            Ok(Poll::Ready(_)) => "ready".to_owned(),
            Err(error) => error.to_string(),
        };
        assert_eq!(state(None), "not to be seen");
        assert_eq!(state(Some(gateway(NatGatewayState::Pending))), "pending");
        assert_eq!(state(Some(gateway(NatGatewayState::Available))), "ready");
        assert!(state(Some(gateway(NatGatewayState::Deleting))).contains("by somebody else"));
    }

    #[test]
    fn a_failure_says_why_and_what_to_do() {
        let gateway = NatGateway::builder()
            .state(NatGatewayState::Failed)
            .failure_code("Gateway.NotAttached")
            .failure_message("Network vpc-1 has no Internet gateway attached")
            .build();
        let error = failed("ec2:CreateNatGateway", "nat-1", &gateway);
        insta::assert_snapshot!(error.to_string(), @"ec2:CreateNatGateway failed: Gateway.NotAttached: the NAT gateway nat-1 failed: Network vpc-1 has no Internet gateway attached");
        insta::assert_snapshot!(error.hint.unwrap_or_default(), @r#"attach an internet gateway to the VPC, or make it `connectivity_type = "private"`, and apply again; nat-1 costs nothing, and AWS removes it by itself within the hour"#);
    }

    #[test]
    fn its_address_is_free_only_once_it_is_deleted() {
        assert_eq!(gone(Some(&gateway(NatGatewayState::Deleting))), Poll::Pending("deleting".to_owned()));
        assert_eq!(gone(Some(&gateway(NatGatewayState::Deleted))), Poll::Ready(None));
        assert_eq!(gone(None), Poll::Ready(None));
    }
}
