//! The life of a route table.

use std::sync::atomic::Ordering;

use aws_sdk_ec2::types::VpcEndpointType;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use provision_reconciler::{Change, Differences, ErrorClass, Kind, Progress, Target};
use provision_resources::ec2_nat_gateway::Ec2NatGateway;
use provision_resources::ec2_route_table::{Call, Ec2RouteTable};
use serde_json::{Value, json};

use crate::driver::{Driver, Resource};
use crate::network::{Network, answer, answers, refusal};
use crate::pairs::{generated, hold};
use crate::retries::{answering, run_on};

const CREATE: &str = "ec2:CreateRouteTable";
const CREATE_ROUTE: &str = "ec2:CreateRoute";
const REPLACE_ROUTE: &str = "ec2:ReplaceRoute";
const DELETE_ROUTE: &str = "ec2:DeleteRoute";
const ASSOCIATE: &str = "ec2:AssociateRouteTable";
const DISASSOCIATE: &str = "ec2:DisassociateRouteTable";
const DELETE: &str = "ec2:DeleteRouteTable";

fn nothing() -> [&'static str; 0] {
    []
}

fn to(destination: &str, target: &str, id: &str) -> Value {
    json!({ "destination_cidr_block": destination, target: id })
}

/// What differs from the table, and how: `routes["0.0.0.0/0"]: {…} → null`.
async fn drift(resource: &Resource<Ec2RouteTable>, table: &Value) -> Vec<String> {
    let desired = resource.spec(table.clone());
    let live = resource.read(Some(&desired)).await.unwrap().unwrap();
    let differences = resource.differences(&live, &desired);
    differences.iter().map(|one| format!("{}: {} → {}", one.path, one.live, one.desired)).collect()
}

#[tokio::test]
async fn a_route_table_is_made_changed_in_place_and_deleted() {
    let driver = Driver::new().await;
    let network = Network::new(&driver).await;
    let igw = network.internet_gateway().await;
    let (one, two) = (network.subnet(1).await, network.subnet(2).await);
    let interface = network.interface(&one).await;
    let mut table = driver.resource::<Ec2RouteTable>("public");
    let out = to("0.0.0.0/0", "gateway_id", &igw);
    let first = json!({ "vpc_id": network.vpc, "routes": [out], "subnets": [one] });
    assert_eq!(table.apply(first.clone()).await, [CREATE, CREATE_ROUTE, ASSOCIATE]);
    assert_eq!(table.apply(first.clone()).await, nothing());
    let outputs = table.read(None).await.unwrap().unwrap().outputs;
    let arn = format!("arn:aws:ec2:us-east-1:{}:route-table/{}", driver.account, outputs.route_table_id);
    assert_eq!((outputs.arn, Some(outputs.route_table_id)), (arn, table.id.clone()));

    let six = json!({ "destination_ipv6_cidr_block": "::/0", "gateway_id": igw });
    let changed = json!({
        "vpc_id": network.vpc, "subnets": [two], "tags": { "a": "1" },
        "routes": [to("0.0.0.0/0", "network_interface_id", &interface), six],
    });
    let actions = table.apply(changed.clone()).await;
    assert_eq!(actions, ["ec2:CreateTags", REPLACE_ROUTE, CREATE_ROUTE, ASSOCIATE, DISASSOCIATE]);
    assert_eq!(table.apply(changed).await, nothing());
    let actions = table.apply(first).await;
    assert_eq!(actions, ["ec2:DeleteTags", REPLACE_ROUTE, DELETE_ROUTE, ASSOCIATE, DISASSOCIATE]);
    assert_eq!(table.delete(false).await, [DISASSOCIATE, DELETE]);
    assert_eq!(network.table_of(&one).await, None);
}

#[tokio::test]
async fn what_was_changed_by_hand_is_named_and_mended() {
    let driver = Driver::new().await;
    let network = Network::new(&driver).await;
    let igw = network.internet_gateway().await;
    let (one, two) = (network.subnet(1).await, network.subnet(2).await);
    let mut table = driver.resource::<Ec2RouteTable>("public");
    let wanted = json!({
        "vpc_id": network.vpc, "subnets": [one],
        "routes": [to("0.0.0.0/0", "gateway_id", &igw), to("192.0.2.0/24", "gateway_id", &igw)],
    });
    table.apply(wanted.clone()).await;
    let id = table.id.clone().unwrap();
    let ec2 = &network.ec2;
    ec2.delete_route().route_table_id(&id).destination_cidr_block("0.0.0.0/0").send().await.unwrap();
    let put = ec2.create_route().route_table_id(&id).destination_cidr_block("198.51.100.0/24").gateway_id(&igw);
    put.send().await.unwrap();
    ec2.associate_route_table().route_table_id(&id).subnet_id(&two).send().await.unwrap();
    let said = drift(&table, &wanted).await.join("\n").replace(&igw, "igw").replace(&one, "one").replace(&two, "two");
    let said = said.replace(r#""two","one""#, r#""one","two""#);
    insta::assert_snapshot!(said, @r#"
    routes["0.0.0.0/0"]: null → {"destination":"0.0.0.0/0","destination_cidr_block":"0.0.0.0/0","gateway_id":"igw"}
    routes["198.51.100.0/24"]: {"destination":"198.51.100.0/24","destination_cidr_block":"198.51.100.0/24","gateway_id":"igw"} → null
    subnets: ["one","two"] → ["one"]
    "#);
    assert_eq!(table.apply(wanted.clone()).await, [CREATE_ROUTE, DELETE_ROUTE, DISASSOCIATE]);
    assert_eq!(drift(&table, &wanted).await, [""; 0]);
}

#[tokio::test]
async fn a_route_whose_target_is_gone_is_drift_that_says_so() {
    let driver = Driver::new().await;
    let network = Network::new(&driver).await;
    let subnet = network.subnet(1).await;
    let private = json!({ "subnet_id": subnet, "connectivity_type": "private" });
    let mut gateways = [driver.resource::<Ec2NatGateway>("a"), driver.resource::<Ec2NatGateway>("b")];
    for gateway in &mut gateways {
        gateway.apply(private.clone()).await;
    }
    let [mut gone, other] = gateways;
    let wanted = |nat: &str| json!({ "vpc_id": network.vpc, "routes": [to("0.0.0.0/0", "nat_gateway_id", nat)] });
    let mut table = driver.resource::<Ec2RouteTable>("private");
    let old = gone.id.clone().unwrap();
    table.apply(wanted(&old)).await;
    gone.delete(false).await;
    let said = drift(&table, &wanted(&old)).await.join("\n").replace(&old, "nat");
    insta::assert_snapshot!(said, @r#"routes["0.0.0.0/0"].nat_gateway_id: "nat (blackhole: it is gone)" → "nat""#);
    assert_eq!(table.apply(wanted(&other.id.unwrap())).await, [REPLACE_ROUTE]);
}

#[tokio::test]
async fn a_subnet_of_another_table_is_taken_over() {
    let driver = Driver::new().await;
    let network = Network::new(&driver).await;
    let (subnet, theirs) = (network.subnet(1).await, network.route_table().await);
    network.ec2.associate_route_table().route_table_id(theirs).subnet_id(&subnet).send().await.unwrap();
    let (mut one, mut two) = (driver.resource::<Ec2RouteTable>("one"), driver.resource::<Ec2RouteTable>("two"));
    let (with, without) = (json!({ "vpc_id": network.vpc, "subnets": [subnet] }), json!({ "vpc_id": network.vpc }));
    assert_eq!(one.apply(with.clone()).await, [CREATE, ASSOCIATE]);
    assert_eq!(network.table_of(&subnet).await, one.id);
    two.apply(with.clone()).await;
    assert_eq!(network.table_of(&subnet).await, two.id);
    assert_eq!(one.apply(without.clone()).await, nothing(), "it is gone from the first");

    // Both at once, in whatever order.
    for _ in 0..5 {
        futures::future::join(one.apply(with.clone()), two.apply(without.clone())).await;
        assert_eq!(network.table_of(&subnet).await, one.id);
        futures::future::join(one.apply(without.clone()), two.apply(with.clone())).await;
        assert_eq!(network.table_of(&subnet).await, two.id);
    }
    one.delete(false).await;
    assert_eq!(network.table_of(&subnet).await, two.id);
    two.delete(false).await;
}

#[tokio::test]
async fn a_subnet_that_was_taken_over_meanwhile_is_left_where_it_is() {
    let driver = Driver::new().await;
    let network = Network::new(&driver).await;
    let (subnet, theirs) = (network.subnet(1).await, network.route_table().await);
    let mut table = driver.resource::<Ec2RouteTable>("one");
    table.apply(json!({ "vpc_id": network.vpc, "subnets": [subnet] })).await;
    let live = table.read(None).await.unwrap().unwrap();
    let steps = Ec2RouteTable::steps(Change::Delete { live: &live.spec, empty: false });
    let told = network.ec2.describe_route_tables().route_table_ids(table.id.clone().unwrap()).send().await.unwrap();
    let association = told.route_tables()[0].associations()[0].route_table_association_id().unwrap();
    let request = network.ec2.replace_route_table_association().association_id(association).route_table_id(&theirs);
    request.send().await.unwrap();
    assert_eq!(table.run(steps).await.unwrap(), [DISASSOCIATE, DELETE]);
    assert_eq!(network.table_of(&subnet).await, Some(theirs));
}

#[tokio::test]
async fn a_gateway_endpoints_route_is_not_the_files() {
    let driver = Driver::new().await;
    let network = Network::new(&driver).await;
    let mut table = driver.resource::<Ec2RouteTable>("private");
    let wanted = json!({ "vpc_id": network.vpc });
    table.apply(wanted.clone()).await;
    let id = table.id.clone().unwrap();
    let endpoint = network
        .ec2
        .create_vpc_endpoint()
        .vpc_id(&network.vpc)
        .service_name("com.amazonaws.us-east-1.s3")
        .vpc_endpoint_type(VpcEndpointType::Gateway)
        .route_table_ids(&id);
    endpoint.send().await.unwrap();
    let told = network.ec2.describe_route_tables().route_table_ids(&id).send().await.unwrap();
    assert_eq!(told.route_tables()[0].routes().len(), 2, "the local one, and the endpoint's");
    assert_eq!(table.apply(wanted).await, nothing());
}

#[tokio::test]
async fn a_local_route_that_somebody_leads_elsewhere_is_seen_and_restored() {
    let driver = Driver::new().await;
    let network = Network::new(&driver).await;
    let interface = network.interface(&network.subnet(1).await).await;
    let mut table = driver.resource::<Ec2RouteTable>("private");
    let wanted = json!({ "vpc_id": network.vpc });
    table.apply(wanted.clone()).await;
    let id = table.id.clone().unwrap();
    let request = network.ec2.replace_route().route_table_id(&id).destination_cidr_block("10.0.0.0/16");
    request.network_interface_id(&interface).send().await.unwrap();
    let said = drift(&table, &wanted).await.join("\n").replace(&interface, "eni");
    insta::assert_snapshot!(said, @r#"routes["10.0.0.0/16"]: {"destination":"10.0.0.0/16","destination_cidr_block":"10.0.0.0/16","network_interface_id":"eni","replaces_local":true} → null"#);
    assert_eq!(table.apply(wanted).await, [REPLACE_ROUTE]);
}

#[tokio::test]
async fn the_same_operation_makes_one_however_often_it_asks() {
    let driver = Driver::new().await;
    let network = Network::new(&driver).await;
    let table = driver.resource::<Ec2RouteTable>("one");
    let desired = table.spec(json!({ "vpc_id": network.vpc }));
    let create = async || {
        let call = Ec2RouteTable::steps(Change::Create { desired: &desired }).remove(0).call;
        let mut progress = Progress::default();
        Ec2RouteTable::run(&driver.aws, &table.scope, call, &mut progress).await.unwrap();
        progress.id.unwrap()
    };
    let id = create().await;
    assert_eq!(create().await, id);
    assert_eq!(Ec2RouteTable::find(&driver.aws, &table.scope).await.unwrap(), Some(id));
    assert_eq!(Ec2RouteTable::find(&driver.aws, &driver.scope::<Ec2RouteTable>("two")).await.unwrap(), None);
}

#[tokio::test]
async fn a_route_that_an_attempt_without_an_answer_made_is_kept_and_another_one_is_not() {
    let driver = Driver::new().await;
    let network = Network::new(&driver).await;
    let igw = network.internet_gateway().await;
    let interface = network.interface(&network.subnet(1).await).await;
    let mut table = driver.resource::<Ec2RouteTable>("one");
    table.apply(json!({ "vpc_id": network.vpc })).await;
    let steps = |target: &str, id: &str| {
        let live = table.spec(json!({ "vpc_id": network.vpc }));
        let desired = table.spec(json!({ "vpc_id": network.vpc, "routes": [to("0.0.0.0/0", target, id)] }));
        let differences = Differences::default();
        Ec2RouteTable::steps(Change::Update { live: &live, desired: &desired, differences: &differences })
    };
    let (first, again, other) =
        (steps("gateway_id", &igw), steps("gateway_id", &igw), steps("network_interface_id", &interface));
    table.run(first).await.unwrap();
    table.run(again).await.unwrap();
    let error = table.run(other).await.unwrap_err();
    assert_eq!(error.code.as_deref(), Some("RouteAlreadyExists"));
    assert!(error.hint.unwrap().contains("apply again"));
}

#[tokio::test]
async fn any_number_is_read_by_one_call() {
    let none = answers(&[answer("DescribeRouteTables", "<routeTableSet/>")]);
    let (aws, requests) = answering(none).await;
    let driver = Driver::new().await;
    let target =
        |id: usize| Target { scope: driver.scope::<Ec2RouteTable>("a"), id: format!("rtb-{id}"), desired: None };
    let targets: Vec<_> = (0..50).map(target).collect();
    let read = Ec2RouteTable::read(&aws, &targets).await;
    assert!(read.len() == 50 && read.into_iter().all(|one| matches!(one, Ok(None))));
    assert_eq!(requests.load(Ordering::SeqCst), 1);
}

fn call(value: Value) -> Call {
    serde_json::from_value(value).unwrap()
}

#[tokio::test]
async fn what_is_too_new_is_waited_for() {
    let route = json!({ "destination_cidr_block": "0.0.0.0/0", "gateway_id": "igw-1", "destination": "0.0.0.0/0" });
    let unknown = refusal("InvalidRouteTableID.NotFound", "The routeTable ID 'rtb-1' does not exist");
    let unattached =
        refusal("InvalidParameterValue", "route table rtb-1 and network gateway igw-1 belong to different networks");
    let done = answer("CreateRoute", "<return>true</return>");
    let script = answers(&[unknown, unattached, done]);
    let create = call(json!({ "create_route": { "route": route } }));
    let (result, requests) = run_on::<Ec2RouteTable>(Some("rtb-1"), create, script).await;
    assert!(result.is_ok());
    assert_eq!(requests, 3);

    let wrong = refusal("InvalidParameterValue", "Value (x) for parameter destinationCidrBlock is invalid.");
    let create = call(json!({ "create_route": { "route": route } }));
    let (result, requests) = run_on::<Ec2RouteTable>(Some("rtb-1"), create, answers(&[wrong, done])).await;
    assert_eq!((result.err().map(|error| error.class), requests), (Some(ErrorClass::Refused), 1));
}

#[tokio::test]
async fn an_association_that_is_still_going_is_waited_for() {
    let none = answer("DescribeRouteTables", "<routeTableSet/>");
    let conflict = refusal("Resource.AlreadyAssociated", "the specified association conflicts with an existing one");
    let done = answer("AssociateRouteTable", "<associationId>rtbassoc-1</associationId>");
    let associate = call(json!({ "associate_route_table": { "subnet_id": "subnet-1" } }));
    let script = answers(&[none, conflict, none, done]);
    let (result, requests) = run_on::<Ec2RouteTable>(Some("rtb-1"), associate, script).await;
    assert!(result.is_ok());
    assert_eq!(requests, 4);
}

#[tokio::test]
async fn a_table_that_is_still_in_use_is_deleted_once_it_is_free() {
    let busy = refusal("DependencyViolation", "The routeTable 'rtb-1' has dependencies and cannot be deleted.");
    let gone = refusal("InvalidRouteTableID.NotFound", "The routeTable ID 'rtb-1' does not exist");
    let script = answers(&[busy, busy, gone]);
    let (result, requests) = run_on::<Ec2RouteTable>(Some("rtb-1"), call(json!("delete_route_table")), script).await;
    assert!(result.is_ok());
    assert_eq!(requests, 3);
}

#[tokio::test]
async fn any_route_table_becomes_any_other() {
    let driver = Driver::new().await;
    let network = Network::new(&driver).await;
    let igw = network.internet_gateway().await;
    // Each pair has a subnet of its own besides none: two tables of one run must not take each other's.
    let mut subnets = Vec::new();
    for number in 0..6 {
        subnets.push((network.subnet(10 + 2 * number).await, network.subnet(11 + 2 * number).await));
    }
    let interface = network.interface(&subnets[0].0).await;
    let target = select(vec![("gateway_id", igw), ("network_interface_id", interface)]);
    let destinations = vec![
        ("destination_cidr_block", "0.0.0.0/0"),
        ("destination_cidr_block", "192.0.2.0/24"),
        ("destination_cidr_block", "198.51.100.0/24"),
        ("destination_ipv6_cidr_block", "::/0"),
        ("destination_ipv6_cidr_block", "2001:db8::/32"),
    ];
    let routes = (subsequence(destinations, 0..=5), prop::collection::vec(target, 5)).prop_map(|(to, targets)| {
        let routes = to.into_iter().zip(targets);
        routes.map(|((field, block), (target, id))| json!({ field: block, target: id })).collect::<Vec<_>>()
    });
    let tags = prop::collection::btree_map("[A-Z][a-z]{0,8}", "[a-z0-9]{0,10}", 0..3);
    let tables = generated((routes.prop_shuffle(), any::<[bool; 2]>(), tags), 2 * subnets.len());
    let pairs = tables.chunks_exact(2).zip(&subnets).map(|(pair, (one, two))| {
        let table = |(routes, [first, second], tags): &(Vec<Value>, [bool; 2], _)| {
            let subnets: Vec<_> = [(first, one), (second, two)].into_iter().filter(|(is, _)| **is).collect();
            let subnets: Vec<_> = subnets.into_iter().map(|(_, subnet)| subnet).collect();
            json!({ "vpc_id": network.vpc, "routes": routes, "subnets": subnets, "tags": tags })
        };
        (table(&pair[0]), table(&pair[1]))
    });
    hold::<Ec2RouteTable>(&driver, pairs.collect()).await;
}
