//! Making the calls that change an Elastic IP address.

use std::time::Duration;

use aws_sdk_ec2::types::{DomainType, ResourceType};
use provision_reconciler::{CloudError, ErrorClass, Progress, Scope};

use super::EipOutputs;
use super::call::Call;
use crate::Aws;
use crate::aws::{Clients, retry_while};
use crate::ec2;

/// How long what used the address may hold on to it after it is itself gone.
const FREE: Duration = Duration::from_secs(300);

pub(super) async fn run(aws: &Aws, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
    let clients = aws.region(&scope.region).await;
    if let Call::AllocateAddress { .. } = call {
        return allocate(aws, &clients, scope, &call, progress).await;
    }
    let action = call.action();
    let (id, notes) = (progress.id(action)?, &progress.notes);
    match call {
        Call::AllocateAddress { .. } => Ok(()),
        Call::Tags(call) => ec2::run_tags(aws, &clients, id, &call, notes).await,
        Call::ReleaseAddress { network_border_group } => {
            let request = || {
                let request = clients.ec2().release_address().allocation_id(id);
                request.set_network_border_group(network_border_group.clone())
            };
            match retry_while(FREE, notes, is_in_use, || aws.call(action, request().send())).await {
                // Released meanwhile, or by an attempt whose answer was lost.
                Err(error) if error.class == ErrorClass::NotFound => Ok(()),
                answer => answer.map(drop).map_err(explain),
            }
        }
    }
}

async fn allocate(
    aws: &Aws,
    clients: &Clients,
    scope: &Scope,
    call: &Call,
    progress: &mut Progress,
) -> Result<(), CloudError> {
    let Call::AllocateAddress { network_border_group, public_ipv4_pool, tags } = call else { return Ok(()) };
    let action = call.action();
    let request = || {
        let request = clients.once().ec2().allocate_address().domain(DomainType::Vpc);
        request
            .set_network_border_group(network_border_group.clone())
            .set_public_ipv4_pool(public_ipv4_pool.clone())
            .tag_specifications(ec2::tag_specification(ResourceType::ElasticIp, tags, scope))
            .send()
    };
    let answer = aws.create(action, &progress.notes, ec2::is_too_new, request).await.map_err(ec2::explain)?;
    let (id, ip) = answer.allocation_id.zip(answer.public_ip).ok_or_else(|| ec2::unnamed(action))?;
    let outputs = EipOutputs::new(scope, &id, &ip);
    progress.output("allocation_id", outputs.allocation_id);
    progress.output("public_ip", outputs.public_ip);
    progress.output("arn", outputs.arn);
    progress.id = Some(id);
    Ok(())
}

/// Whether something still uses the address. Of one that a service of AWS's own put to use, such as a NAT gateway, AWS says that
/// we may not touch it.
fn is_in_use(error: &CloudError) -> bool {
    ec2::is_in_use(error) || is_of_a_service(error)
}

fn is_of_a_service(error: &CloudError) -> bool {
    error.code.as_deref() == Some("AuthFailure")
        && error.message.contains("do not have permission to access the specified resource")
}

fn explain(error: CloudError) -> CloudError {
    if is_in_use(&error) {
        return error.with_hint(
            "something that this environment does not manage still uses the address; see what it is associated with in the AWS \
             console, and disassociate it",
        );
    }
    ec2::explain(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_in_use_is_waited_for() {
        let error = |code: &str, message: &str, class| CloudError {
            code: Some(code.to_owned()),
            ..CloudError::new("ec2:ReleaseAddress", class, message)
        };
        let in_use = error("InvalidIPAddress.InUse", "in use", ErrorClass::Refused);
        let message = "You do not have permission to access the specified resource.";
        let of_a_gateway = error("AuthFailure", message, ErrorClass::Denied);
        for error in [in_use, of_a_gateway] {
            assert!(is_in_use(&error));
            assert!(explain(error).hint.is_some_and(|hint| hint.contains("disassociate")));
        }
        let wrong_key = "AWS was not able to validate the provided access credentials";
        assert!(!is_in_use(&error("AuthFailure", wrong_key, ErrorClass::Denied)));
        assert!(!is_in_use(&error("UnauthorizedOperation", message, ErrorClass::Denied)));
    }
}
