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
    ];
    for (left, right) in pairs {
        assert_eq!(one(left.clone()), one(right.clone()), "{left} and {right}");
    }
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
    (effect, words(), words(), words(), prop::option::of(words())).prop_map(
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
