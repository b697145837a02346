//! From a change of a subnet to its calls.

use provision_reconciler::{Change, Idempotency, Step};

use super::call::{Attribute, Call};
use super::spec::{HostnameType, SubnetSpec};
use crate::ec2::tag_steps;

pub(super) fn steps(change: Change<'_, SubnetSpec>) -> Vec<Step<Call>> {
    match change {
        Change::Create { desired } => create(desired),
        Change::Update { live, desired, .. } => {
            let mut steps: Vec<Step<Call>> = attributes(Attributes::of(live), Attributes::of(desired)).collect();
            steps.extend(tag_steps(&live.tags, &desired.tags, Call::Tags));
            steps
        }
        Change::Delete { live, .. } => {
            vec![step(format!("delete the subnet {}", live.cidr_block), Call::DeleteSubnet).usually_seconds(2)]
        }
    }
}

fn create(desired: &SubnetSpec) -> Vec<Step<Call>> {
    let call = Call::CreateSubnet {
        vpc_id: desired.vpc_id.clone(),
        cidr_block: desired.cidr_block.clone(),
        availability_zone: desired.availability_zone.clone(),
        tags: desired.tags.clone(),
    };
    let place = desired.availability_zone.as_ref().map(|zone| format!(" in {zone}")).unwrap_or_default();
    let create = step(format!("create the subnet {}{place}", desired.cidr_block), call);
    let mut steps = vec![create.idempotency(Idempotency::FindFirst).usually_seconds(2)];
    steps.extend(attributes(Attributes::default(), Attributes::of(desired)));
    steps
}

/// What `ModifySubnetAttribute` sets; the default is what a new subnet has.
#[derive(Clone, Copy, Default)]
struct Attributes {
    public: bool,
    hostnames: HostnameType,
    a_record: bool,
}

impl Attributes {
    fn of(spec: &SubnetSpec) -> Self {
        Self {
            public: spec.map_public_ip_on_launch,
            hostnames: spec.private_dns_hostname_type_on_launch,
            a_record: spec.enable_resource_name_dns_a_record_on_launch,
        }
    }
}

/// The calls from some attributes to others, one each.
fn attributes(from: Attributes, to: Attributes) -> impl Iterator<Item = Step<Call>> {
    let public = (from.public != to.public).then(|| {
        let summary = if to.public {
            "give public addresses to what is launched"
        } else {
            "give no public addresses to what is launched"
        };
        (summary, Attribute::MapPublicIpOnLaunch(to.public))
    });
    let hostnames = (from.hostnames != to.hostnames).then(|| {
        let summary = match to.hostnames {
            HostnameType::IpName => "name instances after their addresses",
            HostnameType::ResourceName => "name instances after their ids",
        };
        (summary, Attribute::PrivateDnsHostnameTypeOnLaunch(to.hostnames))
    });
    let a_record = (from.a_record != to.a_record).then(|| {
        let summary =
            if to.a_record { "answer for names after ids in DNS" } else { "answer no names after ids in DNS" };
        (summary, Attribute::EnableResourceNameDnsARecordOnLaunch(to.a_record))
    });
    let changes = [public, hostnames, a_record].into_iter().flatten();
    changes.map(|(summary, attribute)| step(summary.to_owned(), Call::ModifySubnetAttribute(attribute)))
}

fn step(summary: String, call: Call) -> Step<Call> {
    Step::new(call.action(), summary, call)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::ec2_subnet::Ec2Subnet;
    use crate::testing::{create, delete, spec, update};

    fn with(fields: Value) -> Value {
        let mut table = json!({ "vpc_id": "vpc-1", "cidr_block": "10.0.0.0/20" });
        if let (Some(table), Value::Object(fields)) = (table.as_object_mut(), fields) {
            table.extend(fields);
        }
        table
    }

    #[test]
    fn creating_is_one_call_and_one_for_each_attribute_that_is_not_the_default() {
        insta::assert_snapshot!(create::<Ec2Subnet>(with(json!({}))), @"ec2:CreateSubnet: create the subnet 10.0.0.0/20");
        let everything = json!({
            "availability_zone": "us-east-1a", "map_public_ip_on_launch": true,
            "private_dns_hostname_type_on_launch": "resource-name", "enable_resource_name_dns_a_record_on_launch": true,
        });
        insta::assert_snapshot!(create::<Ec2Subnet>(with(everything)), @r"
        ec2:CreateSubnet: create the subnet 10.0.0.0/20 in us-east-1a
        ec2:ModifySubnetAttribute: give public addresses to what is launched
        ec2:ModifySubnetAttribute: name instances after their ids
        ec2:ModifySubnetAttribute: answer for names after ids in DNS
        ");
    }

    #[test]
    fn each_field_has_its_call() {
        for (name, from, to, expected) in [
            ("nothing", json!({}), json!({}), ""),
            (
                "no public addresses",
                json!({ "map_public_ip_on_launch": true }),
                json!({}),
                "ec2:ModifySubnetAttribute: give no public addresses to what is launched",
            ),
            (
                "hostnames",
                json!({ "private_dns_hostname_type_on_launch": "resource-name" }),
                json!({}),
                "ec2:ModifySubnetAttribute: name instances after their addresses",
            ),
            (
                "record",
                json!({ "enable_resource_name_dns_a_record_on_launch": true }),
                json!({}),
                "ec2:ModifySubnetAttribute: answer no names after ids in DNS",
            ),
            ("tags", json!({ "tags": { "a": "b" } }), json!({ "tags": { "a": "c" } }), "ec2:CreateTags: set the tag a"),
        ] {
            assert_eq!(update::<Ec2Subnet>(with(from), with(to)), expected, "{name}");
        }
    }

    #[test]
    fn deleting_is_one_call() {
        let live = spec::<Ec2Subnet>(with(json!({})));
        insta::assert_snapshot!(delete::<Ec2Subnet>(&live, false), @"ec2:DeleteSubnet: delete the subnet 10.0.0.0/20");
    }
}
