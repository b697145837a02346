//! What the file says of an endpoint.

use std::collections::BTreeSet;

use provision_config::unknown;
use provision_reconciler::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::document::Document;
use crate::tags::Tags;

/// A VPC endpoint: a way from a VPC to a service of AWS that does not lead through the internet.
///
/// S3 and DynamoDB have gateway endpoints, which cost nothing and are routes in `route_table_ids`; everything else has interface
/// endpoints, which are network interfaces in `subnet_ids` and are charged for by the hour and zone.
///
/// ```toml
/// [ec2_vpc_endpoint.s3]
/// vpc_id = "${ec2_vpc.main.vpc_id}"
/// service_name = "com.amazonaws.${environment.region}.s3"
/// route_table_ids = ["${ec2_route_table.private.route_table_id}"]
/// policy_document.statements = [
///     { actions = ["s3:*"], resources = ["*"], principals = "*", conditions = { StringEquals = { "aws:ResourceAccount" = ["${environment.account}"] } } },
/// ]
///
/// [ec2_vpc_endpoint.kms]
/// vpc_id = "${ec2_vpc.main.vpc_id}"
/// service_name = "com.amazonaws.${environment.region}.kms"
/// subnet_ids = ["${ec2_subnet.private_a.subnet_id}"]
/// security_group_ids = ["${ec2_security_group.endpoints.group_id}"]
/// ```
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpcEndpoint.html>
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VpcEndpointSpec {
    /// The VPC that it is in.
    #[schemars(extend("immutable" = true, "pattern" = "^vpc-[0-9a-f]+$"))]
    pub vpc_id: String,
    /// The service, as in `com.amazonaws.${environment.region}.s3`.
    #[schemars(extend("immutable" = true))]
    pub service_name: String,
    /// Its type. Unset: `Gateway` for S3 and DynamoDB, `Interface` for every other service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("immutable" = true))]
    pub vpc_endpoint_type: Option<EndpointType>,
    /// The ids of the route tables that a gateway endpoint puts its route into.
    #[serde(default)]
    pub route_table_ids: BTreeSet<String>,
    /// The ids of the subnets in which an interface endpoint has an interface, one in each Availability Zone.
    #[serde(default)]
    pub subnet_ids: BTreeSet<String>,
    /// The ids of the security groups of an interface endpoint's interfaces, at least one: without any, AWS would give them the
    /// VPC's default group. They must let the VPC in on port 443.
    #[serde(default)]
    #[schemars(extend("severity" = "high"))]
    pub security_group_ids: BTreeSet<String>,
    /// Whether the service's own name leads to an interface endpoint inside the VPC. Unset: it does for a service of AWS; for any
    /// other, it is not managed. The VPC must have DNS hostnames and DNS support.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private_dns_enabled: Option<bool>,
    /// Who may do what through it, on top of what they are allowed anyway. Unset: AWS's default policy, which allows everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("severity" = "high"))]
    pub policy_document: Option<Document>,
    /// Tags, besides the environment's.
    #[serde(default)]
    #[schemars(extend("severity" = "low"))]
    pub tags: Tags,
}

/// The types of endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum EndpointType {
    /// Routes to S3 or DynamoDB.
    Gateway,
    /// Network interfaces.
    Interface,
    /// A network interface that routes lead to, for a fleet of firewalls.
    GatewayLoadBalancer,
}

/// The policy that an endpoint has for which none is given.
///
/// <https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html>
pub(super) fn default_policy() -> Document {
    Document::new(json!({
        "Version": "2008-10-17",
        "Statement": [{ "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*" }],
    }))
}

impl VpcEndpointSpec {
    /// Its type, which follows from the service if it is not set.
    pub(super) fn endpoint_type(&self) -> EndpointType {
        let gateway = || self.is_of_aws() && [".s3", ".dynamodb"].iter().any(|end| self.service_name.ends_with(end));
        self.vpc_endpoint_type.unwrap_or_else(
            || {
                if gateway() { EndpointType::Gateway } else { EndpointType::Interface }
            },
        )
    }

    /// Whether the service is one of AWS's own.
    fn is_of_aws(&self) -> bool {
        let name = &self.service_name;
        let is_offered_by_others = name.starts_with("com.amazonaws.vpce.") || name.contains(".vpce-svc-");
        ["com.amazonaws.", "cn.com.amazonaws.", "aws."].iter().any(|start| name.starts_with(start))
            && !is_offered_by_others
    }

    /// The spec with what follows from its service.
    pub(super) fn complete(mut self) -> Self {
        let endpoint_type = self.endpoint_type();
        self.vpc_endpoint_type = Some(endpoint_type);
        if self.private_dns_enabled.is_none() && endpoint_type == EndpointType::Interface && self.is_of_aws() {
            self.private_dns_enabled = Some(true);
        }
        self.policy_document.get_or_insert_with(default_policy);
        self
    }

    /// The policy, if it is not AWS's default.
    pub(super) fn own_policy(&self) -> Option<&Document> {
        self.policy_document.as_ref().filter(|policy| **policy != default_policy())
    }

    /// What is wrong with it beyond what its schema can say.
    pub(super) fn problems(&self) -> Vec<Problem> {
        let endpoint_type = self.endpoint_type();
        let mut problems = Vec::new();
        let mut refuse = |field: &str, wrong: bool, message: &str, help: &str| {
            if wrong {
                problems.push(Problem::new(format!("/{field}"), message).help(help));
            }
        };
        let (gateway, interface) = (endpoint_type == EndpointType::Gateway, endpoint_type == EndpointType::Interface);
        let routes = "only a gateway endpoint has route tables";
        refuse("route_table_ids", !gateway && !self.route_table_ids.is_empty(), routes, "name `subnet_ids` instead");
        let subnets = "a gateway endpoint is in no subnet";
        refuse("subnet_ids", gateway && !self.subnet_ids.is_empty(), subnets, "name `route_table_ids` instead");
        let groups = "only an interface endpoint has security groups";
        refuse("security_group_ids", !interface && !self.security_group_ids.is_empty(), groups, "remove them");
        let none = "an interface endpoint needs a security group: AWS would give it the VPC's default one";
        let help = "make one with `ec2_security_group` that lets the VPC in on port 443, and name it";
        refuse("security_group_ids", interface && self.security_group_ids.is_empty(), none, help);
        let dns = "only an interface endpoint has private DNS names";
        refuse("private_dns_enabled", !interface && self.private_dns_enabled == Some(true), dns, "remove it");
        let policy = "an endpoint for a Gateway Load Balancer has no policy";
        let balanced = endpoint_type == EndpointType::GatewayLoadBalancer;
        refuse("policy_document", balanced && self.own_policy().is_some(), policy, "remove it");
        for (field, ids, prefix) in [
            ("route_table_ids", &self.route_table_ids, "rtb-"),
            ("subnet_ids", &self.subnet_ids, "subnet-"),
            ("security_group_ids", &self.security_group_ids, "sg-"),
        ] {
            for id in ids.iter().filter(|id| !id.starts_with(prefix) && !unknown::is_unknown(id)) {
                let problem = Problem::new(format!("/{field}"), format!("`{id}` cannot be in it"));
                problems.push(problem.help(format!("an id begins with `{prefix}`")));
            }
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::ec2_vpc_endpoint::Ec2VpcEndpoint;
    use crate::testing::spec;

    fn of(service: &str, fields: Value) -> VpcEndpointSpec {
        let mut table = json!({ "vpc_id": "vpc-1", "service_name": service });
        for (field, value) in fields.as_object().into_iter().flatten() {
            table[field] = value.clone();
        }
        spec::<Ec2VpcEndpoint>(table)
    }

    fn problems(service: &str, fields: Value) -> Vec<String> {
        let problems = of(service, fields).problems();
        problems.into_iter().map(|one| format!("{}: {}", one.pointer, one.message)).collect()
    }

    #[test]
    fn the_type_and_private_dns_follow_from_the_service() {
        for (service, endpoint_type, dns) in [
            ("com.amazonaws.us-east-1.s3", EndpointType::Gateway, None),
            ("com.amazonaws.us-east-1.dynamodb", EndpointType::Gateway, None),
            ("com.amazonaws.us-east-1.kms", EndpointType::Interface, Some(true)),
            ("cn.com.amazonaws.cn-north-1.sts", EndpointType::Interface, Some(true)),
            ("com.amazonaws.vpce.us-east-1.vpce-svc-0123", EndpointType::Interface, None),
        ] {
            let spec = of(service, json!({}));
            assert_eq!(spec.vpc_endpoint_type, Some(endpoint_type), "{service}");
            assert_eq!(spec.private_dns_enabled, dns, "{service}");
        }
        let interface = of("com.amazonaws.us-east-1.s3", json!({ "vpc_endpoint_type": "Interface" }));
        assert_eq!(interface.private_dns_enabled, Some(true));
    }

    #[test]
    fn each_type_has_its_own_fields() {
        let (s3, kms) = ("com.amazonaws.us-east-1.s3", "com.amazonaws.us-east-1.kms");
        assert_eq!(problems(s3, json!({ "route_table_ids": ["rtb-1"] })), [""; 0]);
        assert_eq!(problems(kms, json!({ "subnet_ids": ["subnet-1"], "security_group_ids": ["sg-1"] })), [""; 0]);
        let wrong = problems(
            s3,
            json!({
                "subnet_ids": ["subnet-1"], "security_group_ids": ["sg-1"], "private_dns_enabled": true,
                "route_table_ids": ["subnet-1"],
            }),
        );
        insta::assert_snapshot!(wrong.join("\n"), @r"
        /subnet_ids: a gateway endpoint is in no subnet
        /security_group_ids: only an interface endpoint has security groups
        /private_dns_enabled: only an interface endpoint has private DNS names
        /route_table_ids: `subnet-1` cannot be in it
        ");
        insta::assert_snapshot!(problems(kms, json!({ "route_table_ids": ["rtb-1"] })).join("\n"), @r"
        /route_table_ids: only a gateway endpoint has route tables
        /security_group_ids: an interface endpoint needs a security group: AWS would give it the VPC's default one
        ");
    }
}
