#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn one(statement: Value) -> Value {
    canonical(&json!({ "Version": "2012-10-17", "Statement": [statement] }))
}

#[test]
fn spellings_of_one_policy_are_equal() {
    let short = json!({ "Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*",
        "Principal": { "AWS": "123456789012" },
        "Condition": { "Bool": { "aws:SecureTransport": false } },
    }});
    let long = json!({ "Version": "2012-10-17", "Statement": [{
        "Sid": "", "Effect": "Allow", "Action": ["S3:getobject"], "Resource": ["*"],
        "Principal": { "AWS": ["arn:aws:iam::123456789012:root"] },
        "Condition": { "Bool": { "AWS:SecureTransport": ["false"] } },
    }]});
    assert_eq!(canonical(&short), canonical(&long));
    assert_eq!(canonical(&short), canonical(&Value::String(long.to_string())));
}

#[test]
fn each_spelling_by_itself() {
    let pairs = [
        (json!({ "Action": "a:B" }), json!({ "Action": ["A:b"] })),
        (json!({ "NotAction": ["a:B", "a:C"] }), json!({ "NotAction": ["a:c", "a:b", "a:C"] })),
        (json!({ "Resource": "x" }), json!({ "Resource": ["x"] })),
        (json!({ "NotResource": ["x", "y"] }), json!({ "NotResource": ["y", "x"] })),
        (json!({ "Principal": "*" }), json!({ "Principal": { "AWS": "*" } })),
        (
            json!({ "Principal": { "AWS": ["111111111111", "arn:aws:iam::222222222222:role/r"] } }),
            json!({ "Principal": { "AWS": ["arn:aws:iam::222222222222:role/r", "arn:aws:iam::111111111111:root"] } }),
        ),
        (json!({ "Principal": { "Service": "s3.a" } }), json!({ "Principal": { "Service": ["s3.a"] } })),
        (json!({ "Effect": "Allow", "Sid": "" }), json!({ "Effect": "Allow" })),
        (json!({ "Effect": "Allow", "Condition": {} }), json!({ "Effect": "Allow" })),
        (
            json!({ "Condition": { "NumericLessThan": { "S3:max-keys": 5 } } }),
            json!({ "Condition": { "NumericLessThan": { "s3:MAX-keys": ["5"] } } }),
        ),
        (
            json!({ "Condition": { "StringEquals": { "a:b": ["x", "y"] } } }),
            json!({ "Condition": { "StringEquals": { "a:b": ["y", "x"] } } }),
        ),
        (
            json!({ "Condition": { "Bool": { "a:b": "True" }, "ForAnyValue:NullIfExists": { "a:b": ["FALSE"] } } }),
            json!({ "Condition": { "Bool": { "a:b": true }, "ForAnyValue:NullIfExists": { "a:b": false } } }),
        ),
        (json!({ "Effect": "Allow", "Condition": { "StringEquals": {} } }), json!({ "Effect": "Allow" })),
        (json!({ "NotPrincipal": "*" }), json!({ "NotPrincipal": { "AWS": ["*"] } })),
        (
            json!({ "NotPrincipal": { "AWS": "arn:aws-cn:iam::111111111111:root" } }),
            json!({ "NotPrincipal": { "AWS": ["111111111111"] } }),
        ),
        (json!({ "Principal": { "AWS": 11111111111_u64 } }), json!({ "Principal": { "AWS": "011111111111" } })),
        (
            json!({ "Principal": { "Federated": "a", "CanonicalUser": ["b", "a"] } }),
            json!({ "Principal": { "CanonicalUser": ["a", "b"], "Federated": ["a"] } }),
        ),
    ];
    for (left, right) in pairs {
        assert_eq!(one(left.clone()), one(right.clone()), "{left} and {right}");
    }
}

#[test]
fn a_policy_without_a_version_is_of_the_old_one() {
    let statement = json!({ "Effect": "Allow", "Action": "a:B", "Resource": "*" });
    let without = canonical(&json!({ "Statement": statement }));
    assert_eq!(without, canonical(&json!({ "Version": "2008-10-17", "Statement": [statement] })));
    assert_ne!(without, canonical(&json!({ "Version": "2012-10-17", "Statement": [statement] })));
}

#[test]
fn order_and_repetition_of_statements_do_not_count() {
    let (one, other) = (json!({ "Sid": "1", "Action": "a:B" }), json!({ "Sid": "2", "Action": ["a:C"] }));
    let repeated = json!({ "Sid": "2", "Action": ["A:c", "a:C"] });
    let of = |statements: &[&Value]| canonical(&json!({ "Statement": statements }));
    assert_eq!(of(&[&one, &other]), of(&[&repeated, &one, &other]));
    assert_ne!(of(&[&one, &other]), of(&[&one]));
}

#[test]
fn a_principal_that_was_deleted_shows() {
    let principal = |arn: &str| one(json!({ "Principal": { "AWS": arn } }));
    assert_ne!(principal("arn:aws:iam::123456789012:role/a"), principal("AROAEXAMPLE"));
    assert_ne!(principal("AROAEXAMPLE"), principal("AIDAEXAMPLE"));
}

#[test]
fn keys_of_a_condition_that_differ_in_case_only_are_all_compared() {
    let both = |value: &str| one(json!({ "Condition": { "StringEquals": { "a:b": "x", "A:B": value } } }));
    assert_eq!(both("y"), both("y"));
    assert_ne!(both("y"), both("z"));
}

#[test]
fn another_meaning_is_another_form() {
    let base = json!({ "Sid": "s", "Effect": "Allow", "Action": ["a:B", "a:C"], "Resource": "arn:x", "Principal": "*",
                       "Condition": { "StringEquals": { "a:b": "X" } } });
    let changes = [
        ("Sid", json!("t")),
        ("Effect", json!("Deny")),
        ("Action", json!(["a:B"])),
        ("Action", json!(["a:B", "a:D"])),
        ("Resource", json!("arn:X")),
        ("Resource", json!(["arn:x", "arn:y"])),
        ("Principal", json!({ "AWS": "123456789012" })),
        ("Principal", json!({ "Service": "*" })),
        ("Principal", Value::Null),
        ("Condition", json!({ "StringEquals": { "a:b": "x" } })),
        ("Condition", json!({ "StringNotEquals": { "a:b": "X" } })),
        ("Condition", json!({ "StringEquals": { "a:c": "X" } })),
        ("Condition", json!({ "StringEquals": { "a:b": ["X", "Y"] } })),
        ("Condition", json!({})),
    ];
    for (name, value) in changes {
        let mut changed = base.clone();
        changed[name] = value;
        assert_ne!(one(base.clone()), one(changed.clone()), "{changed}");
    }
    // A user of the same account is not the account.
    let principal = |arn: &str| one(json!({ "Principal": { "AWS": arn } }));
    assert_ne!(principal("arn:aws:iam::123456789012:root"), principal("arn:aws:iam::123456789012:user/root"));
    assert_ne!(canonical(&json!({ "Version": "2012-10-17" })), canonical(&json!({ "Version": "2008-10-17" })));
}

#[test]
fn what_is_no_policy_is_left_as_it_is() {
    for value in
        [json!({ "deadLetterTargetArn": "x", "Action": ["b", "a"] }), json!([2, 1]), json!("no json"), json!(null)]
    {
        assert_eq!(canonical(&value), value);
    }
}

fn word() -> impl Strategy<Value = String> {
    "[a-c]{1,3}(:[A-C*]{1,3})?"
}

fn words() -> impl Strategy<Value = Vec<String>> {
    prop::collection::btree_set(word(), 1..4).prop_map(|set| set.into_iter().collect())
}

fn statement() -> impl Strategy<Value = Value> {
    let effect = prop_oneof![Just("Allow"), Just("Deny")];
    (effect, words(), words(), principals(), prop::option::of(words())).prop_map(
        |(effect, actions, resources, principals, values)| {
            let mut statement = json!({
                "Effect": effect, "Action": actions, "Resource": resources, "Principal": { "AWS": principals },
            });
            if let Some(values) = values {
                statement["Condition"] = json!({ "StringLike": { "aws:key": values } });
            }
            statement
        },
    )
}

fn principals() -> impl Strategy<Value = Vec<String>> {
    let principal = prop_oneof!["[1-3]{12}", "arn:aws:iam::[1-3]{12}:root", "arn:aws:iam::[1-3]{12}:role/[a-c]"];
    prop::collection::btree_set(principal, 1..4).prop_map(|set| set.into_iter().collect())
}

/// Statements of every form that a policy can have.
fn rich_statement() -> impl Strategy<Value = Value> {
    let not = || prop_oneof![Just(""), Just("Not")];
    let texts = || words().prop_map(|words| json!(words));
    let numbers = prop::collection::vec(0..50_i32, 1..3).prop_map(|numbers| json!(numbers));
    let condition = prop_oneof![
        texts().prop_map(|values| json!({ "ForAnyValue:StringLike": { "aws:TagKeys": values } })),
        numbers.prop_map(|values| json!({ "NumericLessThan": { "s3:max-keys": values } })),
        any::<bool>().prop_map(|value| json!({ "Bool": { "aws:SecureTransport": [value] }, "Null": {} })),
        Just(json!({})),
    ];
    let who = prop_oneof![
        Just(json!("*")),
        principals().prop_map(|principals| json!({ "AWS": principals })),
        (texts(), texts()).prop_map(|(services, federated)| json!({ "Service": services, "Federated": federated })),
    ];
    let what = (prop::option::of("[a-c]{0,2}"), texts(), texts(), prop::option::of(who), prop::option::of(condition));
    (what, not(), not(), not()).prop_map(|((sid, actions, resources, who, condition), n1, n2, n3)| {
        let mut statement = json!({ "Effect": "Allow" });
        statement[format!("{n1}Action")] = actions;
        statement[format!("{n2}Resource")] = resources;
        let rest = [("Sid", sid.map(Value::from)), ("Condition", condition)];
        for (name, value) in rest {
            if let Some(value) = value {
                statement[name] = value;
            }
        }
        if let Some(who) = who {
            statement[format!("{n3}Principal")] = who;
        }
        statement
    })
}

/// The same policy as AWS may hand it back: accounts by their other name, numbers and truth values as texts, actions and keys
/// in another case, empty things left out, statements twice.
fn reworded(value: &Value, within: &str, turn: &mut u64) -> Value {
    let mut chance = || {
        *turn = turn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*turn >> 33).is_multiple_of(2)
    };
    match value {
        Value::String(text) if within == "AWS" && text.len() == 12 && chance() => {
            json!(format!("arn:aws:iam::{text}:root"))
        }
        Value::String(text) if within == "AWS" && text.ends_with(":root") && chance() => {
            text.split(':').nth(4).map_or_else(|| value.clone(), |account| json!(account))
        }
        Value::String(text) if within == "Principal" && text == "*" && chance() => json!({ "AWS": "*" }),
        Value::String(text) if within.ends_with("Action") && chance() => json!(text.to_uppercase()),
        Value::Bool(_) | Value::Number(_) if chance() => json!(value.to_string()),
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(|item| reworded(item, within, turn)).collect();
            if within == "Statement" {
                items.extend(items.first().cloned());
            }
            Value::Array(items)
        }
        Value::Object(fields) => {
            let is_nothing =
                |value: &Value| matches!(value, Value::Object(fields) if fields.is_empty()) || *value == "";
            let fields = fields.iter().filter(|(_, value)| !is_nothing(value));
            let fields = fields.map(|(name, value)| {
                let name = if name.starts_with("aws:") { name.to_uppercase() } else { name.clone() };
                (name.clone(), reworded(value, &name, turn))
            });
            Value::Object(fields.collect())
        }
        other => other.clone(),
    }
}

/// The same policy otherwise spelt: lists turned round, lists of one unwrapped, lists of several with one twice.
fn respelt(value: &Value, turn: &mut u64) -> Value {
    let mut next = || {
        *turn = turn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        *turn >> 33
    };
    match value {
        Value::Array(items) => {
            let mut items = items.clone();
            for index in (1..items.len()).rev() {
                items.swap(index, usize::try_from(next()).unwrap() % (index + 1));
            }
            if next() % 2 == 0
                && let Some(first) = items.first().filter(|first| first.is_string()).cloned()
            {
                items.push(first);
            }
            let single = items.len() == 1 && next() % 2 == 0;
            let items: Vec<Value> = items.iter().map(|item| respelt(item, turn)).collect();
            match items.as_slice() {
                [only] if single => only.clone(),
                _ => Value::Array(items),
            }
        }
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(key, value)| (key.clone(), respelt(value, turn))).collect())
        }
        other => other.clone(),
    }
}

proptest! {
    #[test]
    fn what_aws_hands_back_never_shows_as_a_difference(
        statements in prop::collection::vec(rich_statement(), 1..4), mut turn: u64, versioned: bool,
    ) {
        let mut policy = json!({ "Statement": statements });
        if versioned {
            policy["Version"] = json!("2012-10-17");
        }
        let back = reworded(&respelt(&policy, &mut turn), "", &mut turn);
        let old = json!({ "Version": "2008-10-17", "Statement": back["Statement"] });
        prop_assert_eq!(canonical(&policy), canonical(&back), "{} and {}", policy, back);
        prop_assert_eq!(versioned, canonical(&policy) != canonical(&old));
    }

    #[test]
    fn spelling_never_changes_the_form(statements in prop::collection::vec(statement(), 1..4), mut turn: u64) {
        let policy = json!({ "Version": "2012-10-17", "Statement": statements });
        let form = canonical(&policy);
        let other = respelt(&policy, &mut turn);
        prop_assert_eq!(&form, &canonical(&other), "{}", other);
        prop_assert_eq!(&form, &canonical(&Value::String(other.to_string())));
        prop_assert_eq!(&form, &canonical(&form));
    }

    #[test]
    fn a_changed_meaning_always_changes_the_form(
        statements in prop::collection::vec(statement(), 1..4),
        which: prop::sample::Index,
        field in prop_oneof![Just("Action"), Just("Resource"), Just("Principal"), Just("Effect"), Just("Condition")],
    ) {
        let policy = json!({ "Version": "2012-10-17", "Statement": statements });
        let mut changed = policy.clone();
        let statement = &mut changed["Statement"][which.index(statements.len())];
        match field {
            "Action" | "Resource" => statement[field].as_array_mut().unwrap().push(json!("zzz:New")),
            "Principal" => statement["Principal"]["AWS"].as_array_mut().unwrap().push(json!("zzz")),
            "Effect" => {
                let deny = statement["Effect"] == "Deny";
                statement["Effect"] = json!(if deny { "Allow" } else { "Deny" });
            }
            _ => statement["Condition"] = json!({ "StringLike": { "aws:key": ["zzz"] } }),
        }
        // Two statements that become each other are the same policy again.
        let swapped = field == "Effect" && statements.len() > 1;
        prop_assume!(!swapped);
        prop_assert_ne!(canonical(&policy), canonical(&changed));
    }
}
