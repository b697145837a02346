//! The HTTPS-only statement and the bucket policy around it.
//!
//! S3 keeps one policy per bucket. In a file it is two fields: `https_only`, and `policy` for everything else. Merging makes one
//! policy of the two; splitting, which recognises the statement by what it means, makes two of the one.

use provision_reconciler::document::canonical;
use serde_json::{Map, Value, json};

use crate::document::Document;

const VERSION: &str = "2012-10-17";

/// A bucket policy in the two parts that a spec has.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Parts {
    /// Whether the policy denies every request that does not come through HTTPS.
    pub https_only: bool,
    /// The rest; empty if there is no other statement.
    pub policy: Document,
}

/// The whole policy to put on the bucket of this ARN; `None` if there is to be none.
pub(super) fn merge(parts: &Parts, arn: &str) -> Option<Document> {
    if !parts.https_only {
        return (!parts.policy.is_empty()).then(|| parts.policy.clone());
    }
    if parts.policy.is_empty() {
        return Some(Document::new(json!({ "Version": VERSION, "Statement": [https_only(arn)] })));
    }
    let mut fields = parts.policy.value().as_object().cloned().unwrap_or_default();
    let mut statements = vec![https_only(arn)];
    statements.extend(statements_of(&fields));
    fields.insert("Statement".to_owned(), Value::Array(statements));
    Some(Document::new(Value::Object(fields)))
}

/// The two parts of a policy of the bucket of this ARN.
pub(super) fn split(policy: &Document, arn: &str) -> Parts {
    let Some(fields) = policy.value().as_object() else {
        return Parts { https_only: false, policy: policy.clone() };
    };
    let meaning = meaning(&https_only(arn));
    let statements = statements_of(fields);
    let (https_only, others): (Vec<_>, Vec<_>) =
        statements.into_iter().partition(|statement| self::meaning(statement) == meaning);
    let policy = if others.is_empty() {
        Document::default()
    } else {
        let mut fields = fields.clone();
        fields.insert("Statement".to_owned(), Value::Array(others));
        Document::new(Value::Object(fields))
    };
    Parts { https_only: !https_only.is_empty(), policy }
}

/// Whether the policy itself has the statement, in whatever partition the bucket is.
pub(super) fn denies_insecure_transport(policy: &Document, bucket: &str) -> bool {
    ["aws", "aws-cn", "aws-us-gov"]
        .iter()
        .any(|partition| split(policy, &format!("arn:{partition}:s3:::{bucket}")).https_only)
}

/// Denies every request that does not come through HTTPS. Checked by CIS AWS 2.1.1 and Security Hub S3.5.
fn https_only(arn: &str) -> Value {
    json!({
        "Sid": "DenyInsecureTransport",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, format!("{arn}/*")],
        "Condition": { "Bool": { "aws:SecureTransport": "false" } },
    })
}

fn statements_of(fields: &Map<String, Value>) -> Vec<Value> {
    match fields.get("Statement") {
        Some(Value::Array(statements)) => statements.clone(),
        Some(statement) => vec![statement.clone()],
        None => Vec::new(),
    }
}

/// What a statement means, whatever it is called.
fn meaning(statement: &Value) -> Value {
    let mut statement = statement.clone();
    if let Some(fields) = statement.as_object_mut() {
        fields.remove("Sid");
    }
    canonical(&json!({ "Statement": [statement] }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ARN: &str = "arn:aws:s3:::acme-data";

    fn parts(https_only: bool, policy: Value) -> Parts {
        Parts { https_only, policy: Document::new(policy) }
    }

    #[test]
    fn a_bucket_without_a_policy_has_none() {
        let none = parts(false, json!({}));
        assert_eq!(merge(&none, ARN), None);
        assert_eq!(split(&Document::default(), ARN), none);
    }

    #[test]
    fn the_statement_alone_is_https_only_with_an_empty_policy() {
        let alone = parts(true, json!({}));
        let merged = merge(&alone, ARN).unwrap_or_default();
        insta::assert_snapshot!(merged.to_json(), @r#"{"Statement":[{"Action":"s3:*","Condition":{"Bool":{"aws:SecureTransport":"false"}},"Effect":"Deny","Principal":"*","Resource":["arn:aws:s3:::acme-data","arn:aws:s3:::acme-data/*"],"Sid":"DenyInsecureTransport"}],"Version":"2012-10-17"}"#);
        assert_eq!(split(&merged, ARN), alone);
    }

    #[test]
    fn the_statement_is_recognised_by_what_it_means() {
        let spelled_differently = Document::new(json!({ "Version": "2012-10-17", "Statement": {
            "Sid": "TLS", "Effect": "Deny", "Principal": { "AWS": ["*"] }, "Action": ["S3:*"],
            "Resource": [format!("{ARN}/*"), ARN],
            "Condition": { "Bool": { "AWS:SecureTransport": false } },
        }}));
        assert_eq!(split(&spelled_differently, ARN), parts(true, json!({})));
    }

    #[test]
    fn a_weaker_statement_is_not_taken_for_it() {
        let statement = https_only(ARN);
        for (field, value) in [
            ("Effect", json!("Allow")),
            ("Action", json!("s3:GetObject")),
            ("Resource", json!([format!("{ARN}/*")])),
            ("Principal", json!({ "AWS": "123456789012" })),
            ("Condition", json!({ "Bool": { "aws:SecureTransport": "true" } })),
        ] {
            let mut weaker = statement.clone();
            weaker[field] = value;
            let policy = Document::new(json!({ "Version": VERSION, "Statement": [weaker] }));
            assert_eq!(split(&policy, ARN), Parts { https_only: false, policy }, "{field}");
        }
    }

    fn statement() -> impl Strategy<Value = Value> {
        let action = prop_oneof![Just("s3:GetObject"), Just("s3:PutObject"), Just("s3:*")];
        let effect = prop_oneof![Just("Allow"), Just("Deny")];
        let principal = prop_oneof![Just(json!("*")), Just(json!({ "AWS": "123456789012" }))];
        let secure = prop_oneof![Just(None), Just(Some("true")), Just(Some("false"))];
        (action, effect, principal, secure, 0..3_u8).prop_map(|(action, effect, principal, secure, resource)| {
            let mut statement = json!({
                "Effect": effect, "Principal": principal, "Action": action,
                "Resource": if resource == 0 { json!(ARN) } else { json!([ARN, format!("{ARN}/*")]) },
            });
            if let Some(secure) = secure {
                statement["Condition"] = json!({ "Bool": { "aws:SecureTransport": secure } });
            }
            statement
        })
    }

    proptest! {
        #[test]
        fn splitting_undoes_merging(https_only: bool, statements in prop::collection::vec(statement(), 0..4)) {
            let policy = Document::new(json!({ "Version": VERSION, "Statement": statements }));
            // A spec's policy never has the statement itself: completing a spec takes it out.
            let policy = split(&policy, ARN).policy;
            let parts = Parts { https_only, policy };
            let merged = merge(&parts, ARN).unwrap_or_default();
            prop_assert_eq!(split(&merged, ARN), parts);
        }

        #[test]
        fn merging_undoes_splitting(statements in prop::collection::vec(statement(), 1..4)) {
            let policy = Document::new(json!({ "Version": VERSION, "Statement": statements }));
            let merged = merge(&split(&policy, ARN), ARN);
            // But for the name and the repetitions of the statement.
            let meanings = |policy: &Document| {
                let fields = policy.value().as_object().cloned().unwrap_or_default();
                let mut meanings: Vec<String> = statements_of(&fields).iter().map(|one| meaning(one).to_string()).collect();
                meanings.sort();
                meanings.dedup();
                meanings
            };
            prop_assert_eq!(merged.as_ref().map(meanings), Some(meanings(&policy)));
        }
    }
}
