//! Making the calls.

use std::time::Duration;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{NatGateway, ResourceType};
use provision_reconciler::{CloudError, Notes, Progress, Scope};

use super::call::Call;
use super::read::{self, describe};
use super::spec::NatGatewaySpec;
use crate::Aws;
use crate::aws::{Poll, wait_until};
use crate::ec2::{client_token, filter, patiently, run_tags, tag_specification, unnamed, until_free};
use crate::values::to_aws;

/// How long an older NAT gateway may take to give back the Elastic IP address that a new one is to have.
const RELEASE: Duration = Duration::from_secs(10 * 60);
/// How long a NAT gateway that is still being made may refuse to be deleted.
const BUSY: Duration = Duration::from_secs(60);

/// Makes one call.
pub(super) async fn run(aws: &Aws, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
    let clients = aws.region(&scope.region).await;
    let client = clients.ec2();
    let action = call.action();
    match &call {
        Call::CreateNatGateway { spec } => {
            let gateway = create(aws, client, scope, spec, &progress.notes).await?;
            let id = gateway.nat_gateway_id.clone().ok_or_else(|| unnamed(action))?;
            let outputs = read::outputs(scope, &id, &gateway);
            progress.output("arn", outputs.arn);
            progress.output("nat_gateway_id", outputs.nat_gateway_id);
            progress.id = Some(id);
            Ok(())
        }
        Call::Tags(tags) => run_tags(aws, &clients, progress.id(action)?, tags, &progress.notes).await,
        Call::DeleteNatGateway => {
            let id = progress.id(action)?;
            let delete = || aws.call(action, client.delete_nat_gateway().nat_gateway_id(id).send());
            until_free(BUSY, &progress.notes, delete).await
        }
    }
}

async fn create(
    aws: &Aws,
    client: &Client,
    scope: &Scope,
    spec: &NatGatewaySpec,
    notes: &Notes,
) -> Result<NatGateway, CloudError> {
    let action = "ec2:CreateNatGateway";
    if let Some(allocation) = &spec.allocation_id {
        until_released(aws, client, allocation, notes).await?;
    }
    let request = client
        .create_nat_gateway()
        .subnet_id(&spec.subnet_id)
        .connectivity_type(to_aws(&spec.connectivity_type).as_str().into())
        .set_allocation_id(spec.allocation_id.clone())
        .set_private_ip_address(spec.private_ip_address.clone())
        .tag_specifications(tag_specification(ResourceType::Natgateway, &spec.tags, scope))
        .client_token(client_token(scope));
    let send = || aws.call(action, request.clone().send());
    let answer = patiently(notes, |_| false, send).await?;
    answer.nat_gateway.ok_or_else(|| unnamed(action))
}

/// AWS takes the order for a NAT gateway whose address still belongs to one that is being deleted, and has it fail a minute later.
async fn until_released(aws: &Aws, client: &Client, allocation: &str, notes: &Notes) -> Result<(), CloudError> {
    let what = format!("the Elastic IP address {allocation} to be free");
    wait_until(read::DESCRIBE, &what, RELEASE, notes, || async {
        let deleting = describe(aws, client, vec![filter("state", ["deleting"])]).await?;
        let holds = |gateway: &&NatGateway| {
            let mut addresses = gateway.nat_gateway_addresses().iter();
            addresses.any(|address| address.allocation_id() == Some(allocation))
        };
        Ok(match deleting.iter().find(holds).and_then(NatGateway::nat_gateway_id) {
            Some(holder) => Poll::Pending(format!("held by {holder}, which is being deleted")),
            None => Poll::Ready(()),
        })
    })
    .await
}
