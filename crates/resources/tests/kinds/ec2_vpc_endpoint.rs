//! The life of a VPC endpoint.

use std::sync::atomic::Ordering;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use provision_reconciler::{Change, ErrorClass, Kind, Progress, Target};
use provision_resources::ec2_vpc_endpoint::{Call, Ec2VpcEndpoint};
use serde_json::{Value, json};

use crate::driver::Driver;
use crate::network::{Network, answer, answers, refusal};
use crate::pairs::{generated, hold};
use crate::retries::{answering, run_on};

const CREATE: &str = "ec2:CreateVpcEndpoint";
const MODIFY: &str = "ec2:ModifyVpcEndpoint";
const DELETE: &str = "ec2:DeleteVpcEndpoints";
const S3: &str = "com.amazonaws.us-east-1.s3";
const KMS: &str = "com.amazonaws.us-east-1.kms";

fn nothing() -> [&'static str; 0] {
    []
}

fn with(mut table: Value, field: &str, value: Value) -> Value {
    table[field] = value;
    table
}

fn only(action: &str) -> Value {
    json!({ "statements": [{ "actions": [action], "resources": ["*"], "principals": "*" }] })
}

/// Whether the route table has a route of an endpoint.
async fn is_routed(network: &Network, table: &str) -> bool {
    let told = network.ec2.describe_route_tables().route_table_ids(table).send().await.unwrap();
    let mut routes = told.route_tables()[0].routes().iter();
    routes.any(|route| route.gateway_id().is_some_and(|gateway| gateway.starts_with("vpce-")))
}

#[tokio::test]
async fn a_gateway_endpoint_is_made_changed_in_place_and_deleted() {
    let driver = Driver::new().await;
    let network = Network::new(&driver).await;
    let (one, two) = (network.route_table().await, network.route_table().await);
    let mut endpoint = driver.resource::<Ec2VpcEndpoint>("s3");
    let first = json!({ "vpc_id": network.vpc, "service_name": S3, "route_table_ids": [one] });
    assert_eq!(endpoint.apply(first.clone()).await, [CREATE]);
    assert_eq!(endpoint.apply(first.clone()).await, nothing());
    assert!(is_routed(&network, &one).await);
    let outputs = endpoint.read(None).await.unwrap().unwrap().outputs;
    let arn = format!("arn:aws:ec2:us-east-1:{}:vpc-endpoint/{}", driver.account, outputs.vpc_endpoint_id);
    assert_eq!((outputs.arn, Some(outputs.vpc_endpoint_id), outputs.dns_name), (arn, endpoint.id.clone(), None));

    let moved = with(first.clone(), "route_table_ids", json!([two]));
    let changed = with(moved, "policy_document", only("s3:GetObject"));
    assert_eq!(endpoint.apply(changed.clone()).await, [MODIFY]);
    assert_eq!(endpoint.apply(changed.clone()).await, nothing());
    assert!(!is_routed(&network, &one).await && is_routed(&network, &two).await);
    assert_eq!(endpoint.apply(with(changed, "tags", json!({ "a": "1" }))).await, ["ec2:CreateTags"]);
    assert_eq!(endpoint.apply(first).await, ["ec2:DeleteTags", MODIFY], "the policy is AWS's default again");
    assert_eq!(endpoint.delete(false).await, [DELETE]);
    assert!(!is_routed(&network, &one).await);
}

#[tokio::test]
async fn an_interface_endpoint_is_made_changed_in_place_and_deleted() {
    let driver = Driver::new().await;
    let network = Network::new(&driver).await;
    let (one, two) = (network.subnet(1).await, network.subnet(2).await);
    let (group, other) = (network.security_group("one").await, network.security_group("two").await);
    let mut endpoint = driver.resource::<Ec2VpcEndpoint>("kms");
    let first = json!({
        "vpc_id": network.vpc, "service_name": KMS, "subnet_ids": [one], "security_group_ids": [group],
    });
    assert_eq!(endpoint.apply(first.clone()).await, [CREATE]);
    assert_eq!(endpoint.apply(first.clone()).await, nothing());
    let live = endpoint.read(None).await.unwrap().unwrap();
    assert_eq!(live.spec.private_dns_enabled, Some(true));
    assert!(live.outputs.dns_name.unwrap().ends_with(".kms.us-east-1.vpce.amazonaws.com"));
    let mut changed = first.clone();
    for (field, value) in [
        ("subnet_ids", json!([one, two])),
        ("subnet_ids", json!([two])),
        ("security_group_ids", json!([other])),
        ("private_dns_enabled", json!(false)),
        ("policy_document", only("kms:Decrypt")),
    ] {
        changed[field] = value;
        assert_eq!(endpoint.apply(changed.clone()).await, [MODIFY], "{field}");
    }
    assert_eq!(endpoint.apply(first).await, [MODIFY]);
    assert_eq!(endpoint.delete(false).await, [DELETE]);
    let told = network.ec2.describe_network_interfaces().send().await.unwrap();
    assert_eq!(told.network_interfaces().len(), 0, "its interfaces are gone when it is");
}

#[tokio::test]
async fn what_was_changed_by_hand_is_named_and_mended() {
    let driver = Driver::new().await;
    let network = Network::new(&driver).await;
    let (one, two) = (network.route_table().await, network.route_table().await);
    let mut endpoint = driver.resource::<Ec2VpcEndpoint>("s3");
    let wanted = json!({
        "vpc_id": network.vpc, "service_name": S3, "route_table_ids": [one], "policy_document": only("s3:GetObject"),
    });
    endpoint.apply(wanted.clone()).await;
    let request = network.ec2.modify_vpc_endpoint().vpc_endpoint_id(endpoint.id.clone().unwrap());
    request.reset_policy(true).add_route_table_ids(two).send().await.unwrap();
    let desired = endpoint.spec(wanted.clone());
    let live = endpoint.read(Some(&desired)).await.unwrap().unwrap();
    let paths: Vec<String> = endpoint.differences(&live, &desired).into_iter().map(|one| one.path).collect();
    assert_eq!(paths, ["policy_document", "route_table_ids"]);
    assert_eq!(endpoint.apply(wanted).await, [MODIFY]);
}

#[tokio::test]
async fn every_output_is_known_once_it_is_made_however_often_the_operation_asks() {
    let driver = Driver::new().await;
    let network = Network::new(&driver).await;
    let table = json!({
        "vpc_id": network.vpc, "service_name": KMS, "subnet_ids": [network.subnet(1).await],
        "security_group_ids": [network.security_group("one").await],
    });
    let endpoint = driver.resource::<Ec2VpcEndpoint>("kms");
    let desired = endpoint.spec(table);
    let create = async || {
        let call = Ec2VpcEndpoint::steps(Change::Create { desired: &desired }).remove(0).call;
        let mut progress = Progress::default();
        Ec2VpcEndpoint::run(&driver.aws, &endpoint.scope, call.clone(), &mut progress).await.unwrap();
        Ec2VpcEndpoint::settle(&driver.aws, &endpoint.scope, &call, &mut progress).await.unwrap();
        progress
    };
    let made = create().await;
    let id = made.id.clone().unwrap();
    let target = Target { scope: endpoint.scope.clone(), id: id.clone(), desired: None };
    let live = Ec2VpcEndpoint::read(&driver.aws, &[target]).await.remove(0).unwrap().unwrap();
    assert_eq!(serde_json::to_value(made.outputs).unwrap(), serde_json::to_value(live.outputs).unwrap());
    assert_eq!(create().await.id, Some(id.clone()));
    assert_eq!(Ec2VpcEndpoint::find(&driver.aws, &endpoint.scope).await.unwrap(), Some(id));
    assert_eq!(Ec2VpcEndpoint::find(&driver.aws, &driver.scope::<Ec2VpcEndpoint>("s3")).await.unwrap(), None);
}

#[tokio::test]
async fn any_number_is_read_by_one_call() {
    let none = answers(&[answer("DescribeVpcEndpoints", "<vpcEndpointSet/>")]);
    let (aws, requests) = answering(none).await;
    let driver = Driver::new().await;
    let target =
        |id: usize| Target { scope: driver.scope::<Ec2VpcEndpoint>("a"), id: format!("vpce-{id}"), desired: None };
    let targets: Vec<_> = (0..50).map(target).collect();
    let read = Ec2VpcEndpoint::read(&aws, &targets).await;
    assert!(read.len() == 50 && read.into_iter().all(|one| matches!(one, Ok(None))));
    assert_eq!(requests.load(Ordering::SeqCst), 1);
}

fn call(value: Value) -> Call {
    serde_json::from_value(value).unwrap()
}

#[tokio::test]
async fn what_is_too_new_or_still_going_is_waited_for() {
    let spec = json!({ "vpc_id": "vpc-1", "service_name": S3, "route_table_ids": ["rtb-1"], "tags": {} });
    let unknown = refusal("InvalidRouteTableId.NotFound", "The routeTable ID 'rtb-1' does not exist");
    let former = refusal("RouteAlreadyExists", "route table rtb-1 already has a route with this prefix list");
    let made = answer("CreateVpcEndpoint", "<vpcEndpoint><vpcEndpointId>vpce-1</vpcEndpointId></vpcEndpoint>");
    let create = || call(json!({ "create_vpc_endpoint": { "spec": spec } }));
    let (result, requests) = run_on::<Ec2VpcEndpoint>(None, create(), answers(&[unknown, former, made])).await;
    assert_eq!(result.ok().and_then(|progress| progress.id).as_deref(), Some("vpce-1"));
    assert_eq!(requests, 3);

    let wrong = refusal("InvalidServiceName", "The Vpc Endpoint Service 'x' does not exist");
    let (result, requests) = run_on::<Ec2VpcEndpoint>(None, create(), answers(&[wrong, made])).await;
    assert_eq!((result.err().map(|error| error.class), requests), (Some(ErrorClass::Refused), 1));
}

#[tokio::test]
async fn a_deletion_that_was_refused_inside_of_a_successful_answer_is_an_error() {
    let item = |code: &str| {
        let error = format!("<error><code>{code}</code><message>no</message></error>");
        let item = format!("<item><resourceId>vpce-1</resourceId>{error}</item>");
        answers(&[answer("DeleteVpcEndpoints", &format!("<unsuccessful>{item}</unsuccessful>"))])
    };
    let delete = || call(json!("delete_vpc_endpoints"));
    let (result, _) = run_on::<Ec2VpcEndpoint>(Some("vpce-1"), delete(), item("OperationNotPermitted")).await;
    assert_eq!(result.err().and_then(|error| error.code).as_deref(), Some("OperationNotPermitted"));
    let (result, _) = run_on::<Ec2VpcEndpoint>(Some("vpce-1"), delete(), item("InvalidVpcEndpoint.NotFound")).await;
    assert!(result.is_ok(), "it was gone already");
}

#[tokio::test]
async fn any_gateway_endpoint_becomes_any_other() {
    let driver = Driver::new().await;
    let network = Network::new(&driver).await;
    let policy = prop::option::of(select(vec!["s3:*", "s3:GetObject", "s3:ListBucket"]));
    let tags = prop::collection::btree_map("[A-Z][a-z]{0,8}", "[a-z0-9]{0,10}", 0..3);
    let all = generated((subsequence(vec![0, 1], 0..=2), policy, tags), 12);
    let mut pairs = Vec::new();
    for pair in all.chunks_exact(2) {
        // A route table has one endpoint's route to S3, so each pair has its own.
        let own = [network.route_table().await, network.route_table().await];
        let tables = pair.iter().map(|(tables, policy, tags)| {
            let tables: Vec<&String> = tables.iter().map(|index| &own[*index]).collect();
            let table = json!({ "vpc_id": network.vpc, "service_name": S3, "route_table_ids": tables, "tags": tags });
            policy.map_or(table.clone(), |action| with(table, "policy_document", only(action)))
        });
        let tables: Vec<Value> = tables.collect();
        pairs.push((tables[0].clone(), tables[1].clone()));
    }
    hold::<Ec2VpcEndpoint>(&driver, pairs).await;
}

#[tokio::test]
async fn any_interface_endpoint_becomes_any_other() {
    let driver = Driver::new().await;
    let network = Network::new(&driver).await;
    let subnets = vec![network.subnet(1).await, network.subnet(2).await, network.subnet(3).await];
    let groups = vec![network.security_group("one").await, network.security_group("two").await];
    let policy = prop::option::of(select(vec!["kms:*", "kms:Decrypt"]));
    let parts = (subsequence(subnets, 1..=3), subsequence(groups, 1..=2), any::<bool>(), policy);
    let tables = parts.prop_map(|(subnets, groups, dns, policy)| {
        let table = json!({
            "vpc_id": network.vpc, "service_name": KMS, "subnet_ids": subnets, "security_group_ids": groups,
            "private_dns_enabled": dns,
        });
        policy.map_or(table.clone(), |action| with(table, "policy_document", only(action)))
    });
    let all = generated(tables, 12);
    hold::<Ec2VpcEndpoint>(&driver, all.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect()).await;
}
