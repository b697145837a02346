//! Making the calls that change a subnet.

use std::time::Duration;

use aws_sdk_ec2::operation::modify_subnet_attribute::builders::ModifySubnetAttributeFluentBuilder;
use aws_sdk_ec2::types::{AttributeBooleanValue, ResourceType};
use provision_reconciler::{CloudError, Progress, Scope};

use super::arn;
use super::call::{Attribute, Call};
use crate::Aws;
use crate::aws::Clients;
use crate::ec2;
use crate::values::to_aws;

/// How long a subnet may keep network interfaces after what they belonged to is gone. Those of a deleted NAT gateway or of a
/// terminated instance go within a minute or two, those of a Lambda function within some twenty.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-hyperplane>
const FREE: Duration = Duration::from_secs(30 * 60);

pub(super) async fn run(aws: &Aws, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
    let clients = aws.region(&scope.region).await;
    if let Call::CreateSubnet { .. } = call {
        return create(aws, &clients, scope, &call, progress).await;
    }
    let action = call.action();
    let (id, notes) = (progress.id(action)?, &progress.notes);
    let client = clients.ec2();
    match call {
        Call::CreateSubnet { .. } => Ok(()),
        Call::ModifySubnetAttribute(attribute) => {
            let request = || with_attribute(client.modify_subnet_attribute().subnet_id(id), attribute);
            ec2::patiently(notes, |_| false, || aws.call(action, request().send())).await.map(drop)
        }
        Call::Tags(call) => ec2::run_tags(aws, &clients, id, &call, notes).await,
        Call::DeleteSubnet => {
            ec2::until_free(FREE, notes, || aws.call(action, client.delete_subnet().subnet_id(id).send())).await
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
    let Call::CreateSubnet { vpc_id, cidr_block, availability_zone, tags } = call else { return Ok(()) };
    let action = call.action();
    let request = || {
        let request = clients.once().ec2().create_subnet();
        request
            .vpc_id(vpc_id)
            .cidr_block(cidr_block)
            .set_availability_zone(availability_zone.clone())
            .tag_specifications(ec2::tag_specification(ResourceType::Subnet, tags, scope))
            .send()
    };
    let answer = aws.create(action, &progress.notes, ec2::is_too_new, request).await.map_err(explain)?;
    let subnet = answer.subnet.ok_or_else(|| ec2::unnamed(action))?;
    let id = subnet.subnet_id.ok_or_else(|| ec2::unnamed(action))?;
    progress.output("subnet_id", id.as_str());
    progress.output("arn", arn(scope, &id));
    if let Some(zone) = subnet.availability_zone {
        progress.output("availability_zone", zone);
    }
    progress.id = Some(id);
    Ok(())
}

fn with_attribute(
    request: ModifySubnetAttributeFluentBuilder,
    attribute: Attribute,
) -> ModifySubnetAttributeFluentBuilder {
    let boolean = |value| AttributeBooleanValue::builder().value(value).build();
    match attribute {
        Attribute::MapPublicIpOnLaunch(public) => request.map_public_ip_on_launch(boolean(public)),
        Attribute::PrivateDnsHostnameTypeOnLaunch(hostnames) => {
            request.private_dns_hostname_type_on_launch(to_aws(&hostnames).as_str().into())
        }
        Attribute::EnableResourceNameDnsARecordOnLaunch(enabled) => {
            request.enable_resource_name_dns_a_record_on_launch(boolean(enabled))
        }
    }
}

fn explain(error: CloudError) -> CloudError {
    match error.code.as_deref() {
        Some("InvalidSubnet.Conflict") => error.with_hint(
            "another subnet of the VPC has some of these addresses; choose a `cidr_block` that is free, or delete the other one",
        ),
        Some("InvalidSubnet.Range") => error.with_hint("choose a `cidr_block` within that of the VPC"),
        _ => ec2::explain(error),
    }
}
