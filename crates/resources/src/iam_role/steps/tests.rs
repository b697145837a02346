use provision_reconciler::{Idempotency, Kind};
use serde_json::{Value, json};

use super::*;
use crate::iam_role::IamRole;
use crate::testing::{self, create, spec, update, update_from};

fn table(fields: Value) -> Value {
    let mut table = json!({ "role_name": "pipeline", "assume_role_policy": trust("lambda") });
    for (name, value) in fields.as_object().cloned().unwrap_or_default() {
        table[name] = value;
    }
    table
}

fn trust(service: &str) -> Value {
    let service = format!("{service}.amazonaws.com");
    json!({ "statements": [{ "actions": ["sts:AssumeRole"], "principals": { "service": [service] } }] })
}

fn policy(action: &str) -> Value {
    json!({ "statements": [{ "actions": [action], "resources": ["*"] }] })
}

fn arn(name: &str) -> String {
    format!("arn:aws:iam::aws:policy/{name}")
}

#[test]
fn creating_takes_a_call_for_the_role_and_one_for_each_policy() {
    insta::assert_snapshot!(create::<IamRole>(table(json!({}))), @"iam:CreateRole: create the role pipeline");
    insta::assert_snapshot!(
        create::<IamRole>(table(json!({
            "description": "Runs the pipeline",
            "permissions_boundary": arn("PowerUserAccess"),
            "managed_policy_arns": [arn("service-role/B"), arn("A")],
            "inline_policies": { "write": policy("s3:PutObject"), "read": policy("s3:GetObject") },
            "grants": [{ "to": "s3_bucket.data", "access": "read" }],
        }))),
        @r"
    iam:CreateRole: create the role pipeline
    iam:AttachRolePolicy: attach A
    iam:AttachRolePolicy: attach B
    iam:PutRolePolicy: put the inline policy read
    iam:PutRolePolicy: put the inline policy write
    "
    );
}

#[test]
fn only_creating_is_known_by_its_name() {
    let desired = spec::<IamRole>(table(json!({ "managed_policy_arns": [arn("A")] })));
    let steps = IamRole::steps(Change::Create { desired: &desired });
    let idempotencies: Vec<_> = steps.iter().map(|step| step.idempotency).collect();
    assert_eq!(idempotencies, [Idempotency::Token, Idempotency::Natural]);
}

#[test]
fn each_field_has_its_call() {
    let read = || json!({ "a": policy("s3:GetObject") });
    for (name, live, desired, expected) in [
        ("nothing", json!({}), json!({}), ""),
        ("description", json!({}), json!({ "description": "b" }), "iam:UpdateRole: change the description"),
        ("duration", json!({}), json!({ "max_session_duration": 7200 }), "iam:UpdateRole: let sessions last 7200 s"),
        (
            "trust",
            json!({}),
            json!({ "assume_role_policy": trust("ec2") }),
            "iam:UpdateAssumeRolePolicy: replace the trust policy",
        ),
        (
            "boundary",
            json!({}),
            json!({ "permissions_boundary": arn("A") }),
            "iam:PutRolePermissionsBoundary: bound the role by A",
        ),
        (
            "no boundary",
            json!({ "permissions_boundary": arn("A") }),
            json!({}),
            "iam:DeleteRolePermissionsBoundary: remove the permissions boundary",
        ),
        ("managed", json!({}), json!({ "managed_policy_arns": [arn("A")] }), "iam:AttachRolePolicy: attach A"),
        ("no managed", json!({ "managed_policy_arns": [arn("A")] }), json!({}), "iam:DetachRolePolicy: detach A"),
        ("inline", json!({}), json!({ "inline_policies": read() }), "iam:PutRolePolicy: put the inline policy a"),
        (
            "another inline",
            json!({ "inline_policies": read() }),
            json!({ "inline_policies": { "a": policy("s3:PutObject") } }),
            "iam:PutRolePolicy: replace the inline policy a",
        ),
        (
            "the same inline",
            json!({ "inline_policies": read() }),
            json!({ "inline_policies": { "a": policy("S3:getobject") } }),
            "",
        ),
        (
            "no inline",
            json!({ "inline_policies": read() }),
            json!({}),
            "iam:DeleteRolePolicy: delete the inline policy a",
        ),
        ("grants", json!({}), json!({ "grants": [{ "to": "s3_bucket.data", "access": "read" }] }), ""),
        ("tags", json!({}), json!({ "tags": { "a": "b" } }), "iam:TagRole: set the tag a"),
        ("no tags", json!({ "tags": { "a": "b" } }), json!({}), "iam:UntagRole: remove the tag a"),
        (
            "a tag in another case",
            json!({ "tags": { "team": "b" } }),
            json!({ "tags": { "Team": "b" } }),
            "iam:UntagRole: remove the tag team\niam:TagRole: set the tag Team",
        ),
    ] {
        assert_eq!(update::<IamRole>(table(live), table(desired)), expected, "{name}");
    }
}

#[test]
fn a_boundary_comes_first_and_goes_last_and_policies_come_before_others_go() {
    let one = table(json!({
        "permissions_boundary": arn("Old"), "managed_policy_arns": [arn("A")], "inline_policies": { "a": policy("a:B") },
    }));
    let other = |boundary: &str| {
        table(json!({
            "permissions_boundary": boundary, "managed_policy_arns": [arn("B")], "inline_policies": { "b": policy("a:B") },
            "description": "b", "max_session_duration": 7200,
        }))
    };
    insta::assert_snapshot!(update::<IamRole>(one.clone(), other(&arn("New"))), @r"
    iam:PutRolePermissionsBoundary: bound the role by New
    iam:UpdateRole: change the description, and let sessions last 7200 s
    iam:AttachRolePolicy: attach B
    iam:DetachRolePolicy: detach A
    iam:PutRolePolicy: put the inline policy b
    iam:DeleteRolePolicy: delete the inline policy a
    ");
    insta::assert_snapshot!(update::<IamRole>(one, other("")), @r"
    iam:UpdateRole: change the description, and let sessions last 7200 s
    iam:AttachRolePolicy: attach B
    iam:DetachRolePolicy: detach A
    iam:PutRolePolicy: put the inline policy b
    iam:DeleteRolePolicy: delete the inline policy a
    iam:DeleteRolePermissionsBoundary: remove the permissions boundary
    ");
}

#[test]
fn where_the_quota_leaves_no_room_old_policies_go_first() {
    let policies = |from: usize| (from..from + 10).map(|number| arn(&format!("P{number:02}"))).collect::<Vec<_>>();
    let of = |from| table(json!({ "managed_policy_arns": policies(from) }));
    insta::assert_snapshot!(update::<IamRole>(of(0), of(1)), @r"
    iam:DetachRolePolicy: detach P00
    iam:AttachRolePolicy: attach P10
    ");
}

#[test]
fn deleting_first_takes_everything_off_the_role() {
    let mut live = spec::<IamRole>(table(json!({
        "managed_policy_arns": [arn("A")], "inline_policies": { "a": policy("a:B") }, "permissions_boundary": arn("Old"),
    })));
    live.instance_profiles.insert("web".to_owned());
    insta::assert_snapshot!(testing::delete::<IamRole>(&live, false), @r"
    iam:RemoveRoleFromInstanceProfile: take the role out of the instance profile web
    iam:DetachRolePolicy: detach A
    iam:DeleteRolePolicy: delete the inline policy a
    iam:DeleteRole: delete the role pipeline
    ");
    // Being in an instance profile is no difference.
    assert_eq!(
        update_from::<IamRole>(
            &live,
            table(json!({
                "managed_policy_arns": [arn("A")], "inline_policies": { "a": policy("a:B") }, "permissions_boundary": arn("Old"),
            }))
        ),
        ""
    );
}
