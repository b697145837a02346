//! Rules for security groups.

use serde_json::Value;

use super::look::items;
use crate::rule::Holds;
use crate::{Ids, Rule};

/// Ports of databases, remote desktops and the like, which nobody on the internet needs. Those of Security Hub's EC2.19.
const HIGH_RISK: &[i64] = &[
    20, 21, 22, 23, 25, 110, 135, 143, 445, 1433, 1434, 3000, 3306, 3389, 4333, 5000, 5432, 5500, 5601, 8080, 8088,
    8888, 9200, 9300,
];

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "ec2-security-group-no-open-egress",
        kind: "ec2_security_group",
        field: "egress",
        requirement: "not everything may go out to everywhere",
        remedy: "name the ports that are needed",
        ids: Ids { cis: "", security_hub: "", prowler: "", checkov: "CKV_AWS_382", trivy: "AWS-0104" },
        holds: Holds::Of(|spec| !items(spec, "egress").iter().any(|rule| is_open(rule) && is_every_port(rule))),
    },
    Rule {
        name: "ec2-security-group-no-open-ports",
        kind: "ec2_security_group",
        field: "ingress",
        requirement: "not every port is open to the internet",
        remedy: "name the ports that are needed, or who may come in",
        ids: Ids {
            cis: "6.3",
            security_hub: "EC2.18",
            prowler: "ec2_securitygroup_allow_ingress_from_internet_to_all_ports",
            checkov: "CKV_AWS_277",
            trivy: "",
        },
        holds: Holds::Of(|spec| !items(spec, "ingress").iter().any(|rule| is_open(rule) && is_every_port(rule))),
    },
    Rule {
        name: "ec2-security-group-no-open-remote-desktop",
        kind: "ec2_security_group",
        field: "ingress",
        requirement: "port 3389 is not open to the internet",
        remedy: "let in who needs it by address or by group, or use Systems Manager",
        ids: Ids {
            cis: "6.3",
            security_hub: "EC2.14",
            prowler: "ec2_securitygroup_allow_ingress_from_internet_to_tcp_port_3389",
            checkov: "CKV_AWS_25",
            trivy: "AWS-0107",
        },
        holds: Holds::Of(|spec| !lets_internet_in(spec, &[3389])),
    },
    Rule {
        name: "ec2-security-group-no-open-risky-ports",
        kind: "ec2_security_group",
        field: "ingress",
        requirement: "no port of databases, remote access or file sharing is open to the internet",
        remedy: "let in who needs it by address or by group",
        ids: Ids {
            cis: "6.1.2",
            security_hub: "EC2.19",
            prowler: "ec2_securitygroup_allow_ingress_from_internet_to_high_risk_tcp_ports",
            checkov: "",
            trivy: "",
        },
        holds: Holds::Of(|spec| !lets_internet_in(spec, HIGH_RISK)),
    },
    Rule {
        name: "ec2-security-group-no-open-ssh",
        kind: "ec2_security_group",
        field: "ingress",
        requirement: "port 22 is not open to the internet",
        remedy: "let in who needs it by address or by group, or use Systems Manager",
        ids: Ids {
            cis: "6.3",
            security_hub: "EC2.13",
            prowler: "ec2_securitygroup_allow_ingress_from_internet_to_tcp_port_22",
            checkov: "CKV_AWS_24",
            trivy: "AWS-0107",
        },
        holds: Holds::Of(|spec| !lets_internet_in(spec, &[22])),
    },
];

fn is_open(rule: &Value) -> bool {
    rule.get("cidr_ipv4").is_some_and(|cidr| cidr == "0.0.0.0/0")
        || rule.get("cidr_ipv6").is_some_and(|cidr| cidr == "::/0")
}

fn is_every_port(rule: &Value) -> bool {
    let port = |name: &str| rule.get(name).and_then(Value::as_i64);
    rule.get("ip_protocol").is_some_and(|protocol| protocol == "-1")
        || (port("from_port"), port("to_port")) == (Some(0), Some(65535))
}

/// Whether anybody may come in to one of these TCP ports.
fn lets_internet_in(spec: &Value, ports: &[i64]) -> bool {
    let port = |rule: &Value, name: &str| rule.get(name).and_then(Value::as_i64);
    items(spec, "ingress").iter().filter(|rule| is_open(rule)).any(|rule| {
        let (from, to) = (port(rule, "from_port").unwrap_or(0), port(rule, "to_port").unwrap_or(65535));
        let is_tcp =
            rule.get("ip_protocol").is_some_and(|protocol| protocol == "tcp" || protocol == "6" || protocol == "-1");
        is_tcp && ports.iter().any(|port| (from..=to).contains(port))
    })
}
