//! The life of a flow log.

use std::sync::{Arc, Mutex};

use aws_sdk_ec2::Client;
use proptest::prelude::*;
use proptest::sample::select;
use provision_reconciler::verify::{Outcome, Verification};
use provision_reconciler::{Change, CloudError, ErrorClass, Kind, Notes, Progress, Scope, Target};
use provision_resources::ec2_flow_log::{Call, Ec2FlowLog};
use serde_json::{Map, Value, json};

use crate::driver::{Driver, Resource};
use crate::pairs::{generated, hold};
use crate::retries::{answering, run_on};

const CREATE: &str = "ec2:CreateFlowLogs";
const DELETE: &str = "ec2:DeleteFlowLogs";
const ROLE: &str = "arn:aws:iam::123456789012:role/flow";

fn nothing() -> [&'static str; 0] {
    []
}

async fn client(driver: &Driver) -> Client {
    driver.aws.region("us-east-1").await.ec2().clone()
}

/// A fresh account with a VPC, and the VPC's id.
async fn network() -> (Driver, String) {
    let driver = Driver::new().await;
    let vpc = client(&driver).await.create_vpc().cidr_block("10.0.0.0/16").send().await.unwrap();
    let vpc = vpc.vpc.unwrap().vpc_id.unwrap();
    (driver, vpc)
}

fn table(resource: &str, group: &str) -> Value {
    json!({ "resource_id": resource, "log_group_name": group, "deliver_logs_permission_arn": ROLE })
}

#[tokio::test]
async fn a_flow_log_with_defaults_is_made_read_back_and_deleted() {
    let (driver, vpc) = network().await;
    let mut log = driver.resource::<Ec2FlowLog>("vpc");
    let bare = table(&vpc, "/flow");
    let desired = log.spec(bare.clone());
    assert!(log.read(Some(&desired)).await.unwrap().is_none());
    assert_eq!(log.apply(bare.clone()).await, [CREATE]);
    assert_eq!(log.apply(bare.clone()).await, nothing());
    let live = log.read(None).await.unwrap().unwrap();
    assert_eq!(live.outputs.flow_log_id, live.id);
    assert_eq!(live.outputs.arn, format!("arn:aws:ec2:us-east-1:{}:vpc-flow-log/{}", driver.account, live.id));
    let seen = client(&driver).await.describe_flow_logs().flow_log_ids(&live.id).send().await.unwrap();
    let seen = &seen.flow_logs()[0];
    assert_eq!((seen.traffic_type().unwrap().as_str(), seen.max_aggregation_interval()), ("ALL", Some(600)));

    let mut tagged = bare.clone();
    tagged["tags"] = json!({ "Name": "vpc" });
    assert_eq!(log.apply(tagged).await, ["ec2:CreateTags"]);
    assert_eq!(log.apply(bare.clone()).await, ["ec2:DeleteTags"]);
    assert_eq!(log.delete(false).await, [DELETE]);
    // In one operation the token would answer with the one that is gone.
    log.scope.operation = "op-2".to_owned();
    assert_eq!(log.apply(bare).await, [CREATE]);
}

#[tokio::test]
async fn a_destination_is_the_same_by_its_name_by_its_arn_and_with_all_its_streams() {
    let (driver, vpc) = network().await;
    let mut log = driver.resource::<Ec2FlowLog>("vpc");
    let arn = format!("arn:aws:logs:us-east-1:{}:log-group:/flow", driver.account);
    let by_arn = |arn: &str| json!({ "resource_id": vpc, "log_destination": arn, "deliver_logs_permission_arn": ROLE });
    let all = format!("{arn}:*");
    for (operation, first) in [("op-1", table(&vpc, "/flow")), ("op-2", by_arn(&arn)), ("op-3", by_arn(&all))] {
        log.scope.operation = operation.to_owned();
        assert_eq!(log.apply(first).await, [CREATE]);
        for same in [table(&vpc, "/flow"), by_arn(&arn), by_arn(&all)] {
            assert_eq!(log.apply(same).await, nothing());
        }
        log.delete(false).await;
    }
    log.scope.operation = "op-4".to_owned();
    let bucket = json!({
        "resource_id": vpc, "log_destination_type": "s3", "log_destination": "arn:aws:s3:::flow/logs/",
        "traffic_type": "REJECT", "max_aggregation_interval": 60, "log_format": "${version} ${srcaddr} ${tcp-flags}",
    });
    assert_eq!(log.apply(bucket.clone()).await, [CREATE]);
    assert_eq!(log.apply(bucket).await, nothing());
}

#[tokio::test]
async fn every_other_change_replaces_it() {
    let (driver, vpc) = network().await;
    let mut log = driver.resource::<Ec2FlowLog>("vpc");
    log.apply(table(&vpc, "/flow")).await;
    let bucket = "arn:aws:s3:::flow";
    for (field, value) in [
        ("resource_id", json!("vpc-00000000000000000")),
        ("traffic_type", json!("ACCEPT")),
        ("log_group_name", json!("/other")),
        ("deliver_logs_permission_arn", json!("arn:aws:iam::123456789012:role/other")),
        ("log_format", json!("${version}")),
        ("max_aggregation_interval", json!(60)),
        ("log_destination", json!(bucket)),
    ] {
        let mut changed = table(&vpc, "/flow");
        changed[field] = value;
        if field == "log_destination" {
            changed = json!({ "resource_id": vpc, "log_destination": bucket, "log_destination_type": "s3" });
        }
        let desired = log.spec(changed);
        let live = log.read(Some(&desired)).await.unwrap().unwrap();
        let differences = log.differences(&live, &desired);
        assert!(differences.iter().any(|difference| difference.path == field), "{field}");
        assert!(differences.iter().all(|difference| difference.immutable), "{field}");
    }
}

fn creation(log: &Resource<Ec2FlowLog>, table: Value) -> Call {
    let desired = log.spec(table);
    Ec2FlowLog::steps(Change::Create { desired: &desired }).remove(0).call
}

#[tokio::test]
async fn a_repeated_creation_makes_no_second_one() {
    let (driver, vpc) = network().await;
    let log = driver.resource::<Ec2FlowLog>("vpc");
    let create = async |scope: &Scope| {
        let mut progress = Progress::default();
        let call = creation(&log, table(&vpc, "/flow"));
        Ec2FlowLog::run(&driver.aws, scope, call, &mut progress).await.map(|()| progress.id.unwrap())
    };
    let id = create(&log.scope).await.unwrap();
    assert_eq!(create(&log.scope).await.unwrap(), id);

    let later = Scope { operation: "op-2".to_owned(), ..log.scope.clone() };
    let error = create(&later).await.unwrap_err();
    assert_eq!((error.class, error.code.as_deref()), (ErrorClass::AlreadyExists, Some("FlowLogAlreadyExists")));
    assert_eq!(error.hint, Some(format!("{vpc} has a flow log to this destination already: delete it, or import it")));
}

#[tokio::test]
async fn many_are_read_at_once_and_one_is_found_by_its_tags() {
    let (driver, vpc) = network().await;
    let mut targets = Vec::new();
    for name in ["one", "two"] {
        let mut log = driver.resource::<Ec2FlowLog>(name);
        log.apply(table(&vpc, name)).await;
        targets.push(Target { scope: log.scope.clone(), id: log.id.unwrap(), desired: None });
    }
    targets.insert(1, Target { id: "fl-00000000000000000".to_owned(), ..targets[0].clone() });
    let found = Ec2FlowLog::read(&driver.aws, &targets).await;
    let groups: Vec<_> =
        found.into_iter().map(|live| live.unwrap().and_then(|live| live.spec.log_group_name)).collect();
    assert_eq!(groups, [Some("one".to_owned()), None, Some("two".to_owned())]);

    let find = async |name: &str| {
        let scope = driver.scope::<Ec2FlowLog>(name);
        Ec2FlowLog::find(&driver.aws, &scope).await.unwrap()
    };
    assert_eq!(find("two").await.as_ref(), Some(&targets[2].id));
    assert_eq!(find("missing").await, None);
}

#[tokio::test]
async fn one_that_somebody_deleted_is_gone_and_need_not_be_deleted() {
    let (driver, vpc) = network().await;
    let mut log = driver.resource::<Ec2FlowLog>("vpc");
    log.apply(table(&vpc, "/flow")).await;
    let live = log.read(None).await.unwrap().unwrap();
    client(&driver).await.delete_flow_logs().flow_log_ids(&live.id).send().await.unwrap();
    assert!(log.read(None).await.unwrap().is_none());
    let steps = Ec2FlowLog::steps(Change::Delete { live: &live.spec, empty: false });
    assert_eq!(log.run(steps).await.unwrap(), [DELETE]);
}

const MADE: (u16, &str) = (
    200,
    "<CreateFlowLogsResponse><flowLogIdSet><item>fl-1</item></flowLogIdSet><unsuccessful/></CreateFlowLogsResponse>",
);

fn offline(log: &Resource<Ec2FlowLog>) -> Call {
    creation(log, table("vpc-0123456789abcdef0", "/flow"))
}

/// What AWS answers while a role, a bucket's policy or a VPC was made a moment ago.
#[tokio::test]
async fn what_is_too_new_is_waited_for() {
    const NEW_ROLE: (u16, &str) = (
        400,
        "<Response><Errors><Error><Code>InvalidParameter</Code><Message>Unable to assume given IAM role: 'arn:aws:iam::123456789012:role/flow'</Message></Error></Errors></Response>",
    );
    const NEW_POLICY: (u16, &str) = (
        200,
        "<CreateFlowLogsResponse><flowLogIdSet/><unsuccessful><item><resourceId>vpc-1</resourceId><error><code>400</code><message>Access Denied for LogDestination: flow. Please check LogDestination permission</message></error></item></unsuccessful></CreateFlowLogsResponse>",
    );
    const NEW_VPC: (u16, &str) = (
        200,
        "<CreateFlowLogsResponse><flowLogIdSet/><unsuccessful><item><resourceId>vpc-1</resourceId><error><code>InvalidVpcId.NotFound</code><message>no</message></error></item></unsuccessful></CreateFlowLogsResponse>",
    );
    let driver = Driver::new().await;
    let call = || offline(&driver.resource::<Ec2FlowLog>("vpc"));
    for answers in [&[NEW_ROLE, NEW_ROLE, MADE], &[NEW_POLICY, NEW_POLICY, MADE], &[NEW_VPC, NEW_VPC, MADE]] {
        let (result, requests) = run_on::<Ec2FlowLog>(None, call(), answers).await;
        assert_eq!(result.unwrap().id.as_deref(), Some("fl-1"));
        assert_eq!(requests, 3);
    }
}

/// An answer of 200 may say that nothing was done.
#[tokio::test]
async fn an_unsuccessful_item_is_an_error_with_its_code_and_message() {
    const REFUSED: (u16, &str) = (
        200,
        "<CreateFlowLogsResponse><flowLogIdSet/><unsuccessful><item><resourceId>vpc-1</resourceId><error><code>400</code><message>LogDestination: flow does not exist.</message></error></item></unsuccessful></CreateFlowLogsResponse>",
    );
    const KEPT: (u16, &str) = (
        200,
        "<DeleteFlowLogsResponse><unsuccessful><item><resourceId>fl-1</resourceId><error><code>UnauthorizedOperation</code><message>no</message></error></item></unsuccessful></DeleteFlowLogsResponse>",
    );
    const DENIED: (u16, &str) = (
        403,
        "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>no</Message></Error></Errors></Response>",
    );
    const GONE: (u16, &str) = (
        200,
        "<DeleteFlowLogsResponse><unsuccessful><item><resourceId>fl-1</resourceId><error><code>InvalidFlowLogId.NotFound</code><message>no</message></error></item></unsuccessful></DeleteFlowLogsResponse>",
    );
    let driver = Driver::new().await;
    let call = offline(&driver.resource::<Ec2FlowLog>("vpc"));
    let (result, requests) = run_on::<Ec2FlowLog>(None, call.clone(), &[REFUSED, MADE]).await;
    let error = |result: Result<Progress, CloudError>| result.err().map(|error| error.to_string()).unwrap_or_default();
    insta::assert_snapshot!(error(result), @"ec2:CreateFlowLogs failed: 400: LogDestination: flow does not exist.");
    assert_eq!(requests, 1);

    let (result, _) = run_on::<Ec2FlowLog>(None, call, &[DENIED]).await;
    let hint = result.err().and_then(|error| error.hint).unwrap();
    insta::assert_snapshot!(hint, @"allow `ec2:CreateFlowLogs`, `ec2:CreateTags`, and `iam:PassRole` on the role, to the caller");

    let (result, _) = run_on::<Ec2FlowLog>(Some("fl-1"), Call::DeleteFlowLogs, &[KEPT]).await;
    insta::assert_snapshot!(error(result), @"ec2:DeleteFlowLogs failed: UnauthorizedOperation: no");
    let (result, _) = run_on::<Ec2FlowLog>(Some("fl-1"), Call::DeleteFlowLogs, &[GONE]).await;
    assert!(result.is_ok());
}

/// AWS makes a flow log that cannot deliver all the same, and says so only later.
#[tokio::test]
async fn one_that_does_not_deliver_is_told_of() {
    const FAILING: (u16, &str) = (
        200,
        "<DescribeFlowLogsResponse><flowLogSet><item><flowLogId>fl-1</flowLogId><trafficType>ALL</trafficType><deliverLogsStatus>FAILED</deliverLogsStatus><deliverLogsErrorMessage>Access error</deliverLogsErrorMessage></item></flowLogSet></DescribeFlowLogsResponse>",
    );
    const NEW: (u16, &str) = (
        200,
        "<DescribeFlowLogsResponse><flowLogSet><item><flowLogId>fl-1</flowLogId><trafficType>ALL</trafficType></item></flowLogSet></DescribeFlowLogsResponse>",
    );
    const NONE: (u16, &str) = (200, "<DescribeFlowLogsResponse><flowLogSet/></DescribeFlowLogsResponse>");
    let (driver, vpc) = network().await;
    let mut log = driver.resource::<Ec2FlowLog>("vpc");

    let (aws, _) = answering(&[NONE, FAILING]).await;
    let said = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&said);
    let notes = Notes::to(move |text| listener.lock().unwrap().push(text.to_owned()));
    let mut progress = Progress { id: Some("fl-1".to_owned()), notes, ..Progress::default() };
    Ec2FlowLog::settle(&aws, &log.scope, &offline(&log), &mut progress).await.unwrap();
    assert_eq!(*said.lock().unwrap(), ["fl-1 does not deliver: Access error"]);

    log.apply(table(&vpc, "/flow")).await;
    let verification = Verification {
        scope: log.scope.clone(),
        id: log.id.clone().unwrap(),
        spec: log.spec(table(&vpc, "/flow")),
        outputs: Map::new(),
    };
    let outcome = async |aws| Ec2FlowLog::verify(aws, &verification).await.remove(0).outcome;
    assert!(matches!(outcome(&driver.aws).await, Outcome::Passed(_)));
    let (aws, _) = answering(&[NEW]).await;
    assert!(matches!(outcome(&aws).await, Outcome::Skipped(_)));
    let (aws, _) = answering(&[FAILING]).await;
    let Outcome::Failed { message, .. } = outcome(&aws).await else { panic!("it fails") };
    assert_eq!(message, "Access error");
    let (aws, _) = answering(&[NONE]).await;
    let Outcome::Failed { message, .. } = outcome(&aws).await else { panic!("it fails") };
    assert_eq!(message, format!("there is no flow log {}", verification.id));
}

#[tokio::test]
async fn any_flow_log_is_read_back_as_it_was_made_and_takes_any_tags() {
    let (driver, vpc) = network().await;
    let ec2 = client(&driver).await;
    let subnet = ec2.create_subnet().vpc_id(&vpc).cidr_block("10.0.0.0/24").send().await.unwrap();
    let subnet = subnet.subnet.unwrap().subnet_id.unwrap();
    let interface = ec2.create_network_interface().subnet_id(&subnet).send().await.unwrap();
    let interface = interface.network_interface.unwrap().network_interface_id.unwrap();
    let arn = format!("arn:aws:logs:us-east-1:{}:log-group:", driver.account);
    let destination = prop_oneof![Just("name"), Just("arn"), Just("s3")];
    let format = prop::option::of(select(vec!["${version} ${vpc-id}", "${srcaddr} ${dstaddr} ${action} ${tcp-flags}"]));
    let settings = (select(vec!["ACCEPT", "REJECT", "ALL"]), prop::option::of(select(vec![60, 600])), format);
    let tags = || prop::collection::btree_map("[a-z]{1,6}", "([a-zA-Z0-9.:/=+@_-]{1,12})?", 0..4);
    let resource = select(vec![vpc, subnet, interface]);
    let all = generated((resource, destination, settings, tags(), tags()), 24);
    let pairs = all.into_iter().enumerate().map(|(number, (resource, destination, settings, first, second))| {
        // Each to a destination of its own: there is one flow log of a resource to it.
        let mut table = match destination {
            "name" => table(&resource, &format!("/flow/{number}")),
            "arn" => json!({ "log_destination": format!("{arn}{number}"), "deliver_logs_permission_arn": ROLE }),
            _ => json!({ "log_destination": format!("arn:aws:s3:::flow/{number}/"), "log_destination_type": "s3" }),
        };
        let (traffic, interval, format) = settings;
        (table["resource_id"], table["traffic_type"]) = (json!(resource), json!(traffic));
        if let Some(interval) = interval {
            table["max_aggregation_interval"] = json!(interval);
        }
        if let Some(format) = format {
            table["log_format"] = json!(format);
        }
        let tagged = |tags| {
            let mut table = table.clone();
            table["tags"] = json!(tags);
            table
        };
        (tagged(first), tagged(second))
    });
    hold::<Ec2FlowLog>(&driver, pairs.collect()).await;
}
