//! The life of an internet gateway.

use std::time::Duration;

use proptest::prelude::*;
use provision_reconciler::{Change, ErrorClass, Kind, Target};
use provision_resources::ec2_internet_gateway::{Call, Ec2InternetGateway as Gateway};
use provision_resources::ec2_subnet::Ec2Subnet;
use serde_json::{Value, json};

use crate::driver::Driver;
use crate::ec2_vpc::{BROKEN, NONE, a_vpc, outputs_of_creation, refusal, tags};
use crate::pairs::{generated, hold};
use crate::retries::run_on;

const CREATE: &str = "ec2:CreateInternetGateway";
const ATTACH: &str = "ec2:AttachInternetGateway";
const DETACH: &str = "ec2:DetachInternetGateway";
const DELETE: &str = "ec2:DeleteInternetGateway";

const MADE: (u16, &str) = (
    200,
    "<CreateInternetGatewayResponse><internetGateway><internetGatewayId>igw-1</internetGatewayId></internetGateway></CreateInternetGatewayResponse>",
);
const DONE: (u16, &str) = (200, "<AttachInternetGatewayResponse><return>true</return></AttachInternetGatewayResponse>");
const ATTACHED: (u16, &str) = refusal!("Resource.AlreadyAssociated", "resource igw-1 is already attached to network");
const ATTACHMENT: (u16, &str) = (
    200,
    "<DescribeInternetGatewaysResponse><internetGatewaySet><item><internetGatewayId>igw-1</internetGatewayId><attachmentSet><item><vpcId>vpc-1</vpcId><state>available</state></item></attachmentSet></item></internetGatewaySet></DescribeInternetGatewaysResponse>",
);

fn table(vpc_id: &Option<String>) -> Value {
    json!({ "vpc_id": vpc_id })
}

#[tokio::test]
async fn a_gateway_is_made_detached_attached_and_deleted() {
    let driver = Driver::new().await;
    let mut vpc = a_vpc(&driver, "main", "10.0.0.0/16").await;
    let mut gateway = driver.resource::<Gateway>("main");
    assert_eq!(gateway.apply(table(&vpc.id)).await, [CREATE, ATTACH]);
    assert_eq!(gateway.apply(table(&vpc.id)).await, NONE, "a second apply does nothing");
    let live = gateway.read(None).await.unwrap().unwrap();
    assert_eq!(live.spec, gateway.spec(table(&vpc.id)));
    let arn = format!("arn:aws:ec2:us-east-1:{}:internet-gateway/{}", driver.account, live.id);
    assert_eq!(live.outputs.arn, arn);
    let detached = json!({ "vpc_id": vpc.id, "attached": false, "tags": { "Name": "main" } });
    assert_eq!(gateway.apply(detached.clone()).await, [DETACH, "ec2:CreateTags"]);
    assert_eq!(gateway.apply(detached).await, NONE);
    assert_eq!(gateway.apply(table(&vpc.id)).await, [ATTACH, "ec2:DeleteTags"]);
    assert_eq!(gateway.delete(false).await, [DETACH, DELETE]);
    vpc.delete(false).await;
}

#[tokio::test]
async fn the_steps_make_known_what_reading_tells() {
    let driver = Driver::new().await;
    let vpc = a_vpc(&driver, "main", "10.0.0.0/16").await;
    let mut gateway = driver.resource::<Gateway>("main");
    outputs_of_creation(&driver, &mut gateway, table(&vpc.id)).await;
    assert_eq!(gateway.apply(table(&vpc.id)).await, NONE);
}

#[tokio::test]
async fn a_gateway_that_was_detached_by_hand_is_attached_and_one_that_was_moved_is_replaced() {
    let driver = Driver::new().await;
    let vpc = a_vpc(&driver, "main", "10.0.0.0/16").await;
    let other = a_vpc(&driver, "other", "10.1.0.0/16").await;
    let mut gateway = driver.resource::<Gateway>("main");
    gateway.apply(table(&vpc.id)).await;
    let (id, [vpc_id, other_id]) = (gateway.id.clone().unwrap(), [&vpc, &other].map(|vpc| vpc.id.clone().unwrap()));
    let clients = driver.aws.region("us-east-1").await;
    let ec2 = clients.ec2();
    ec2.detach_internet_gateway().internet_gateway_id(&id).vpc_id(&vpc_id).send().await.unwrap();
    assert_eq!(gateway.apply(table(&vpc.id)).await, [ATTACH]);

    ec2.detach_internet_gateway().internet_gateway_id(&id).vpc_id(&vpc_id).send().await.unwrap();
    ec2.attach_internet_gateway().internet_gateway_id(&id).vpc_id(&other_id).send().await.unwrap();
    let desired = gateway.spec(table(&vpc.id));
    let live = gateway.read(Some(&desired)).await.unwrap().unwrap();
    let differences = gateway.differences(&live, &desired);
    let told: Vec<_> = differences.iter().map(|one| (one.path.as_str(), one.immutable)).collect();
    assert_eq!(told, [("vpc_id", true)]);
    assert_eq!(gateway.delete(false).await, [DETACH, DELETE], "from where it is");
}

#[tokio::test]
async fn a_vpc_that_has_a_gateway_takes_no_other() {
    let driver = Driver::new().await;
    let vpc = a_vpc(&driver, "main", "10.0.0.0/16").await;
    driver.resource::<Gateway>("theirs").apply(table(&vpc.id)).await;
    let mut ours = driver.resource::<Gateway>("ours");
    let desired = ours.spec(table(&vpc.id));
    let error = ours.run(Gateway::steps(Change::Create { desired: &desired })).await.unwrap_err();
    assert_eq!((error.class, error.action.as_str()), (ErrorClass::Refused, ATTACH));
    assert!(error.hint.unwrap().contains("a VPC has one internet gateway"));
}

#[tokio::test]
async fn detaching_waits_until_nothing_has_a_public_address() {
    let driver = Driver::new().await;
    let vpc = a_vpc(&driver, "main", "10.0.0.0/16").await;
    let mut subnet = driver.resource::<Ec2Subnet>("a");
    subnet.apply(json!({ "vpc_id": vpc.id, "cidr_block": "10.0.0.0/20" })).await;
    let mut gateway = driver.resource::<Gateway>("main");
    gateway.apply(table(&vpc.id)).await;
    let clients = driver.aws.region("us-east-1").await;
    let ec2 = clients.ec2();
    let eni = ec2.create_network_interface().subnet_id(subnet.id.as_deref().unwrap()).send().await.unwrap();
    let eni = eni.network_interface.unwrap().network_interface_id.unwrap();
    let address = ec2.allocate_address().send().await.unwrap().allocation_id.unwrap();
    let associated = ec2.associate_address().network_interface_id(&eni).allocation_id(&address).send().await.unwrap();
    let detach = ec2.detach_internet_gateway().internet_gateway_id(gateway.id.as_deref().unwrap());
    let error = detach.vpc_id(vpc.id.as_deref().unwrap()).send().await.unwrap_err().into_service_error();
    assert_eq!(error.meta().code(), Some("DependencyViolation"));
    let leave = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        ec2.disassociate_address().association_id(associated.association_id().unwrap()).send().await.unwrap();
    };
    let (actions, ()) = futures::join!(gateway.delete(false), leave);
    assert_eq!(actions, [DETACH, DELETE]);
}

#[tokio::test]
async fn gateways_are_read_at_once_and_found_by_their_tags() {
    let driver = Driver::new().await;
    let mut targets = Vec::new();
    for number in 0..3 {
        let vpc = a_vpc(&driver, &format!("v{number}"), "10.0.0.0/16").await;
        let mut gateway = driver.resource::<Gateway>(&format!("g{number}"));
        assert_eq!(Gateway::find(&driver.aws, &gateway.scope).await.unwrap(), None);
        gateway.apply(table(&vpc.id)).await;
        assert_eq!(Gateway::find(&driver.aws, &gateway.scope).await.unwrap(), gateway.id);
        targets.push(Target { scope: gateway.scope.clone(), id: gateway.id.clone().unwrap(), desired: None });
    }
    targets.push(Target { id: "igw-0123456789abcdef0".to_owned(), ..targets[0].clone() });
    let found = Gateway::read(&driver.aws, &targets).await;
    let ids: Vec<_> = found.into_iter().map(|live| live.unwrap().map(|live| live.id)).collect();
    let expected: Vec<_> = targets.iter().take(3).map(|target| Some(target.id.clone())).chain([None]).collect();
    assert_eq!(ids, expected);
}

#[tokio::test]
async fn an_attachment_whose_answer_was_lost_counts_if_it_is_to_the_same_vpc() {
    let attach = |vpc_id: &str| Call::AttachInternetGateway { vpc_id: vpc_id.to_owned() };
    let too_new = refusal!("InvalidInternetGatewayID.NotFound", "no such gateway");
    let answers: &'static [_] = Box::leak(Box::new([too_new, DONE]));
    let (result, requests) = run_on::<Gateway>(Some("igw-1"), attach("vpc-1"), answers).await;
    assert!(result.is_ok());
    assert_eq!(requests, 2, "a gateway that is too new is waited for");
    let (result, _) = run_on::<Gateway>(Some("igw-1"), attach("vpc-1"), &[BROKEN, ATTACHED, ATTACHMENT]).await;
    assert!(result.is_ok());
    let (result, _) = run_on::<Gateway>(Some("igw-1"), attach("vpc-2"), &[ATTACHED, ATTACHMENT]).await;
    assert!(result.err().unwrap().hint.unwrap().contains("vpc-1"));
}

#[tokio::test]
async fn what_is_done_already_counts_as_done_and_a_creation_is_not_repeated() {
    let detach = Call::DetachInternetGateway { vpc_id: "vpc-1".to_owned() };
    let (result, _) =
        run_on::<Gateway>(Some("igw-1"), detach, &[refusal!("Gateway.NotAttached", "not attached")]).await;
    assert!(result.is_ok());
    let gone = &[refusal!("InvalidInternetGatewayID.NotFound", "gone")];
    let (result, _) = run_on::<Gateway>(Some("igw-1"), Call::DeleteInternetGateway, gone).await;
    assert!(result.is_ok());
    let create = Call::CreateInternetGateway { tags: Default::default() };
    let (result, requests) = run_on::<Gateway>(None, create, &[BROKEN, MADE]).await;
    assert_eq!(result.err().map(|error| error.class), Some(ErrorClass::Ambiguous));
    assert_eq!(requests, 1);
}

#[tokio::test]
async fn any_gateway_becomes_any_other() {
    let driver = Driver::new().await;
    let all = generated((any::<bool>(), tags()), 24);
    let mut pairs = Vec::new();
    for (number, pair) in all.chunks_exact(2).enumerate() {
        let vpc = a_vpc(&driver, &format!("v{number}"), "10.0.0.0/16").await;
        let table = |(attached, tags): &(bool, Value)| json!({ "vpc_id": vpc.id, "attached": attached, "tags": tags });
        pairs.push((table(&pair[0]), table(&pair[1])));
    }
    hold::<Gateway>(&driver, pairs).await;
}
