//! Making the calls that change a VPC.

use std::time::Duration;

use aws_sdk_ec2::types::{AttributeBooleanValue, IpPermission, ResourceType};
use provision_reconciler::{CloudError, ErrorClass, Progress, Scope};

use super::arn;
use super::call::{Attribute, Call};
use super::default_group::Rule;
use super::read::default_groups;
use crate::Aws;
use crate::aws::Clients;
use crate::ec2;
use crate::values::to_aws;

/// How long a VPC may keep something after everything of this environment is gone from it: what AWS's own services had in
/// it goes a little later than what they served.
const FREE: Duration = Duration::from_secs(300);

pub(super) async fn run(aws: &Aws, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
    let clients = aws.region(&scope.region).await;
    if let Call::CreateVpc { .. } = call {
        return create(aws, &clients, scope, &call, progress).await;
    }
    let action = call.action();
    let (id, notes) = (progress.id(action)?.to_owned(), progress.notes.clone());
    let client = clients.ec2();
    match call {
        Call::CreateVpc { .. } => Ok(()),
        Call::ModifyVpcAttribute { attribute, enabled } => {
            let request = || {
                let value = AttributeBooleanValue::builder().value(enabled).build();
                let request = client.modify_vpc_attribute().vpc_id(&id);
                match attribute {
                    Attribute::EnableDnsSupport => request.enable_dns_support(value),
                    Attribute::EnableDnsHostnames => request.enable_dns_hostnames(value),
                }
            };
            ec2::patiently(&notes, |_| false, || aws.call(action, request().send())).await.map(drop)
        }
        Call::RevokeSecurityGroupIngress { rules } => {
            let group = default_group(aws, &clients, action, &id, progress).await?;
            let permissions = permissions(&rules, &group);
            let revoke = || async {
                let request = client.revoke_security_group_ingress().group_id(&group);
                revoked(aws.call(action, request.set_ip_permissions(Some(permissions.clone())).send()).await)
            };
            ec2::patiently(&notes, |_| false, revoke).await
        }
        Call::RevokeSecurityGroupEgress { rules } => {
            let group = default_group(aws, &clients, action, &id, progress).await?;
            let permissions = permissions(&rules, &group);
            let revoke = || async {
                let request = client.revoke_security_group_egress().group_id(&group);
                revoked(aws.call(action, request.set_ip_permissions(Some(permissions.clone())).send()).await)
            };
            ec2::patiently(&notes, |_| false, revoke).await
        }
        Call::Tags(call) => ec2::run_tags(aws, &clients, &id, &call, &notes).await,
        Call::DeleteVpc => {
            ec2::until_free(FREE, &notes, || aws.call(action, client.delete_vpc().vpc_id(&id).send())).await
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
    let Call::CreateVpc { cidr_block, instance_tenancy, tags } = call else { return Ok(()) };
    let action = call.action();
    let request = || {
        let request = clients.once().ec2().create_vpc();
        request
            .cidr_block(cidr_block)
            .instance_tenancy(to_aws(instance_tenancy).as_str().into())
            .tag_specifications(ec2::tag_specification(ResourceType::Vpc, tags, scope))
            .send()
    };
    let answer = aws.create(action, &progress.notes, ec2::is_too_new, request).await.map_err(ec2::explain)?;
    let id = answer.vpc.and_then(|vpc| vpc.vpc_id).ok_or_else(|| ec2::unnamed(action))?;
    progress.output("vpc_id", id.as_str());
    progress.output("arn", arn(scope, &id));
    progress.id = Some(id);
    Ok(())
}

fn permissions(rules: &[Rule], group: &str) -> Vec<IpPermission> {
    rules.iter().map(|rule| rule.to_sdk(group)).collect()
}

/// That a rule is gone already is what was wanted.
fn revoked<T>(answer: Result<T, CloudError>) -> Result<(), CloudError> {
    match answer {
        Err(error) if error.code.as_deref() == Some("InvalidPermission.NotFound") => Ok(()),
        answer => answer.map(drop),
    }
}

/// The id of the VPC's default security group.
async fn default_group(
    aws: &Aws,
    clients: &Clients,
    action: &'static str,
    vpc_id: &str,
    progress: &Progress,
) -> Result<String, CloudError> {
    if let Some(id) = progress.outputs.get("default_security_group_id").and_then(|id| id.as_str()) {
        return Ok(id.to_owned());
    }
    let groups = default_groups(aws, clients.ec2(), ec2::filter("vpc-id", [vpc_id])).await?;
    groups.into_iter().find_map(|group| group.group_id).ok_or_else(|| {
        let message = format!("the VPC {vpc_id} has no default security group");
        CloudError::new(action, ErrorClass::NotFound, message)
    })
}
