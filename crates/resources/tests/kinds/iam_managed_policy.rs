//! The life of a managed policy.

use proptest::prelude::*;
use provision_reconciler::{Change, Kind};
use provision_resources::iam_managed_policy::IamManagedPolicy;
use serde_json::{Value, json};

use crate::driver::Driver;
use crate::retries::run_on;
use crate::{pairs, policies};

const NONE: [&str; 0] = [];

fn table(action: &str) -> Value {
    json!({ "policy_name": "metrics", "policy": { "statements": [{ "actions": [action], "resources": ["*"] }] } })
}

#[tokio::test]
async fn a_policy_is_made_changed_and_deleted_with_its_versions() {
    let driver = Driver::new().await;
    let mut policy = driver.resource::<IamManagedPolicy>("metrics");
    let mut described = table("a:V1");
    described["description"] = json!("For metrics");
    assert_eq!(policy.apply(described.clone()).await, ["iam:CreatePolicy"]);
    assert_eq!(policy.apply(described.clone()).await, NONE, "a second apply does nothing");
    described["policy"]["statements"][0]["actions"] = json!(["a:V2"]);
    assert_eq!(policy.apply(described.clone()).await, ["iam:CreatePolicyVersion"]);
    described["tags"] = json!({ "Project": "pipeline" });
    assert_eq!(policy.apply(described.clone()).await, ["iam:TagPolicy"]);
    described["tags"] = json!({ "Owner": "data" });
    assert_eq!(policy.apply(described).await, ["iam:UntagPolicy", "iam:TagPolicy"]);
    let live = policy.read(None).await.unwrap().unwrap();
    assert_eq!(live.outputs.arn, format!("arn:aws:iam::{}:policy/metrics", driver.account));
    assert!(!live.outputs.policy_id.is_empty());
    assert_eq!(policy.delete(false).await, ["iam:DeletePolicyVersion", "iam:DeletePolicy"]);
}

#[tokio::test]
async fn the_oldest_of_five_versions_makes_room_for_a_sixth() {
    let driver = Driver::new().await;
    let mut policy = driver.resource::<IamManagedPolicy>("metrics");
    policy.apply(table("a:V1")).await;
    for version in 2..=5 {
        assert_eq!(policy.apply(table(&format!("a:V{version}"))).await, ["iam:CreatePolicyVersion"]);
    }
    for version in 6..=7 {
        let actions = policy.apply(table(&format!("a:V{version}"))).await;
        assert_eq!(actions, ["iam:DeletePolicyVersion", "iam:CreatePolicyVersion"]);
    }
    let live = policy.read(None).await.unwrap().unwrap();
    let mut versions: Vec<_> = live.spec.versions.iter().map(|version| version.version_id.as_str()).collect();
    versions.sort_unstable();
    assert_eq!(versions, ["v3", "v4", "v5", "v6", "v7"]);

    // Another default is drift; made the default again is what the file says.
    let clients = driver.aws.region("us-east-1").await;
    let arn = policy.id.clone().unwrap();
    clients.iam().set_default_policy_version().policy_arn(&arn).version_id("v3").send().await.unwrap();
    assert_eq!(policy.apply(table("a:V7")).await, ["iam:DeletePolicyVersion", "iam:CreatePolicyVersion"]);
    let live = policy.read(None).await.unwrap().unwrap();
    let versions: Vec<_> = live.spec.versions.iter().map(|version| version.version_id.as_str()).collect();
    assert!(versions.contains(&"v3") && !versions.contains(&"v4"), "{versions:?}");
    policy.delete(false).await;
}

#[tokio::test]
async fn a_policy_that_somebody_bears_is_not_deleted_and_says_who() {
    let driver = Driver::new().await;
    let mut policy = driver.resource::<IamManagedPolicy>("metrics");
    policy.apply(table("a:B")).await;
    let clients = driver.aws.region("us-east-1").await;
    let (iam, arn) = (clients.iam(), policy.id.clone().unwrap());
    iam.create_user().user_name("ann").send().await.unwrap();
    iam.attach_user_policy().user_name("ann").policy_arn(&arn).send().await.unwrap();
    let live = policy.read(None).await.unwrap().unwrap();
    let error =
        policy.run(IamManagedPolicy::steps(Change::Delete { live: &live.spec, empty: false })).await.unwrap_err();
    assert_eq!(error.code.as_deref(), Some("DeleteConflict"));
    assert_eq!(
        error.hint.as_deref(),
        Some("detach it from user ann first; to replace it, give the new one another `policy_name`")
    );
}

/// A second call would make a second version.
#[tokio::test]
async fn a_version_whose_answer_was_lost_is_looked_for_before_it_is_made_again() {
    const LOST: (u16, &str) = (0, "");
    const POLICY: (u16, &str) = (
        200,
        "<GetPolicyResponse><GetPolicyResult><Policy><DefaultVersionId>v2</DefaultVersionId></Policy></GetPolicyResult></GetPolicyResponse>",
    );
    const NEW: (u16, &str) = (
        200,
        "<GetPolicyVersionResponse><GetPolicyVersionResult><PolicyVersion><Document>%7B%22Statement%22%3A%5B%5D%7D</Document></PolicyVersion></GetPolicyVersionResult></GetPolicyVersionResponse>",
    );
    const OLD: (u16, &str) = (
        200,
        "<GetPolicyVersionResponse><GetPolicyVersionResult><PolicyVersion><Document>%7B%22Id%22%3A%22old%22%7D</Document></PolicyVersion></GetPolicyVersionResult></GetPolicyVersionResponse>",
    );
    const MADE: (u16, &str) =
        (200, "<CreatePolicyVersionResponse><CreatePolicyVersionResult/></CreatePolicyVersionResponse>");
    let call =
        || serde_json::from_value(json!({ "create_policy_version": { "policy": { "Statement": [] } } })).unwrap();
    let arn = Some("arn:aws:iam::123456789012:policy/metrics");
    let (result, requests) = run_on::<IamManagedPolicy>(arn, call(), &[LOST, POLICY, NEW, MADE]).await;
    assert_eq!((result.is_ok(), requests), (true, 3), "it was made");
    let (result, requests) = run_on::<IamManagedPolicy>(arn, call(), &[LOST, POLICY, OLD, MADE]).await;
    assert_eq!((result.is_ok(), requests), (true, 4), "it was not made");
}

#[tokio::test]
async fn whatever_a_policy_says_reading_gives_it_back() {
    let driver = Driver::new().await;
    let tags = || prop::collection::btree_map("[a-z]{1,4}", "[A-Za-z0-9 _.:/=+@-]{0,8}", 0..3);
    let fields = || (policies::permissions(), tags());
    let pairs = ("[A-Za-z0-9_+=,.@-]{8,128}", "/([a-z]{1,5}/){0,2}", "[ -~¡-ÿ]{0,20}", fields(), fields()).prop_map(
        |(policy_name, path, description, first, second)| {
            let table = |(policy, tags)| {
                json!({
                    "policy_name": policy_name, "path": path, "description": description, "policy": policy, "tags": tags,
                })
            };
            (table(first), table(second))
        },
    );
    pairs::hold::<IamManagedPolicy>(&driver, pairs::generated(pairs, 8)).await;
}
