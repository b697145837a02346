//! Policies of every form that IAM takes, for generated specs.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

type Named = (&'static str, &'static str);

/// The names of a statement's elements in both forms: the file's and AWS's.
const EFFECT: Named = ("effect", "Effect");
const ACTIONS: Named = ("actions", "Action");
const NOT_ACTIONS: Named = ("not_actions", "NotAction");
const RESOURCES: Named = ("resources", "Resource");
const NOT_RESOURCES: Named = ("not_resources", "NotResource");
const PRINCIPALS: Named = ("principals", "Principal");
const CONDITIONS: Named = ("conditions", "Condition");

/// A policy that is attached to something.
pub fn permissions() -> impl Strategy<Value = Value> {
    let action = "(s3|kms|dynamodb):[A-Z][a-z]{0,4}\\*?";
    let resource =
        prop_oneof!["\\*", "arn:aws:s3:::[a-z]{1,3}/[a-z*]{1,3}", "arn:aws:sqs:us-east-1:123456789012:[a-z]{1,3}"];
    let actions = element(prop::sample::select(vec![ACTIONS, NOT_ACTIONS]), texts(action));
    let resources = element(prop::sample::select(vec![RESOURCES, NOT_RESOURCES]), texts(resource));
    let effect = element(Just(EFFECT), prop::sample::select(vec![json!("Allow"), json!("Deny")]));
    document((effect, actions, resources, conditions()).prop_map(|(a, b, c, d)| vec![a, b, c, d]))
}

/// A trust policy.
pub fn trust() -> impl Strategy<Value = Value> {
    let actions = prop::sample::subsequence(vec!["sts:AssumeRole", "sts:TagSession"], 1..=2);
    let effect = element(Just(EFFECT), Just(json!("Allow")));
    let actions = element(Just(ACTIONS), actions.prop_map(|actions| json!(actions)));
    document((effect, actions, principals(), conditions()).prop_map(|(a, b, c, d)| vec![a, b, c, d]))
}

/// One or some statements, in one of the two forms.
fn document(statement: impl Strategy<Value = Vec<(Named, [Value; 2])>>) -> impl Strategy<Value = Value> {
    (prop::collection::vec(statement, 1..4), any::<bool>()).prop_map(|(statements, ours)| {
        let statement = |elements: &Vec<(Named, [Value; 2])>| {
            let element = |(name, [our_value, aws_value]): &(Named, [Value; 2])| match ours {
                true => (name.0.to_owned(), our_value.clone()),
                false => (name.1.to_owned(), aws_value.clone()),
            };
            Value::Object(elements.iter().map(element).collect::<Map<_, _>>())
        };
        let statements: Vec<Value> = statements.iter().map(statement).collect();
        match ours {
            true => json!({ "statements": statements }),
            false => json!({ "Version": "2012-10-17", "Statement": statements }),
        }
    })
}

/// An element that is written alike in both forms.
fn element(
    name: impl Strategy<Value = Named>,
    value: impl Strategy<Value = Value>,
) -> impl Strategy<Value = (Named, [Value; 2])> {
    (name, value).prop_map(|(name, value)| (name, [value.clone(), value]))
}

/// One text, or a list.
fn texts(text: impl Strategy<Value = String>) -> impl Strategy<Value = Value> {
    (prop::collection::vec(text, 1..4), any::<bool>()).prop_map(|(texts, single)| match single {
        true => json!(texts[0]),
        false => json!(texts),
    })
}

fn principals() -> impl Strategy<Value = (Named, [Value; 2])> {
    let account = texts(prop_oneof!["[1-9][0-9]{11}", "arn:aws:iam::[1-9][0-9]{11}:root"]);
    let service = texts("[a-z]{1,5}\\.amazonaws\\.com");
    let some = (account, service, 0..3).prop_map(|(account, service, which)| match which {
        0 => [json!({ "aws": account }), json!({ "AWS": account })],
        1 => [json!({ "service": service }), json!({ "Service": service })],
        _ => [json!({ "aws": account, "service": service }), json!({ "AWS": account, "Service": service })],
    });
    let anybody = Just([json!("*"), json!({ "AWS": "*" })]);
    prop_oneof![3 => some.boxed(), 1 => anybody.boxed()].prop_map(|values| (PRINCIPALS, values))
}

fn conditions() -> impl Strategy<Value = (Named, [Value; 2])> {
    let text = texts("[ -~é]{1,6}").prop_map(|values| json!({ "StringLike": { "aws:PrincipalTag/team": values } }));
    let flag = any::<bool>().prop_map(|value| json!({ "Bool": { "aws:SecureTransport": value } }));
    let number = prop::collection::vec(1..100_i32, 1..3)
        .prop_map(|values| json!({ "NumericLessThanIfExists": { "s3:max-keys": values } }));
    let value = prop_oneof![Just(json!({})).boxed(), text.boxed(), flag.boxed(), number.boxed()];
    element(Just(CONDITIONS), value)
}
