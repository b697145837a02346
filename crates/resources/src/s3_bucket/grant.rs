//! What access to a bucket takes.
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html>

use provision_reconciler::{Problem, Scope};
use serde_json::Value;

use super::replication::ReplicationRule;
use super::{Spec, arn};
use crate::grants::{Access, Granted, Part, Within, customer_key, statements_within};

/// What S3 does with the source when it replicates.
pub(super) const REPLICATE_FROM: &str = "replicate-from";

/// What S3 does with the destination when it replicates.
pub(super) const REPLICATE_TO: &str = "replicate-to";

/// The words that a grant may use, besides `read-write`.
const KNOWN: &[Access] = &[
    Access {
        word: "read",
        actions: &[(Part::Itself, &["s3:ListBucket"]), (Part::Inside, &["s3:GetObject"])],
        key: &["kms:Decrypt"],
    },
    Access {
        word: "write",
        actions: &[(Part::Inside, &["s3:AbortMultipartUpload", "s3:PutObject"])],
        // A multipart upload reads what it has written so far.
        key: &["kms:Decrypt", "kms:GenerateDataKey"],
    },
    Access { word: "delete", actions: &[(Part::Inside, &["s3:DeleteObject"])], key: &[] },
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html and, for the keys,
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-config-for-kms-objects.html
    Access {
        word: REPLICATE_FROM,
        actions: &[
            (Part::Itself, &["s3:GetReplicationConfiguration", "s3:ListBucket"]),
            (
                Part::Inside,
                &["s3:GetObjectVersionAcl", "s3:GetObjectVersionForReplication", "s3:GetObjectVersionTagging"],
            ),
        ],
        key: &["kms:Decrypt"],
    },
    Access {
        word: REPLICATE_TO,
        actions: &[(Part::Inside, &["s3:ReplicateDelete", "s3:ReplicateObject", "s3:ReplicateTags"])],
        // Besides encrypting: making a bucket key, and checking one before its use.
        key: &["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"],
    },
];

/// The statements that give this access.
pub(super) fn granted(spec: &Spec, scope: &Scope, access: &str) -> Result<Vec<Value>, Problem> {
    let granted = bucket(spec, scope);
    let within = match access {
        REPLICATE_FROM if !spec.replication.is_wanted() => {
            let message = format!("{} does not replicate, so there is nothing to copy from it", scope.address);
            return Err(Problem::new("", message).help("set its `replication`, or grant it `read`"));
        }
        REPLICATE_FROM => replicating(&granted, prefixes(spec)),
        REPLICATE_TO => replicating(&granted, Vec::new()),
        _ => Within::default(),
    };
    statements_within(KNOWN, access, &granted, scope, &within)
}

/// The statements that one rule's copying takes, of the source or of the destination.
pub(super) fn granted_to_copy(
    spec: &Spec,
    scope: &Scope,
    access: &str,
    rule: &ReplicationRule,
) -> Result<Vec<Value>, Problem> {
    let granted = bucket(spec, scope);
    let within = replicating(&granted, vec![objects_under(&rule.prefix)]);
    statements_within(KNOWN, access, &granted, scope, &within)
}

fn bucket<'a>(spec: &'a Spec, scope: &Scope) -> Granted<'a> {
    Granted { arn: arn(&spec.bucket, scope), inside: "/*", key: customer_key(spec.kms_key()), service: "s3" }
}

/// Access to these objects (all if there are none), and to the key only for them: S3 gives KMS the ARN of the object, or that of
/// the bucket if the object is encrypted through a bucket key, which each object says for itself.
fn replicating(granted: &Granted<'_>, inside: Vec<String>) -> Within {
    let all = [granted.inside.to_owned()];
    let objects = if inside.is_empty() { &all[..] } else { &inside[..] };
    let objects = objects.iter().map(|inside| format!("{}{inside}", granted.arn));
    let contexts = [granted.arn.clone()].into_iter().chain(objects).collect();
    Within { inside, key_context: Some(("kms:EncryptionContext:aws:s3:arn", contexts)) }
}

/// What the names of the objects begin with that the rules copy, as the ends of ARNs, paused rules included: pausing one is not
/// to change a role. None of them begins with another.
fn prefixes(spec: &Spec) -> Vec<String> {
    let mut prefixes: Vec<&str> = spec.replication.rules.iter().map(|rule| rule.prefix.as_str()).collect();
    prefixes.sort_unstable();
    // In this order a prefix of others comes right before all of them.
    prefixes.dedup_by(|later, earlier| later.starts_with(*earlier));
    prefixes.into_iter().map(objects_under).collect()
}

/// The objects whose names begin so, as the end of an ARN.
fn objects_under(prefix: &str) -> String {
    format!("/{}*", literally(prefix))
}

/// A text that stands for itself in an ARN of a policy, where some characters mean others.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-specialchars>
fn literally(text: &str) -> String {
    let mut literal = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '*' | '?' | '$' => literal.extend(['$', '{', character, '}']),
            other => literal.push(other),
        }
    }
    literal
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::s3_bucket::S3Bucket;
    use crate::testing::{scope, spec};

    fn printed(table: Value, access: &str) -> String {
        let scope = scope::<S3Bucket>("data");
        match granted(&spec::<S3Bucket>(table), &scope, access) {
            Ok(statements) => statements.iter().map(Value::to_string).collect::<Vec<_>>().join("\n"),
            Err(problem) => format!("{} ({})", problem.message, problem.help.unwrap_or_default()),
        }
    }

    fn rules(prefixes: &[&str]) -> Value {
        let rules = prefixes.iter().enumerate().map(|(number, prefix)| {
            json!({
                "id": number.to_string(), "priority": number, "prefix": prefix,
                "destination": { "bucket": "arn:aws:s3:::acme-replica", "kms_key": "arn:aws:kms:us-west-2:123456789012:key/2" },
            })
        });
        let role = "arn:aws:iam::123456789012:role/replication";
        json!({ "role": role, "rules": rules.collect::<Vec<_>>() })
    }

    #[test]
    fn replication_reads_what_its_rules_copy_and_nothing_else() {
        let key = "arn:aws:kms:us-east-1:123456789012:key/1";
        let table = |replication| json!({ "bucket": "acme-data", "kms_key": key, "replication": replication });
        insta::assert_snapshot!(printed(table(rules(&["logs/", "", "data/"])), REPLICATE_FROM), @r#"
        {"Action":["s3:GetReplicationConfiguration","s3:ListBucket"],"Effect":"Allow","Resource":"arn:aws:s3:::acme-data"}
        {"Action":["s3:GetObjectVersionAcl","s3:GetObjectVersionForReplication","s3:GetObjectVersionTagging"],"Effect":"Allow","Resource":"arn:aws:s3:::acme-data/*"}
        {"Action":["kms:Decrypt"],"Condition":{"StringEquals":{"kms:ViaService":"s3.us-east-1.amazonaws.com"},"StringLike":{"kms:EncryptionContext:aws:s3:arn":["arn:aws:s3:::acme-data","arn:aws:s3:::acme-data/*"]}},"Effect":"Allow","Resource":"arn:aws:kms:us-east-1:123456789012:key/1"}
        "#);
        insta::assert_snapshot!(printed(table(rules(&["logs/", "data/$*", "data/$*/old/"])), REPLICATE_FROM), @r#"
        {"Action":["s3:GetReplicationConfiguration","s3:ListBucket"],"Effect":"Allow","Resource":"arn:aws:s3:::acme-data"}
        {"Action":["s3:GetObjectVersionAcl","s3:GetObjectVersionForReplication","s3:GetObjectVersionTagging"],"Effect":"Allow","Resource":["arn:aws:s3:::acme-data/data/${$}${*}*","arn:aws:s3:::acme-data/logs/*"]}
        {"Action":["kms:Decrypt"],"Condition":{"StringEquals":{"kms:ViaService":"s3.us-east-1.amazonaws.com"},"StringLike":{"kms:EncryptionContext:aws:s3:arn":["arn:aws:s3:::acme-data","arn:aws:s3:::acme-data/data/${$}${*}*","arn:aws:s3:::acme-data/logs/*"]}},"Effect":"Allow","Resource":"arn:aws:kms:us-east-1:123456789012:key/1"}
        "#);
    }

    #[test]
    fn replication_writes_replicas_with_the_key_of_their_bucket() {
        let table = json!({ "bucket": "acme-replica", "kms_key": "arn:aws:kms:us-east-1:123456789012:key/1" });
        insta::assert_snapshot!(printed(table, REPLICATE_TO), @r#"
        {"Action":["s3:ReplicateDelete","s3:ReplicateObject","s3:ReplicateTags"],"Effect":"Allow","Resource":"arn:aws:s3:::acme-replica/*"}
        {"Action":["kms:Decrypt","kms:Encrypt","kms:GenerateDataKey"],"Condition":{"StringEquals":{"kms:ViaService":"s3.us-east-1.amazonaws.com"},"StringLike":{"kms:EncryptionContext:aws:s3:arn":["arn:aws:s3:::acme-replica","arn:aws:s3:::acme-replica/*"]}},"Effect":"Allow","Resource":"arn:aws:kms:us-east-1:123456789012:key/1"}
        "#);
        insta::assert_snapshot!(printed(json!({ "bucket": "acme-replica" }), REPLICATE_TO), @r#"{"Action":["s3:ReplicateDelete","s3:ReplicateObject","s3:ReplicateTags"],"Effect":"Allow","Resource":"arn:aws:s3:::acme-replica/*"}"#);
    }

    #[test]
    fn a_bucket_that_does_not_replicate_cannot_be_replicated_from() {
        insta::assert_snapshot!(printed(json!({ "bucket": "acme-data" }), REPLICATE_FROM), @"s3_bucket.data does not replicate, so there is nothing to copy from it (set its `replication`, or grant it `read`)");
        insta::assert_snapshot!(printed(json!({ "bucket": "acme-data" }), "admin"), @"there is no access `admin` to s3_bucket.data (it can be granted `read`, `write`, `delete`, `replicate-from`, `replicate-to`, `read-write`)");
    }
}
