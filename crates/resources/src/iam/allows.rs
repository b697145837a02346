//! Whether policies allow what somebody needs.
//!
//! Not a simulator: what IAM decides also depends on organisations, sessions and requests, which nobody knows here. It finds what a role
//! that lacks an action lacks. An `Allow` counts if it covers all that is needed, also under conditions, since whether they hold shows
//! only in use; a `Deny` without conditions counts if it takes any of it.
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
    let about = || policies.iter().flat_map(|policy| statements(policy)).filter(|one| names_action(one, action));
    let is_denied = |statement: &Value| {
        let is_unconditional =
            statement.get("Condition").and_then(Value::as_object).is_none_or(serde_json::Map::is_empty);
        has_effect(statement, "Deny") && is_unconditional && names_some(statement, resource)
    };
    let is_allowed = |statement: &Value| has_effect(statement, "Allow") && names_all(statement, resource);
    !about().any(is_denied) && about().any(is_allowed)
}

/// The statements of a resource's own policy that are about this role, by its ARN or about everybody.
pub(crate) fn about(policy: &Document, role: &str) -> Document {
    let is_about = |statement: &&Value| match statement.get("Principal") {
        Some(Value::String(everybody)) => everybody == "*",
        Some(principal) => list(principal, "AWS").iter().any(|one| ["*", role].contains(one)),
        None => false,
    };
    let statements: Vec<Value> = statements(policy).iter().filter(is_about).cloned().collect();
    Document::new(serde_json::json!({ "Statement": statements }))
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

/// Whether a statement is about all of what these resources are.
fn names_all(statement: &Value, resource: &str) -> bool {
    match statement.get("NotResource") {
        Some(_) => !list(statement, "NotResource").iter().any(|pattern| overlap(pattern, resource)),
        None => list(statement, "Resource").iter().any(|pattern| matches(pattern, resource)),
    }
}

/// Whether a statement is about any of them.
fn names_some(statement: &Value, resource: &str) -> bool {
    match statement.get("NotResource") {
        Some(_) => !list(statement, "NotResource").iter().any(|pattern| matches(pattern, resource)),
        None => list(statement, "Resource").iter().any(|pattern| overlap(pattern, resource)),
    }
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

/// Whether there is a text that both patterns cover.
fn overlap(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    // Whether what follows these places of the two overlaps, from the ends on.
    let mut row: Vec<bool> = vec![false; other.len() + 1];
    for at in (0..=one.len()).rev() {
        let below = std::mem::replace(&mut row, vec![false; other.len() + 1]);
        for from in (0..=other.len()).rev() {
            let right = row.get(from + 1).copied().unwrap_or_default();
            row[from] = match (one.get(at), other.get(from)) {
                (None, None) => true,
                (Some('*'), None) => below[from],
                (None, Some('*')) => right,
                (Some('*'), Some(_)) | (Some(_), Some('*')) => below[from] || right,
                (Some(here), Some(there)) => {
                    (here == there || *here == '?' || *there == '?') && below.get(from + 1).copied().unwrap_or_default()
                }
                (None, Some(_)) | (Some(_), None) => false,
            };
        }
    }
    row[0]
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
    fn a_denial_of_some_of_it_counts_and_an_allowance_of_some_does_not() {
        let everything = allow(json!("*"), json!("*"));
        let with = |effect: &str, name: &str, resource: &str| json!({ "Statement": { "Effect": effect, "Action": "s3:ReplicateTags", name: resource } });
        let lacking = ["s3:ReplicateTags arn:aws:s3:::b/*"];
        for (name, resource, expected) in [
            ("Resource", "arn:aws:s3:::b/secret/*", &lacking[..]),
            ("Resource", "*/secret/*", &lacking),
            ("Resource", "arn:aws:s3:::other/*", &[]),
            ("Resource", "arn:aws:s3:::b", &[]),
            ("NotResource", "arn:aws:s3:::b/logs/*", &lacking),
            ("NotResource", "arn:aws:s3:::b/*", &[]),
        ] {
            assert_eq!(lacks(&[everything.clone(), with("Deny", name, resource)]), expected, "{name} {resource}");
        }
        let rest = [
            allow(json!(["s3:ReplicateObject", "kms:*"]), json!("*")),
            with("Allow", "NotResource", "arn:aws:s3:::b/secret/*"),
        ];
        assert_eq!(lacks(&rest), lacking);
        let rest = [rest[0].clone(), with("Allow", "NotResource", "arn:aws:s3:::other/*")];
        assert_eq!(lacks(&rest), [""; 0]);
    }

    #[test]
    fn a_policy_of_a_resource_counts_as_far_as_it_is_about_the_role() {
        let role = "arn:aws:iam::1:role/copies";
        let policy = |principal: Value| {
            let statement = json!({ "Effect": "Allow", "Principal": principal, "Action": "*", "Resource": "*" });
            about(&Document::new(json!({ "Statement": [statement] })), role).value().clone()
        };
        let is_about = |principal: Value| policy(principal)["Statement"].as_array().is_some_and(|all| all.len() == 1);
        assert!(is_about(json!({ "AWS": ["arn:aws:iam::1:role/x", role] })) && is_about(json!("*")));
        assert!(is_about(json!({ "AWS": "*" })));
        assert!(
            !is_about(json!({ "AWS": "arn:aws:iam::1:role/x" })) && !is_about(json!({ "Service": "s3.amazonaws.com" }))
        );
        // That only lets the account's own policies decide.
        assert!(!is_about(json!({ "AWS": "arn:aws:iam::1:root" })));
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
    fn patterns_that_overlap() {
        for (one, other, expected) in [
            ("", "", true),
            ("*", "", true),
            ("a", "", false),
            ("b/*", "b/secret/*", true),
            ("*/x", "b/*", true),
            ("b/?", "b/*", true),
            ("b/?", "b/cc*", false),
            ("a*c", "ab*", true),
            ("a*c", "b*", false),
            ("a*b*c", "a*d", false),
        ] {
            assert_eq!(overlap(one, other), expected, "{one} {other}");
            assert_eq!(overlap(other, one), expected, "{other} {one}");
        }
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
