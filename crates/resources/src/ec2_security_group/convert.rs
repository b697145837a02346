//! Rules from and to EC2's own form, which groups those that share protocol and ports into one `IpPermission`.

use aws_sdk_ec2::types::{IpPermission, IpRange, Ipv6Range, PrefixListId, UserIdGroupPair};
use provision_reconciler::Scope;

use super::rule::{Direction, Rule};

/// The rules of an answer, one for each address range, prefix list and group in it.
pub(super) fn from_permissions(
    permissions: &[IpPermission],
    direction: Direction,
    scope: &Scope,
    group: &str,
) -> Vec<Rule> {
    let mut rules = Vec::new();
    for permission in permissions {
        let mut add = |peer: Rule, description: Option<&str>| {
            let rule = Rule {
                ip_protocol: permission.ip_protocol().unwrap_or_default().to_owned(),
                from_port: permission.from_port(),
                to_port: permission.to_port(),
                description: description.unwrap_or_default().to_owned(),
                ..peer
            };
            rules.push(rule.complete(direction));
        };
        for range in permission.ip_ranges() {
            add(Rule { cidr_ipv4: range.cidr_ip().map(str::to_owned), ..Rule::default() }, range.description());
        }
        for range in permission.ipv6_ranges() {
            add(Rule { cidr_ipv6: range.cidr_ipv6().map(str::to_owned), ..Rule::default() }, range.description());
        }
        for list in permission.prefix_list_ids() {
            add(
                Rule { prefix_list_id: list.prefix_list_id().map(str::to_owned), ..Rule::default() },
                list.description(),
            );
        }
        for pair in permission.user_id_group_pairs() {
            add(from_pair(pair, scope, group), pair.description());
        }
    }
    rules
}

fn from_pair(pair: &UserIdGroupPair, scope: &Scope, group: &str) -> Rule {
    let id = pair.group_id().unwrap_or_default();
    if id == group {
        return Rule { itself: true, ..Rule::default() };
    }
    // Of a group that was deleted, AWS no longer tells the account.
    let theirs = pair.user_id().filter(|account| *account != scope.account);
    let id = theirs.map_or_else(|| id.to_owned(), |account| format!("{account}/{id}"));
    Rule { referenced_group_id: Some(id), ..Rule::default() }
}

/// The rules for a request, one permission for each. Those that are to go need no description.
pub(super) fn to_permissions(rules: &[Rule], group: &str, described: bool) -> Vec<IpPermission> {
    rules.iter().map(|rule| to_permission(rule, group, described)).collect()
}

fn to_permission(rule: &Rule, group: &str, described: bool) -> IpPermission {
    let description = described.then(|| rule.description.clone());
    let permission =
        IpPermission::builder().ip_protocol(&rule.ip_protocol).set_from_port(rule.from_port).set_to_port(rule.to_port);
    let pair = |id: &str, account: Option<&str>| {
        let pair = UserIdGroupPair::builder().group_id(id).set_user_id(account.map(str::to_owned));
        pair.set_description(description.clone()).build()
    };
    let permission = if let Some(cidr) = &rule.cidr_ipv4 {
        permission.ip_ranges(IpRange::builder().cidr_ip(cidr).set_description(description).build())
    } else if let Some(cidr) = &rule.cidr_ipv6 {
        permission.ipv6_ranges(Ipv6Range::builder().cidr_ipv6(cidr).set_description(description).build())
    } else if let Some(list) = &rule.prefix_list_id {
        let list = PrefixListId::builder().prefix_list_id(list).set_description(description).build();
        permission.prefix_list_ids(list)
    } else if let Some(id) = &rule.referenced_group_id {
        let (account, id) = id.split_once('/').map_or((None, id.as_str()), |(account, id)| (Some(account), id));
        permission.user_id_group_pairs(pair(id, account))
    } else {
        permission.user_id_group_pairs(pair(group, None))
    };
    permission.build()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ec2_security_group::Ec2SecurityGroup;
    use crate::testing::scope;

    #[test]
    fn every_form_of_a_rule_survives_the_way_there_and_back() {
        let group = "sg-0123456789abcdef0";
        let rules = json!([
            { "ip_protocol": "-1", "cidr_ipv4": "0.0.0.0/0", "description": "all" },
            { "ip_protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_ipv6": "2001:db8::/32", "description": "v6" },
            { "ip_protocol": "udp", "from_port": 53, "to_port": 54, "prefix_list_id": "pl-12345678", "description": "list" },
            { "ip_protocol": "icmp", "cidr_ipv4": "10.0.0.0/8", "description": "any message" },
            { "ip_protocol": "icmpv6", "from_port": 128, "to_port": 0, "cidr_ipv6": "::/0", "description": "echo" },
            { "ip_protocol": "50", "referenced_group_id": "sg-0fedcba9876543210", "description": "IPsec" },
            { "ip_protocol": "50", "referenced_group_id": "210987654321/sg-0fedcba9876543210", "description": "theirs" },
            { "ip_protocol": "tcp", "from_port": 0, "to_port": 65535, "self": true, "description": "among ourselves" },
        ]);
        let rules: Vec<Rule> = serde_json::from_value(rules).unwrap_or_else(|error| panic!("{error}"));
        for direction in [Direction::Ingress, Direction::Egress] {
            let rules: Vec<Rule> = rules.iter().cloned().map(|rule| rule.complete(direction)).collect();
            let permissions = to_permissions(&rules, group, true);
            let scope = scope::<Ec2SecurityGroup>("app");
            assert_eq!(from_permissions(&permissions, direction, &scope, group), rules);
        }
    }
}
