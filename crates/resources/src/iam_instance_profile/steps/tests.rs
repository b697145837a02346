use provision_config::Address;
use provision_config::unknown::Reference;
use provision_reconciler::{Idempotency, Kind};
use serde_json::{Value, json};

use super::*;
use crate::iam_instance_profile::IamInstanceProfile;
use crate::testing::{self, create, scope, spec, update};

fn table(fields: Value) -> Value {
    let mut table = json!({ "instance_profile_name": "host", "role": "host" });
    for (name, value) in fields.as_object().cloned().unwrap_or_default() {
        table[name] = value;
    }
    table
}

#[test]
fn a_profile_is_made_and_its_role_put_into_it() {
    insta::assert_snapshot!(create::<IamInstanceProfile>(table(json!({}))), @r"
    iam:CreateInstanceProfile: create the instance profile host
    iam:AddRoleToInstanceProfile: put the role host into it
    ");
    insta::assert_snapshot!(
        create::<IamInstanceProfile>(table(json!({ "role": "" }))),
        @"iam:CreateInstanceProfile: create the instance profile host"
    );
    let desired = spec::<IamInstanceProfile>(table(json!({})));
    let steps = IamInstanceProfile::steps(Change::Create { desired: &desired });
    let idempotencies: Vec<_> = steps.iter().map(|step| step.idempotency).collect();
    assert_eq!(idempotencies, [Idempotency::Token, Idempotency::Natural]);
}

#[test]
fn another_role_takes_the_place_of_the_old_one() {
    let change = |from: &str, to: &str| {
        update::<IamInstanceProfile>(table(json!({ "role": from })), table(json!({ "role": to })))
    };
    insta::assert_snapshot!(change("host", "other"), @r"
    iam:RemoveRoleFromInstanceProfile: take the role host out of it
    iam:AddRoleToInstanceProfile: put the role other into it
    ");
    insta::assert_snapshot!(change("host", ""), @"iam:RemoveRoleFromInstanceProfile: take the role host out of it");
    insta::assert_snapshot!(change("", "host"), @"iam:AddRoleToInstanceProfile: put the role host into it");
    assert_eq!(change("host", "host"), "");
}

#[test]
fn tags_are_removed_before_others_are_set() {
    let steps = update::<IamInstanceProfile>(
        table(json!({ "tags": { "team": "a", "same": "1" } })),
        table(json!({ "tags": { "Team": "a", "same": "1" } })),
    );
    insta::assert_snapshot!(steps, @r"
    iam:UntagInstanceProfile: remove the tag team
    iam:TagInstanceProfile: set the tag Team
    ");
}

#[test]
fn a_profile_is_deleted_once_its_role_is_out_of_it() {
    insta::assert_snapshot!(testing::delete::<IamInstanceProfile>(&spec::<IamInstanceProfile>(table(json!({}))), false), @r"
    iam:RemoveRoleFromInstanceProfile: take the role host out of it
    iam:DeleteInstanceProfile: delete the instance profile host
    ");
    insta::assert_snapshot!(
        testing::delete::<IamInstanceProfile>(&spec::<IamInstanceProfile>(table(json!({ "role": "" }))), false),
        @"iam:DeleteInstanceProfile: delete the instance profile host"
    );
}

#[test]
fn the_name_and_the_arn_are_known_beforehand() {
    let scope = scope::<IamInstanceProfile>("host");
    let of = |fields: Value| {
        let spec = spec::<IamInstanceProfile>(table(fields));
        (IamInstanceProfile::identity(&spec, &scope), IamInstanceProfile::predict(&spec, &scope))
    };
    let (identity, predicted) = of(json!({ "path": "/team/a/" }));
    assert_eq!(identity.as_deref(), Some("host"));
    assert_eq!(predicted["arn"], "arn:aws:iam::123456789012:instance-profile/team/a/host");
    let mark = Reference { address: Address::new("iam_role", "host"), output: "arn".to_owned() }.mark();
    assert_eq!(of(json!({ "instance_profile_name": mark })).0, None);
}

#[test]
fn tag_keys_must_differ_in_more_than_case() {
    let problems = |tags: Value| IamInstanceProfile::check(&spec::<IamInstanceProfile>(table(json!({ "tags": tags }))));
    assert_eq!(problems(json!({ "a": "1", "b": "1" })), []);
    assert_eq!(problems(json!({ "Team": "a", "team": "b" })).len(), 1);
}
