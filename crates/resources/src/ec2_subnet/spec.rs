//! What can be set of a subnet.

use provision_config::unknown;
use provision_reconciler::{Problem, Scope};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ec2_vpc::cidr;
use crate::tags::Tags;

/// A range of a VPC's addresses, in one availability zone. What is launched in it gets no public address unless it asks for one.
///
/// ```toml
/// [ec2_subnet.private_a]
/// vpc_id = "${ec2_vpc.main.vpc_id}"
/// cidr_block = "10.0.0.0/20"
/// availability_zone = "${environment.region}a"
/// ```
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSubnet.html>
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubnetSpec {
    /// The VPC that it is part of, `vpc-…`.
    #[schemars(extend("immutable" = true))]
    pub vpc_id: String,
    /// Its IPv4 addresses, from /16 to /28: some of the VPC's that no other subnet has.
    #[schemars(extend("immutable" = true, "format" = "cidr"))]
    pub cidr_block: String,
    /// The availability zone, `us-east-1a`. Unset: AWS chooses one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("immutable" = true))]
    pub availability_zone: Option<String>,
    /// Whether what is launched in it gets a public IPv4 address.
    #[serde(default)]
    #[schemars(extend("severity" = "high"))]
    pub map_public_ip_on_launch: bool,
    /// What instances are named after in private DNS.
    #[serde(default)]
    pub private_dns_hostname_type_on_launch: HostnameType,
    /// Whether private DNS also answers for names after the instance's id.
    #[serde(default)]
    pub enable_resource_name_dns_a_record_on_launch: bool,
    /// The tags.
    #[serde(default)]
    #[schemars(extend("severity" = "low"))]
    pub tags: Tags,
}

/// What an instance is named after in private DNS.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/hostname-types.html>
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HostnameType {
    /// Its private IPv4 address: `ip-10-0-0-5.ec2.internal`.
    #[default]
    IpName,
    /// Its id: `i-0123456789abcdef.ec2.internal`.
    ResourceName,
}

impl SubnetSpec {
    pub(super) fn problems(&self) -> Vec<Problem> {
        cidr::problem("/cidr_block", &self.cidr_block).into_iter().collect()
    }

    /// Whether another subnet can be made while this one is there: in the same VPC no two have an address in common.
    pub(super) fn leaves_room_for(&self, other: &Self) -> bool {
        self.vpc_id != other.vpc_id || cidr::are_apart(&self.cidr_block, &other.cidr_block)
    }

    /// Checks that the availability zone is one of the region: AWS would refuse it only after the VPC was made. The name of every
    /// zone, local and Wavelength zones included, begins with that of its region.
    pub(super) fn complete(self, scope: &Scope) -> Result<Self, Problem> {
        match self.availability_zone.as_deref() {
            Some(zone) if !unknown::is_unknown(zone) && !is_in(zone, &scope.region) => {
                let message = format!("`{zone}` is no availability zone of {}", scope.region);
                Err(Problem::new("/availability_zone", message)
                    .help(format!("the zones of {0} are called `{0}a`, `{0}b` and so on", scope.region)))
            }
            _ => Ok(self),
        }
    }
}

fn is_in(zone: &str, region: &str) -> bool {
    zone.strip_prefix(region)
        .is_some_and(|rest| rest.starts_with(|next: char| next.is_ascii_lowercase() || next == '-'))
}

#[cfg(test)]
mod tests {
    use provision_reconciler::Kind;
    use serde_json::{Value, json};

    use super::*;
    use crate::ec2_subnet::Ec2Subnet;
    use crate::testing::{scope, spec};

    fn table(fields: Value) -> Value {
        let mut table = json!({ "vpc_id": "vpc-1", "cidr_block": "10.0.0.0/20" });
        if let (Some(table), Value::Object(fields)) = (table.as_object_mut(), fields) {
            table.extend(fields);
        }
        table
    }

    #[test]
    fn blocks_that_are_too_large_or_too_small_are_refused() {
        assert_eq!(spec::<Ec2Subnet>(table(json!({}))).problems(), []);
        let tiny = spec::<Ec2Subnet>(table(json!({ "cidr_block": "10.0.0.0/30" }))).problems();
        assert_eq!(tiny.len(), 1);
        assert_eq!(tiny[0].pointer, "/cidr_block");
    }

    #[test]
    fn a_subnet_leaves_room_for_one_with_other_addresses_or_in_another_vpc() {
        let subnet = |fields| spec::<Ec2Subnet>(table(fields));
        let old = subnet(json!({ "availability_zone": "us-east-1a" }));
        for (fields, room) in [
            (json!({ "availability_zone": "us-east-1b" }), false),
            (json!({ "cidr_block": "10.0.8.0/21" }), false),
            (json!({ "cidr_block": "10.0.0.0/16" }), false),
            (json!({ "cidr_block": "10.0.16.0/20" }), true),
            (json!({ "vpc_id": format!("{}ec2_vpc.main.vpc_id{}", unknown::OPEN, unknown::CLOSE) }), true),
            (json!({ "cidr_block": format!("{}vars{}/20", unknown::OPEN, unknown::CLOSE) }), false),
        ] {
            assert_eq!(Ec2Subnet::creates_first(&old, &subnet(fields.clone())), room, "{fields}");
        }
    }

    #[test]
    fn the_availability_zone_is_one_of_the_region() {
        let complete = |zone: &str| {
            let spec = SubnetSpec { availability_zone: Some(zone.to_owned()), ..spec::<Ec2Subnet>(table(json!({}))) };
            Ec2Subnet::complete(spec, &scope::<Ec2Subnet>("a"))
                .map(|spec| spec.availability_zone)
                .map_err(|problem| problem.message)
        };
        for zone in ["us-east-1a", "us-east-1-bos-1a", "us-east-1-wl1-bos-wlz-1"] {
            assert_eq!(complete(zone), Ok(Some(zone.to_owned())));
        }
        for zone in ["us-west-2a", "us-east-1", "us-east-12", "a"] {
            assert_eq!(complete(zone), Err(format!("`{zone}` is no availability zone of us-east-1")));
        }
    }
}
