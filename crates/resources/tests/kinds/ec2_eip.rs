//! The life of an Elastic IP address.

use std::time::Duration;

use provision_reconciler::{ErrorClass, Kind, Target};
use provision_resources::ec2_eip::{Call, Ec2Eip};
use provision_resources::ec2_internet_gateway::Ec2InternetGateway;
use provision_resources::ec2_subnet::Ec2Subnet;
use serde_json::json;

use crate::driver::Driver;
use crate::ec2_vpc::{BROKEN, NONE, a_vpc, outputs_of_creation, refusal, tags};
use crate::pairs::{generated, hold};
use crate::retries::run_on;

const MADE: (u16, &str) = (
    200,
    "<AllocateAddressResponse><publicIp>198.51.100.7</publicIp><allocationId>eipalloc-1</allocationId></AllocateAddressResponse>",
);
const DONE: (u16, &str) = (200, "<ReleaseAddressResponse><return>true</return></ReleaseAddressResponse>");

#[tokio::test]
async fn an_address_is_allocated_tagged_and_released() {
    let driver = Driver::new().await;
    let mut address = driver.resource::<Ec2Eip>("nat");
    assert_eq!(address.apply(json!({})).await, ["ec2:AllocateAddress"]);
    assert_eq!(address.apply(json!({})).await, NONE, "a second apply does nothing");
    let live = address.read(None).await.unwrap().unwrap();
    assert_eq!(live.outputs.allocation_id, live.id);
    assert!(live.outputs.public_ip.parse::<std::net::Ipv4Addr>().is_ok());
    assert_eq!(live.outputs.arn, format!("arn:aws:ec2:us-east-1:{}:elastic-ip/{}", driver.account, live.id));
    assert_eq!(address.apply(json!({ "tags": { "Name": "nat" } })).await, ["ec2:CreateTags"]);
    assert_eq!(address.apply(json!({})).await, ["ec2:DeleteTags"]);
    assert_eq!(address.delete(false).await, ["ec2:ReleaseAddress"]);
}

#[tokio::test]
async fn the_steps_make_known_what_reading_tells() {
    let driver = Driver::new().await;
    let mut address = driver.resource::<Ec2Eip>("nat");
    let table =
        json!({ "network_border_group": "us-east-1-bos-1", "public_ipv4_pool": "amazon", "tags": { "Name": "nat" } });
    outputs_of_creation(&driver, &mut address, table.clone()).await;
    assert_eq!(address.apply(table).await, NONE);
    let desired = address.spec(json!({ "network_border_group": "us-east-1" }));
    let live = address.read(Some(&desired)).await.unwrap().unwrap();
    let differences = address.differences(&live, &desired);
    let moved = differences.iter().find(|one| one.path == "network_border_group").unwrap();
    assert!(moved.immutable);
    assert_eq!(address.delete(false).await, ["ec2:ReleaseAddress"]);
}

#[tokio::test]
async fn addresses_are_read_at_once_and_found_by_their_tags() {
    let driver = Driver::new().await;
    let mut targets = Vec::new();
    for number in 0..3 {
        let mut address = driver.resource::<Ec2Eip>(&format!("a{number}"));
        assert_eq!(Ec2Eip::find(&driver.aws, &address.scope).await.unwrap(), None);
        address.apply(json!({})).await;
        assert_eq!(Ec2Eip::find(&driver.aws, &address.scope).await.unwrap(), address.id);
        targets.push(Target { scope: address.scope.clone(), id: address.id.clone().unwrap(), desired: None });
    }
    targets.push(Target { id: "eipalloc-0123456789abcdef0".to_owned(), ..targets[0].clone() });
    let found = Ec2Eip::read(&driver.aws, &targets).await;
    let ids: Vec<_> = found.into_iter().map(|live| live.unwrap().map(|live| live.outputs.allocation_id)).collect();
    let expected: Vec<_> = targets.iter().take(3).map(|target| Some(target.id.clone())).chain([None]).collect();
    assert_eq!(ids, expected);
}

#[tokio::test]
async fn releasing_waits_until_nothing_uses_the_address() {
    let driver = Driver::new().await;
    let vpc = a_vpc(&driver, "main", "10.0.0.0/16").await;
    let mut subnet = driver.resource::<Ec2Subnet>("a");
    subnet.apply(json!({ "vpc_id": vpc.id, "cidr_block": "10.0.0.0/20" })).await;
    driver.resource::<Ec2InternetGateway>("main").apply(json!({ "vpc_id": vpc.id })).await;
    let mut address = driver.resource::<Ec2Eip>("nat");
    address.apply(json!({})).await;
    let id = address.id.clone().unwrap();
    let clients = driver.aws.region("us-east-1").await;
    let ec2 = clients.ec2();
    let nat = ec2.create_nat_gateway().subnet_id(subnet.id.as_deref().unwrap()).allocation_id(&id);
    let nat = nat.send().await.unwrap().nat_gateway.unwrap().nat_gateway_id.unwrap();
    let error = ec2.release_address().allocation_id(&id).send().await.unwrap_err().into_service_error();
    assert_eq!(error.meta().code(), Some("AuthFailure"));
    let leave = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        ec2.delete_nat_gateway().nat_gateway_id(&nat).send().await.unwrap();
    };
    let (actions, ()) = futures::join!(address.delete(false), leave);
    assert_eq!(actions, ["ec2:ReleaseAddress"]);
    assert_eq!(subnet.delete(false).await, ["ec2:DeleteSubnet"], "the gateway's network interface is gone too");
}

#[tokio::test]
async fn an_address_that_somebody_put_to_use_is_waited_for() {
    let driver = Driver::new().await;
    let vpc = a_vpc(&driver, "main", "10.0.0.0/16").await;
    let mut subnet = driver.resource::<Ec2Subnet>("a");
    subnet.apply(json!({ "vpc_id": vpc.id, "cidr_block": "10.0.0.0/20" })).await;
    let mut address = driver.resource::<Ec2Eip>("host");
    address.apply(json!({})).await;
    let id = address.id.clone().unwrap();
    let clients = driver.aws.region("us-east-1").await;
    let ec2 = clients.ec2();
    let eni = ec2.create_network_interface().subnet_id(subnet.id.as_deref().unwrap()).send().await.unwrap();
    let eni = eni.network_interface.unwrap().network_interface_id.unwrap();
    let associated = ec2.associate_address().network_interface_id(&eni).allocation_id(&id).send().await.unwrap();
    let error = ec2.release_address().allocation_id(&id).send().await.unwrap_err().into_service_error();
    assert_eq!(error.meta().code(), Some("InvalidIPAddress.InUse"));
    let leave = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        ec2.disassociate_address().association_id(associated.association_id().unwrap()).send().await.unwrap();
    };
    let (actions, ()) = futures::join!(address.delete(false), leave);
    assert_eq!(actions, ["ec2:ReleaseAddress"]);
}

#[tokio::test]
async fn an_address_that_aws_keeps_for_a_service_is_waited_for_and_one_that_is_gone_is_released() {
    let release = || Call::ReleaseAddress { network_border_group: None };
    let of_a_service = refusal!("AuthFailure", "You do not have permission to access the specified resource.");
    let answers: &'static [_] = Box::leak(Box::new([of_a_service, of_a_service, DONE]));
    let (result, requests) = run_on::<Ec2Eip>(Some("eipalloc-1"), release(), answers).await;
    assert!(result.is_ok());
    assert_eq!(requests, 3);
    let gone = &[refusal!("InvalidAllocationID.NotFound", "no such allocation")];
    assert!(run_on::<Ec2Eip>(Some("eipalloc-1"), release(), gone).await.0.is_ok());
    let denied = &[refusal!("UnauthorizedOperation", "You are not authorized to perform this operation.")];
    let (result, requests) = run_on::<Ec2Eip>(Some("eipalloc-1"), release(), denied).await;
    assert_eq!(result.err().map(|error| error.class), Some(ErrorClass::Denied));
    assert_eq!(requests, 1);
}

#[tokio::test]
async fn an_allocation_whose_answer_is_lost_is_not_repeated() {
    let allocate =
        || Call::AllocateAddress { network_border_group: None, public_ipv4_pool: None, tags: Default::default() };
    let (result, requests) = run_on::<Ec2Eip>(None, allocate(), &[BROKEN, MADE]).await;
    assert_eq!(result.err().map(|error| error.class), Some(ErrorClass::Ambiguous));
    assert_eq!(requests, 1);
    let (result, _) =
        run_on::<Ec2Eip>(None, allocate(), &[refusal!("AddressLimitExceeded", "The maximum number of addresses")])
            .await;
    assert!(result.err().unwrap().hint.unwrap().contains("Service Quotas"));
}

#[tokio::test]
async fn any_address_becomes_any_other() {
    let driver = Driver::new().await;
    let all = generated(tags(), 16);
    let pairs = all.chunks_exact(2).map(|pair| (json!({ "tags": pair[0] }), json!({ "tags": pair[1] })));
    hold::<Ec2Eip>(&driver, pairs.collect()).await;
}
