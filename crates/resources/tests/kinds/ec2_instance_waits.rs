//! What an EC2 instance is waited for and what is repeated, against a server that answers as it is told.

use std::sync::atomic::Ordering;

use provision_config::Address;
use provision_reconciler::{CloudError, ErrorClass, Kind, Progress, Scope, Target};
use provision_resources::ec2_instance::{Call, Ec2Instance};
use serde_json::json;

use crate::retries::{answering, run_on};

const IMAGE: (u16, &str) = (
    200,
    "<DescribeImagesResponse><imagesSet><item><imageId>ami-12345678</imageId><rootDeviceName>/dev/xvda</rootDeviceName></item></imagesSet></DescribeImagesResponse>",
);
const NO_PROFILE: (u16, &str) = (
    400,
    "<Response><Errors><Error><Code>InvalidParameterValue</Code><Message>Value (host) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name</Message></Error></Errors></Response>",
);
const NO_GROUP: (u16, &str) = (
    400,
    "<Response><Errors><Error><Code>InvalidGroup.NotFound</Code><Message>The security group 'sg-1' does not exist</Message></Error></Errors></Response>",
);
const BAD_TYPE: (u16, &str) = (
    400,
    "<Response><Errors><Error><Code>InvalidParameterValue</Code><Message>Invalid value for instanceType</Message></Error></Errors></Response>",
);
const NOT_STOPPED: (u16, &str) = (
    400,
    "<Response><Errors><Error><Code>IncorrectInstanceState</Code><Message>The instance 'i-1' is not in the 'stopped' state.</Message></Error></Errors></Response>",
);
const MADE: (u16, &str) = (
    200,
    "<RunInstancesResponse><instancesSet><item><instanceId>i-1</instanceId><imageId>ami-12345678</imageId></item></instancesSet></RunInstancesResponse>",
);

fn run_instances() -> Call {
    let instance = json!({
        "image_id": "ami-12345678", "instance_type": "t3.micro", "subnet_id": "subnet-1", "security_group_ids": ["sg-1"],
    });
    serde_json::from_value(json!({ "run_instances": { "instance": instance } })).unwrap()
}

/// An instance profile, a role or a group that was made a moment ago is not known to EC2 yet.
#[tokio::test]
async fn a_launch_waits_for_what_is_too_new_and_for_nothing_else() {
    let (result, requests) =
        run_on::<Ec2Instance>(None, run_instances(), &[IMAGE, NO_PROFILE, NO_PROFILE, NO_GROUP, MADE]).await;
    assert_eq!((result.unwrap().id.as_deref(), requests), (Some("i-1"), 5));
    let (result, requests) = run_on::<Ec2Instance>(None, run_instances(), &[IMAGE, BAD_TYPE, MADE]).await;
    assert_eq!((result.err().map(|error| error.class), requests), (Some(ErrorClass::Refused), 2));
    // The client token makes a repetition harmless, so the SDK repeats a call whose answer was lost.
    let (result, requests) = run_on::<Ec2Instance>(None, run_instances(), &[IMAGE, (0, ""), MADE]).await;
    assert_eq!((result.unwrap().id.as_deref(), requests), (Some("i-1"), 3));
}

#[tokio::test]
async fn a_change_waits_for_the_instance_to_be_stopped() {
    let attribute = json!({ "modify_instance_attribute": { "attribute": { "instance_type": "t3.small" } } });
    let call = serde_json::from_value(attribute).unwrap();
    let done = (200, "<ModifyInstanceAttributeResponse><return>true</return></ModifyInstanceAttributeResponse>");
    let answers = Box::leak(Box::new([NOT_STOPPED, NOT_STOPPED, done]));
    let (result, requests) = run_on::<Ec2Instance>(Some("i-1"), call, answers).await;
    assert_eq!((result.is_ok(), requests), (true, 3));
}

fn scope() -> Scope {
    Scope {
        environment: "test".to_owned(),
        address: Address::new("ec2_instance", "host"),
        partition: "aws".to_owned(),
        account: "123456789012".to_owned(),
        region: "us-east-1".to_owned(),
        operation: "op-1".to_owned(),
    }
}

fn described(state: &str, reason: &str) -> (u16, &'static str) {
    let body = format!(
        "<DescribeInstancesResponse><reservationSet><item><instancesSet><item><instanceId>i-1</instanceId>\
         <imageId>ami-12345678</imageId><privateIpAddress>10.0.0.4</privateIpAddress>\
         <instanceState><name>{state}</name></instanceState>{reason}\
         </item></instancesSet></item></reservationSet></DescribeInstancesResponse>"
    );
    (200, Box::leak(body.into_boxed_str()))
}

/// Waits for a new instance that AWS describes like this in turn; gives the outputs, and how often was looked.
async fn wait(answers: Vec<(u16, &'static str)>) -> (Result<Progress, CloudError>, usize) {
    let (aws, count) = answering(Box::leak(answers.into_boxed_slice())).await;
    let mut progress = Progress { id: Some("i-1".to_owned()), ..Progress::default() };
    let result = Ec2Instance::settle(&aws, &scope(), &run_instances(), &mut progress).await;
    (result.map(|()| progress), count.load(Ordering::SeqCst))
}

#[tokio::test]
async fn a_new_instance_is_waited_for_until_it_is_seen_and_runs() {
    let unseen = (200, "<DescribeInstancesResponse><reservationSet/></DescribeInstancesResponse>");
    let pending = described("pending", "");
    let (result, looks) = wait(vec![unseen, unseen, pending, pending, described("running", "")]).await;
    assert_eq!((result.unwrap().outputs["private_ip"].as_str(), looks), (Some("10.0.0.4"), 5));
}

/// AWS takes the call and ends the instance afterwards, if a key of its volumes cannot be used.
#[tokio::test]
async fn an_instance_that_ends_instead_of_running_tells_why() {
    let reason = "<stateReason><code>Client.InternalError</code><message>Client.InternalError: Client error on launch</message></stateReason>";
    let (result, looks) = wait(vec![described("pending", ""), described("terminated", reason)]).await;
    let error = result.err().unwrap();
    insta::assert_snapshot!(
        error,
        @"ec2:RunInstances failed: the instance was terminated: Client.InternalError: Client error on launch"
    );
    assert!(error.hint.unwrap().contains("policy") && looks == 2);
}

#[tokio::test]
async fn reading_any_number_takes_two_calls_and_one_for_each() {
    let nothing = [(200, "<DescribeInstancesResponse><reservationSet/></DescribeInstancesResponse>")];
    let (aws, count) = answering(Box::leak(Box::new(nothing))).await;
    let target = |number: usize| Target { scope: scope(), id: format!("i-{number}"), desired: None };
    let answers = Ec2Instance::read(&aws, &(0..7).map(target).collect::<Vec<_>>()).await;
    assert!(answers.iter().all(|answer| matches!(answer, Ok(None))));
    assert_eq!(count.load(Ordering::SeqCst), 2 + 7);
}
