//! The life of a subnet.

use std::time::Duration;

use proptest::prelude::*;
use provision_reconciler::{Change, ErrorClass, Kind, Target};
use provision_resources::ec2_subnet::{Call, Ec2Subnet};
use serde_json::{Value, json};

use crate::driver::Driver;
use crate::ec2_vpc::{BROKEN, NONE, a_vpc, outputs_of_creation, refusal, tags};
use crate::pairs::{generated, hold};
use crate::retries::run_on;

const MADE: (u16, &str) = (
    200,
    "<CreateSubnetResponse><subnet><subnetId>subnet-1</subnetId><availabilityZone>us-east-1a</availabilityZone></subnet></CreateSubnetResponse>",
);
const MODIFY: &str = "ec2:ModifySubnetAttribute";

fn with(vpc_id: &Option<String>, fields: Value) -> Value {
    let mut table = json!({ "vpc_id": vpc_id, "cidr_block": "10.0.0.0/20", "availability_zone": "us-east-1b" });
    table.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    table
}

#[tokio::test]
async fn a_subnet_is_made_changed_field_by_field_and_deleted() {
    let driver = Driver::new().await;
    let vpc = a_vpc(&driver, "main", "10.0.0.0/16").await;
    let table = |fields| with(&vpc.id, fields);
    let mut subnet = driver.resource::<Ec2Subnet>("a");
    assert_eq!(subnet.apply(table(json!({}))).await, ["ec2:CreateSubnet"]);
    assert_eq!(subnet.apply(table(json!({}))).await, NONE, "a second apply does nothing");
    let live = subnet.read(None).await.unwrap().unwrap();
    assert_eq!(live.spec, subnet.spec(table(json!({}))), "every default is what AWS then has");
    assert_eq!(live.outputs.arn, format!("arn:aws:ec2:us-east-1:{}:subnet/{}", driver.account, live.id));
    for (fields, actions) in [
        (json!({ "map_public_ip_on_launch": true }), vec![MODIFY]),
        (json!({ "private_dns_hostname_type_on_launch": "resource-name" }), vec![MODIFY, MODIFY]),
        (
            json!({ "enable_resource_name_dns_a_record_on_launch": true, "tags": { "Name": "a" } }),
            vec![MODIFY, MODIFY, "ec2:CreateTags"],
        ),
        (json!({}), vec![MODIFY, "ec2:DeleteTags"]),
    ] {
        assert_eq!(subnet.apply(table(fields.clone())).await, actions, "{fields}");
        assert_eq!(subnet.apply(table(fields.clone())).await, NONE, "again: {fields}");
    }
    assert_eq!(subnet.delete(false).await, ["ec2:DeleteSubnet"]);
}

#[tokio::test]
async fn the_steps_make_known_what_reading_tells() {
    let driver = Driver::new().await;
    let vpc = a_vpc(&driver, "main", "10.0.0.0/16").await;
    let table = json!({
        "vpc_id": vpc.id, "cidr_block": "10.0.16.0/20", "map_public_ip_on_launch": true,
        "private_dns_hostname_type_on_launch": "resource-name", "tags": { "Name": "a" },
    });
    let mut subnet = driver.resource::<Ec2Subnet>("a");
    outputs_of_creation(&driver, &mut subnet, table.clone()).await;
    assert_eq!(subnet.apply(table).await, NONE, "the zone that AWS chose is not compared");
}

#[tokio::test]
async fn subnets_are_read_at_once_and_found_by_their_tags() {
    let driver = Driver::new().await;
    let vpc = a_vpc(&driver, "main", "10.0.0.0/16").await;
    let mut targets = Vec::new();
    for number in 0..3 {
        let mut subnet = driver.resource::<Ec2Subnet>(&format!("s{number}"));
        assert_eq!(Ec2Subnet::find(&driver.aws, &subnet.scope).await.unwrap(), None);
        subnet.apply(json!({ "vpc_id": vpc.id, "cidr_block": format!("10.0.{number}.0/24") })).await;
        assert_eq!(Ec2Subnet::find(&driver.aws, &subnet.scope).await.unwrap(), subnet.id);
        targets.push(Target { scope: subnet.scope.clone(), id: subnet.id.clone().unwrap(), desired: None });
    }
    targets.push(Target { id: "subnet-0123456789abcdef0".to_owned(), ..targets[0].clone() });
    let found = Ec2Subnet::read(&driver.aws, &targets).await;
    let blocks: Vec<_> = found.into_iter().map(|live| live.unwrap().map(|live| live.spec.cidr_block)).collect();
    let expected = ["10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24"].map(|block| Some(block.to_owned()));
    assert_eq!(blocks[..3], expected);
    assert_eq!(blocks[3], None);
}

#[tokio::test]
async fn changes_by_hand_are_seen_and_mended() {
    use aws_sdk_ec2::types::AttributeBooleanValue;
    let driver = Driver::new().await;
    let vpc = a_vpc(&driver, "main", "10.0.0.0/16").await;
    let table = with(&vpc.id, json!({ "tags": { "Name": "a" } }));
    let mut subnet = driver.resource::<Ec2Subnet>("a");
    subnet.apply(table.clone()).await;
    let id = subnet.id.clone().unwrap();
    let clients = driver.aws.region("us-east-1").await;
    let ec2 = clients.ec2();
    let on = AttributeBooleanValue::builder().value(true).build();
    ec2.modify_subnet_attribute().subnet_id(&id).map_public_ip_on_launch(on).send().await.unwrap();
    assert_eq!(subnet.apply(table.clone()).await, [MODIFY]);
    let name = aws_sdk_ec2::types::Tag::builder().key("Name").build();
    ec2.delete_tags().resources(&id).tags(name).send().await.unwrap();
    assert_eq!(subnet.apply(table.clone()).await, ["ec2:CreateTags"]);
}

#[tokio::test]
async fn a_block_that_is_taken_or_elsewhere_is_refused_with_what_to_do() {
    let driver = Driver::new().await;
    let vpc = a_vpc(&driver, "main", "10.0.0.0/16").await;
    driver.resource::<Ec2Subnet>("a").apply(with(&vpc.id, json!({}))).await;
    let mut other = driver.resource::<Ec2Subnet>("b");
    for (block, code, hint) in [
        ("10.0.8.0/24", "InvalidSubnet.Conflict", "choose a `cidr_block` that is free"),
        ("10.1.0.0/24", "InvalidSubnet.Range", "within that of the VPC"),
    ] {
        let desired = other.spec(with(&vpc.id, json!({ "cidr_block": block })));
        let error = other.run(Ec2Subnet::steps(Change::Create { desired: &desired })).await.unwrap_err();
        assert_eq!((error.class, error.code.as_deref()), (ErrorClass::Refused, Some(code)));
        assert!(error.hint.unwrap().contains(hint));
    }
}

#[tokio::test]
async fn deleting_waits_for_network_interfaces_to_go() {
    let driver = Driver::new().await;
    let vpc = a_vpc(&driver, "main", "10.0.0.0/16").await;
    let mut subnet = driver.resource::<Ec2Subnet>("a");
    subnet.apply(with(&vpc.id, json!({}))).await;
    let id = subnet.id.clone().unwrap();
    let clients = driver.aws.region("us-east-1").await;
    let ec2 = clients.ec2();
    let eni = ec2.create_network_interface().subnet_id(&id).send().await.unwrap().network_interface.unwrap();
    let error = ec2.delete_subnet().subnet_id(&id).send().await.unwrap_err().into_service_error();
    assert_eq!(error.meta().code(), Some("DependencyViolation"));
    let leave = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        ec2.delete_network_interface().network_interface_id(eni.network_interface_id().unwrap()).send().await.unwrap();
    };
    let (actions, ()) = futures::join!(subnet.delete(false), leave);
    assert_eq!(actions, ["ec2:DeleteSubnet"]);
}

#[tokio::test]
async fn a_creation_waits_for_its_vpc_and_is_not_repeated_when_its_answer_is_lost() {
    let create = || Call::CreateSubnet {
        vpc_id: "vpc-1".to_owned(),
        cidr_block: "10.0.0.0/20".to_owned(),
        availability_zone: None,
        tags: Default::default(),
    };
    let answers = &[refusal!("InvalidVpcID.NotFound", "no such VPC"), MADE];
    let (result, requests) = run_on::<Ec2Subnet>(None, create(), answers).await;
    assert_eq!(result.unwrap().id.as_deref(), Some("subnet-1"));
    assert_eq!(requests, 2);
    let (result, requests) = run_on::<Ec2Subnet>(None, create(), &[BROKEN, MADE]).await;
    assert_eq!(result.err().map(|error| error.class), Some(ErrorClass::Ambiguous));
    assert_eq!(requests, 1);
}

#[tokio::test]
async fn any_subnet_becomes_any_other() {
    let driver = Driver::new().await;
    let vpc = a_vpc(&driver, "main", "10.0.0.0/16").await;
    let hostnames = prop::sample::select(vec!["ip-name", "resource-name"]);
    let subnet = (any::<bool>(), hostnames, any::<bool>(), tags()).prop_map(|(public, hostnames, record, tags)| {
        json!({
            "map_public_ip_on_launch": public, "private_dns_hostname_type_on_launch": hostnames,
            "enable_resource_name_dns_a_record_on_launch": record, "tags": tags,
        })
    });
    let all = generated(subnet, 32);
    let pairs = all.chunks_exact(2).enumerate().map(|(number, pair)| {
        let place = |table: &Value| {
            let mut table = table.clone();
            table["vpc_id"] = json!(vpc.id);
            table["cidr_block"] = json!(format!("10.0.{number}.0/24"));
            table
        };
        (place(&pair[0]), place(&pair[1]))
    });
    hold::<Ec2Subnet>(&driver, pairs.collect()).await;
}
