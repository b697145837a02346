//! From a change of a VPC to its calls.

use provision_reconciler::{Change, Differences, Idempotency, Step};

use super::call::{Attribute, Call};
use super::default_group::{DefaultSecurityGroup, Direction, Rule};
use super::spec::VpcSpec;
use crate::ec2::tag_steps;

pub(super) fn steps(change: Change<'_, VpcSpec>) -> Vec<Step<Call>> {
    match change {
        Change::Create { desired } => create(desired),
        Change::Update { live, desired, differences } => update(live, desired, differences),
        Change::Delete { live, .. } => {
            vec![step(format!("delete the VPC {}", live.cidr_block), Call::DeleteVpc).usually_seconds(2)]
        }
    }
}

fn create(desired: &VpcSpec) -> Vec<Step<Call>> {
    let call = Call::CreateVpc {
        cidr_block: desired.cidr_block.clone(),
        instance_tenancy: desired.instance_tenancy,
        tags: desired.tags.clone(),
    };
    let create = step(format!("create the VPC {}", desired.cidr_block), call);
    let mut steps = vec![create.idempotency(Idempotency::FindFirst).usually_seconds(2)];
    // A new VPC has DNS support, but no DNS names.
    if !desired.enable_dns_support {
        steps.push(attribute(Attribute::EnableDnsSupport, false));
    }
    if desired.enable_dns_hostnames {
        steps.push(attribute(Attribute::EnableDnsHostnames, true));
    }
    steps.extend(revoke(&DefaultSecurityGroup::of_a_new_vpc(), &desired.default_security_group));
    steps
}

/// What opens the network is closed first.
fn update(live: &VpcSpec, desired: &VpcSpec, differences: &Differences) -> Vec<Step<Call>> {
    let mut steps: Vec<Step<Call>> = revoke(&live.default_security_group, &desired.default_security_group).collect();
    let support = differences
        .touch("enable_dns_support")
        .then(|| attribute(Attribute::EnableDnsSupport, desired.enable_dns_support));
    let hostnames = differences
        .touch("enable_dns_hostnames")
        .then(|| attribute(Attribute::EnableDnsHostnames, desired.enable_dns_hostnames));
    // Names need the resolver: it comes first, and goes last.
    match desired.enable_dns_support {
        true => steps.extend(support.into_iter().chain(hostnames)),
        false => steps.extend(hostnames.into_iter().chain(support)),
    }
    steps.extend(tag_steps(&live.tags, &desired.tags, Call::Tags));
    steps
}

/// The removal of the rules that are there and not wanted: one call each way.
fn revoke<'a>(
    live: &'a DefaultSecurityGroup,
    desired: &'a DefaultSecurityGroup,
) -> impl Iterator<Item = Step<Call>> + use<'a> {
    [Direction::Ingress, Direction::Egress].into_iter().filter_map(|direction| {
        let wanted = desired.rules(direction);
        let rules: Vec<Rule> = live.rules(direction).iter().filter(|rule| !wanted.contains(rule)).cloned().collect();
        let words: Vec<&str> = rules.iter().map(|rule| rule.rule.as_str()).collect();
        let noun = if words.len() == 1 { "rule" } else { "rules" };
        let summary = format!("remove the default security group's {} {noun}: {}", direction.name(), words.join(", "));
        let call = match direction {
            Direction::Ingress => Call::RevokeSecurityGroupIngress { rules: rules.clone() },
            Direction::Egress => Call::RevokeSecurityGroupEgress { rules: rules.clone() },
        };
        (!rules.is_empty()).then(|| step(summary, call))
    })
}

fn attribute(attribute: Attribute, enabled: bool) -> Step<Call> {
    let what = match attribute {
        Attribute::EnableDnsSupport => "DNS support",
        Attribute::EnableDnsHostnames => "DNS hostnames",
    };
    let on = if enabled { "on" } else { "off" };
    step(format!("turn {on} {what}"), Call::ModifyVpcAttribute { attribute, enabled })
}

fn step(summary: String, call: Call) -> Step<Call> {
    Step::new(call.action(), summary, call)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::ec2_vpc::Ec2Vpc;
    use crate::testing::{create, delete, spec, update};

    fn with(fields: Value) -> Value {
        let mut table = json!({ "cidr_block": "10.0.0.0/16" });
        if let (Some(table), Value::Object(fields)) = (table.as_object_mut(), fields) {
            table.extend(fields);
        }
        table
    }

    fn rule(words: &str, port: i32, peer: &str) -> Value {
        json!({ "rule": words, "ip_protocol": "tcp", "from_port": port, "to_port": port, "peer": peer })
    }

    #[test]
    fn creating_empties_the_default_security_group() {
        insta::assert_snapshot!(create::<Ec2Vpc>(with(json!({}))), @r"
        ec2:CreateVpc: create the VPC 10.0.0.0/16
        ec2:ModifyVpcAttribute: turn on DNS hostnames
        ec2:RevokeSecurityGroupIngress: remove the default security group's ingress rule: all traffic from itself
        ec2:RevokeSecurityGroupEgress: remove the default security group's egress rule: all traffic to 0.0.0.0/0
        ");
        let dark = json!({ "enable_dns_support": false, "enable_dns_hostnames": false });
        insta::assert_snapshot!(create::<Ec2Vpc>(with(dark)), @r"
        ec2:CreateVpc: create the VPC 10.0.0.0/16
        ec2:ModifyVpcAttribute: turn off DNS support
        ec2:RevokeSecurityGroupIngress: remove the default security group's ingress rule: all traffic from itself
        ec2:RevokeSecurityGroupEgress: remove the default security group's egress rule: all traffic to 0.0.0.0/0
        ");
    }

    #[test]
    fn each_field_has_its_call() {
        let dark = json!({ "enable_dns_support": false, "enable_dns_hostnames": false });
        let opened = json!({ "default_security_group": {
            "ingress": [rule("tcp 22 from 0.0.0.0/0", 22, "0.0.0.0/0"), rule("tcp 80 from ::/0", 80, "::/0")],
            "egress": [rule("tcp 443 to pl-1", 443, "pl-1")],
        }});
        for (name, from, to, expected) in [
            ("nothing", json!({}), json!({}), ""),
            (
                "support first",
                dark.clone(),
                json!({}),
                "ec2:ModifyVpcAttribute: turn on DNS support\nec2:ModifyVpcAttribute: turn on DNS hostnames",
            ),
            (
                "support last",
                json!({}),
                dark,
                "ec2:ModifyVpcAttribute: turn off DNS hostnames\nec2:ModifyVpcAttribute: turn off DNS support",
            ),
            (
                "rules",
                opened,
                json!({}),
                "ec2:RevokeSecurityGroupIngress: remove the default security group's ingress rules: \
                 tcp 22 from 0.0.0.0/0, tcp 80 from ::/0\n\
                 ec2:RevokeSecurityGroupEgress: remove the default security group's egress rule: tcp 443 to pl-1",
            ),
            (
                "tags",
                json!({ "tags": { "a": "b" } }),
                json!({ "tags": { "c": "d" } }),
                "ec2:CreateTags: set the tag c\nec2:DeleteTags: remove the tag a",
            ),
        ] {
            assert_eq!(update::<Ec2Vpc>(with(from), with(to)), expected, "{name}");
        }
    }

    #[test]
    fn deleting_is_one_call() {
        let live = spec::<Ec2Vpc>(with(json!({})));
        insta::assert_snapshot!(delete::<Ec2Vpc>(&live, false), @"ec2:DeleteVpc: delete the VPC 10.0.0.0/16");
    }
}
