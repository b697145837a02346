//! What the IAM kinds share.
//!
//! IAM is global: its clients answer alike in every region of a partition, and its ARNs name no region. It is eventually
//! consistent, so what was made a moment ago may not be known yet where the next call arrives.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency>

pub(crate) mod allows;

use std::collections::BTreeSet;
use std::future::Future;
use std::time::Duration;

use aws_sdk_iam::types::Tag;
use percent_encoding::percent_decode_str;
use provision_reconciler::{CloudError, ErrorClass, Notes, Problem, Scope};
use serde_json::Value;

use crate::aws::retry_while;
use crate::document::Document;
use crate::tags::Tags;

/// How long what was just made may take to be known everywhere in IAM.
const PROPAGATION: Duration = Duration::from_secs(30);

/// How long IAM may still see what was just detached, removed or deleted. Short, for something else may be what it sees.
const DETACHMENT: Duration = Duration::from_secs(10);

/// The ARN of something of this account: IAM's name no region.
pub(crate) fn arn(scope: &Scope, resource: &str) -> String {
    format!("arn:{}:iam::{}:{resource}", scope.partition, scope.account)
}

/// The name of something whose ARN names its path too.
pub(crate) fn without_path(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// The document that IAM answered, which comes URL-encoded (RFC 3986).
pub(crate) fn document(action: &str, encoded: &str) -> Result<Document, CloudError> {
    let text = percent_decode_str(encoded).decode_utf8().ok();
    text.and_then(|text| Document::parse(&text)).ok_or_else(|| {
        CloudError::new(action, ErrorClass::Refused, "AWS answered a policy that is not a JSON object")
            .with_hint("see the policy in the AWS console")
    })
}

/// `None` where there is no such thing.
pub(crate) fn found<T>(answer: Result<T, CloudError>) -> Result<Option<T>, CloudError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.class == ErrorClass::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether what was to go is gone: it is, if there is none.
pub(crate) fn gone<T>(answer: Result<T, CloudError>) -> Result<(), CloudError> {
    found(answer).map(drop)
}

/// Makes the call again while it fails in a way that passes by itself: a principal or an entity that is too new, or an
/// earlier change that is still under way.
pub(crate) async fn patiently<T, F: Future<Output = Result<T, CloudError>>>(
    notes: &Notes,
    passes: impl Fn(&CloudError) -> bool,
    call: impl FnMut() -> F,
) -> Result<T, CloudError> {
    let passes = |error: &CloudError| {
        error.class == ErrorClass::Busy
            || error.code.as_deref() == Some("EntityTemporarilyUnmodifiable")
            || passes(error)
    };
    retry_while(PROPAGATION, notes, passes, call).await.map_err(explain)
}

/// Makes a deleting call again while something is still attached to what is to go, or it to something.
pub(crate) async fn until_detached<F: Future<Output = Result<(), CloudError>>>(
    notes: &Notes,
    call: impl FnMut() -> F,
) -> Result<(), CloudError> {
    let passes = |error: &CloudError| error.class == ErrorClass::Busy || is_attached(error);
    retry_while(DETACHMENT, notes, passes, call).await.map_err(explain)
}

/// Whether a deletion was refused because something is attached.
pub(crate) fn is_attached(error: &CloudError) -> bool {
    error.code.as_deref() == Some("DeleteConflict")
}

/// Whether a policy was refused for a principal that IAM does not know: of a role that was just made, it soon will.
pub(crate) fn is_unknown_principal(error: &CloudError) -> bool {
    error.code.as_deref() == Some("MalformedPolicyDocument") && error.message.to_lowercase().contains("principal")
}

/// Whether the entity or the policy is not known, yet or any more.
pub(crate) fn is_not_found(error: &CloudError) -> bool {
    error.class == ErrorClass::NotFound
}

fn explain(error: CloudError) -> CloudError {
    let hint = match error.code.as_deref() {
        _ if is_unknown_principal(&error) => {
            "a principal of the policy does not exist; correct its ARN, or let this depend on what makes it"
        }
        Some("MalformedPolicyDocument") => {
            "see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html for what a policy may say"
        }
        Some("EntityAlreadyExists") => "choose another name, or bring what has this one under provision's care",
        Some("LimitExceeded") => {
            "a quota of IAM is used up; see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"
        }
        Some("UnmodifiableEntity") => "it belongs to an AWS service, and only that service may change it",
        Some("NoSuchEntity") => "see that the role and every policy that is named exist in this account",
        _ => return error,
    };
    error.with_hint(hint)
}

/// Tags as the SDK wants them.
pub(crate) fn to_sdk_tags(action: &str, tags: &Tags) -> Result<Vec<Tag>, CloudError> {
    let tag = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
    let tags: Result<_, _> = tags.iter().map(tag).collect();
    tags.map_err(|error| CloudError::new(action, ErrorClass::Refused, error.to_string()))
}

/// The tags of an answer.
pub(crate) fn from_sdk_tags(tags: &[Tag]) -> Tags {
    crate::tags::from_sdk(tags, |tag| (tag.key(), tag.value()))
}

/// IAM's tag keys differ in more than case.
pub(crate) fn tag_problems(tags: &Tags) -> Vec<Problem> {
    let mut seen = BTreeSet::new();
    let again = tags.keys().filter(|key| !seen.insert(key.to_lowercase()));
    let problem = |key: &String| {
        Problem::new("/tags", format!("the tag `{key}` is there twice, since IAM does not tell upper from lower case"))
    };
    again.map(problem).collect()
}

/// What a policy that grants permissions to its bearer must and must not have.
pub(crate) fn permission_problems(pointer: &str, policy: &Document) -> Vec<Problem> {
    each_statement(pointer, policy, |statement| {
        let help = "whom the policy is attached to is its principal; resource and trust policies name others";
        if ["Principal", "NotPrincipal"].iter().any(|name| statement.get(name).is_some()) {
            return Some(("a policy that is attached names no principals", help));
        }
        let is_missing = ["Resource", "NotResource"].iter().all(|name| statement.get(name).is_none());
        is_missing.then_some(("a statement names no resources", "say on what; `resources = [\"*\"]` for everything"))
    })
}

/// What a trust policy must and must not have.
pub(crate) fn trust_problems(pointer: &str, policy: &Document) -> Vec<Problem> {
    each_statement(pointer, policy, |statement| {
        if ["Resource", "NotResource"].iter().any(|name| statement.get(name).is_some()) {
            return Some(("a trust policy names no resources", "the role itself is what its trust policy is about"));
        }
        let is_missing = ["Principal", "NotPrincipal"].iter().all(|name| statement.get(name).is_none());
        let help = "say who may take on the role, as in `principals = { service = [\"lambda.amazonaws.com\"] }`";
        is_missing.then_some(("a statement names no principals", help))
    })
}

fn each_statement(
    pointer: &str,
    policy: &Document,
    look: impl Fn(&Value) -> Option<(&'static str, &'static str)>,
) -> Vec<Problem> {
    let statements = match policy.value().get("Statement") {
        Some(Value::Array(statements)) => statements.as_slice(),
        Some(statement) => std::slice::from_ref(statement),
        // Known only when it is made.
        None if policy.value().is_string() => return Vec::new(),
        None => {
            let problem = Problem::new(pointer, "the policy has no statements");
            return vec![problem.help("write `{ statements = [ … ] }`, or AWS's own `{ Statement = [ … ] }`")];
        }
    };
    let mut mistakes: Vec<_> = statements.iter().filter_map(look).collect();
    mistakes.dedup();
    mistakes.into_iter().map(|(message, help)| Problem::new(pointer, message).help(help)).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use aws_sdk_iam::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
    use serde_json::json;

    use super::*;
    use crate::iam_role::IamRole;
    use crate::testing::scope;

    #[test]
    fn arns_name_no_region() {
        assert_eq!(arn(&scope::<IamRole>("a"), "role/a"), "arn:aws:iam::123456789012:role/a");
    }

    #[tokio::test]
    async fn every_region_leads_to_the_one_endpoint_of_its_partition() {
        for (region, url) in [
            ("us-east-1", "https://iam.amazonaws.com"),
            ("eu-west-1", "https://iam.amazonaws.com"),
            ("cn-north-1", "https://iam.cn-north-1.amazonaws.com.cn"),
        ] {
            let params = Params::builder().region(region).use_dual_stack(false).use_fips(false).build().unwrap();
            assert_eq!(DefaultResolver::new().resolve_endpoint(&params).await.unwrap().url(), url, "{region}");
        }
    }

    #[test]
    fn documents_are_decoded() {
        let encoded = "%7B%22Statement%22%3A%5B%7B%22Sid%22%3A%22a%2Bb%20%C3%A9%22%7D%5D%7D";
        assert_eq!(
            document("iam:GetRole", encoded).unwrap(),
            Document::new(json!({ "Statement": [{ "Sid": "a+b é" }] }))
        );
        assert!(document("iam:GetRole", "nothing").is_err());
    }

    #[test]
    fn only_an_unknown_principal_is_waited_for() {
        let error = |code: &str, message: &str| CloudError {
            code: Some(code.to_owned()),
            ..CloudError::new("iam:CreateRole", ErrorClass::Refused, message)
        };
        let message = "Invalid principal in policy: \"AWS\":\"arn:aws:iam::123456789012:role/new\"";
        assert!(is_unknown_principal(&error("MalformedPolicyDocument", message)));
        assert!(!is_unknown_principal(&error("MalformedPolicyDocument", "Syntax errors in policy.")));
        assert!(!is_unknown_principal(&error("ValidationError", message)));
    }

    #[test]
    fn policies_are_told_apart_by_what_they_must_have() {
        let of = |problems: Vec<Problem>| problems.into_iter().map(|problem| problem.message).collect::<Vec<_>>();
        let permission = Document::new(json!({ "Statement": { "Effect": "Allow", "Action": "a:B", "Resource": "*" } }));
        let trust = Document::new(json!({ "Statement": [
            { "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*" },
        ]}));
        let neither = Document::new(json!({ "Statement": [{ "Effect": "Allow", "Action": "a:B" }] }));
        assert_eq!(of(permission_problems("", &permission)), [""; 0]);
        assert_eq!(of(trust_problems("", &trust)), [""; 0]);
        assert_eq!(of(permission_problems("", &trust)), ["a policy that is attached names no principals"]);
        assert_eq!(of(trust_problems("", &permission)), ["a trust policy names no resources"]);
        assert_eq!(of(permission_problems("", &neither)), ["a statement names no resources"]);
        assert_eq!(of(trust_problems("", &neither)), ["a statement names no principals"]);
        assert_eq!(of(trust_problems("", &Document::default())), ["the policy has no statements"]);
    }

    #[test]
    fn tag_keys_must_differ_in_more_than_case() {
        let tags = |keys: &[&str]| keys.iter().map(|key| ((*key).to_owned(), String::new())).collect::<Tags>();
        assert_eq!(tag_problems(&tags(&["a", "b"])), []);
        assert_eq!(tag_problems(&tags(&["A", "a"])).len(), 1);
    }
}
