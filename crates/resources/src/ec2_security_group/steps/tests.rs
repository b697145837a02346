use std::collections::BTreeSet;

use provision_config::unknown;
use provision_reconciler::diff::diff;
use provision_reconciler::{Kind, fields_of};
use serde_json::{Value, json};

use super::*;
use crate::ec2_security_group::Ec2SecurityGroup;
use crate::testing::{create, delete, spec, update};

fn table(ingress: Value, egress: Value) -> Value {
    json!({
        "group_name": "app", "description": "The app", "vpc_id": "vpc-0123456789abcdef0",
        "ingress": ingress, "egress": egress,
    })
}

fn tcp(port: i32, cidr: &str) -> Value {
    json!({ "ip_protocol": "tcp", "from_port": port, "to_port": port, "cidr_ipv4": cidr, "description": "why" })
}

fn tcp_of_group(port: i32, group: &str) -> Value {
    json!({ "ip_protocol": "tcp", "from_port": port, "to_port": port, "referenced_group_id": group, "description": "why" })
}

fn nothing() -> Value {
    json!([])
}

#[test]
fn a_group_is_made_and_closed_before_it_is_opened() {
    insta::assert_snapshot!(create::<Ec2SecurityGroup>(table(nothing(), nothing())), @r"
    ec2:CreateSecurityGroup: make the security group app
    ec2:RevokeSecurityGroupEgress: let nothing out, where AWS lets everything out
    ");
    let ports: Vec<Value> = (1..=5).map(|port| tcp(port, "10.0.0.0/8")).collect();
    insta::assert_snapshot!(create::<Ec2SecurityGroup>(table(json!(ports), json!([tcp(443, "0.0.0.0/0")]))), @r"
    ec2:CreateSecurityGroup: make the security group app
    ec2:RevokeSecurityGroupEgress: let nothing out, where AWS lets everything out
    ec2:AuthorizeSecurityGroupIngress: let through tcp 1 from 10.0.0.0/8, tcp 2 from 10.0.0.0/8, tcp 3 from 10.0.0.0/8 and 2 more
    ec2:AuthorizeSecurityGroupEgress: let through tcp 443 to 0.0.0.0/0
    ");
    let steps = steps(Change::Create { desired: &spec::<Ec2SecurityGroup>(table(nothing(), nothing())) });
    assert_eq!(steps[0].idempotency, Idempotency::Token);
}

#[test]
fn what_goes_goes_first() {
    // A door that somebody opened, while the file asks for another.
    insta::assert_snapshot!(update::<Ec2SecurityGroup>(
        table(json!([tcp(22, "0.0.0.0/0"), tcp(80, "10.0.0.0/8")]), json!([tcp(443, "10.0.0.0/8")])),
        table(json!([tcp(80, "10.0.0.0/8"), tcp(443, "10.0.0.0/8")]), nothing()),
    ), @r"
    ec2:RevokeSecurityGroupIngress: no longer let through tcp 22 from 0.0.0.0/0
    ec2:RevokeSecurityGroupEgress: no longer let through tcp 443 to 10.0.0.0/8
    ec2:AuthorizeSecurityGroupIngress: let through tcp 443 from 10.0.0.0/8
    ");
    // Even if what comes lets some of the same through.
    insta::assert_snapshot!(update::<Ec2SecurityGroup>(
        table(json!([tcp(443, "0.0.0.0/0")]), nothing()),
        table(json!([tcp(443, "10.0.0.0/8")]), nothing()),
    ), @r"
    ec2:RevokeSecurityGroupIngress: no longer let through tcp 443 from 0.0.0.0/0
    ec2:AuthorizeSecurityGroupIngress: let through tcp 443 from 10.0.0.0/8
    ");
}

#[test]
fn what_only_gives_way_goes_last() {
    insta::assert_snapshot!(update::<Ec2SecurityGroup>(
        table(json!([tcp(443, "10.0.0.0/8"), tcp_of_group(80, "sg-12345678")]), json!([tcp(22, "10.0.0.0/8")])),
        table(json!([tcp(443, "10.1.0.0/16"), tcp_of_group(80, "sg-87654321")]), nothing()),
    ), @r"
    ec2:RevokeSecurityGroupEgress: no longer let through tcp 22 to 10.0.0.0/8
    ec2:AuthorizeSecurityGroupIngress: let through tcp 443 from 10.1.0.0/16, tcp 80 from sg-87654321
    ec2:RevokeSecurityGroupIngress: no longer let through tcp 443 from 10.0.0.0/8, tcp 80 from sg-12345678
    ");
}

#[test]
fn a_description_is_changed_in_place() {
    let described = |text: &str| {
        let mut rule = tcp(443, "10.0.0.0/8");
        rule["description"] = json!(text);
        json!([rule])
    };
    insta::assert_snapshot!(update::<Ec2SecurityGroup>(
        table(described(""), described("a")), table(described("b"), described("b")),
    ), @r"
    ec2:UpdateSecurityGroupRuleDescriptionsIngress: describe tcp 443 from 10.0.0.0/8 anew
    ec2:UpdateSecurityGroupRuleDescriptionsEgress: describe tcp 443 to 10.0.0.0/8 anew
    ");
}

#[test]
fn rules_are_compared_whatever_their_order_and_spelling() {
    let one =
        json!([tcp(443, "10.0.0.0/8"), { "ip_protocol": "58", "cidr_ipv6": "2001:DB8::/32", "description": "d" }]);
    let other = json!([{ "ip_protocol": "icmpv6", "from_port": -1, "to_port": -1, "cidr_ipv6": "2001:db8::/32", "description": "d" }, tcp(443, "10.0.0.0/8")]);
    assert_eq!(update::<Ec2SecurityGroup>(table(one.clone(), one), table(other.clone(), other)), "");
}

#[test]
fn groups_of_the_own_account_are_the_same_with_and_without_it() {
    let of = |group: &str| table(nothing(), json!([tcp_of_group(443, group)]));
    assert_eq!(update::<Ec2SecurityGroup>(of("sg-12345678"), of("123456789012/sg-12345678")), "");
    insta::assert_snapshot!(update::<Ec2SecurityGroup>(of("sg-12345678"), of("210987654321/sg-12345678")), @r"
    ec2:AuthorizeSecurityGroupEgress: let through tcp 443 to 210987654321/sg-12345678
    ec2:RevokeSecurityGroupEgress: no longer let through tcp 443 to sg-12345678
    ");
}

/// What `drift` and a plan say: each rule by itself.
#[test]
fn a_rule_that_somebody_added_is_a_difference_of_its_own() {
    let value = |ingress| serde_json::to_value(spec::<Ec2SecurityGroup>(table(ingress, nothing()))).unwrap_or_default();
    let mut live = json!([tcp(22, "0.0.0.0/0"), tcp(80, "10.0.0.0/8"), tcp(443, "10.0.0.0/8")]);
    live[1]["description"] = json!("");
    let desired = value(json!([tcp(443, "10.0.0.0/8"), tcp(80, "10.0.0.0/8")]));
    let differences = diff(&fields_of::<SecurityGroupSpec>(), &value(live), &desired, Some(&desired));
    let said: Vec<String> =
        differences.iter().map(|one| format!("{}: {} instead of {}", one.path, one.live, one.desired)).collect();
    insta::assert_snapshot!(said.join("\n"), @r#"
    ingress["tcp 22 from 0.0.0.0/0"]: {"cidr_ipv4":"0.0.0.0/0","description":"why","from_port":22,"ip_protocol":"tcp","rule":"tcp 22 from 0.0.0.0/0","to_port":22} instead of null
    ingress["tcp 80 from 10.0.0.0/8"].description: "" instead of "why"
    "#);
}

/// The prefix list of an endpoint that is replaced is not known beforehand, and then the same.
#[test]
fn what_turns_out_to_be_wanted_is_not_taken_away() {
    let mark = format!("{}ec2_vpc_endpoint.s3.prefix_list_id{}", unknown::OPEN, unknown::CLOSE);
    let list = |id: &str| json!([{ "ip_protocol": "tcp", "from_port": 443, "to_port": 443, "prefix_list_id": id, "description": "S3" }]);
    let (live, desired) = (table(nothing(), list("pl-12345678")), table(nothing(), list(&mark)));
    let (live, desired) = (spec::<Ec2SecurityGroup>(live), spec::<Ec2SecurityGroup>(desired));
    let differences = provision_reconciler::Differences::default();
    let steps = steps(Change::Update { live: &live, desired: &desired, differences: &differences });
    let actions: Vec<&str> = steps.iter().map(|step| step.action).collect();
    assert_eq!(actions, ["ec2:AuthorizeSecurityGroupEgress", "ec2:RevokeSecurityGroupEgress"]);
    let call = serde_json::to_value(&steps[1].call).unwrap_or_default();
    let call = unknown::substitute(&call, &|_| Some("pl-12345678".to_owned()));
    let Ok(Call::Revoke { rules, unless, .. }) = serde_json::from_value(call) else { panic!("it takes a rule away") };
    assert_eq!(rules[0].rule, unless[0].rule);
}

#[test]
fn before_a_group_goes_it_lets_go_of_others() {
    let ingress = json!([tcp_of_group(443, "sg-12345678"), tcp(22, "10.0.0.0/8"),
        { "ip_protocol": "-1", "self": true, "description": "among ourselves" }]);
    insta::assert_snapshot!(delete::<Ec2SecurityGroup>(&spec::<Ec2SecurityGroup>(table(ingress, nothing())), false), @r"
    ec2:RevokeSecurityGroupIngress: no longer let through tcp 443 from sg-12345678
    ec2:DeleteSecurityGroup: delete the security group app
    ");
    insta::assert_snapshot!(delete::<Ec2SecurityGroup>(&spec::<Ec2SecurityGroup>(table(nothing(), nothing())), false), @"ec2:DeleteSecurityGroup: delete the security group app");
}

#[test]
fn tags_are_changed_in_place() {
    let tagged = |value: &str| {
        let mut table = table(nothing(), nothing());
        table["tags"] = json!({ "Name": value });
        table
    };
    insta::assert_snapshot!(update::<Ec2SecurityGroup>(tagged("a"), tagged("b")), @"ec2:CreateTags: set the tag Name");
}

#[test]
fn only_under_another_name_is_a_new_group_made_first() {
    let of = |field: &str, value: &str| {
        let mut table = table(nothing(), nothing());
        table[field] = json!(value);
        spec::<Ec2SecurityGroup>(table)
    };
    let live = of("group_name", "app");
    assert!(!Ec2SecurityGroup::creates_first(&live, &of("description", "Another")));
    assert!(!Ec2SecurityGroup::creates_first(&live, &of("group_name", "APP")));
    assert!(Ec2SecurityGroup::creates_first(&live, &of("group_name", "app2")));
    assert!(Ec2SecurityGroup::creates_first(&live, &of("vpc_id", "vpc-00000000000000000")));
}

/// A field that is added to the spec must replace the group, or get a call.
#[test]
fn every_field_is_immutable_or_belongs_to_a_call() {
    let fields = fields_of::<SecurityGroupSpec>();
    let mutable: BTreeSet<&str> =
        fields.0.iter().filter(|(_, field)| !field.immutable).map(|(name, _)| name.as_str()).collect();
    assert_eq!(mutable, BTreeSet::from(["ingress", "egress", "tags"]));
}
