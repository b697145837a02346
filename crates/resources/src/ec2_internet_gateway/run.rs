//! Making the calls that change an internet gateway.

use std::time::Duration;

use aws_sdk_ec2::types::ResourceType;
use provision_reconciler::{CloudError, ErrorClass, Progress, Scope};

use super::InternetGatewayOutputs;
use super::call::Call;
use super::read::{attached_to, gateways};
use crate::Aws;
use crate::aws::Clients;
use crate::ec2;

/// How long public addresses may stay in the VPC that a gateway leaves. Nothing that has one refers to the gateway, so it
/// may all be going at the same time: a NAT gateway takes two minutes, an instance may take more.
const FREE: Duration = Duration::from_secs(15 * 60);

pub(super) async fn run(aws: &Aws, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
    let clients = aws.region(&scope.region).await;
    if let Call::CreateInternetGateway { .. } = call {
        return create(aws, &clients, scope, &call, progress).await;
    }
    let action = call.action();
    let (id, notes) = (progress.id(action)?, &progress.notes);
    let client = clients.ec2();
    match call {
        Call::CreateInternetGateway { .. } => Ok(()),
        Call::AttachInternetGateway { vpc_id } => {
            let request = || client.attach_internet_gateway().internet_gateway_id(id).vpc_id(&vpc_id);
            match ec2::patiently(notes, |_| false, || aws.call(action, request().send())).await {
                // By an attempt whose answer was lost, if it is this VPC.
                Err(error) if error.code.as_deref() == Some("Resource.AlreadyAssociated") => {
                    match attachment(aws, &clients, id).await? {
                        Some(holder) if holder == vpc_id => Ok(()),
                        holder => Err(associated(error, holder.as_deref())),
                    }
                }
                answer => answer.map(drop).map_err(explain),
            }
        }
        Call::DetachInternetGateway { vpc_id } => {
            let request = || client.detach_internet_gateway().internet_gateway_id(id).vpc_id(&vpc_id);
            match ec2::until_free(FREE, notes, || aws.call(action, request().send())).await {
                Err(error) if error.code.as_deref() == Some("Gateway.NotAttached") => Ok(()),
                answer => answer.map_err(explain),
            }
        }
        Call::Tags(call) => ec2::run_tags(aws, &clients, id, &call, notes).await,
        Call::DeleteInternetGateway => {
            let request = || client.delete_internet_gateway().internet_gateway_id(id);
            ec2::until_free(FREE, notes, || aws.call(action, request().send())).await
        }
    }
}

async fn create(
    aws: &Aws,
    clients: &Clients,
    scope: &Scope,
    call: &Call,
    progress: &mut Progress,
) -> Result<(), CloudError> {
    let Call::CreateInternetGateway { tags } = call else { return Ok(()) };
    let action = call.action();
    let request = || {
        let tags = ec2::tag_specification(ResourceType::InternetGateway, tags, scope);
        clients.once().ec2().create_internet_gateway().tag_specifications(tags).send()
    };
    let answer = aws.create(action, &progress.notes, ec2::is_too_new, request).await.map_err(ec2::explain)?;
    let id = answer.internet_gateway.and_then(|gateway| gateway.internet_gateway_id);
    let id = id.ok_or_else(|| ec2::unnamed(action))?;
    let outputs = InternetGatewayOutputs::new(scope, &id);
    progress.output("internet_gateway_id", outputs.internet_gateway_id);
    progress.output("arn", outputs.arn);
    progress.id = Some(id);
    Ok(())
}

/// The VPC that the gateway is attached to.
async fn attachment(aws: &Aws, clients: &Clients, id: &str) -> Result<Option<String>, CloudError> {
    let found = gateways(aws, clients.ec2(), vec![ec2::filter("internet-gateway-id", [id])]).await?;
    Ok(found.first().and_then(attached_to).map(str::to_owned))
}

fn associated(error: CloudError, holder: Option<&str>) -> CloudError {
    let holder = holder.map_or_else(|| "another VPC".to_owned(), |holder| format!("the VPC {holder}"));
    error.with_hint(format!("somebody attached it to {holder} meanwhile; run the same command again"))
}

fn explain(error: CloudError) -> CloudError {
    let taken = error.message.contains("already has an internet gateway");
    match (error.class, error.code.as_deref()) {
        (_, Some("InvalidParameterValue")) if taken => error.with_hint(
            "a VPC has one internet gateway; detach the other one, or let this environment use that one by its id",
        ),
        (ErrorClass::Busy, Some("DependencyViolation")) => error.with_hint(
            "something in the VPC still has a public address; see the Elastic IPs and network interfaces in the AWS console",
        ),
        _ => error,
    }
}
