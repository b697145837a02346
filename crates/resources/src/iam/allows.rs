//! Whether policies allow what somebody needs.
//!
//! Not a simulator: what IAM decides also depends on organisations, sessions and requests, which nobody knows here. It finds what a role
//! that lacks an action lacks. An `Allow` under conditions counts, since whether they hold shows only in use; so does a `Deny` without
//! conditions.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>

use serde_json::Value;

use crate::document::Document;

/// An action on a resource that is needed and not allowed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Lacking {
    /// The IAM action.
    pub action: String,
    /// The ARN, which may end in `*`.
    pub resource: String,
}

/// What of these statements (each an `Allow` of actions on resources) the policies do not allow.
pub(crate) fn lacking(policies: &[&Document], needed: &[Value]) -> Vec<Lacking> {
    let mut lacking = Vec::new();
    for statement in needed {
        for action in list(statement, "Action") {
            for resource in list(statement, "Resource") {
                if !allow(policies, action, resource) {
                    lacking.push(Lacking { action: action.to_owned(), resource: resource.to_owned() });
                }
            }
        }
    }
    lacking.sort();
    lacking.dedup();
    lacking
}

/// Whether a trust policy lets an AWS service assume the role.
pub(crate) fn trusts(policy: &Document, service: &str) -> bool {
    statements(policy).iter().any(|statement| {
        let principals = statement.get("Principal").map(|principal| list(principal, "Service")).unwrap_or_default();
        has_effect(statement, "Allow") && principals.contains(&service) && names_action(statement, "sts:AssumeRole")
    })
}

fn allow(policies: &[&Document], action: &str, resource: &str) -> bool {
    let all = || policies.iter().flat_map(|policy| statements(policy));
    let concerns = |statement: &&Value| names_action(statement, action) && names_resource(statement, resource);
    let is_denied = |statement: &Value| {
        let is_unconditional =
            statement.get("Condition").and_then(Value::as_object).is_none_or(serde_json::Map::is_empty);
        has_effect(statement, "Deny") && is_unconditional
    };
    !all().filter(concerns).any(is_denied) && all().filter(concerns).any(|statement| has_effect(statement, "Allow"))
}

fn statements(policy: &Document) -> &[Value] {
    match policy.value().get("Statement") {
        Some(Value::Array(statements)) => statements,
        Some(statement) => std::slice::from_ref(statement),
        None => &[],
    }
}

fn has_effect(statement: &Value, effect: &str) -> bool {
    statement.get("Effect").and_then(Value::as_str) == Some(effect)
}

/// Actions are matched without regard to case.
fn names_action(statement: &Value, action: &str) -> bool {
    let action = action.to_ascii_lowercase();
    let names =
        |name: &str| list(statement, name).iter().any(|pattern| matches(&pattern.to_ascii_lowercase(), &action));
    if statement.get("NotAction").is_some() { !names("NotAction") } else { names("Action") }
}

fn names_resource(statement: &Value, resource: &str) -> bool {
    let names = |name: &str| list(statement, name).iter().any(|pattern| matches(pattern, resource));
    if statement.get("NotResource").is_some() { !names("NotResource") } else { names("Resource") }
}

/// A text, or a list of texts.
fn list<'a>(value: &'a Value, name: &str) -> Vec<&'a str> {
    match value.get(name) {
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(text)) => vec![text],
        _ => Vec::new(),
    }
}

/// Whether a pattern with `*` and `?` covers a text, in which a `*` stands for itself: what is needed on all objects is covered
/// only by what covers them all.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut from) = (0, 0);
    // Where to go on after the last `*`, should what follows it not fit.
    let mut again: Option<(usize, usize)> = None;
    while from < text.len() {
        match pattern.get(at) {
            Some('*') => {
                again = Some((at + 1, from));
                at += 1;
            }
            Some(next) if *next == text[from] || *next == '?' && text[from] != '*' => {
                at += 1;
                from += 1;
            }
            _ => match again.as_mut() {
                Some((after, start)) => {
                    *start += 1;
                    (at, from) = (*after, *start);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|next| *next == '*')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn lacks(policies: &[Value]) -> Vec<String> {
        let policies: Vec<Document> = policies.iter().cloned().map(Document::new).collect();
        let needed = [
            json!({ "Effect": "Allow", "Action": ["s3:ReplicateObject", "s3:ReplicateTags"], "Resource": "arn:aws:s3:::b/*" }),
            json!({ "Effect": "Allow", "Action": "kms:Encrypt", "Resource": "arn:aws:kms:us-west-2:1:key/k",
                    "Condition": { "StringEquals": { "kms:ViaService": "s3" } } }),
        ];
        let lacking = lacking(&policies.iter().collect::<Vec<_>>(), &needed);
        lacking.into_iter().map(|one| format!("{} {}", one.action, one.resource)).collect()
    }

    fn allow(action: Value, resource: Value) -> Value {
        json!({ "Statement": [{ "Effect": "Allow", "Action": action, "Resource": resource }] })
    }

    #[test]
    fn what_is_not_allowed_is_named() {
        let all = [
            "kms:Encrypt arn:aws:kms:us-west-2:1:key/k",
            "s3:ReplicateObject arn:aws:s3:::b/*",
            "s3:ReplicateTags arn:aws:s3:::b/*",
        ];
        assert_eq!(lacks(&[]), all);
        assert_eq!(lacks(&[allow(json!("*"), json!("*"))]), [""; 0]);
        assert_eq!(lacks(&[allow(json!("s3:replicate*"), json!(["arn:aws:s3:::*"]))]), all[..1]);
        assert_eq!(
            lacks(&[allow(
                json!(["s3:ReplicateObject", "kms:Encrypt"]),
                json!(["arn:aws:s3:::b/*", "arn:aws:kms:us-west-2:1:key/k"])
            )]),
            all[2..]
        );
        // Only some of the objects.
        assert_eq!(lacks(&[allow(json!("*"), json!("arn:aws:s3:::b/logs/*"))]), all);
        assert_eq!(lacks(&[allow(json!("*"), json!("arn:aws:s3:::b/?"))]), all);
    }

    #[test]
    fn a_denial_without_conditions_counts_and_what_is_excepted_does_not() {
        let everything = allow(json!("*"), json!("*"));
        let deny = |extra: Value| {
            let mut statement = json!({ "Effect": "Deny", "Action": "s3:ReplicateTags", "Resource": "*" });
            statement
                .as_object_mut()
                .into_iter()
                .for_each(|fields| fields.extend(extra.as_object().cloned().unwrap_or_default()));
            json!({ "Statement": statement })
        };
        assert_eq!(lacks(&[everything.clone(), deny(json!({}))]), ["s3:ReplicateTags arn:aws:s3:::b/*"]);
        assert_eq!(
            lacks(&[everything, deny(json!({ "Condition": { "Bool": { "aws:SecureTransport": "false" } } }))]),
            [""; 0]
        );
        let but = json!({ "Statement": { "Effect": "Allow", "NotAction": "kms:*", "Resource": "*" } });
        assert_eq!(lacks(&[but]), ["kms:Encrypt arn:aws:kms:us-west-2:1:key/k"]);
    }

    #[test]
    fn a_role_must_trust_the_service() {
        let policy = |principal: Value, action: &str| {
            Document::new(json!({ "Statement": [{ "Effect": "Allow", "Principal": principal, "Action": action }] }))
        };
        assert!(trusts(&policy(json!({ "Service": ["s3.amazonaws.com", "x"] }), "sts:AssumeRole"), "s3.amazonaws.com"));
        assert!(!trusts(&policy(json!({ "Service": "lambda.amazonaws.com" }), "sts:AssumeRole"), "s3.amazonaws.com"));
        assert!(!trusts(&policy(json!({ "AWS": "*" }), "sts:AssumeRole"), "s3.amazonaws.com"));
        assert!(!trusts(&policy(json!({ "Service": "s3.amazonaws.com" }), "sts:TagSession"), "s3.amazonaws.com"));
    }

    #[test]
    fn patterns() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("a*c", "abc", true),
            ("a*c", "abcd", false),
            ("a*b*c", "axxbyyc", true),
            ("a?c", "abc", true),
            ("a?c", "a*c", false),
            ("", "a", false),
            ("arn:aws:s3:::b/*", "arn:aws:s3:::b/*", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}
