//! The life of a security group.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{IpPermission, IpRange, SecurityGroup};
use proptest::prelude::*;
use proptest::sample::select;
use provision_reconciler::{Change, ErrorClass, Kind, Progress, Scope, Target};
use provision_resources::ec2_security_group::{Call, Ec2SecurityGroup};
use serde_json::{Value, json};

use crate::driver::{Driver, Resource};
use crate::pairs::{generated, hold};
use crate::retries::run_on;

const CREATE: &str = "ec2:CreateSecurityGroup";
const LET_IN: &str = "ec2:AuthorizeSecurityGroupIngress";
const LET_OUT: &str = "ec2:AuthorizeSecurityGroupEgress";
const KEEP_OUT: &str = "ec2:RevokeSecurityGroupIngress";
const KEEP_IN: &str = "ec2:RevokeSecurityGroupEgress";
const DESCRIBE_IN: &str = "ec2:UpdateSecurityGroupRuleDescriptionsIngress";
const DESCRIBE_OUT: &str = "ec2:UpdateSecurityGroupRuleDescriptionsEgress";
const DELETE: &str = "ec2:DeleteSecurityGroup";

fn nothing() -> [&'static str; 0] {
    []
}

/// A fresh account with a VPC, and the VPC's id.
async fn network() -> (Driver, String) {
    let driver = Driver::new().await;
    let vpc = client(&driver).await.create_vpc().cidr_block("10.0.0.0/16").send().await.unwrap();
    let vpc = vpc.vpc.unwrap().vpc_id.unwrap();
    (driver, vpc)
}

async fn client(driver: &Driver) -> Client {
    driver.aws.region("us-east-1").await.ec2().clone()
}

/// A group that somebody else made; its id.
async fn group(driver: &Driver, vpc: &str, name: &str) -> String {
    let request = client(driver).await.create_security_group().group_name(name).description("theirs").vpc_id(vpc);
    request.send().await.unwrap().group_id.unwrap()
}

async fn described(driver: &Driver, id: &str) -> SecurityGroup {
    let groups = client(driver).await.describe_security_groups().group_ids(id).send().await.unwrap();
    groups.security_groups.unwrap().remove(0)
}

fn table(vpc: &str, name: &str, ingress: Value, egress: Value) -> Value {
    json!({ "group_name": name, "description": "A test", "vpc_id": vpc, "ingress": ingress, "egress": egress })
}

fn tcp(port: i32, cidr: &str) -> Value {
    json!({ "ip_protocol": "tcp", "from_port": port, "to_port": port, "cidr_ipv4": cidr, "description": "why" })
}

/// TCP on one port, as EC2 has it.
fn permission(port: i32, cidr: &str) -> IpPermission {
    let range = IpRange::builder().cidr_ip(cidr).build();
    IpPermission::builder().ip_protocol("tcp").from_port(port).to_port(port).ip_ranges(range).build()
}

#[tokio::test]
async fn a_group_lets_nothing_through_unless_told_to() {
    let (driver, vpc) = network().await;
    let mut app = driver.resource::<Ec2SecurityGroup>("app");
    let bare = json!({ "group_name": "app", "description": "A test", "vpc_id": vpc });
    let desired = app.spec(bare.clone());
    assert!(app.read(Some(&desired)).await.unwrap().is_none());
    assert_eq!(app.apply(bare.clone()).await, [CREATE, KEEP_IN]);
    assert_eq!(app.apply(bare.clone()).await, nothing());
    let live = app.read(None).await.unwrap().unwrap();
    assert_eq!(live.spec, desired, "every default is what AWS then has");
    assert_eq!(live.outputs.group_id, live.id);
    let theirs = described(&driver, &live.id).await;
    assert_eq!(theirs.security_group_arn(), Some(live.outputs.arn.as_str()));
    assert_eq!((theirs.ip_permissions().len(), theirs.ip_permissions_egress().len()), (0, 0));
    assert_eq!(app.delete(false).await, [DELETE]);
    assert_eq!(app.apply(bare).await, [CREATE, KEEP_IN]);
}

/// In a VPC with IPv6 addresses AWS lets those out too.
#[tokio::test]
async fn a_group_of_a_vpc_with_ipv6_addresses_lets_nothing_out_either() {
    let driver = Driver::new().await;
    let request = client(&driver).await.create_vpc().cidr_block("10.0.0.0/16").amazon_provided_ipv6_cidr_block(true);
    let vpc = request.send().await.unwrap().vpc.unwrap().vpc_id.unwrap();
    let theirs = group(&driver, &vpc, "theirs").await;
    let ranges = described(&driver, &theirs).await.ip_permissions_egress.unwrap();
    assert!(ranges.iter().any(|permission| !permission.ipv6_ranges().is_empty()), "or this proves nothing");

    let mut app = driver.resource::<Ec2SecurityGroup>("app");
    assert_eq!(app.apply(table(&vpc, "app", json!([]), json!([]))).await, [CREATE, KEEP_IN]);
    assert_eq!(described(&driver, app.id.as_deref().unwrap()).await.ip_permissions_egress(), []);
}

#[tokio::test]
async fn every_kind_of_rule_comes_goes_and_is_described_in_place() {
    let (driver, vpc) = network().await;
    let other = group(&driver, &vpc, "other").await;
    let mut app = driver.resource::<Ec2SecurityGroup>("app");
    let rules = json!([
        tcp(443, "10.0.0.0/8"),
        { "ip_protocol": "17", "from_port": 53, "to_port": 54, "cidr_ipv6": "2001:DB8::/32", "description": "DNS" },
        { "ip_protocol": "tcp", "from_port": 0, "to_port": 65535, "referenced_group_id": other, "description": "other" },
        { "ip_protocol": "-1", "self": true, "description": "among ourselves" },
        { "ip_protocol": "icmp", "from_port": 8, "to_port": 0, "cidr_ipv4": "0.0.0.0/0", "description": "echo" },
        { "ip_protocol": "icmpv6", "cidr_ipv6": "::/0", "description": "all messages" },
        { "ip_protocol": "50", "prefix_list_id": "pl-12345678", "description": "IPsec" },
    ]);
    let of = |ingress: &Value, egress: &Value| table(&vpc, "app", ingress.clone(), egress.clone());
    let none = json!([]);
    assert_eq!(app.apply(of(&rules, &none)).await, [CREATE, KEEP_IN, LET_IN]);
    assert_eq!(app.apply(of(&none, &rules)).await, [KEEP_OUT, LET_OUT]);

    let mut otherwise = rules.clone();
    for rule in otherwise.as_array_mut().unwrap() {
        rule["description"] = json!(format!("{} (new)", rule["description"].as_str().unwrap()));
    }
    otherwise.as_array_mut().unwrap().reverse();
    assert_eq!(app.apply(of(&none, &otherwise)).await, [DESCRIBE_OUT]);
    assert_eq!(app.apply(of(&rules, &otherwise)).await, [LET_IN]);
    assert_eq!(app.apply(of(&otherwise, &rules)).await, [DESCRIBE_IN, DESCRIBE_OUT]);

    // One call each for all that comes and all that goes.
    let few = json!([tcp(443, "10.1.0.0/16"), rules[1], rules[3]]);
    assert_eq!(app.apply(of(&few, &few)).await, [KEEP_OUT, KEEP_IN, LET_IN, LET_OUT, DESCRIBE_IN]);
    let narrow = json!([tcp(443, "10.1.2.0/24"), rules[1], rules[3]]);
    assert_eq!(app.apply(of(&narrow, &few)).await, [LET_IN, KEEP_OUT], "without an interruption");

    let mut tagged = of(&none, &none);
    tagged["tags"] = json!({ "Name": "app" });
    assert_eq!(app.apply(tagged).await, [KEEP_OUT, KEEP_IN, "ec2:CreateTags"]);
    assert_eq!(app.apply(of(&none, &none)).await, ["ec2:DeleteTags"]);
}

#[tokio::test]
async fn the_groups_own_id_stands_for_itself() {
    let (driver, vpc) = network().await;
    let mut app = driver.resource::<Ec2SecurityGroup>("app");
    let itself = json!([{ "ip_protocol": "-1", "self": true, "description": "among ourselves" }]);
    app.apply(table(&vpc, "app", itself.clone(), json!([]))).await;
    let id = app.id.clone().unwrap();
    let by_id = json!([{ "ip_protocol": "-1", "referenced_group_id": id, "description": "among ourselves" }]);
    assert_eq!(app.apply(table(&vpc, "app", by_id, json!([]))).await, nothing());
    assert_eq!(app.apply(table(&vpc, "app", itself, json!([]))).await, nothing());
}

#[tokio::test]
async fn changes_by_hand_are_named_one_by_one_and_mended() {
    let (driver, vpc) = network().await;
    let ec2 = client(&driver).await;
    let mut app = driver.resource::<Ec2SecurityGroup>("app");
    let wanted =
        table(&vpc, "app", json!([tcp(443, "10.0.0.0/8"), tcp(80, "10.0.0.0/8")]), json!([tcp(443, "0.0.0.0/0")]));
    app.apply(wanted.clone()).await;
    let id = app.id.clone().unwrap();

    let open = ec2.authorize_security_group_ingress().group_id(&id).ip_permissions(permission(22, "0.0.0.0/0"));
    open.send().await.unwrap();
    let gone = ec2.revoke_security_group_ingress().group_id(&id).ip_permissions(permission(80, "10.0.0.0/8"));
    gone.send().await.unwrap();
    let nameless = ec2.update_security_group_rule_descriptions_egress().group_id(&id);
    nameless.ip_permissions(permission(443, "0.0.0.0/0")).send().await.unwrap();

    let desired = app.spec(wanted.clone());
    let live = app.read(Some(&desired)).await.unwrap().unwrap();
    let differences = app.differences(&live, &desired);
    let paths: Vec<&str> = differences.iter().map(|difference| difference.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            r#"egress["tcp 443 to 0.0.0.0/0"].description"#,
            r#"ingress["tcp 22 from 0.0.0.0/0"]"#,
            r#"ingress["tcp 80 from 10.0.0.0/8"]"#,
        ]
    );
    assert_eq!(app.apply(wanted.clone()).await, [KEEP_OUT, LET_IN, DESCRIBE_OUT]);

    app.delete(false).await;
    assert!(app.read(Some(&desired)).await.unwrap().is_none());
}

async fn create(
    driver: &Driver,
    app: &Resource<Ec2SecurityGroup>,
    scope: &Scope,
    table: Value,
) -> Result<String, String> {
    let desired = app.spec(table);
    let call = Ec2SecurityGroup::steps(Change::Create { desired: &desired }).remove(0).call;
    let mut progress = Progress::default();
    match Ec2SecurityGroup::run(&driver.aws, scope, call, &mut progress).await {
        Ok(()) => Ok(progress.id.unwrap()),
        Err(error) => {
            assert_eq!((error.class, error.action.as_str()), (ErrorClass::AlreadyExists, CREATE));
            Err(error.hint.unwrap())
        }
    }
}

#[tokio::test]
async fn one_that_an_attempt_without_an_answer_made_is_kept_and_somebody_elses_is_not() {
    let (driver, vpc) = network().await;
    let app = driver.resource::<Ec2SecurityGroup>("app");
    let of = |name: &str| table(&vpc, name, json!([]), json!([]));
    let id = create(&driver, &app, &app.scope, of("app")).await.unwrap();
    assert_eq!(create(&driver, &app, &app.scope, of("app")).await, Ok(id.clone()));

    let theirs = driver.scope::<Ec2SecurityGroup>("theirs");
    let later = Scope { operation: "op-2".to_owned(), ..app.scope.clone() };
    let hint = format!("choose another `group_name`, or delete {id}, or import it");
    for (scope, name) in [(theirs, "app"), (later.clone(), "app"), (later, "APP")] {
        assert_eq!(create(&driver, &app, &scope, of(name)).await, Err(hint.clone()));
    }
}

#[tokio::test]
async fn many_are_read_at_once_and_one_is_found_by_its_tags() {
    let (driver, vpc) = network().await;
    let mut targets = Vec::new();
    for name in ["one", "two"] {
        let mut group = driver.resource::<Ec2SecurityGroup>(name);
        group.apply(table(&vpc, name, json!([]), json!([]))).await;
        targets.push(Target { scope: group.scope.clone(), id: group.id.unwrap(), desired: None });
    }
    targets.insert(1, Target { id: "sg-00000000000000000".to_owned(), ..targets[0].clone() });
    let found = Ec2SecurityGroup::read(&driver.aws, &targets).await;
    let names: Vec<_> = found.into_iter().map(|live| live.unwrap().map(|live| live.spec.group_name)).collect();
    assert_eq!(names, [Some("one".to_owned()), None, Some("two".to_owned())]);

    let find = async |name: &str| {
        let scope = driver.scope::<Ec2SecurityGroup>(name);
        Ec2SecurityGroup::find(&driver.aws, &scope).await.unwrap()
    };
    assert_eq!(find("two").await.as_ref(), Some(&targets[2].id));
    assert_eq!(find("missing").await, None);
}

/// AWS adds or takes away all rules of a request or none: what somebody did meanwhile must not keep the rest from it.
#[tokio::test]
async fn what_is_there_already_or_gone_already_is_passed_over() {
    let (driver, vpc) = network().await;
    let ec2 = client(&driver).await;
    let mut app = driver.resource::<Ec2SecurityGroup>("app");
    let empty = table(&vpc, "app", json!([]), json!([]));
    let full = table(&vpc, "app", json!([tcp(1, "10.0.0.0/8"), tcp(2, "10.0.0.0/8")]), json!([tcp(3, "10.0.0.0/8")]));
    app.apply(empty.clone()).await;
    let id = app.id.clone().unwrap();
    let steps = |from: &Value, to: &Value| {
        let (live, desired) = (app.spec(from.clone()), app.spec(to.clone()));
        let differences = provision_reconciler::Differences::default();
        Ec2SecurityGroup::steps(Change::Update { live: &live, desired: &desired, differences: &differences })
    };
    let (opening, closing) = (steps(&empty, &full), steps(&full, &empty));
    let by_hand = ec2.authorize_security_group_ingress().group_id(&id).ip_permissions(permission(2, "10.0.0.0/8"));
    by_hand.send().await.unwrap();
    for _ in 0..2 {
        app.run(opening.clone()).await.unwrap();
        let group = described(&driver, &id).await;
        assert_eq!((group.ip_permissions().len(), group.ip_permissions_egress().len()), (2, 1));
    }
    let by_hand = ec2.revoke_security_group_ingress().group_id(&id).ip_permissions(permission(1, "10.0.0.0/8"));
    by_hand.send().await.unwrap();
    for _ in 0..2 {
        app.run(closing.clone()).await.unwrap();
        let group = described(&driver, &id).await;
        assert_eq!((group.ip_permissions().len(), group.ip_permissions_egress().len()), (0, 0));
    }

    // A rule that turns out to be wanted stays.
    app.run(opening).await.unwrap();
    let Call::Revoke { direction, rules, .. } = closing[0].call.clone() else { panic!("it takes rules away") };
    let call = Call::Revoke { direction, unless: vec![rules[0].clone()], rules };
    let mut progress = Progress { id: Some(id.clone()), ..Progress::default() };
    Ec2SecurityGroup::run(&driver.aws, &app.scope, call, &mut progress).await.unwrap();
    assert_eq!(described(&driver, &id).await.ip_permissions()[0].from_port(), Some(1));
}

#[tokio::test]
async fn a_deletion_waits_for_network_interfaces_to_go() {
    let (driver, vpc) = network().await;
    let ec2 = client(&driver).await;
    let mut app = driver.resource::<Ec2SecurityGroup>("app");
    app.apply(table(&vpc, "app", json!([]), json!([]))).await;
    let subnet = ec2.create_subnet().vpc_id(&vpc).cidr_block("10.0.0.0/24").send().await.unwrap();
    let subnet = subnet.subnet.unwrap().subnet_id.unwrap();
    let interface = ec2.create_network_interface().subnet_id(subnet).groups(app.id.as_deref().unwrap());
    let interface = interface.send().await.unwrap().network_interface.unwrap().network_interface_id.unwrap();
    let release = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        ec2.delete_network_interface().network_interface_id(interface).send().await.unwrap();
    };
    let (actions, ()) = tokio::join!(app.delete(false), release);
    assert_eq!(actions, [DELETE]);
}

#[tokio::test]
async fn a_group_that_anothers_rules_name_is_not_waited_for_in_vain() {
    let (driver, vpc) = network().await;
    let mut app = driver.resource::<Ec2SecurityGroup>("app");
    app.apply(table(&vpc, "app", json!([]), json!([]))).await;
    let id = app.id.clone().unwrap();
    let mut other = driver.resource::<Ec2SecurityGroup>("other");
    let rule = json!([{ "ip_protocol": "-1", "referenced_group_id": id, "description": "the app" }]);
    other.apply(table(&vpc, "other", json!([]), rule)).await;

    let live = app.read(None).await.unwrap().unwrap();
    let error = app.run(Ec2SecurityGroup::steps(Change::Delete { live: &live.spec, empty: false })).await.unwrap_err();
    assert_eq!(error.code.as_deref(), Some("DependencyViolation"));
    let other = other.id.unwrap();
    let hint = error.hint.unwrap();
    assert!(hint.starts_with(&format!("rules of {other} refer to it: take them away first;")), "{hint}");
}

#[tokio::test]
async fn two_groups_that_name_each_other_are_deleted_together() {
    let (driver, vpc) = network().await;
    let mut one = driver.resource::<Ec2SecurityGroup>("one");
    let mut two = driver.resource::<Ec2SecurityGroup>("two");
    one.apply(table(&vpc, "one", json!([]), json!([]))).await;
    let rule = |id: &Option<String>| json!([{ "ip_protocol": "-1", "referenced_group_id": id.clone().unwrap(), "description": "the other one" }]);
    two.apply(table(&vpc, "two", rule(&one.id), json!([]))).await;
    one.apply(table(&vpc, "one", json!([]), rule(&two.id))).await;
    let (first, second) = tokio::join!(one.delete(false), two.delete(false));
    assert_eq!((first, second), (vec![KEEP_IN, DELETE], vec![KEEP_OUT, DELETE]));
}

/// Just after a creation other parts of EC2 do not know it yet; a rule that is not there does not come by itself.
#[tokio::test]
async fn a_group_that_is_too_new_is_waited_for_and_a_refusal_is_not() {
    const TOO_NEW: (u16, &str) = (
        400,
        "<Response><Errors><Error><Code>InvalidGroup.NotFound</Code><Message>no</Message></Error></Errors></Response>",
    );
    const MALFORMED: (u16, &str) = (
        400,
        "<Response><Errors><Error><Code>InvalidPermission.Malformed</Code><Message>no</Message></Error></Errors></Response>",
    );
    const NOT_THERE: (u16, &str) = (
        400,
        "<Response><Errors><Error><Code>InvalidPermission.NotFound</Code><Message>no</Message></Error></Errors></Response>",
    );
    const EMPTY: (u16, &str) = (
        200,
        "<DescribeSecurityGroupsResponse><securityGroupInfo><item><groupId>sg-1</groupId></item></securityGroupInfo></DescribeSecurityGroupsResponse>",
    );
    const DONE: (u16, &str) =
        (200, "<AuthorizeSecurityGroupIngressResponse><return>true</return></AuthorizeSecurityGroupIngressResponse>");
    let call = |name: &str| -> Call {
        let mut rule = tcp(443, "10.0.0.0/8");
        rule["rule"] = json!("tcp 443 from 10.0.0.0/8");
        let mut call = json!({ "direction": "ingress", "rules": [rule] });
        if name == "Revoke" {
            call["unless"] = json!([]);
        }
        serde_json::from_value(json!({ name: call })).unwrap()
    };
    let (result, requests) =
        run_on::<Ec2SecurityGroup>(Some("sg-1"), call("Authorize"), &[TOO_NEW, TOO_NEW, DONE]).await;
    assert!(result.is_ok());
    assert_eq!(requests, 3);
    let (result, requests) = run_on::<Ec2SecurityGroup>(Some("sg-1"), call("Authorize"), &[MALFORMED, DONE]).await;
    assert!(result.is_err());
    assert_eq!(requests, 1);
    // Refused once, looked for, and not there.
    let (result, requests) = run_on::<Ec2SecurityGroup>(Some("sg-1"), call("Revoke"), &[NOT_THERE, EMPTY]).await;
    assert!(result.is_ok());
    assert_eq!(requests, 2);
}

/// Rules of which no two let the same through.
fn rules(groups: Vec<String>) -> impl Strategy<Value = Value> {
    let ports = select(vec![(0, 65535), (22, 22), (443, 443), (1024, 2048), (1500, 1600)]);
    let messages =
        select(vec![(None, None), (Some(8), None), (Some(8), Some(0)), (Some(3), Some(4)), (Some(-1), Some(-1))]);
    let traffic = prop_oneof![
        (select(vec!["tcp", "udp", "6", "17"]), ports).prop_map(|(protocol, (from, to))| (
            protocol,
            Some(from),
            Some(to)
        )),
        (select(vec!["icmp", "icmpv6", "1", "58"]), messages).prop_map(|(protocol, (from, to))| (protocol, from, to)),
        select(vec!["-1", "50", "0", "132"]).prop_map(|protocol| (protocol, None, None)),
    ];
    let peer = prop_oneof![
        select(vec!["0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "192.168.7.3/32"])
            .prop_map(|cidr| ("cidr_ipv4", json!(cidr))),
        select(vec!["::/0", "2001:DB8::/32", "2001:db8:0:1::/64"]).prop_map(|cidr| ("cidr_ipv6", json!(cidr))),
        select(vec!["pl-12345678", "pl-0123456789abcdef0"]).prop_map(|list| ("prefix_list_id", json!(list))),
        select(groups).prop_map(|group| ("referenced_group_id", json!(group))),
        Just(("self", json!(true))),
    ];
    let description = r"[a-zA-Z0-9]([a-zA-Z0-9 ._:/()#,@\[\]+=&;{}!$*-]{0,40}[a-z])?";
    let rule = (traffic, peer, description).prop_map(|((protocol, from, to), (field, peer), description)| {
        let mut rule = json!({ "ip_protocol": protocol, "description": description, field: peer });
        for (field, port) in [("from_port", from), ("to_port", to)] {
            if let Some(port) = port {
                rule[field] = json!(port);
            }
        }
        rule
    });
    prop::collection::vec(rule, 0..8).prop_map(|rules| {
        // As `check` sees them: by the name that a completed rule has.
        let mut distinct = BTreeMap::new();
        for rule in rules {
            let spec = serde_json::from_value(table("vpc-1", "x", json!([rule]), json!([]))).unwrap();
            let scope = scope();
            let name = Ec2SecurityGroup::complete(spec, &scope).unwrap().ingress.remove(0).rule;
            distinct.insert(name, rule);
        }
        json!(distinct.into_values().collect::<Vec<_>>())
    })
}

fn scope() -> Scope {
    Scope {
        environment: "test".to_owned(),
        address: provision_config::Address::new(Ec2SecurityGroup::NAME, "x"),
        partition: "aws".to_owned(),
        account: "123456789012".to_owned(),
        region: "us-east-1".to_owned(),
        operation: String::new(),
    }
}

#[tokio::test]
async fn any_group_becomes_any_other() {
    let (driver, vpc) = network().await;
    let groups = vec![group(&driver, &vpc, "theirs").await, group(&driver, &vpc, "also theirs").await];
    let tags = || prop::collection::btree_map("[a-z]{1,6}", "([a-zA-Z0-9.:/=+@_-]{1,12})?", 0..4);
    let side = || (rules(groups.clone()), rules(groups.clone()), tags());
    let pairs = generated((side(), side()), 24).into_iter().enumerate().map(|(number, (first, second))| {
        let full = |(ingress, egress, tags)| {
            let mut table = table(&vpc, &format!("pair {number}"), ingress, egress);
            table["tags"] = json!(tags);
            table
        };
        (full(first), full(second))
    });
    hold::<Ec2SecurityGroup>(&driver, pairs.collect()).await;
}
