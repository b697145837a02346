//! Replication: which objects S3 copies to which other buckets.
//!
//! Only what is written while a rule is enabled is copied; what was there before takes S3 Batch Replication.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication.html>

mod convert;

use std::collections::{BTreeMap, BTreeSet};

use provision_reconciler::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(super) use convert::{from_sdk, to_sdk};

use super::spec::Spec;
use crate::grants::customer_key;

/// Which objects are copied to which buckets, and as whom.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Replication {
    /// The ARN of the role that S3 copies with. `s3.amazonaws.com` must be able to assume it, and it needs the access
    /// `replicate-from` to this bucket and `replicate-to` to each destination. Empty: no replication.
    #[serde(default)]
    #[schemars(extend("pattern" = "^(arn:[a-z-]+:iam::.+)?$"))]
    pub role: String,
    /// Which objects go where.
    #[serde(default)]
    #[schemars(extend("set" = "id"))]
    pub rules: Vec<ReplicationRule>,
}

/// One replication rule: which objects, and where they are copied to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplicationRule {
    /// The rule's name, unique in the bucket.
    #[schemars(length(min = 1, max = 255))]
    pub id: String,
    /// Which rule counts if several copy an object to the same bucket: the highest. Each rule has its own.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub priority: i32,
    /// Whether the rule is carried out. What is written while it is not is never copied.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Only objects whose names begin so.
    #[serde(default)]
    #[schemars(length(max = 1024))]
    pub prefix: String,
    /// Only objects with all of these tags.
    #[serde(default)]
    pub object_tags: BTreeMap<String, String>,
    /// Whether a deletion is copied too, that is the delete marker that it leaves. By default a deleted object can still be
    /// read from the replica. The deletion of a version is never copied.
    #[serde(default)]
    pub delete_marker_replication: bool,
    /// Whether changes made to replicas (their tags and ACLs) are copied: for buckets that replicate each other.
    #[serde(default)]
    pub replica_modifications: bool,
    /// Where the objects are copied to.
    pub destination: ReplicationDestination,
}

/// Where objects are copied to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplicationDestination {
    /// The bucket's ARN, as in `${s3_bucket.replica.arn}`. It may be in any region, and must be versioned.
    #[schemars(extend("pattern" = "^arn:[a-z-]+:s3:::[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$"))]
    pub bucket: String,
    /// The account that the bucket belongs to, which then owns the replicas. Empty: this account.
    #[serde(default)]
    #[schemars(extend("pattern" = "^([0-9]{12})?$"))]
    pub account: String,
    /// The storage class of the replicas. Empty: that of the object.
    #[serde(default)]
    #[schemars(extend("enum" = ["", "DEEP_ARCHIVE", "GLACIER", "GLACIER_IR", "INTELLIGENT_TIERING", "ONEZONE_IA", "STANDARD", "STANDARD_IA"]))]
    pub storage_class: String,
    /// The ARN of the KMS key, in the bucket's region, that the replicas of objects are encrypted with which are encrypted with a
    /// KMS key. Empty: such objects are not copied.
    #[serde(default)]
    #[schemars(extend("pattern" = "^(arn:[a-z-]+:kms:.+)?$"))]
    pub kms_key: String,
    /// Whether S3 undertakes to copy within 15 minutes, and sends an event for each object that takes longer (S3 Replication
    /// Time Control, which is charged by the gigabyte).
    #[serde(default)]
    pub replication_time: bool,
    /// Whether CloudWatch shows what still waits to be copied, and what failed.
    #[serde(default = "yes")]
    pub metrics: bool,
}

impl Replication {
    /// Whether there is any.
    pub(super) fn is_wanted(&self) -> bool {
        *self != Self::default()
    }
}

impl ReplicationDestination {
    /// The bucket's name; a text that is no ARN as it is, since it may not be known yet.
    pub(super) fn name(&self) -> &str {
        self.bucket.split_once(":s3:::").map_or(&self.bucket, |(_, name)| name)
    }
}

impl ReplicationRule {
    /// A rule that copies all objects to the bucket of this ARN, with everything else at its default.
    pub fn named(id: impl Into<String>, bucket: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            priority: 0,
            enabled: true,
            prefix: String::new(),
            object_tags: BTreeMap::new(),
            delete_marker_replication: false,
            replica_modifications: false,
            destination: ReplicationDestination {
                bucket: bucket.into(),
                account: String::new(),
                storage_class: String::new(),
                kms_key: String::new(),
                replication_time: false,
                metrics: true,
            },
        }
    }

    /// Whether it copies an object of this name with these tags.
    pub(super) fn copies(&self, key: &str, tags: &BTreeMap<String, String>) -> bool {
        let has = |(name, value): (&String, &String)| tags.get(name) == Some(value);
        self.enabled && key.starts_with(&self.prefix) && self.object_tags.iter().all(has)
    }

    /// What S3 would refuse about it, or silently not do: the field that is to blame, what is wrong, and what to do.
    fn refusals(&self, bucket: &Spec) -> Vec<(&'static str, &'static str, &'static str)> {
        let destination = &self.destination;
        let refusals = [
            (
                destination.name() == bucket.bucket,
                "/destination/bucket",
                "a bucket cannot replicate to itself",
                "name another bucket",
            ),
            (
                !self.object_tags.is_empty() && self.delete_marker_replication,
                "/delete_marker_replication",
                "a delete marker has no tags",
                "use a rule without `object_tags`, or leave `delete_marker_replication` unset",
            ),
            (
                customer_key(bucket.kms_key()).is_some() && destination.kms_key.is_empty(),
                "/destination/kms_key",
                "objects that are encrypted with a KMS key are not copied without a key for the replicas",
                "set it to a key in the destination's region",
            ),
            (
                destination.replication_time && !destination.metrics,
                "/destination/metrics",
                "`replication_time` needs the metrics",
                "leave `metrics` unset",
            ),
        ];
        let refused = refusals.into_iter().filter(|(refused, ..)| *refused);
        refused.map(|(_, field, message, help)| (field, message, help)).collect()
    }
}

/// What is wrong with a bucket's replication.
pub(super) fn problems(bucket: &Spec) -> Vec<Problem> {
    let Replication { role, rules } = &bucket.replication;
    let mut problems = Vec::new();
    if bucket.replication.is_wanted() && !bucket.versioning {
        let message = "S3 replicates only versioned buckets";
        problems
            .push(Problem::new("/versioning", message).help("leave `versioning` unset, here and on the destination"));
    }
    if role.is_empty() && !rules.is_empty() {
        let message = "the rules need a role that S3 copies with";
        problems.push(Problem::new("/replication/role", message).help("set it to the ARN of a role"));
    }
    if rules.is_empty() && !role.is_empty() {
        problems.push(Problem::new("/replication/rules", "a role does nothing without rules").help("add a rule"));
    }
    let (mut ids, mut priorities) = (BTreeSet::new(), BTreeSet::new());
    for (index, rule) in rules.iter().enumerate() {
        let problem =
            |field: &str, message: String| Problem::new(format!("/replication/rules/{index}{field}"), message);
        if !ids.insert(&rule.id) {
            let message = format!("there are two rules of the id `{}`", rule.id);
            problems.push(problem("/id", message).help("give each its own id"));
        }
        if !priorities.insert(rule.priority) {
            let message = format!("there are two rules of the priority {}", rule.priority);
            problems.push(problem("/priority", message).help("give each its own priority"));
        }
        let refusals = rule.refusals(bucket).into_iter();
        problems.extend(refusals.map(|(field, message, help)| problem(field, message.to_owned()).help(help)));
    }
    problems
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests;
