//! Rules for VPCs and subnets.

use provision_config::{Address, Environment, unknown};
use serde_json::Value;

use super::look::is_true;
use crate::rule::Holds;
use crate::{Ids, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "ec2-subnet-no-public-addresses",
        kind: "ec2_subnet",
        field: "map_public_ip_on_launch",
        requirement: "what starts in the subnet is given no public address by itself",
        remedy: "set `map_public_ip_on_launch = false`",
        ids: Ids {
            cis: "",
            security_hub: "EC2.15",
            prowler: "vpc_subnet_no_public_ip_by_default",
            checkov: "CKV_AWS_130",
            trivy: "AWS-0164",
        },
        holds: Holds::Of(|spec| !is_true(spec, "map_public_ip_on_launch")),
    },
    Rule {
        name: "ec2-vpc-default-group",
        kind: "ec2_vpc",
        field: "default_security_group",
        requirement: "the default security group lets nothing in or out",
        remedy: "remove `default_security_group` from the file: it is empty then",
        ids: Ids {
            cis: "6.5",
            security_hub: "EC2.2",
            prowler: "ec2_securitygroup_default_restrict_traffic",
            checkov: "CKV2_AWS_12",
            trivy: "AWS-0173",
        },
        holds: Holds::Of(|spec| {
            let is_empty = |way: &str| {
                let rules = spec.pointer(&format!("/default_security_group/{way}"));
                rules.and_then(Value::as_array).is_some_and(Vec::is_empty)
            };
            is_empty("ingress") && is_empty("egress")
        }),
    },
    Rule {
        name: "ec2-vpc-flow-logs",
        kind: "ec2_vpc",
        field: "vpc_id",
        requirement: "a flow log records what goes through the VPC",
        remedy: "add an `ec2_flow_log` with `resource_id = \"${ec2_vpc.NAME.vpc_id}\"`",
        ids: Ids {
            cis: "4.7",
            security_hub: "EC2.6",
            prowler: "vpc_flow_logs_enabled",
            checkov: "CKV2_AWS_11",
            trivy: "AWS-0178",
        },
        holds: Holds::Among(is_logged),
    },
];

fn is_logged(vpc: &Address, environment: &Environment) -> bool {
    let logs = environment.resources.values().filter(|resource| resource.address.kind == "ec2_flow_log");
    let mut logged = logs.filter_map(|log| log.spec.get("resource_id").and_then(Value::as_str));
    logged.any(|id| unknown::references(id).iter().any(|reference| reference.address == *vpc))
}
