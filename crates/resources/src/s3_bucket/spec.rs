//! What can be set of a bucket.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use provision_config::unknown::is_unknown;
use provision_reconciler::{Problem, Scope};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::lifecycle::{self, LifecycleRule};
use super::policy::{self, Subject};
use super::replication::{self, Replication};
use crate::document::Document;
use crate::grants::customer_key;

/// The `kms_key` of a bucket that is encrypted with keys of S3's own.
pub(super) const S3_MANAGED: &str = "AES256";

/// An S3 bucket: private, versioned, encrypted and reachable through HTTPS only, unless it says otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// The name, unique among all buckets of all accounts.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
    #[schemars(
        length(min = 3, max = 63),
        extend("immutable" = true, "pattern" = "^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")
    )]
    pub bucket: String,
    /// The ARN of the KMS key that objects are encrypted with. Unset: `AES256`, the keys that S3 manages itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = "^(AES256|arn:[a-z-]+:kms:.+)$"))]
    #[schemars(extend("severity" = "high"))]
    pub kms_key: Option<String>,
    /// With a KMS key: whether S3 asks KMS once for a while instead of once for each object, which costs a fraction.
    #[serde(default = "yes")]
    pub bucket_key_enabled: bool,
    /// Whether S3 refuses objects that the sender encrypts with a key of its own (SSE-C), which nobody else could read.
    #[serde(default = "yes")]
    #[schemars(extend("severity" = "high"))]
    pub block_sse_c: bool,
    /// Whether S3 keeps what is overwritten or deleted. Once on, it can only be suspended.
    #[serde(default = "yes")]
    #[schemars(extend("severity" = "high"))]
    pub versioning: bool,
    /// What is refused, whatever policies and ACLs say, because it would make objects public.
    #[serde(default)]
    #[schemars(extend("severity" = "high"))]
    pub public_access_block: PublicAccessBlock,
    /// Who owns objects that another account writes, and whether ACLs count.
    #[serde(default)]
    #[schemars(extend("severity" = "high"))]
    pub object_ownership: ObjectOwnership,
    /// Whether every request that does not come through HTTPS is denied: the statement `DenyInsecureTransport` of the bucket
    /// policy, beside those of `policy`.
    #[serde(default = "yes")]
    #[schemars(extend("severity" = "high"))]
    pub https_only: bool,
    /// Whether S3 may write the access logs of this account's buckets here: the statement `AllowAccessLogs` of the bucket
    /// policy. Needs keys of S3's own: AWS does not deliver access logs to a bucket whose objects are encrypted with a KMS key.
    #[serde(default)]
    pub receives_access_logs: bool,
    /// The bucket policy, without the statements that `https_only` and `receives_access_logs` stand for. Unset: no other
    /// statement.
    #[serde(default)]
    #[schemars(extend("severity" = "high"))]
    pub policy: Document,
    /// Where S3 logs the requests to this bucket. Unset: nowhere.
    #[serde(default)]
    #[schemars(extend("severity" = "high"))]
    pub logging: Logging,
    /// What becomes of objects as they age.
    #[serde(default)]
    #[schemars(extend("set" = "id"))]
    #[schemars(extend("severity" = "high"))]
    pub lifecycle_rules: Vec<LifecycleRule>,
    /// Which objects are copied to other buckets. Unset: none.
    #[serde(default)]
    #[schemars(extend("severity" = "high"))]
    pub replication: Replication,
    /// The tags.
    #[serde(default)]
    #[schemars(extend("severity" = "low"))]
    pub tags: BTreeMap<String, String>,
}

/// What is refused because it would make objects public.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PublicAccessBlock {
    /// Setting an ACL that is public.
    #[serde(default = "yes")]
    pub block_public_acls: bool,
    /// What public ACLs allow.
    #[serde(default = "yes")]
    pub ignore_public_acls: bool,
    /// Setting a bucket policy that is public.
    #[serde(default = "yes")]
    pub block_public_policy: bool,
    /// What a public bucket policy allows to anybody but AWS services and this account.
    #[serde(default = "yes")]
    pub restrict_public_buckets: bool,
}

/// Who owns objects that another account writes.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html>
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ObjectOwnership {
    /// The bucket's owner; ACLs are off.
    #[default]
    BucketOwnerEnforced,
    /// The bucket's owner if the writer says so by an ACL.
    BucketOwnerPreferred,
    /// The writer.
    ObjectWriter,
}

/// Where S3 logs the requests to a bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Logging {
    /// The bucket that the logs are written to, in the same region and account, with `receives_access_logs`. It may be this very
    /// bucket, which then logs the writing of its logs too. Empty: no logging.
    #[serde(default)]
    pub bucket: String,
    /// What the names of the log objects begin with.
    #[serde(default)]
    pub prefix: String,
    /// Whether the names go on with account, region, bucket and day, for queries that read only some days, and by which time.
    #[serde(default)]
    pub partition_date_source: PartitionDateSource,
}

/// By which time the names of log objects are partitioned.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PartitionedPrefix.html>
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum PartitionDateSource {
    /// They are not: names go on with the time of delivery.
    #[default]
    None,
    /// By the day of the requests.
    EventTime,
    /// By the time of delivery.
    DeliveryTime,
}

impl Spec {
    /// A bucket of this name with everything else at its default.
    pub fn named(bucket: impl Into<String>) -> Self {
        Self {
            bucket: bucket.into(),
            kms_key: None,
            bucket_key_enabled: true,
            block_sse_c: true,
            versioning: true,
            public_access_block: PublicAccessBlock::default(),
            object_ownership: ObjectOwnership::default(),
            https_only: true,
            receives_access_logs: false,
            policy: Document::default(),
            logging: Logging::default(),
            lifecycle_rules: Vec::new(),
            replication: Replication::default(),
            tags: BTreeMap::new(),
        }
    }

    pub(super) fn kms_key(&self) -> &str {
        self.kms_key.as_deref().unwrap_or(S3_MANAGED)
    }

    pub(super) fn complete(mut self, scope: &Scope) -> Self {
        self.kms_key.get_or_insert_with(|| S3_MANAGED.to_owned());
        // The statements that other fields stand for are not part of `policy`, however the file says them.
        let parts = policy::split(&self.policy, &Subject::new(&self.bucket, scope));
        self.policy = parts.policy;
        self.receives_access_logs |= parts.receives_access_logs;
        self
    }

    pub(super) fn problems(&self) -> Vec<Problem> {
        let mut problems = lifecycle::problems(&self.lifecycle_rules);
        if !is_unknown(&self.bucket)
            && let Some(message) = name_problem(&self.bucket)
        {
            problems.push(Problem::new("/bucket", message).help("choose another name for the bucket"));
        }
        problems.extend(replication::problems(self));
        // S3 allows it and delivers logs of the deliveries from then on; at least one must be able to tell them from the rest.
        if self.logging.bucket == self.bucket && self.logging.prefix.is_empty() {
            let message = "a bucket that logs into itself needs a prefix that tells its logs from its other objects";
            problems.push(Problem::new("/logging/prefix", message).help("set it, as in `prefix = \"self/\"`"));
        }
        if self.receives_access_logs && customer_key(self.kms_key()).is_some() {
            let message = "AWS does not deliver access logs to a bucket that is encrypted with a KMS key";
            problems
                .push(Problem::new("/kms_key", message).help("leave `kms_key` unset: keys of S3's own are supported"));
        }
        if self.logging.bucket.is_empty() && self.logging != Logging::default() {
            let message = "how logs are named says nothing without the bucket to log into";
            problems.push(Problem::new("/logging", message).help("set `logging.bucket`"));
        }
        if !self.https_only && policy::denies_insecure_transport(&self.policy, &self.bucket) {
            let message = "the policy denies insecure transport, but `https_only` is false";
            problems.push(Problem::new("/https_only", message).help("leave `https_only` unset"));
        }
        problems
    }
}

/// What the pattern cannot say.
fn name_problem(bucket: &str) -> Option<String> {
    const PREFIXES: [&str; 3] = ["xn--", "sthree-", "amzn-s3-demo-"];
    const SUFFIXES: [&str; 5] = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];
    if bucket.contains("..") {
        return Some("a bucket name cannot contain two dots in a row".to_owned());
    }
    if bucket.parse::<Ipv4Addr>().is_ok() {
        return Some("a bucket name cannot look like an IP address".to_owned());
    }
    if let Some(prefix) = PREFIXES.iter().find(|prefix| bucket.starts_with(**prefix)) {
        return Some(format!("bucket names that begin with `{prefix}` are reserved"));
    }
    let suffix = SUFFIXES.iter().find(|suffix| bucket.ends_with(**suffix))?;
    Some(format!("bucket names that end with `{suffix}` are reserved"))
}

/// Everything is refused.
impl Default for PublicAccessBlock {
    fn default() -> Self {
        Self {
            block_public_acls: true,
            ignore_public_acls: true,
            block_public_policy: true,
            restrict_public_buckets: true,
        }
    }
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::s3_bucket::S3Bucket;
    use crate::testing::spec;

    fn problems(table: Value) -> Vec<String> {
        spec::<S3Bucket>(table).problems().into_iter().map(|one| format!("{}: {}", one.pointer, one.message)).collect()
    }

    #[test]
    fn an_empty_table_is_a_bucket_with_its_defaults() {
        let complete = Spec { kms_key: Some(S3_MANAGED.to_owned()), ..Spec::named("acme-data") };
        assert_eq!(spec::<S3Bucket>(json!({ "bucket": "acme-data" })), complete);
    }

    #[test]
    fn what_the_schema_cannot_say_is_checked() {
        assert_eq!(problems(json!({ "bucket": "acme-data" })), [""; 0]);
        for (name, problem) in [
            ("a..b", "a bucket name cannot contain two dots in a row"),
            ("10.0.0.1", "a bucket name cannot look like an IP address"),
            ("xn--a", "bucket names that begin with `xn--` are reserved"),
            ("a-s3alias", "bucket names that end with `-s3alias` are reserved"),
        ] {
            assert_eq!(problems(json!({ "bucket": name })), [format!("/bucket: {problem}")]);
        }
        let parts = policy::Parts { https_only: true, receives_access_logs: false, policy: Document::default() };
        let deny =
            policy::merge(&parts, &Subject { arn: "arn:aws:s3:::acme-data".to_owned(), account: "123456789012" });
        let unchecked: Spec = serde_json::from_value(json!({
            "bucket": "acme-data", "https_only": false, "receives_access_logs": true,
            "kms_key": "arn:aws:kms:us-east-1:123456789012:key/1", "policy": deny.unwrap_or_default(),
            "logging": { "bucket": "acme-data" },
            "replication": { "role": "arn:aws:iam::123456789012:role/replication" },
            "lifecycle_rules": [
                { "id": "a" },
                { "id": "a", "expiration_days": 1, "expiration_date": "2030-01-01", "newer_noncurrent_versions": 1 },
                { "id": "b", "expiration_days": 30, "transitions": [
                    { "days": 20, "storage_class": "STANDARD_IA" }, { "days": 30, "storage_class": "GLACIER" },
                    { "days": 1, "date": "2030-01-01", "storage_class": "GLACIER" },
                ] },
                { "id": "c", "noncurrent_version_expiration_days": 10,
                  "noncurrent_version_transitions": [{ "days": 10, "storage_class": "ONEZONE_IA" }] },
            ],
        }))
        .unwrap_or_else(|error| panic!("{error}"));
        let problems: Vec<_> =
            unchecked.problems().into_iter().map(|one| format!("{}: {}", one.pointer, one.message)).collect();
        insta::assert_snapshot!(problems.join("\n"), @r"
        /lifecycle_rules/0: the rule does nothing: give it a transition or an expiration
        /lifecycle_rules/1/id: there are two rules of the id `a`
        /lifecycle_rules/1/expiration_days: set only one of `expiration_days`, `expiration_date` and `expired_object_delete_marker`
        /lifecycle_rules/1/newer_noncurrent_versions: needs `noncurrent_version_expiration_days`
        /lifecycle_rules/2/transitions: set only one of `days` and `date`
        /lifecycle_rules/2/transitions: S3 moves nothing to STANDARD_IA or ONEZONE_IA within its first 30 days
        /lifecycle_rules/2/expiration_days: objects would be deleted before their transition: it must be more than the `days` of each
        /lifecycle_rules/3/noncurrent_version_transitions: S3 moves nothing to STANDARD_IA or ONEZONE_IA within its first 30 days
        /lifecycle_rules/3/noncurrent_version_expiration_days: versions would be deleted before their transition: it must be more than the `days` of each
        /replication/rules: a role does nothing without rules
        /logging/prefix: a bucket that logs into itself needs a prefix that tells its logs from its other objects
        /kms_key: AWS does not deliver access logs to a bucket that is encrypted with a KMS key
        /https_only: the policy denies insecure transport, but `https_only` is false
        ");
    }
}
