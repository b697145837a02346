use provision_config::unknown;
use serde_json::{Value, json};

use super::*;

fn rule(fields: Value) -> Rule {
    let mut table = json!({ "description": "why" });
    for (field, value) in fields.as_object().into_iter().flatten() {
        table[field] = value.clone();
    }
    serde_json::from_value(table).unwrap_or_else(|error| panic!("{error}"))
}

fn name(fields: Value) -> String {
    rule(fields).complete(Direction::Ingress).rule
}

fn problems(fields: Value) -> String {
    let problems = rule(fields).problems("/ingress/0").into_iter();
    problems.map(|one| format!("{}: {}", one.pointer, one.message)).collect::<Vec<_>>().join("\n")
}

/// TCP on these ports from this network.
fn tcp(from: i32, to: i32, cidr: &str) -> Value {
    json!({ "ip_protocol": "tcp", "from_port": from, "to_port": to, "cidr_ipv4": cidr })
}

#[test]
fn a_rule_is_named_by_what_it_lets_through() {
    let any = "10.0.0.0/8";
    assert_eq!(name(tcp(443, 443, any)), "tcp 443 from 10.0.0.0/8");
    assert_eq!(name(tcp(0, 65535, any)), "tcp 0-65535 from 10.0.0.0/8");
    assert_eq!(name(json!({ "ip_protocol": "-1", "cidr_ipv6": "::/0" })), "all traffic from ::/0");
    assert_eq!(name(json!({ "ip_protocol": "icmp", "cidr_ipv4": any })), "icmp from 10.0.0.0/8");
    assert_eq!(name(json!({ "ip_protocol": "icmp", "from_port": 8, "cidr_ipv4": any })), "icmp type 8 from 10.0.0.0/8");
    assert_eq!(
        name(json!({ "ip_protocol": "58", "from_port": 3, "to_port": 4, "prefix_list_id": "pl-12345678" })),
        "icmpv6 type 3 code 4 from pl-12345678"
    );
    assert_eq!(name(json!({ "ip_protocol": "50", "self": true })), "protocol 50 from itself");
    let egress =
        rule(json!({ "ip_protocol": "17", "from_port": 53, "to_port": 53, "referenced_group_id": "sg-12345678" }));
    assert_eq!(egress.complete(Direction::Egress).rule, "udp 53 to sg-12345678");
}

#[test]
fn what_is_the_same_to_aws_becomes_the_same() {
    for (one, other) in [
        (
            json!({ "ip_protocol": "6", "from_port": 1, "to_port": 1, "self": true }),
            json!({ "ip_protocol": "tcp", "from_port": 1, "to_port": 1, "self": true }),
        ),
        (json!({ "ip_protocol": "017", "self": true }), json!({ "ip_protocol": "udp", "self": true })),
        (
            json!({ "ip_protocol": "58", "self": true }),
            json!({ "ip_protocol": "icmpv6", "from_port": -1, "to_port": -1, "self": true }),
        ),
        (
            json!({ "ip_protocol": "-1", "cidr_ipv6": "2001:0DB8:0:0::/32" }),
            json!({ "ip_protocol": "-1", "cidr_ipv6": "2001:db8::/32", "from_port": -1, "to_port": -1 }),
        ),
        (
            json!({ "ip_protocol": "50", "self": true, "from_port": 0, "to_port": 0 }),
            json!({ "ip_protocol": "50", "self": true }),
        ),
    ] {
        let complete = |fields: &Value| rule(fields.clone()).complete(Direction::Ingress);
        assert_eq!(complete(&one), complete(&other), "{one}");
        assert_eq!(complete(&one).complete(Direction::Ingress), complete(&one), "once is enough for {one}");
    }
    // Protocol 0 is one of its own, not all of them.
    assert_eq!(name(json!({ "ip_protocol": "0", "self": true })), "protocol 0 from itself");
}

/// A name holds what is not known yet as the field does, so that both become known together.
#[test]
fn what_is_not_known_yet_stays_in_the_name() {
    let mark = format!("{}ec2_security_group.app.group_id{}", unknown::OPEN, unknown::CLOSE);
    let rule = rule(json!({ "ip_protocol": "-1", "referenced_group_id": mark })).complete(Direction::Ingress);
    assert!(rule.is_unknown());
    let value = serde_json::to_value(&rule).unwrap_or_default();
    let known = unknown::substitute(&value, &|_| Some("sg-12345678".to_owned()));
    let expected = name(json!({ "ip_protocol": "-1", "referenced_group_id": "sg-12345678" }));
    assert_eq!(known["rule"], expected);
    let mistakes = problems(json!({ "ip_protocol": "-1", "cidr_ipv4": format!("{mark}/32") }));
    assert_eq!(mistakes, "");
}

#[test]
fn a_rule_has_one_other_side() {
    assert_eq!(problems(json!({ "ip_protocol": "-1", "self": true })), "");
    insta::assert_snapshot!(problems(json!({ "ip_protocol": "-1" })), @"/ingress/0: the rule does not say who is on the other side");
    insta::assert_snapshot!(problems(json!({ "ip_protocol": "-1", "cidr_ipv4": "10.0.0.0/8", "self": true })), @"/ingress/0: a rule has one other side, and this one has cidr_ipv4 and self");
    insta::assert_snapshot!(problems(json!({ "ip_protocol": "-1", "cidr_ipv4": "::/0" })), @"/ingress/0/cidr_ipv4: `::/0` is of the other address family");
    insta::assert_snapshot!(problems(json!({ "ip_protocol": "-1", "cidr_ipv6": "10.0.0.0/8" })), @"/ingress/0/cidr_ipv6: `10.0.0.0/8` is of the other address family");
}

#[test]
fn ports_are_as_the_protocol_has_them() {
    let on = |protocol: &str, from: Option<i32>, to: Option<i32>| {
        problems(json!({ "ip_protocol": protocol, "from_port": from, "to_port": to, "self": true }))
    };
    for (protocol, from, to) in [
        ("tcp", Some(0), Some(65535)),
        ("17", Some(53), Some(53)),
        ("icmp", None, None),
        ("icmp", Some(8), None),
        ("icmpv6", Some(255), Some(255)),
        ("-1", None, None),
        ("50", None, None),
    ] {
        assert_eq!(on(protocol, from, to), "", "{protocol} {from:?} {to:?}");
    }
    insta::assert_snapshot!(on("tcp", Some(443), None), @"/ingress/0: tcp needs `from_port` and `to_port`");
    insta::assert_snapshot!(on("6", Some(-1), Some(-1)), @"/ingress/0/from_port: tcp has no port -1");
    insta::assert_snapshot!(on("udp", Some(2), Some(1)), @"/ingress/0/to_port: the last port, 1, comes before the first, 2");
    insta::assert_snapshot!(on("icmp", Some(256), None), @"/ingress/0: types and codes of icmp go to 255");
    insta::assert_snapshot!(on("icmpv6", None, Some(0)), @"/ingress/0/to_port: all types have all codes");
    insta::assert_snapshot!(on("-1", Some(0), Some(0)), @"/ingress/0: all protocols together have no ports");
    insta::assert_snapshot!(on("50", Some(0), Some(0)), @"/ingress/0: protocol 50 has no ports");
    insta::assert_snapshot!(on("256", None, None), @"/ingress/0/ip_protocol: there is no protocol 256");
}

#[test]
fn rules_overlap_where_some_traffic_may_be_let_through_by_both() {
    let overlap = |one: Value, other: Value| {
        let [one, other] = [one, other].map(|fields| rule(fields).complete(Direction::Ingress));
        assert_eq!(one.overlaps(&other), other.overlaps(&one));
        one.overlaps(&other)
    };
    let web = tcp(443, 443, "10.0.0.0/8");
    let group = |id: &str| json!({ "ip_protocol": "tcp", "from_port": 443, "to_port": 443, "referenced_group_id": id });
    assert!(overlap(web.clone(), tcp(443, 443, "10.1.0.0/16")));
    assert!(overlap(web.clone(), tcp(1, 65535, "0.0.0.0/0")));
    assert!(overlap(web.clone(), json!({ "ip_protocol": "-1", "cidr_ipv4": "10.0.0.0/8" })));
    assert!(overlap(web.clone(), group("sg-12345678")), "its members may have such addresses");
    assert!(overlap(group("sg-12345678"), group("sg-87654321")), "an interface may be in both");
    assert!(!overlap(web.clone(), tcp(444, 65535, "10.0.0.0/8")));
    assert!(!overlap(web.clone(), tcp(443, 443, "192.168.0.0/16")));
    assert!(!overlap(
        web.clone(),
        json!({ "ip_protocol": "udp", "from_port": 443, "to_port": 443, "cidr_ipv4": "10.0.0.0/8" })
    ));
    assert!(!overlap(web, json!({ "ip_protocol": "-1", "cidr_ipv6": "::/0" })));
    let icmp =
        |kind: i32, code: i32| json!({ "ip_protocol": "icmp", "from_port": kind, "to_port": code, "self": true });
    assert!(overlap(icmp(-1, -1), icmp(8, 0)));
    assert!(overlap(icmp(8, -1), icmp(8, 0)));
    assert!(!overlap(icmp(8, 0), icmp(0, 0)));
    assert!(!overlap(icmp(3, 4), icmp(3, 1)));
}
