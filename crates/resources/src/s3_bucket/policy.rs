//! The bucket policy and the statements in it that fields of their own stand for.
//!
//! S3 keeps one policy per bucket. In a file it is three fields: `https_only` and `receives_access_logs`, each of which stands
//! for a statement, and `policy` for everything else. Merging makes one policy of them; splitting, which recognises the
//! statements by what they mean, makes three fields of the one.

use provision_reconciler::Scope;
use provision_reconciler::document::canonical;
use serde_json::{Map, Value, json};

use crate::document::Document;

const VERSION: &str = "2012-10-17";

/// The bucket that a policy is of.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Subject<'a> {
    /// Its ARN.
    pub arn: String,
    /// Its account.
    pub account: &'a str,
}

impl<'a> Subject<'a> {
    /// The bucket of this name.
    pub(super) fn new(bucket: &str, scope: &'a Scope) -> Self {
        Self { arn: super::arn(bucket, scope), account: &scope.account }
    }
}

/// A bucket policy in the parts that a spec has.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Parts {
    /// Whether the policy denies every request that does not come through HTTPS.
    pub https_only: bool,
    /// Whether the policy lets S3 write the access logs of this account's buckets.
    pub receives_access_logs: bool,
    /// The rest; empty if there is no other statement.
    pub policy: Document,
}

/// The whole policy to put on the bucket; `None` if there is to be none.
pub(super) fn merge(parts: &Parts, subject: &Subject<'_>) -> Option<Document> {
    let mut statements = Vec::new();
    statements.extend(parts.https_only.then(|| https_only(&subject.arn)));
    statements.extend(parts.receives_access_logs.then(|| access_logs(subject)));
    if statements.is_empty() {
        return (!parts.policy.is_empty()).then(|| parts.policy.clone());
    }
    if parts.policy.is_empty() {
        return Some(Document::new(json!({ "Version": VERSION, "Statement": statements })));
    }
    let mut fields = parts.policy.value().as_object().cloned().unwrap_or_default();
    statements.extend(statements_of(&fields));
    fields.insert("Statement".to_owned(), Value::Array(statements));
    Some(Document::new(Value::Object(fields)))
}

/// The parts of a policy of the bucket.
pub(super) fn split(policy: &Document, subject: &Subject<'_>) -> Parts {
    let Some(fields) = policy.value().as_object() else {
        return Parts { https_only: false, receives_access_logs: false, policy: policy.clone() };
    };
    let (deny, logs) = (meaning(&https_only(&subject.arn)), meaning(&access_logs(subject)));
    let (mut https_only, mut receives_access_logs, mut others) = (false, false, Vec::new());
    for statement in statements_of(fields) {
        match meaning(&statement) {
            meant if meant == deny => https_only = true,
            meant if meant == logs => receives_access_logs = true,
            _ => others.push(statement),
        }
    }
    let policy = if others.is_empty() {
        Document::default()
    } else {
        let mut fields = fields.clone();
        fields.insert("Statement".to_owned(), Value::Array(others));
        Document::new(Value::Object(fields))
    };
    Parts { https_only, receives_access_logs, policy }
}

/// Whether the policy itself has the statement, in whatever partition the bucket is.
pub(super) fn denies_insecure_transport(policy: &Document, bucket: &str) -> bool {
    ["aws", "aws-cn", "aws-us-gov"].iter().any(|partition| {
        split(policy, &Subject { arn: format!("arn:{partition}:s3:::{bucket}"), account: "" }).https_only
    })
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

/// Lets S3 write the access logs of this account's buckets, as AWS's example does.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html>
fn access_logs(subject: &Subject<'_>) -> Value {
    let Subject { arn, account } = subject;
    // The ARNs of all buckets: they begin alike.
    let buckets = arn.split_once(":::").map_or("*".to_owned(), |(service, _)| format!("{service}:::*"));
    json!({
        "Sid": "AllowAccessLogs",
        "Effect": "Allow",
        "Principal": { "Service": "logging.s3.amazonaws.com" },
        "Action": "s3:PutObject",
        "Resource": format!("{arn}/*"),
        "Condition": {
            "ArnLike": { "aws:SourceArn": buckets },
            "StringEquals": { "aws:SourceAccount": account },
        },
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

    fn subject() -> Subject<'static> {
        Subject { arn: ARN.to_owned(), account: "123456789012" }
    }

    fn parts(https_only: bool, policy: Value) -> Parts {
        Parts { https_only, receives_access_logs: false, policy: Document::new(policy) }
    }

    #[test]
    fn a_bucket_without_a_policy_has_none() {
        let none = parts(false, json!({}));
        assert_eq!(merge(&none, &subject()), None);
        assert_eq!(split(&Document::default(), &subject()), none);
    }

    #[test]
    fn the_statement_alone_is_https_only_with_an_empty_policy() {
        let alone = parts(true, json!({}));
        let merged = merge(&alone, &subject()).unwrap_or_default();
        insta::assert_snapshot!(merged.to_json(), @r#"{"Statement":[{"Action":"s3:*","Condition":{"Bool":{"aws:SecureTransport":"false"}},"Effect":"Deny","Principal":"*","Resource":["arn:aws:s3:::acme-data","arn:aws:s3:::acme-data/*"],"Sid":"DenyInsecureTransport"}],"Version":"2012-10-17"}"#);
        assert_eq!(split(&merged, &subject()), alone);
    }

    #[test]
    fn the_statement_is_recognised_by_what_it_means() {
        let spelled_differently = Document::new(json!({ "Version": "2012-10-17", "Statement": {
            "Sid": "TLS", "Effect": "Deny", "Principal": { "AWS": ["*"] }, "Action": ["S3:*"],
            "Resource": [format!("{ARN}/*"), ARN],
            "Condition": { "Bool": { "AWS:SecureTransport": false } },
        }}));
        assert_eq!(split(&spelled_differently, &subject()), parts(true, json!({})));
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
            assert_eq!(split(&policy, &subject()), Parts { policy, ..parts(false, json!({})) }, "{field}");
        }
    }

    #[test]
    fn the_access_logs_of_this_account_alone_are_let_in() {
        let logs = Parts { receives_access_logs: true, ..parts(false, json!({})) };
        let merged = merge(&logs, &subject()).unwrap_or_default();
        insta::assert_snapshot!(merged.to_json(), @r#"{"Statement":[{"Action":"s3:PutObject","Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:s3:::*"},"StringEquals":{"aws:SourceAccount":"123456789012"}},"Effect":"Allow","Principal":{"Service":"logging.s3.amazonaws.com"},"Resource":"arn:aws:s3:::acme-data/*","Sid":"AllowAccessLogs"}],"Version":"2012-10-17"}"#);
        assert_eq!(split(&merged, &subject()), logs);
        let other = split(&merged, &Subject { account: "210987654321", ..subject() });
        assert!(!other.receives_access_logs && !other.policy.is_empty(), "that of another account is not taken for it");
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
        fn splitting_undoes_merging(
            https_only: bool, receives_access_logs: bool, statements in prop::collection::vec(statement(), 0..4),
        ) {
            let policy = Document::new(json!({ "Version": VERSION, "Statement": statements }));
            // A spec's policy never has the statements themselves: completing a spec takes them out.
            let policy = split(&policy, &subject()).policy;
            let parts = Parts { https_only, receives_access_logs, policy };
            let merged = merge(&parts, &subject()).unwrap_or_default();
            prop_assert_eq!(split(&merged, &subject()), parts);
        }

        #[test]
        fn merging_undoes_splitting(statements in prop::collection::vec(statement(), 1..4)) {
            let policy = Document::new(json!({ "Version": VERSION, "Statement": statements }));
            let merged = merge(&split(&policy, &subject()), &subject());
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
