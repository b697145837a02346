//! Making the calls.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{ResourceType, UnsuccessfulItem};
use provision_reconciler::{CloudError, ErrorClass, Notes, Progress, Scope};

use super::call::{Call, Modification};
use super::read;
use super::spec::{EndpointType, VpcEndpointSpec};
use crate::Aws;
use crate::aws::classify;
use crate::document::Document;
use crate::ec2::{client_token, patiently, run_tags, tag_specification, unnamed, until_free};
use crate::values::to_aws;

/// How long another change of the endpoint may be under way.
const BUSY: Duration = Duration::from_secs(60);

/// Makes one call.
pub(super) async fn run(aws: &Aws, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
    let clients = aws.region(&scope.region).await;
    let (client, notes) = (clients.ec2(), progress.notes.clone());
    let action = call.action();
    match &call {
        Call::CreateVpcEndpoint { spec } => create(aws, client, scope, spec, progress).await,
        Call::ModifyVpcEndpoint { modification } => {
            modify(aws, client, progress.id(action)?, modification, &notes).await
        }
        Call::Tags(tags) => run_tags(aws, &clients, progress.id(action)?, tags, &notes).await,
        Call::DeleteVpcEndpoints => {
            let id = progress.id(action)?;
            until_free(BUSY, &notes, || async {
                let request = client.delete_vpc_endpoints().vpc_endpoint_ids(id);
                let answer = aws.call(action, request.send()).await?;
                // The call as such succeeds even if the only endpoint that it names was not deleted.
                answer.unsuccessful().first().map_or(Ok(()), |item| Err(refusal(action, item)))
            })
            .await
        }
    }
}

async fn create(
    aws: &Aws,
    client: &Client,
    scope: &Scope,
    spec: &VpcEndpointSpec,
    progress: &mut Progress,
) -> Result<(), CloudError> {
    let action = "ec2:CreateVpcEndpoint";
    let request = client
        .create_vpc_endpoint()
        .vpc_id(&spec.vpc_id)
        .service_name(&spec.service_name)
        .vpc_endpoint_type(to_aws(&spec.endpoint_type()).as_str().into())
        .set_route_table_ids(list(&spec.route_table_ids))
        .set_subnet_ids(list(&spec.subnet_ids))
        .set_security_group_ids(list(&spec.security_group_ids))
        .set_private_dns_enabled(spec.private_dns_enabled.filter(|_| spec.endpoint_type() == EndpointType::Interface))
        .set_policy_document(spec.own_policy().map(Document::to_json))
        .tag_specifications(tag_specification(ResourceType::VpcEndpoint, &spec.tags, scope))
        .client_token(client_token(scope));
    let answer = patiently(&progress.notes, passes, || aws.call(action, request.clone().send())).await?;
    let endpoint = answer.vpc_endpoint.ok_or_else(|| unnamed(action))?;
    let id = endpoint.vpc_endpoint_id.clone().ok_or_else(|| unnamed(action))?;
    let outputs = read::outputs(scope, &id, &endpoint);
    progress.output("arn", outputs.arn);
    progress.output("vpc_endpoint_id", outputs.vpc_endpoint_id);
    progress.id = Some(id);
    Ok(())
}

async fn modify(
    aws: &Aws,
    client: &Client,
    id: &str,
    modification: &Modification,
    notes: &Notes,
) -> Result<(), CloudError> {
    let request = client
        .modify_vpc_endpoint()
        .vpc_endpoint_id(id)
        .set_add_route_table_ids(list(&modification.add_route_table_ids))
        .set_remove_route_table_ids(list(&modification.remove_route_table_ids))
        .set_add_subnet_ids(list(&modification.add_subnet_ids))
        .set_remove_subnet_ids(list(&modification.remove_subnet_ids))
        .set_add_security_group_ids(list(&modification.add_security_group_ids))
        .set_remove_security_group_ids(list(&modification.remove_security_group_ids))
        .set_private_dns_enabled(modification.private_dns_enabled)
        .set_policy_document(modification.policy_document.as_ref().map(Document::to_json))
        .set_reset_policy(modification.reset_policy.then_some(true));
    patiently(notes, passes, || aws.call("ec2:ModifyVpcEndpoint", request.clone().send())).await.map(drop)
}

/// What is in the set, or nothing at all.
fn list(ids: &BTreeSet<String>) -> Option<Vec<String>> {
    (!ids.is_empty()).then(|| ids.iter().cloned().collect())
}

/// Whether the VPC's DNS settings are too new to be known, or the route or the name of an endpoint that was just deleted is still
/// there.
fn passes(error: &CloudError) -> bool {
    let said = ["enableDnsSupport", "conflicting DNS domain"].iter().any(|part| error.message.contains(part));
    error.code.as_deref() == Some("RouteAlreadyExists") || (error.class == ErrorClass::Refused && said)
}

/// Why one of the endpoints of a batch was not deleted.
fn refusal(action: &str, item: &UnsuccessfulItem) -> CloudError {
    let error = item.error();
    let (code, message) = (error.and_then(|error| error.code()), error.and_then(|error| error.message()));
    let failed = CloudError::new(action, classify(code, None), message.unwrap_or("AWS does not say why"));
    CloudError { code: code.map(str::to_owned), ..failed }
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::UnsuccessfulItemError;

    use super::*;

    #[test]
    fn an_endpoint_of_a_batch_that_was_not_there_is_gone() {
        let error = UnsuccessfulItemError::builder().code("InvalidVpcEndpoint.NotFound").message("no").build();
        let item = UnsuccessfulItem::builder().resource_id("vpce-1").error(error).build();
        assert_eq!(refusal("ec2:DeleteVpcEndpoints", &item).class, ErrorClass::NotFound);
    }

    #[test]
    fn what_passes_by_itself_is_told_from_what_does_not() {
        let error = |code: &str, message: &str| CloudError {
            code: Some(code.to_owned()),
            ..CloudError::new("ec2:CreateVpcEndpoint", ErrorClass::Refused, message)
        };
        let dns =
            "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true";
        assert!(passes(&error("InvalidParameter", dns)));
        assert!(passes(&error("RouteAlreadyExists", "route table rtb-1 already has a route")));
        assert!(!passes(&error("InvalidServiceName", "The Vpc Endpoint Service 'x' does not exist")));
    }
}
