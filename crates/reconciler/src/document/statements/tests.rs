#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use schemars::JsonSchema;
use serde_json::json;

use super::*;
use crate::document::canonical;
use crate::fields_of;

/// What a person reads: `pointer: message (help)`.
fn mistakes(document: Value) -> String {
    let problems = to_aws(&document).err().unwrap_or_default();
    lines(&problems)
}

fn lines(problems: &[Problem]) -> String {
    let line = |problem: &Problem| match &problem.help {
        Some(help) => format!("{}: {} ({help})", problem.pointer, problem.message),
        None => format!("{}: {}", problem.pointer, problem.message),
    };
    problems.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn statement(fields: Value) -> String {
    mistakes(json!({ "statements": [fields] }))
}

#[test]
fn statements_become_those_of_aws() {
    let policy = json!({ "id": "me", "statements": [
        {
            "sid": "Invoke",
            "actions": ["lambda:InvokeFunction"],
            "resources": "*",
            "principals": { "service": ["s3.amazonaws.com"], "aws": "123456789012" },
            "conditions": { "StringEquals": { "aws:SourceAccount": ["123456789012"] }, "Bool": { "aws:SecureTransport": true } },
        },
        {
            "effect": "Deny",
            "not_actions": "s3:Get*",
            "not_resources": ["arn:aws:s3:::a"],
            "not_principals": "*",
            "conditions": { "ForAnyValue:StringLikeIfExists": { "aws:TagKeys": "a*" }, "NumericLessThan": { "s3:max-keys": [5] } },
        },
    ]});
    let expected = json!({ "Version": "2012-10-17", "Id": "me", "Statement": [
        {
            "Sid": "Invoke",
            "Effect": "Allow",
            "Action": ["lambda:InvokeFunction"],
            "Resource": ["*"],
            "Principal": { "Service": ["s3.amazonaws.com"], "AWS": ["123456789012"] },
            "Condition": { "StringEquals": { "aws:SourceAccount": ["123456789012"] }, "Bool": { "aws:SecureTransport": ["true"] } },
        },
        {
            "Effect": "Deny",
            "NotAction": ["s3:Get*"],
            "NotResource": ["arn:aws:s3:::a"],
            "NotPrincipal": "*",
            "Condition": { "ForAnyValue:StringLikeIfExists": { "aws:TagKeys": ["a*"] }, "NumericLessThan": { "s3:max-keys": ["5"] } },
        },
    ]});
    assert_eq!(*to_aws(&policy).unwrap(), expected);
    // One statement needs no list.
    let one = json!({ "version": "2008-10-17", "statements": { "actions": ["sts:AssumeRole"] } });
    let expected =
        json!({ "Version": "2008-10-17", "Statement": [{ "Effect": "Allow", "Action": ["sts:AssumeRole"] }] });
    assert_eq!(*to_aws(&one).unwrap(), expected);
}

#[test]
fn what_aws_itself_would_write_is_passed_on() {
    let mark = format!("{}iam_role.a.policy{}", unknown::OPEN, unknown::CLOSE);
    for document in [
        json!({}),
        json!({ "Statement": { "Acton": 1 } }),
        json!({ "deadLetterTargetArn": "x" }),
        json!(mark),
        json!(1),
    ] {
        assert!(matches!(to_aws(&document).unwrap(), Cow::Borrowed(same) if *same == document), "{document}");
    }
}

#[test]
fn marks_stay_inside_their_texts() {
    let mark = format!("{}s3_bucket.a.arn{}/*", unknown::OPEN, unknown::CLOSE);
    let policy = json!({ "statements": [{ "actions": ["s3:GetObject"], "resources": [mark] }] });
    assert_eq!(to_aws(&policy).unwrap()["Statement"][0]["Resource"][0], json!(mark));
    let effect = json!({ "statements": [{ "actions": ["s3:GetObject"], "effect": mark }] });
    assert!(to_aws(&effect).is_ok());
}

#[test]
fn unknown_fields_name_the_nearest_one() {
    insta::assert_snapshot!(statement(json!({ "acton": ["s3:GetObject"] })), @"/statements/0/acton: there is no field `statements[0].acton` (did you mean `actions`?)");
    insta::assert_snapshot!(statement(json!({ "Action": ["a:B"], "NotPrincipal": "*" })), @r"
    /statements/0/Action: there is no field `statements[0].Action` (did you mean `actions`?)
    /statements/0/NotPrincipal: there is no field `statements[0].NotPrincipal` (did you mean `not_principals`?)
    ");
    insta::assert_snapshot!(statement(json!({ "actions": "a:B", "why": "" })), @"/statements/0/why: there is no field `statements[0].why` (the fields are: `sid`, `effect`, `actions`, `not_actions`, `resources`, `not_resources`, `principals`, `not_principals`, `conditions`)");
    insta::assert_snapshot!(statement(json!({ "actions": "a:B", "principals": { "services": "s3" } })), @"/statements/0/principals/services: there is no field `statements[0].principals.services` (did you mean `service`?)");
    insta::assert_snapshot!(mistakes(json!({ "statement": [{ "actions": "a:B" }] })), @"/statement: there is no field `statement` (did you mean `statements`?)");
    insta::assert_snapshot!(mistakes(json!({ "Statement": [], "statements": { "actions": "a:B" }, "Version": "1" })), @r"
    /Statement: there is no field `Statement` (did you mean `statements`?)
    /Version: there is no field `Version` (did you mean `version`?)
    ");
    insta::assert_snapshot!(statement(json!({ "actions": "a:B", "conditions": { "StringEqual": { "a:b": "c" }, "ForAnyValue:StrangLike": {} } })), @r#"
    /statements/0/conditions/ForAnyValue:StrangLike: there is no condition operator `statements[0].conditions.ForAnyValue:StrangLike` (did you mean `StringLike`?)
    /statements/0/conditions/StringEqual: there is no condition operator `statements[0].conditions.StringEqual` (did you mean `StringEquals`?)
    "#);
}

#[test]
fn everything_wrong_is_said_at_once() {
    insta::assert_snapshot!(
        statement(json!({
            "sid": 1, "effect": "allow", "actions": [], "not_actions": ["a:B", 2], "resources": { "a": 1 },
            "principals": "arn:aws:iam::1:root", "not_principals": {}, "conditions": [],
        })),
        @r#"
    /statements/0/actions: `statements[0].actions` is empty (name at least one, or leave it out)
    /statements/0/conditions: `statements[0].conditions`: expected a table as in `{ StringEquals = { "aws:SourceAccount" = ["123456789012"] } }`, found a list
    /statements/0/effect: `statements[0].effect`: expected `Allow` or `Deny`, found "allow"
    /statements/0/not_actions/1: `statements[0].not_actions[1]`: expected a string, found `2`
    /statements/0/not_principals: `statements[0].not_principals`: expected `"*"`, or a table as in `{ service = ["lambda.amazonaws.com"], aws = ["123456789012"] }`, found an empty table
    /statements/0/principals: `statements[0].principals`: expected `"*"`, or a table as in `{ service = ["lambda.amazonaws.com"], aws = ["123456789012"] }`, found "arn:aws:iam::1:root"
    /statements/0/resources: `statements[0].resources`: expected a list of strings, found a table
    /statements/0/sid: `statements[0].sid`: expected a string, found `1`
    /statements/0/not_actions: `statements[0].not_actions` excludes `actions` (keep one of them)
    /statements/0/not_principals: `statements[0].not_principals` excludes `principals` (keep one of them)
    "#
    );
    insta::assert_snapshot!(statement(json!({ "sid": "x" })), @"/statements/0: the required field `statements[0].actions` is missing (say what is allowed or denied: `actions`, or `not_actions` for all but these)");
    insta::assert_snapshot!(statement(json!("allow")), @r#"/statements/0: `statements[0]`: expected a statement, which is a table, found "allow""#);
    insta::assert_snapshot!(mistakes(json!({ "statements": "all", "version": "2012" })), @r#"
    /statements: `statements`: expected a list of statements, found "all"
    /version: `version`: expected `2012-10-17` or `2008-10-17`, found "2012"
    "#);
    insta::assert_snapshot!(mistakes(json!({ "statements": [] })), @"/statements: `statements` is empty (a policy has at least one statement; leave the field out if there is to be no policy)");
    let twice = json!({ "statements": [{ "sid": "a", "actions": "a:B" }, { "sid": "a", "actions": "a:C" }] });
    insta::assert_snapshot!(mistakes(twice), @"/statements/1/sid: `statements[1].sid`: an earlier statement is called `a` too");
}

#[derive(JsonSchema)]
#[allow(dead_code)]
struct Spec {
    #[schemars(extend("document" = true))]
    policy: String,
    inline: std::collections::BTreeMap<String, Inner>,
    listed: Vec<Inner>,
}

#[derive(JsonSchema)]
#[allow(dead_code)]
struct Inner {
    #[schemars(extend("document" = true))]
    policy: String,
}

#[test]
fn documents_are_checked_wherever_in_a_spec_they_are() {
    let wrong = json!({ "statements": { "acton": "a:B" } });
    let spec = json!({
        "policy": wrong,
        "inline": { "a/b": { "policy": wrong }, "good": { "policy": { "statements": { "actions": "a:B" } } } },
        "listed": [{ "policy": {} }, { "policy": wrong }],
        "another": wrong,
    });
    insta::assert_snapshot!(lines(&problems(&fields_of::<Spec>(), &spec)), @r"
    /inline/a~1b/policy/statements/acton: there is no field `inline.a/b.policy.statements.acton` (did you mean `actions`?)
    /listed/1/policy/statements/acton: there is no field `listed[1].policy.statements.acton` (did you mean `actions`?)
    /policy/statements/acton: there is no field `policy.statements.acton` (did you mean `actions`?)
    ");
}

fn texts() -> impl Strategy<Value = Value> {
    let list = || prop::collection::vec("[a-c]{1,3}:[A-C*]{1,3}", 1..4);
    prop_oneof![list().prop_map(|list| json!(list)), list().prop_map(|list| json!(list[0]))]
}

fn either(name: &'static str) -> impl Strategy<Value = (String, Value)> {
    (any::<bool>(), texts()).prop_map(move |(not, texts)| (format!("{}{name}", if not { "not_" } else { "" }), texts))
}

fn principals() -> impl Strategy<Value = Value> {
    let some = prop::collection::btree_map(prop::sample::select(vec!["aws", "service", "federated"]), texts(), 1..3);
    prop_oneof![Just(json!("*")), some.prop_map(|some| json!(some))]
}

fn conditions() -> impl Strategy<Value = Value> {
    let value =
        prop_oneof![texts(), any::<bool>().prop_map(|value| json!(value)), (0..9).prop_map(|value| json!(value))];
    let keys = prop::collection::btree_map("aws:[a-c]", value, 1..3);
    let operator = prop::sample::select(vec!["StringLike", "Bool", "NumericEqualsIfExists", "ForAllValues:ArnLike"]);
    prop::collection::btree_map(operator, keys, 0..3).prop_map(|conditions| json!(conditions))
}

prop_compose! {
    fn any_statement()(
        actions in either("actions"),
        rest in prop::collection::vec(prop_oneof![
            either("resources"),
            principals().prop_map(|value| ("principals".to_owned(), value)),
            conditions().prop_map(|value| ("conditions".to_owned(), value)),
            prop::sample::select(EFFECTS.to_vec()).prop_map(|value| ("effect".to_owned(), json!(value))),
        ], 0..4),
    ) -> Value {
        let mut statement = Map::from_iter([actions]);
        for (name, value) in rest {
            // `resources` and `not_resources` exclude each other.
            if !statement.contains_key(&format!("not_{name}")) && !statement.contains_key(name.trim_start_matches("not_")) {
                statement.insert(name, value);
            }
        }
        Value::Object(statement)
    }
}

/// The same statement in AWS's own form, made by renaming alone.
fn renamed(statement: &Value) -> Value {
    let name = |names: &[(&str, &str)], ours: &str| names.iter().find(|(name, _)| *name == ours).unwrap().1.to_owned();
    let mut aws = Map::from_iter([("Effect".to_owned(), json!("Allow"))]);
    for (ours, value) in statement.as_object().unwrap() {
        let value = match value.as_object() {
            Some(fields) if ours == "principals" => {
                fields.iter().map(|(ours, value)| (name(&PRINCIPALS, ours), value.clone())).collect()
            }
            _ => value.clone(),
        };
        aws.insert(name(&STATEMENT, ours), value);
    }
    Value::Object(aws)
}

proptest! {
    #[test]
    fn both_forms_of_a_policy_mean_the_same(statements in prop::collection::vec(any_statement(), 1..4)) {
        let ours = json!({ "statements": statements });
        let statements: Vec<Value> = statements.iter().map(renamed).collect();
        let theirs = json!({ "Version": "2012-10-17", "Statement": statements });
        let translated = to_aws(&ours);
        prop_assert!(translated.is_ok(), "{translated:?}");
        let translated = translated.unwrap().into_owned();
        prop_assert_eq!(canonical(&translated), canonical(&theirs));
        // Once translated, it stays.
        prop_assert_eq!(to_aws(&translated).unwrap().into_owned(), translated);
    }
}
