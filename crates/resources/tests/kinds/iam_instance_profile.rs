//! The life of an instance profile.

use proptest::prelude::*;
use provision_reconciler::{Change, ErrorClass, Kind};
use provision_resources::iam_instance_profile::{Call, IamInstanceProfile};
use serde_json::{Value, json};

use crate::driver::Driver;
use crate::pairs;
use crate::retries::run_on;

const NONE: [&str; 0] = [];
const CREATE: &str = "iam:CreateInstanceProfile";
const ADD: &str = "iam:AddRoleToInstanceProfile";
const REMOVE: &str = "iam:RemoveRoleFromInstanceProfile";
const DELETE: &str = "iam:DeleteInstanceProfile";

async fn roles(driver: &Driver, names: &[&str]) {
    let clients = driver.aws.region("us-east-1").await;
    let trust = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"ec2.amazonaws.com"}}}"#;
    for name in names {
        clients.iam().create_role().role_name(*name).assume_role_policy_document(trust).send().await.unwrap();
    }
}

fn table(fields: Value) -> Value {
    let mut table = json!({ "instance_profile_name": "host", "role": "host" });
    for (name, value) in fields.as_object().unwrap().clone() {
        table[name] = value;
    }
    table
}

#[tokio::test]
async fn a_profile_is_made_changed_and_deleted() {
    let driver = Driver::new().await;
    roles(&driver, &["host", "other"]).await;
    let mut profile = driver.resource::<IamInstanceProfile>("host");
    assert_eq!(profile.apply(table(json!({}))).await, [CREATE, ADD]);
    let live = profile.read(None).await.unwrap().unwrap();
    assert_eq!(live.outputs.arn, format!("arn:aws:iam::{}:instance-profile/host", driver.account));
    assert_ne!(live.outputs.instance_profile_id, "");
    for (fields, actions) in [
        (json!({}), vec![]),
        (json!({ "role": "other" }), vec![REMOVE, ADD]),
        (json!({ "role": "other", "tags": { "Project": "pipeline" } }), vec!["iam:TagInstanceProfile"]),
        (json!({ "role": "other", "tags": { "Project": "other" } }), vec!["iam:TagInstanceProfile"]),
        (json!({ "role": "", "tags": {} }), vec![REMOVE, "iam:UntagInstanceProfile"]),
        (json!({ "role": "host" }), vec![ADD]),
    ] {
        assert_eq!(profile.apply(table(fields.clone())).await, actions, "{fields}");
        assert_eq!(profile.apply(table(fields.clone())).await, NONE, "again: {fields}");
    }
    assert_eq!(profile.delete(false).await, [REMOVE, DELETE]);
}

#[tokio::test]
async fn a_profile_with_a_path_is_the_same_from_every_region() {
    let driver = Driver::new().await;
    roles(&driver, &["host"]).await;
    let everything = table(json!({ "path": "/team/a/", "tags": { "Project": "pipeline", "Empty": "" } }));
    let mut there = driver.in_region("eu-west-1").resource::<IamInstanceProfile>("host");
    assert_eq!(there.apply(everything.clone()).await, [CREATE, ADD]);
    let mut here = driver.resource::<IamInstanceProfile>("host");
    assert_eq!(here.apply(everything).await, NONE);
    here.delete(false).await;
}

#[tokio::test]
async fn a_role_that_was_put_in_by_hand_is_drift_and_so_is_none() {
    let driver = Driver::new().await;
    roles(&driver, &["host", "admin"]).await;
    let mut profile = driver.resource::<IamInstanceProfile>("host");
    profile.apply(table(json!({}))).await;
    let clients = driver.aws.region("us-east-1").await;
    let iam = clients.iam();
    iam.remove_role_from_instance_profile().instance_profile_name("host").role_name("host").send().await.unwrap();
    assert_eq!(profile.apply(table(json!({}))).await, [ADD]);
    iam.remove_role_from_instance_profile().instance_profile_name("host").role_name("host").send().await.unwrap();
    iam.add_role_to_instance_profile().instance_profile_name("host").role_name("admin").send().await.unwrap();
    assert_eq!(profile.apply(table(json!({}))).await, [REMOVE, ADD]);
}

#[tokio::test]
async fn a_name_that_is_taken_is_refused_by_name() {
    let driver = Driver::new().await;
    driver.resource::<IamInstanceProfile>("theirs").apply(table(json!({ "role": "" }))).await;
    let mut ours = driver.resource::<IamInstanceProfile>("ours");
    let desired = ours.spec(table(json!({})));
    let error = ours.run(IamInstanceProfile::steps(Change::Create { desired: &desired })).await.unwrap_err();
    assert_eq!((error.action.as_str(), error.class), (CREATE, ErrorClass::AlreadyExists));
    assert!(error.hint.unwrap().contains("another name"));
}

#[tokio::test]
async fn what_is_gone_already_is_no_error() {
    let driver = Driver::new().await;
    roles(&driver, &["host"]).await;
    let mut profile = driver.resource::<IamInstanceProfile>("host");
    profile.apply(table(json!({}))).await;
    let live = profile.read(None).await.unwrap().unwrap();
    let steps = || IamInstanceProfile::steps(Change::Delete { live: &live.spec, empty: false });
    profile.run(steps()).await.unwrap();
    profile.id = Some("host".to_owned());
    profile.run(steps()).await.unwrap();
}

/// A profile with this role, as IAM describes it.
fn with_role(role: &str) -> (u16, &'static str) {
    let made = "<Path>/</Path><CreateDate>2026-01-02T03:04:05Z</CreateDate>";
    let body = format!(
        "<GetInstanceProfileResponse><GetInstanceProfileResult><InstanceProfile>{made}<InstanceProfileName>host</InstanceProfileName>\
         <InstanceProfileId>AIPA1</InstanceProfileId><Arn>arn:aws:iam::123456789012:instance-profile/host</Arn><Roles><member>{made}\
         <RoleName>{role}</RoleName><RoleId>AROA1</RoleId><Arn>arn:aws:iam::123456789012:role/{role}</Arn></member></Roles>\
         </InstanceProfile></GetInstanceProfileResult></GetInstanceProfileResponse>"
    );
    (200, Box::leak(body.into_boxed_str()))
}

/// A role that was made a moment ago may not be known yet, and one that was taken out may still be seen.
#[tokio::test]
async fn a_role_is_put_in_once_iam_knows_it_and_the_old_one_is_out() {
    const UNKNOWN: (u16, &str) = (
        404,
        "<ErrorResponse><Error><Code>NoSuchEntity</Code><Message>The role with name host cannot be found.</Message></Error></ErrorResponse>",
    );
    const FULL: (u16, &str) = (
        409,
        "<ErrorResponse><Error><Code>LimitExceeded</Code><Message>Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1</Message></Error></ErrorResponse>",
    );
    const QUOTA: (u16, &str) = (
        409,
        "<ErrorResponse><Error><Code>LimitExceeded</Code><Message>Cannot exceed quota for InstanceProfilesPerAccount: 1000</Message></Error></ErrorResponse>",
    );
    const DONE: (u16, &str) = (200, "<AddRoleToInstanceProfileResponse/>");
    let add = || Call::AddRoleToInstanceProfile { role_name: "host".to_owned() };
    let (result, requests) =
        run_on::<IamInstanceProfile>(Some("host"), add(), Box::leak(Box::new([UNKNOWN, FULL, with_role("old"), DONE])))
            .await;
    assert_eq!((result.is_ok(), requests), (true, 4));
    // An earlier attempt was answered with an error, and had put it in all the same.
    let (result, requests) =
        run_on::<IamInstanceProfile>(Some("host"), add(), Box::leak(Box::new([FULL, with_role("host")]))).await;
    assert_eq!((result.is_ok(), requests), (true, 2));
    let (result, requests) = run_on::<IamInstanceProfile>(Some("host"), add(), &[QUOTA, DONE]).await;
    assert_eq!((result.is_ok(), requests), (false, 1));
}

#[tokio::test]
async fn whatever_a_profile_is_reading_gives_it_back() {
    let driver = Driver::new().await;
    roles(&driver, &["host", "other"]).await;
    let tags = || prop::collection::btree_map("[a-z]{1,4}", "[A-Za-z0-9 _.:/=+@-]{0,8}", 0..3);
    let fields = || (prop::sample::select(vec!["", "host", "other"]), tags());
    let pairs = ("[A-Za-z0-9_+=,.@-]{8,128}", "/([a-z]{1,5}/){0,2}", fields(), fields()).prop_map(
        |(name, path, first, second)| {
            let table =
                |(role, tags)| json!({ "instance_profile_name": name, "path": path, "role": role, "tags": tags });
            (table(first), table(second))
        },
    );
    pairs::hold::<IamInstanceProfile>(&driver, pairs::generated(pairs, 8)).await;
}
