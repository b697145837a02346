//! One rule of a security group: which traffic it lets through.

use std::net::IpAddr;

use ipnet::IpNet;
use provision_config::unknown;
use provision_reconciler::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The protocol that stands for all of them.
const ALL: &str = "-1";

/// The way that a rule's traffic takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// To what is in the group.
    Ingress,
    /// From what is in the group.
    Egress,
}

/// Traffic that is let through. What is on the other side is exactly one of `cidr_ipv4`, `cidr_ipv6`, `prefix_list_id`,
/// `referenced_group_id` and `self`.
///
/// <https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html>
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What AWS tells the rules of a group apart by, on one line: `tcp 443 from 10.0.0.0/8`. It follows from the fields, is
    /// not among those that a file can set, and is what a difference is named by.
    #[serde(default)]
    #[schemars(skip)]
    pub rule: String,
    /// The protocol: `tcp`, `udp`, `icmp`, `icmpv6`, its number, or `-1` for all of them.
    #[schemars(extend("pattern" = "^(tcp|udp|icmp|icmpv6|-1|[0-9]{1,3})$"))]
    pub ip_protocol: String,
    /// The first port. For `icmp` and `icmpv6` the type of message; -1 or unset: all. Other protocols have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = -1, max = 65535))]
    pub from_port: Option<i32>,
    /// The last port. For `icmp` and `icmpv6` the code of the message; -1 or unset: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = -1, max = 65535))]
    pub to_port: Option<i32>,
    /// IPv4 addresses, as a CIDR block; `0.0.0.0/0` is the whole internet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "cidr"))]
    pub cidr_ipv4: Option<String>,
    /// IPv6 addresses, as a CIDR block; `::/0` is the whole internet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "cidr"))]
    pub cidr_ipv6: Option<String>,
    /// The addresses of a prefix list, such as those of an AWS service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = "^pl-[0-9a-f]{8,17}$"))]
    pub prefix_list_id: Option<String>,
    /// The network interfaces in another security group; one of another account (in a peered VPC) as `ACCOUNT/sg-…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = "^([0-9]{12}/)?sg-[0-9a-f]{8,17}$"))]
    pub referenced_group_id: Option<String>,
    /// Whether it is the network interfaces in this very group.
    #[serde(default, rename = "self", skip_serializing_if = "std::ops::Not::not")]
    pub itself: bool,
    /// What the traffic is for: up to 255 letters, digits, spaces and `._-:/()#,@[]+=&;{}!$*`.
    #[schemars(extend("pattern" = "^[a-zA-Z0-9 ._:/()#,@\\[\\]+=&;{}!$*-]{1,255}$"))]
    #[schemars(extend("severity" = "low"))]
    pub description: String,
}

impl Rule {
    /// The rule in the one form in which AWS answers it, and named by what it lets through.
    pub(super) fn complete(mut self, direction: Direction) -> Self {
        self.ip_protocol = protocol_name(&self.ip_protocol).to_owned();
        match self.ip_protocol.as_str() {
            "tcp" | "udp" => {}
            "icmp" | "icmpv6" => {
                (self.from_port, self.to_port) = (self.from_port.or(Some(-1)), self.to_port.or(Some(-1)));
            }
            // AWS: any other protocol is let through on all ports, whichever are given.
            _ => (self.from_port, self.to_port) = (None, None),
        }
        for cidr in [&mut self.cidr_ipv4, &mut self.cidr_ipv6].into_iter().flatten() {
            if let Ok(net) = cidr.parse::<IpNet>() {
                *cidr = net.to_string();
            }
        }
        self.rule = self.name(direction);
        self
    }

    /// The rule in this account, whose groups need not be said to be of it.
    pub(super) fn within(mut self, account: &str) -> Self {
        if let Some(group) = &mut self.referenced_group_id
            && let Some((owner, id)) = group.split_once('/')
            && owner == account
        {
            *group = id.to_owned();
        }
        self
    }

    fn name(&self, direction: Direction) -> String {
        let (from, to) = (self.from_port.unwrap_or(-1), self.to_port.unwrap_or(-1));
        let traffic = match self.ip_protocol.as_str() {
            ALL => "all traffic".to_owned(),
            protocol @ ("tcp" | "udp") if from == to => format!("{protocol} {from}"),
            protocol @ ("tcp" | "udp") => format!("{protocol} {from}-{to}"),
            protocol @ ("icmp" | "icmpv6") if from == -1 => protocol.to_owned(),
            protocol @ ("icmp" | "icmpv6") if to == -1 => format!("{protocol} type {from}"),
            protocol @ ("icmp" | "icmpv6") => format!("{protocol} type {from} code {to}"),
            protocol => format!("protocol {protocol}"),
        };
        let way = match direction {
            Direction::Ingress => "from",
            Direction::Egress => "to",
        };
        format!("{traffic} {way} {}", self.peer().unwrap_or("itself"))
    }

    /// The other side, unless it is the group itself.
    fn peer(&self) -> Option<&str> {
        let peers = [&self.cidr_ipv4, &self.cidr_ipv6, &self.prefix_list_id, &self.referenced_group_id];
        peers.into_iter().find_map(Option::as_deref)
    }

    /// Whether it names what is not known before it exists.
    pub(super) fn is_unknown(&self) -> bool {
        unknown::is_unknown(&self.rule)
    }

    /// Whether it lets through the whole internet.
    pub(super) fn is_open(&self) -> bool {
        self.network().is_some_and(|network| network.prefix_len() == 0)
    }

    fn network(&self) -> Option<IpNet> {
        self.cidr_ipv4.as_ref().or(self.cidr_ipv6.as_ref())?.parse().ok()
    }

    /// Whether there is, or may be, traffic that both let through (in one direction).
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let protocols =
            self.ip_protocol == other.ip_protocol || [self, other].iter().any(|rule| rule.ip_protocol == ALL);
        let peers = match (self.network(), other.network()) {
            (Some(one), Some(other)) => one.contains(&other) || other.contains(&one),
            // Who is in a group or a prefix list cannot be told.
            _ => true,
        };
        protocols && peers && self.shares_ports(other)
    }

    fn shares_ports(&self, other: &Self) -> bool {
        let (Some(from), Some(to), Some(other_from), Some(other_to)) =
            (self.from_port, self.to_port, other.from_port, other.to_port)
        else {
            return true;
        };
        if self.ip_protocol.starts_with("icmp") {
            let same = |one: i32, other: i32| one == other || one == -1 || other == -1;
            return same(from, other_from) && same(to, other_to);
        }
        from <= other_to && other_from <= to
    }

    /// What is wrong with it beyond what the schema can say. `pointer` is the rule's own.
    pub(super) fn problems(&self, pointer: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        problems.extend(self.peer_problem(pointer));
        problems.extend(self.port_problem(pointer));
        let families = [("cidr_ipv4", &self.cidr_ipv4, "cidr_ipv6"), ("cidr_ipv6", &self.cidr_ipv6, "cidr_ipv4")];
        for (field, cidr, other) in families {
            let address = cidr.as_deref().and_then(|cidr| cidr.split('/').next()?.parse::<IpAddr>().ok());
            if address.is_some_and(|address| address.is_ipv4() != (field == "cidr_ipv4")) {
                let message = format!("`{}` is of the other address family", cidr.as_deref().unwrap_or_default());
                problems
                    .push(Problem::new(format!("{pointer}/{field}"), message).help(format!("write it as `{other}`")));
            }
        }
        problems
    }

    fn peer_problem(&self, pointer: &str) -> Option<Problem> {
        let peers = [
            ("cidr_ipv4", self.cidr_ipv4.is_some()),
            ("cidr_ipv6", self.cidr_ipv6.is_some()),
            ("prefix_list_id", self.prefix_list_id.is_some()),
            ("referenced_group_id", self.referenced_group_id.is_some()),
            ("self", self.itself),
        ];
        let given: Vec<&str> = peers.iter().filter(|(_, is_given)| *is_given).map(|(name, _)| *name).collect();
        let help = "say who with exactly one of `cidr_ipv4`, `cidr_ipv6`, `prefix_list_id`, `referenced_group_id` and \
                    `self = true`";
        match given.as_slice() {
            [_] => None,
            [] => Some(Problem::new(pointer, "the rule does not say who is on the other side").help(help)),
            several => {
                let message = format!("a rule has one other side, and this one has {}", several.join(" and "));
                Some(Problem::new(pointer, message).help(format!("{help}; make a rule of each")))
            }
        }
    }

    fn port_problem(&self, pointer: &str) -> Option<Problem> {
        let protocol = protocol_name(&self.ip_protocol);
        let problem = |field: &str, message: String, help: &str| {
            Some(Problem::new(format!("{pointer}{field}"), message).help(help.to_owned()))
        };
        match (protocol, self.from_port, self.to_port) {
            ("tcp" | "udp", Some(from), Some(to)) if from < 0 || to < 0 => {
                problem("/from_port", format!("{protocol} has no port -1"), "for all ports write 0 to 65535")
            }
            ("tcp" | "udp", Some(from), Some(to)) if from > to => problem(
                "/to_port",
                format!("the last port, {to}, comes before the first, {from}"),
                "exchange `from_port` and `to_port`",
            ),
            ("tcp" | "udp", Some(_), Some(_)) => None,
            ("tcp" | "udp", ..) => problem(
                "",
                format!("{protocol} needs `from_port` and `to_port`"),
                "give both, the same twice for one port; 0 and 65535 for all ports",
            ),
            ("icmp" | "icmpv6", from, to) => {
                let range = |value: Option<i32>| value.is_none_or(|value| (-1..=255).contains(&value));
                if !range(from) || !range(to) {
                    let help = "`from_port` is the type of message and `to_port` its code; -1: all";
                    problem("", format!("types and codes of {protocol} go to 255"), help)
                } else if from.unwrap_or(-1) == -1 && to.unwrap_or(-1) != -1 {
                    problem("/to_port", "all types have all codes".to_owned(), "give the type as `from_port` too")
                } else {
                    None
                }
            }
            (number, ..) if number.parse::<i32>().is_ok_and(|number| number > 255) => problem(
                "/ip_protocol",
                format!("there is no protocol {number}"),
                "protocols are numbered from 0 to 255",
            ),
            (_, None, None) => None,
            (protocol, ..) if protocol == ALL => problem(
                "",
                "all protocols together have no ports".to_owned(),
                "leave the ports out, or name a protocol",
            ),
            (number, ..) => {
                problem("", format!("protocol {number} has no ports"), "leave `from_port` and `to_port` out")
            }
        }
    }
}

/// The name that AWS answers for a protocol: four are named, the others numbered.
/// <https://www.iana.org/assignments/protocol-numbers>
fn protocol_name(protocol: &str) -> &str {
    match protocol.trim_start_matches('0') {
        "6" => "tcp",
        "17" => "udp",
        "1" => "icmp",
        "58" => "icmpv6",
        "" => "0",
        other => other,
    }
}

#[cfg(test)]
mod tests;
