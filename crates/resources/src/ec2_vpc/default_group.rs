//! The rules of a VPC's default security group.
//!
//! A file never has any, so they need not be told apart by what a person would change of them: each is what it lets through and
//! to whom, in one line that a difference is named by, and the parts that the call which removes it takes.

use aws_sdk_ec2::types::{IpPermission, IpRange, Ipv6Range, PrefixListId, SecurityGroup, UserIdGroupPair};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A rule's other end, if that is the group itself.
const ITSELF: &str = "self";
/// Every protocol.
const ALL: &str = "-1";

/// The rules of the security group that AWS makes with a VPC.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DefaultSecurityGroup {
    /// What is let in. Empty: nothing.
    #[serde(default)]
    #[schemars(extend("set" = "rule"))]
    pub ingress: Vec<Rule>,
    /// What is let out. Empty: nothing.
    #[serde(default)]
    #[schemars(extend("set" = "rule"))]
    pub egress: Vec<Rule>,
}

/// A rule that is there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The rule in words: `tcp 22 from 0.0.0.0/0`.
    pub rule: String,
    /// The protocol: `tcp`, `udp`, `icmp`, `icmpv6`, a number, or `-1` for all.
    pub ip_protocol: String,
    /// The first port, or the ICMP type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_port: Option<i32>,
    /// The last port, or the ICMP code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_port: Option<i32>,
    /// The other end: a CIDR block, a prefix list, a security group (with its account before a `/` if that is another), or
    /// `self`.
    pub peer: String,
}

/// Which way a rule's traffic goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Ingress,
    Egress,
}

impl Direction {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::Egress => "egress",
        }
    }
}

impl DefaultSecurityGroup {
    /// The rules that AWS gives to the group of a new VPC.
    pub(super) fn of_a_new_vpc() -> Self {
        let all = |direction, peer: &str| vec![Rule::new(direction, (ALL, None, None), peer.to_owned())];
        Self { ingress: all(Direction::Ingress, ITSELF), egress: all(Direction::Egress, "0.0.0.0/0") }
    }

    pub(super) fn from_sdk(group: &SecurityGroup) -> Self {
        Self {
            ingress: rules(Direction::Ingress, group, group.ip_permissions()),
            egress: rules(Direction::Egress, group, group.ip_permissions_egress()),
        }
    }

    pub(super) fn rules(&self, direction: Direction) -> &[Rule] {
        match direction {
            Direction::Ingress => &self.ingress,
            Direction::Egress => &self.egress,
        }
    }
}

/// AWS puts all rules of the same ports together; each end is a rule of its own.
fn rules(direction: Direction, group: &SecurityGroup, permissions: &[IpPermission]) -> Vec<Rule> {
    let mut rules: Vec<Rule> = permissions
        .iter()
        .flat_map(|permission| {
            let blocks = permission.ip_ranges().iter().filter_map(IpRange::cidr_ip);
            let v6 = permission.ipv6_ranges().iter().filter_map(Ipv6Range::cidr_ipv6);
            let lists = permission.prefix_list_ids().iter().filter_map(PrefixListId::prefix_list_id);
            let peers = blocks.chain(v6).chain(lists).map(str::to_owned);
            let groups = permission.user_id_group_pairs().iter().filter_map(|pair| group_peer(group, pair));
            let ports = (permission.ip_protocol().unwrap_or(ALL), permission.from_port(), permission.to_port());
            peers.chain(groups).map(move |peer| Rule::new(direction, ports, peer)).collect::<Vec<_>>()
        })
        .collect();
    rules.sort_by(|one, other| one.rule.cmp(&other.rule));
    rules
}

fn group_peer(group: &SecurityGroup, pair: &UserIdGroupPair) -> Option<String> {
    let id = pair.group_id()?;
    if group.group_id() == Some(id) {
        return Some(ITSELF.to_owned());
    }
    let foreign = pair.user_id().filter(|account| group.owner_id() != Some(*account));
    Some(foreign.map_or_else(|| id.to_owned(), |account| format!("{account}/{id}")))
}

impl Rule {
    fn new(direction: Direction, (protocol, from, to): (&str, Option<i32>, Option<i32>), peer: String) -> Self {
        let traffic = traffic(protocol, from, to);
        let way = if direction == Direction::Ingress { "from" } else { "to" };
        let end = if peer == ITSELF { "itself" } else { &peer };
        let rule = format!("{traffic} {way} {end}");
        Self { rule, ip_protocol: protocol.to_owned(), from_port: from, to_port: to, peer }
    }

    /// The rule as the calls that remove it take it, of this group.
    pub(super) fn to_sdk(&self, group_id: &str) -> IpPermission {
        let permission = IpPermission::builder()
            .ip_protocol(&self.ip_protocol)
            .set_from_port(self.from_port)
            .set_to_port(self.to_port);
        let pair = |id: &str| UserIdGroupPair::builder().group_id(id);
        match self.peer.as_str() {
            ITSELF => permission.user_id_group_pairs(pair(group_id).build()),
            list if list.starts_with("pl-") => {
                permission.prefix_list_ids(PrefixListId::builder().prefix_list_id(list).build())
            }
            group if group.starts_with("sg-") => permission.user_id_group_pairs(pair(group).build()),
            block if block.contains(':') => permission.ipv6_ranges(Ipv6Range::builder().cidr_ipv6(block).build()),
            other => match other.split_once('/') {
                Some((account, group)) if group.starts_with("sg-") => {
                    permission.user_id_group_pairs(pair(group).user_id(account).build())
                }
                _ => permission.ip_ranges(IpRange::builder().cidr_ip(other).build()),
            },
        }
        .build()
    }
}

/// What a rule lets through, in words.
fn traffic(protocol: &str, from: Option<i32>, to: Option<i32>) -> String {
    match (protocol, from, to) {
        (ALL, ..) => "all traffic".to_owned(),
        ("icmp" | "icmpv6", Some(kind), code) if kind >= 0 => match code.filter(|code| *code >= 0) {
            Some(code) => format!("{protocol} type {kind} code {code}"),
            None => format!("{protocol} type {kind}"),
        },
        ("icmp" | "icmpv6", ..) => protocol.to_owned(),
        (_, Some(from), Some(to)) if from == to => format!("{protocol} {from}"),
        (_, Some(from), Some(to)) => format!("{protocol} {from}-{to}"),
        _ => format!("protocol {protocol}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permission(protocol: &str, ports: Option<(i32, i32)>) -> aws_sdk_ec2::types::builders::IpPermissionBuilder {
        let permission = IpPermission::builder().ip_protocol(protocol);
        permission.set_from_port(ports.map(|(from, _)| from)).set_to_port(ports.map(|(_, to)| to))
    }

    fn pair(account: &str, group: &str) -> UserIdGroupPair {
        UserIdGroupPair::builder().user_id(account).group_id(group).build()
    }

    /// A group with rules of every sort.
    fn group() -> SecurityGroup {
        let block = |block: &str| IpRange::builder().cidr_ip(block).build();
        let ssh = permission("tcp", Some((22, 22)))
            .ip_ranges(block("0.0.0.0/0"))
            .ip_ranges(block("10.0.0.0/8"))
            .ipv6_ranges(Ipv6Range::builder().cidr_ipv6("::/0").build())
            .prefix_list_ids(PrefixListId::builder().prefix_list_id("pl-1").build());
        let groups = permission("-1", None).user_id_group_pairs(pair("1", "sg-1"));
        let groups = groups.user_id_group_pairs(pair("1", "sg-2")).user_id_group_pairs(pair("2", "sg-3"));
        SecurityGroup::builder()
            .group_id("sg-1")
            .owner_id("1")
            .ip_permissions(ssh.build())
            .ip_permissions(groups.build())
            .ip_permissions_egress(permission("udp", Some((0, 65535))).ip_ranges(block("10.0.0.0/8")).build())
            .ip_permissions_egress(permission("icmp", Some((8, -1))).ip_ranges(block("10.0.0.0/8")).build())
            .ip_permissions_egress(permission("icmp", Some((-1, -1))).ip_ranges(block("10.0.0.0/8")).build())
            .ip_permissions_egress(permission("50", None).ip_ranges(block("10.0.0.0/8")).build())
            .build()
    }

    #[test]
    fn each_rule_is_told_in_words() {
        let DefaultSecurityGroup { ingress, egress } = DefaultSecurityGroup::from_sdk(&group());
        let words = |rules: &[Rule]| rules.iter().map(|rule| rule.rule.clone()).collect::<Vec<_>>().join("\n");
        insta::assert_snapshot!(words(&ingress), @r"
        all traffic from 2/sg-3
        all traffic from itself
        all traffic from sg-2
        tcp 22 from 0.0.0.0/0
        tcp 22 from 10.0.0.0/8
        tcp 22 from ::/0
        tcp 22 from pl-1
        ");
        insta::assert_snapshot!(words(&egress), @r"
        icmp to 10.0.0.0/8
        icmp type 8 to 10.0.0.0/8
        protocol 50 to 10.0.0.0/8
        udp 0-65535 to 10.0.0.0/8
        ");
    }

    #[test]
    fn each_rule_is_removed_as_it_was_read() {
        let read = DefaultSecurityGroup::from_sdk(&group());
        let again = |rules: &[Rule]| Some(rules.iter().map(|rule| rule.to_sdk("sg-1")).collect::<Vec<_>>());
        let copy = SecurityGroup::builder().group_id("sg-1").owner_id("1");
        let copy = copy.set_ip_permissions(again(&read.ingress)).set_ip_permissions_egress(again(&read.egress));
        assert_eq!(DefaultSecurityGroup::from_sdk(&copy.build()), read);
    }
}
