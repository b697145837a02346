//! The life of a NAT gateway.

use std::sync::atomic::Ordering;

use proptest::prelude::*;
use provision_reconciler::{Change, ErrorClass, Kind, Progress, Scope, Target};
use provision_resources::ec2_nat_gateway::{Call, Ec2NatGateway};
use serde_json::json;

use crate::driver::{Driver, Resource};
use crate::network::{Network, answer, answers, refusal};
use crate::pairs::{generated, hold};
use crate::retries::{answering, run_on};

const CREATE: &str = "ec2:CreateNatGateway";
const DELETE: &str = "ec2:DeleteNatGateway";

fn nothing() -> [&'static str; 0] {
    []
}

#[tokio::test]
async fn a_nat_gateway_is_made_read_back_tagged_and_deleted() {
    let driver = Driver::new().await;
    let network = Network::new(&driver).await;
    network.internet_gateway().await;
    let (subnet, address) = (network.subnet(1).await, network.address().await);
    let mut gateway = driver.resource::<Ec2NatGateway>("a");
    let table = json!({ "subnet_id": subnet, "allocation_id": address });
    assert_eq!(gateway.apply(table.clone()).await, [CREATE]);
    assert_eq!(gateway.apply(table.clone()).await, nothing());

    let live = gateway.read(None).await.unwrap().unwrap();
    let outputs = live.outputs;
    assert_eq!(Some(&outputs.nat_gateway_id), gateway.id.as_ref());
    let arn = format!("arn:aws:ec2:us-east-1:{}:natgateway/{}", driver.account, outputs.nat_gateway_id);
    assert_eq!(outputs.arn, arn);
    assert!(outputs.private_ip.unwrap().starts_with("10.0.1."));
    let told = network.ec2.describe_addresses().allocation_ids(&address).send().await.unwrap();
    assert_eq!(outputs.public_ip.as_deref(), told.addresses()[0].public_ip());

    let mut tagged = table.clone();
    tagged["tags"] = json!({ "a": "1" });
    assert_eq!(gateway.apply(tagged).await, ["ec2:CreateTags"]);
    assert_eq!(gateway.apply(table).await, ["ec2:DeleteTags"]);
    assert_eq!(gateway.delete(false).await, [DELETE]);
    // What it used is free at once.
    network.ec2.release_address().allocation_id(&address).send().await.unwrap();
    let told = network.ec2.describe_network_interfaces().send().await.unwrap();
    assert_eq!(told.network_interfaces().len(), 0);
}

#[tokio::test]
async fn a_private_one_has_no_address_of_the_internet() {
    let driver = Driver::new().await;
    let network = Network::new(&driver).await;
    let table = json!({
        "subnet_id": network.subnet(1).await, "connectivity_type": "private", "private_ip_address": "10.0.1.77",
    });
    let mut gateway = driver.resource::<Ec2NatGateway>("a");
    assert_eq!(gateway.apply(table.clone()).await, [CREATE]);
    assert_eq!(gateway.apply(table).await, nothing());
    let outputs = gateway.read(None).await.unwrap().unwrap().outputs;
    assert_eq!((outputs.private_ip.as_deref(), outputs.public_ip), (Some("10.0.1.77"), None));
    gateway.delete(false).await;
}

#[tokio::test]
async fn every_output_is_known_once_it_is_made() {
    let driver = Driver::new().await;
    let network = Network::new(&driver).await;
    network.internet_gateway().await;
    let table = json!({ "subnet_id": network.subnet(1).await, "allocation_id": network.address().await });
    let gateway = driver.resource::<Ec2NatGateway>("a");
    let desired = gateway.spec(table);
    let call = Ec2NatGateway::steps(Change::Create { desired: &desired }).remove(0).call;
    let mut progress = Progress::default();
    Ec2NatGateway::run(&driver.aws, &gateway.scope, call.clone(), &mut progress).await.unwrap();
    Ec2NatGateway::settle(&driver.aws, &gateway.scope, &call, &mut progress).await.unwrap();
    let target = Target { scope: gateway.scope.clone(), id: progress.id.clone().unwrap(), desired: None };
    let live = Ec2NatGateway::read(&driver.aws, &[target]).await.remove(0).unwrap().unwrap();
    assert_eq!(serde_json::to_value(progress.outputs).unwrap(), serde_json::to_value(live.outputs).unwrap());
}

#[tokio::test]
async fn one_that_aws_cannot_make_is_an_error_and_then_absent() {
    let driver = Driver::new().await;
    let network = Network::new(&driver).await;
    let table = json!({ "subnet_id": network.subnet(1).await, "allocation_id": network.address().await });
    let mut gateway = driver.resource::<Ec2NatGateway>("a");
    let desired = gateway.spec(table.clone());
    let error = gateway.run(Ec2NatGateway::steps(Change::Create { desired: &desired })).await.unwrap_err();
    assert_eq!(error.code.as_deref(), Some("Gateway.NotAttached"));
    assert!(error.message.contains("has no Internet gateway attached"), "{error}");
    assert!(error.hint.unwrap().starts_with("attach an internet gateway to the VPC"));
    assert_eq!(Ec2NatGateway::find(&driver.aws, &gateway.scope).await.unwrap(), None);

    network.internet_gateway().await;
    gateway.scope.operation = "op-2".to_owned();
    assert_eq!(gateway.apply(table).await, [CREATE], "the next apply makes another one");
}

#[tokio::test]
async fn the_same_operation_makes_one_however_often_it_asks() {
    let driver = Driver::new().await;
    let network = Network::new(&driver).await;
    network.internet_gateway().await;
    let table = json!({ "subnet_id": network.subnet(1).await, "allocation_id": network.address().await });
    let gateway = driver.resource::<Ec2NatGateway>("a");
    let desired = gateway.spec(table);
    let create = async |scope: &Scope| {
        let call = Ec2NatGateway::steps(Change::Create { desired: &desired }).remove(0).call;
        let mut progress = Progress::default();
        Ec2NatGateway::run(&driver.aws, scope, call, &mut progress).await.unwrap();
        progress.id.unwrap()
    };
    let id = create(&gateway.scope).await;
    assert_eq!(create(&gateway.scope).await, id);
    assert_eq!(Ec2NatGateway::find(&driver.aws, &gateway.scope).await.unwrap(), Some(id));
    assert_eq!(Ec2NatGateway::find(&driver.aws, &driver.scope::<Ec2NatGateway>("b")).await.unwrap(), None);
}

#[tokio::test]
async fn one_that_was_deleted_by_hand_is_made_anew_once_its_address_is_free() {
    let driver = Driver::new().await;
    let network = Network::new(&driver).await;
    network.internet_gateway().await;
    let table = json!({ "subnet_id": network.subnet(1).await, "allocation_id": network.address().await });
    let mut gateway = driver.resource::<Ec2NatGateway>("a");
    gateway.apply(table.clone()).await;
    let old = gateway.id.clone().unwrap();
    network.ec2.delete_nat_gateway().nat_gateway_id(&old).send().await.unwrap();
    assert!(gateway.read(None).await.unwrap().is_none(), "one that is being deleted is absent");
    gateway.id = None;
    gateway.scope.operation = "op-2".to_owned();
    assert_eq!(gateway.apply(table).await, [CREATE]);
    assert_ne!(gateway.id, Some(old));
}

#[tokio::test]
async fn any_number_is_read_by_one_call() {
    let none = answers(&[answer("DescribeNatGateways", "<natGatewaySet/>")]);
    let (aws, requests) = answering(none).await;
    let driver = Driver::new().await;
    let target =
        |id: usize| Target { scope: driver.scope::<Ec2NatGateway>("a"), id: format!("nat-{id}"), desired: None };
    let targets: Vec<_> = (0..50).map(target).collect();
    let read = Ec2NatGateway::read(&aws, &targets).await;
    assert!(read.len() == 50 && read.into_iter().all(|one| matches!(one, Ok(None))));
    assert_eq!(requests.load(Ordering::SeqCst), 1);
}

fn create_call(allocation: Option<&str>) -> Call {
    let connectivity = if allocation.is_some() { "public" } else { "private" };
    let spec = json!({
        "subnet_id": "subnet-1", "allocation_id": allocation, "connectivity_type": connectivity, "tags": {},
    });
    serde_json::from_value(json!({ "create_nat_gateway": { "spec": spec } })).unwrap()
}

#[tokio::test]
async fn a_subnet_that_is_too_new_is_waited_for_and_what_is_refused_is_not() {
    let too_new = refusal("InvalidSubnetID.NotFound", "The subnet ID 'subnet-1' does not exist");
    let made = answer("CreateNatGateway", "<natGateway><natGatewayId>nat-1</natGatewayId></natGateway>");
    let (result, requests) = run_on::<Ec2NatGateway>(None, create_call(None), answers(&[too_new, too_new, made])).await;
    assert_eq!(result.ok().and_then(|progress| progress.id).as_deref(), Some("nat-1"));
    assert_eq!(requests, 3);

    let full = refusal("NatGatewayLimitExceeded", "The maximum number of NAT gateways has been reached");
    let (result, requests) = run_on::<Ec2NatGateway>(None, create_call(None), answers(&[full, made])).await;
    let error = result.err().unwrap();
    assert_eq!((error.class, requests), (ErrorClass::Refused, 1));
    assert!(error.hint.unwrap().contains("quota"));
}

#[tokio::test]
async fn an_address_of_one_that_is_being_deleted_is_waited_for() {
    let deleting = answer(
        "DescribeNatGateways",
        "<natGatewaySet><item><natGatewayId>nat-0</natGatewayId><state>deleting</state><natGatewayAddressSet><item>\
         <allocationId>eipalloc-1</allocationId></item></natGatewayAddressSet></item></natGatewaySet>",
    );
    let none = answer("DescribeNatGateways", "<natGatewaySet/>");
    let made = answer("CreateNatGateway", "<natGateway><natGatewayId>nat-1</natGatewayId></natGateway>");
    let script = answers(&[deleting, deleting, none, made]);
    let (result, requests) = run_on::<Ec2NatGateway>(None, create_call(Some("eipalloc-1")), script).await;
    assert!(result.is_ok());
    assert_eq!(requests, 4);
}

#[tokio::test]
async fn one_that_is_gone_is_deleted() {
    let gone = refusal("NatGatewayNotFound", "The Nat Gateway nat-1 was not found");
    let call = serde_json::from_value(json!("delete_nat_gateway")).unwrap();
    let (result, requests) = run_on::<Ec2NatGateway>(Some("nat-1"), call, answers(&[gone])).await;
    assert!(result.is_ok());
    assert_eq!(requests, 1);
}

#[tokio::test]
async fn any_tags_become_any_others() {
    let driver = Driver::new().await;
    let network = Network::new(&driver).await;
    let subnet = network.subnet(1).await;
    let tags = prop::collection::btree_map("[A-Z][a-z]{0,8}", "[a-z0-9]{0,10}", 0..4);
    let tables = tags.prop_map(|tags| json!({ "subnet_id": subnet, "connectivity_type": "private", "tags": tags }));
    let pairs = generated(tables, 12).chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect();
    hold::<Ec2NatGateway>(&driver, pairs).await;
}

#[tokio::test]
async fn one_with_another_address_is_another_one() {
    let driver = Driver::new().await;
    let network = Network::new(&driver).await;
    network.internet_gateway().await;
    let (subnet, other) = (network.subnet(1).await, network.address().await);
    let mut gateway = driver.resource::<Ec2NatGateway>("a");
    gateway.apply(json!({ "subnet_id": subnet, "allocation_id": network.address().await })).await;
    let differing = |gateway: &Resource<Ec2NatGateway>, live: &_, table| {
        let differences = gateway.differences(live, &gateway.spec(table));
        let paths: Vec<String> = differences.iter().map(|one| format!("{} {}", one.path, one.immutable)).collect();
        paths
    };
    let live = gateway.read(None).await.unwrap().unwrap();
    let table = json!({ "subnet_id": subnet, "allocation_id": other });
    assert_eq!(differing(&gateway, &live, table), ["allocation_id true"]);
}
