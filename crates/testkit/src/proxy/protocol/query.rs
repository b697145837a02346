//! AWS Query and EC2 Query (EC2, IAM, STS, …): the parameter `Action` of a form names the operation.
//!
//! <https://smithy.io/2.0/aws/protocols/aws-query-protocol.html>

use super::{Operation, Request};

/// The parameters that name what a call is about, the most telling first.
const NAMES: &[&str] = &[
    "RoleName",
    "InstanceProfileName",
    "UserName",
    "GroupName",
    "PolicyArn",
    "PolicyName",
    "RoleArn",
    "InstanceId",
    "InstanceId.1",
    "NatGatewayId",
    "NatGatewayId.1",
    "RouteTableId",
    "InternetGatewayId",
    "GroupId",
    "SubnetId",
    "AllocationId",
    "VpcEndpointId.1",
    "FlowLogId.1",
    "VpcId",
    "VpcId.1",
    "ResourceId.1",
];

pub(super) fn recognise(request: &Request<'_>) -> Option<Operation> {
    let form: Vec<(String, String)> = match request.method() {
        "POST" if request.header("content-type")?.starts_with("application/x-www-form-urlencoded") => {
            form_urlencoded::parse(request.body).into_owned().collect()
        }
        "GET" => request.query.clone(),
        _ => return None,
    };
    let value = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    // Both, since a form posted to a bucket, or an object's metadata in a query, might have one of them.
    value("Version")?;
    Some(Operation {
        name: value("Action")?,
        resource: NAMES.iter().find_map(|name| value(name)),
        dry_run: value("DryRun").as_deref() == Some("true"),
        ..Operation::default()
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{signed, told};

    #[test]
    fn operations_and_what_they_are_about() {
        let call = |service: &str, body: &str| {
            let signature = signed(service);
            let headers = [
                ("authorization", signature.as_str()),
                ("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
            ];
            told("POST", "/", &headers, body)
        };
        assert_eq!(
            call("sts", "Action=GetCallerIdentity&Version=2011-06-15"),
            "GetCallerIdentity sts:GetCallerIdentity"
        );
        assert_eq!(
            call("iam", "Action=CreateRole&RoleName=a%2Fb&Version=2010-05-08"),
            "CreateRole! iam:CreateRole a/b"
        );
        assert_eq!(call("ec2", "Action=DeleteVpc&Version=2016-11-15&VpcId=vpc-1"), "DeleteVpc! ec2:DeleteVpc vpc-1");
        assert_eq!(call("ec2", "Action=RunInstances&DryRun=true&Version=2016-11-15"), "RunInstances ec2:RunInstances");
    }
}
