//! The life of an IAM role.

use proptest::prelude::*;
use provision_reconciler::{Change, ErrorClass, Kind};
use provision_resources::iam_managed_policy::IamManagedPolicy;
use provision_resources::iam_role::IamRole;
use serde_json::{Value, json};

use crate::driver::Driver;
use crate::retries::run_on;
use crate::{pairs, policies};

const NONE: [&str; 0] = [];
const READ_ONLY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";
const POWER_USER: &str = "arn:aws:iam::aws:policy/PowerUserAccess";

fn trust(service: &str) -> Value {
    let service = format!("{service}.amazonaws.com");
    json!({ "statements": [{ "actions": ["sts:AssumeRole"], "principals": { "service": [service] } }] })
}

fn policy(action: &str) -> Value {
    json!({ "statements": [{ "actions": [action], "resources": ["*"] }] })
}

fn table(fields: Value) -> Value {
    let mut table = json!({ "role_name": "pipeline", "assume_role_policy": trust("lambda") });
    for (name, value) in fields.as_object().unwrap().clone() {
        table[name] = value;
    }
    table
}

#[tokio::test]
async fn a_role_is_made_changed_field_by_field_and_deleted() {
    let driver = Driver::new().await;
    let mut role = driver.resource::<IamRole>("pipeline");
    assert_eq!(role.apply(table(json!({}))).await, ["iam:CreateRole"]);
    assert_eq!(role.apply(table(json!({}))).await, NONE, "a second apply does nothing");
    for (fields, actions) in [
        (json!({ "description": "Runs 100 % of it" }), vec!["iam:UpdateRole"]),
        (json!({ "max_session_duration": 7200 }), vec!["iam:UpdateRole"]),
        (
            json!({ "assume_role_policy": trust("ec2"), "max_session_duration": 7200 }),
            vec!["iam:UpdateAssumeRolePolicy"],
        ),
        (
            json!({ "permissions_boundary": POWER_USER }),
            vec!["iam:PutRolePermissionsBoundary", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole"],
        ),
        (
            json!({ "managed_policy_arns": [READ_ONLY, POWER_USER] }),
            vec!["iam:AttachRolePolicy", "iam:AttachRolePolicy", "iam:DeleteRolePermissionsBoundary"],
        ),
        (
            json!({ "inline_policies": { "write": policy("s3:PutObject"), "read": policy("s3:GetObject") } }),
            vec!["iam:DetachRolePolicy", "iam:DetachRolePolicy", "iam:PutRolePolicy", "iam:PutRolePolicy"],
        ),
        (
            json!({ "inline_policies": { "read": policy("s3:Get*") }, "tags": { "Project": "pipeline" } }),
            vec!["iam:PutRolePolicy", "iam:DeleteRolePolicy", "iam:TagRole"],
        ),
        (
            json!({ "inline_policies": { "read": policy("s3:Get*") }, "managed_policy_arns": [READ_ONLY] }),
            vec!["iam:AttachRolePolicy", "iam:UntagRole"],
        ),
    ] {
        assert_eq!(role.apply(table(fields.clone())).await, actions, "{fields}");
        assert_eq!(role.apply(table(fields.clone())).await, NONE, "again: {fields}");
    }
    assert_eq!(role.delete(false).await, ["iam:DetachRolePolicy", "iam:DeleteRolePolicy", "iam:DeleteRole"]);
}

#[tokio::test]
async fn a_role_is_made_with_everything_at_once_and_is_the_same_from_every_region() {
    let driver = Driver::new().await;
    let mut boundary = driver.resource::<IamManagedPolicy>("boundary");
    boundary.apply(json!({ "policy_name": "boundary", "path": "/team/", "policy": policy("*") })).await;
    let arn = boundary.id.clone().unwrap();
    let everything = table(json!({
        "path": "/service/pipeline/",
        "description": "Everything",
        "max_session_duration": 43200,
        "permissions_boundary": arn,
        "managed_policy_arns": [arn, READ_ONLY],
        "inline_policies": { "read": policy("s3:GetObject") },
        "grants": [{ "to": "s3_bucket.data", "access": "read" }],
        "tags": { "Project": "pipeline", "Empty": "" },
    }));
    let elsewhere = driver.in_region("eu-west-1");
    let mut role = elsewhere.resource::<IamRole>("pipeline");
    let actions = role.apply(everything.clone()).await;
    assert_eq!(actions, ["iam:CreateRole", "iam:AttachRolePolicy", "iam:AttachRolePolicy", "iam:PutRolePolicy"]);
    let live = role.read(None).await.unwrap().unwrap();
    assert_eq!(live.outputs.arn, format!("arn:aws:iam::{}:role/service/pipeline/pipeline", driver.account));
    assert!(live.outputs.role_id.starts_with("AROA"), "{}", live.outputs.role_id);

    let mut here = driver.resource::<IamRole>("pipeline");
    assert_eq!(here.apply(everything).await, NONE);
    here.delete(false).await;
    boundary.delete(false).await;
}

#[tokio::test]
async fn what_is_done_by_hand_is_drift_and_is_undone() {
    let driver = Driver::new().await;
    let mut role = driver.resource::<IamRole>("pipeline");
    let table = table(json!({ "inline_policies": { "read": policy("s3:GetObject") } }));
    role.apply(table.clone()).await;
    let clients = driver.aws.region("us-east-1").await;
    let iam = clients.iam();

    iam.attach_role_policy().role_name("pipeline").policy_arn(POWER_USER).send().await.unwrap();
    assert_eq!(role.apply(table.clone()).await, ["iam:DetachRolePolicy"]);

    let admin = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    iam.put_role_policy().role_name("pipeline").policy_name("hidden").policy_document(admin).send().await.unwrap();
    assert_eq!(role.apply(table.clone()).await, ["iam:DeleteRolePolicy"]);

    iam.put_role_policy().role_name("pipeline").policy_name("read").policy_document(admin).send().await.unwrap();
    assert_eq!(role.apply(table.clone()).await, ["iam:PutRolePolicy"]);

    let anybody =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*"}}"#;
    iam.update_assume_role_policy().role_name("pipeline").policy_document(anybody).send().await.unwrap();
    assert_eq!(role.apply(table.clone()).await, ["iam:UpdateAssumeRolePolicy"]);

    // The same policy, otherwise spelt, is no drift.
    let same =
        r#"{"Statement":{"Resource":["*"],"Action":"S3:getobject","Effect":"Allow","Sid":""},"Version":"2012-10-17"}"#;
    iam.put_role_policy().role_name("pipeline").policy_name("read").policy_document(same).send().await.unwrap();
    assert_eq!(role.apply(table).await, NONE);
}

#[tokio::test]
async fn a_role_leaves_its_instance_profiles_before_it_is_deleted() {
    let driver = Driver::new().await;
    let mut role = driver.resource::<IamRole>("pipeline");
    role.apply(table(json!({}))).await;
    let clients = driver.aws.region("us-east-1").await;
    let iam = clients.iam();
    iam.create_instance_profile().instance_profile_name("web").send().await.unwrap();
    iam.add_role_to_instance_profile().instance_profile_name("web").role_name("pipeline").send().await.unwrap();
    assert_eq!(role.apply(table(json!({}))).await, NONE, "being in an instance profile is no difference");
    assert_eq!(role.delete(false).await, ["iam:RemoveRoleFromInstanceProfile", "iam:DeleteRole"]);
}

#[tokio::test]
async fn a_name_that_is_taken_is_refused_by_name() {
    let driver = Driver::new().await;
    driver.resource::<IamRole>("theirs").apply(table(json!({}))).await;
    let mut ours = driver.resource::<IamRole>("ours");
    let desired = ours.spec(table(json!({})));
    let error = ours.run(IamRole::steps(Change::Create { desired: &desired })).await.unwrap_err();
    assert_eq!((error.action.as_str(), error.class), ("iam:CreateRole", ErrorClass::AlreadyExists));
    assert!(error.hint.unwrap().contains("another name"));
}

#[tokio::test]
async fn what_is_gone_already_is_no_error() {
    let driver = Driver::new().await;
    let mut role = driver.resource::<IamRole>("pipeline");
    role.apply(table(json!({ "managed_policy_arns": [READ_ONLY], "inline_policies": { "a": policy("a:B") } }))).await;
    let live = role.read(None).await.unwrap().unwrap();
    let steps = || IamRole::steps(Change::Delete { live: &live.spec, empty: false });
    role.run(steps()).await.unwrap();
    role.id = Some("pipeline".to_owned());
    role.run(steps()).await.unwrap();
}

/// A role that was made a moment ago is not known to trust policies everywhere.
#[tokio::test]
async fn an_unknown_principal_is_tried_again_and_other_mistakes_are_not() {
    const UNKNOWN: (u16, &str) = (
        400,
        "<ErrorResponse><Error><Code>MalformedPolicyDocument</Code><Message>Invalid principal in policy: \"AWS\":\"arn:aws:iam::1:role/new\"</Message></Error></ErrorResponse>",
    );
    const MALFORMED: (u16, &str) = (
        400,
        "<ErrorResponse><Error><Code>MalformedPolicyDocument</Code><Message>Syntax errors in policy.</Message></Error></ErrorResponse>",
    );
    const MADE: (u16, &str) = (
        200,
        "<CreateRoleResponse><CreateRoleResult><Role><Path>/</Path><RoleName>a</RoleName><RoleId>AROA1</RoleId><Arn>arn:aws:iam::1:role/a</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate></Role></CreateRoleResult></CreateRoleResponse>",
    );
    let create = || {
        let call = json!({ "create_role": {
            "role_name": "a", "path": "/", "description": "", "assume_role_policy": {}, "max_session_duration": 3600,
            "permissions_boundary": "", "tags": {},
        }});
        serde_json::from_value(call).unwrap()
    };
    let (result, requests) = run_on::<IamRole>(None, create(), &[UNKNOWN, UNKNOWN, MADE]).await;
    assert_eq!((result.unwrap().id.as_deref(), requests), (Some("a"), 3));
    let (result, requests) = run_on::<IamRole>(None, create(), &[MALFORMED, MADE]).await;
    assert_eq!((result.err().map(|error| error.class), requests), (Some(ErrorClass::Refused), 1));
    let update = serde_json::from_value(json!({ "update_assume_role_policy": { "policy": {} } })).unwrap();
    let (result, requests) =
        run_on::<IamRole>(Some("a"), update, &[UNKNOWN, (200, "<UpdateAssumeRolePolicyResponse/>")]).await;
    assert_eq!((result.is_ok(), requests), (true, 2));
}

/// What a role can be, but for its immutable fields.
fn fields() -> impl Strategy<Value = Value> {
    let arns = [READ_ONLY, POWER_USER, "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"];
    let managed = prop::sample::subsequence(arns.to_vec(), 0..=3);
    let boundary = prop::sample::select(vec!["", READ_ONLY, POWER_USER]);
    let inline = prop::collection::btree_map("[A-Za-z][a-z0-9+=,.@_-]{0,5}", policies::permissions(), 0..3);
    let tags = prop::collection::btree_map("[a-z]{1,4}", "[A-Za-z0-9 _.:/=+@-]{0,8}", 0..3);
    (policies::trust(), "[ -~¡-ÿ]{0,20}", 3600..=43200_i32, boundary, managed, inline, tags).prop_map(
        |(trust, description, max_session_duration, boundary, managed, inline, tags)| {
            json!({
                "assume_role_policy": trust,
                "description": description,
                "max_session_duration": max_session_duration,
                "permissions_boundary": boundary,
                "managed_policy_arns": managed,
                "inline_policies": inline,
                "tags": tags,
            })
        },
    )
}

#[tokio::test]
async fn whatever_a_role_is_reading_gives_it_back() {
    let driver = Driver::new().await;
    let pairs = ("[A-Za-z0-9_+=,.@-]{8,64}", "/([a-z]{1,5}/){0,2}", fields(), fields()).prop_map(
        |(role_name, path, mut first, mut second)| {
            for fields in [&mut first, &mut second] {
                fields["role_name"] = json!(role_name);
                fields["path"] = json!(path);
            }
            (first, second)
        },
    );
    pairs::hold::<IamRole>(&driver, pairs::generated(pairs, 8)).await;
}
