//! What can be set of a VPC.

use provision_reconciler::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cidr;
use super::default_group::DefaultSecurityGroup;
use crate::tags::Tags;

/// A virtual private cloud: a network of your own. Its default security group is emptied and kept empty.
///
/// ```toml
/// [ec2_vpc.main]
/// cidr_block = "10.0.0.0/16"
/// tags = { Name = "${environment.name}" }
/// ```
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpc.html>
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VpcSpec {
    /// The IPv4 addresses of the network, from /16 to /28. Networks that are to be connected one day must not overlap.
    #[schemars(extend("immutable" = true, "format" = "cidr"))]
    pub cidr_block: String,
    /// Whose hardware instances run on.
    #[serde(default)]
    #[schemars(extend("immutable" = true))]
    pub instance_tenancy: InstanceTenancy,
    /// Whether AWS's DNS resolver answers in the network. Private names of endpoints and of file systems need it.
    #[serde(default = "yes")]
    pub enable_dns_support: bool,
    /// Whether instances get DNS names, and private hosted zones and the private names of endpoints are answered. Needs
    /// `enable_dns_support`.
    #[serde(default = "yes")]
    pub enable_dns_hostnames: bool,
    /// The rules of the security group that AWS makes with the network. Always without rules in a file: a rule that is there
    /// is removed.
    #[serde(default)]
    #[schemars(extend("severity" = "high"))]
    pub default_security_group: DefaultSecurityGroup,
    /// The tags.
    #[serde(default)]
    #[schemars(extend("severity" = "low"))]
    pub tags: Tags,
}

/// Whose hardware the instances of a network run on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InstanceTenancy {
    /// Shared hardware, unless an instance asks for its own.
    #[default]
    Default,
    /// Hardware of this account only, at its price.
    Dedicated,
}

impl VpcSpec {
    pub(super) fn problems(&self) -> Vec<Problem> {
        let mut problems: Vec<Problem> = cidr::problem("/cidr_block", &self.cidr_block).into_iter().collect();
        if self.enable_dns_hostnames && !self.enable_dns_support {
            let problem = Problem::new("/enable_dns_hostnames", "DNS names need `enable_dns_support`");
            problems.push(problem.help("set `enable_dns_hostnames = false` as well"));
        }
        let DefaultSecurityGroup { ingress, egress } = &self.default_security_group;
        for (direction, rules) in [("ingress", ingress), ("egress", egress)] {
            if !rules.is_empty() {
                let pointer = format!("/default_security_group/{direction}");
                let problem = Problem::new(pointer, "the default security group is kept without rules");
                problems.push(problem.help("put them into an `ec2_security_group`, and that where it is needed"));
            }
        }
        problems
    }
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::ec2_vpc::Ec2Vpc;
    use crate::testing::spec;

    fn problems(table: Value) -> Vec<String> {
        let problems = spec::<Ec2Vpc>(table).problems();
        problems.into_iter().map(|problem| format!("{}: {}", problem.pointer, problem.message)).collect()
    }

    #[test]
    fn what_the_schema_cannot_say_is_checked() {
        assert_eq!(problems(json!({ "cidr_block": "10.0.0.0/16" })), [""; 0]);
        let dark = json!({ "cidr_block": "10.0.0.0/16", "enable_dns_support": false });
        assert_eq!(problems(dark), ["/enable_dns_hostnames: DNS names need `enable_dns_support`"]);
        let rule = json!({ "rule": "tcp 22 from 0.0.0.0/0", "ip_protocol": "tcp", "from_port": 22, "to_port": 22, "peer": "0.0.0.0/0" });
        let open = json!({ "cidr_block": "10.0.0.0/8", "default_security_group": { "ingress": [rule] } });
        assert_eq!(
            problems(open),
            [
                "/cidr_block: a block of /8 is too large",
                "/default_security_group/ingress: the default security group is kept without rules",
            ]
        );
    }
}
