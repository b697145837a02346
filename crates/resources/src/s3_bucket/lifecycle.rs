//! Lifecycle rules: what becomes of objects as they age.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html>

use std::collections::{BTreeMap, BTreeSet};

use provision_reconciler::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One lifecycle rule: which objects, and what becomes of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LifecycleRule {
    /// The rule's name, unique in the bucket.
    #[schemars(length(min = 1, max = 255))]
    pub id: String,
    /// Whether the rule is carried out.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Only objects whose names begin so.
    #[serde(default)]
    pub prefix: String,
    /// Only objects with all of these tags.
    #[serde(default)]
    pub object_tags: BTreeMap<String, String>,
    /// Only objects of more than so many bytes; 0 for all.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub object_size_greater_than: i64,
    /// Only objects of less than so many bytes; 0 for all.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub object_size_less_than: i64,
    /// To which storage class objects go, and when.
    #[serde(default)]
    #[schemars(extend("set" = true))]
    pub transitions: Vec<Transition>,
    /// After how many days objects are deleted (in a versioned bucket: get a delete marker); 0 for never.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub expiration_days: i32,
    /// On which day objects are deleted, as in `2030-01-31`; empty for none.
    #[serde(default)]
    #[schemars(extend("pattern" = "^([0-9]{4}-[0-9]{2}-[0-9]{2})?$"))]
    pub expiration_date: String,
    /// Whether delete markers that hide nothing any more are removed.
    #[serde(default)]
    pub expired_object_delete_marker: bool,
    /// To which storage class noncurrent versions go, and when.
    #[serde(default)]
    #[schemars(extend("set" = true))]
    pub noncurrent_version_transitions: Vec<NoncurrentVersionTransition>,
    /// How many days after they were replaced noncurrent versions are deleted; 0 for never.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub noncurrent_version_expiration_days: i32,
    /// How many noncurrent versions are kept all the same; 0 for none.
    #[serde(default)]
    #[schemars(range(min = 0, max = 100))]
    pub newer_noncurrent_versions: i32,
    /// How many days after its beginning an unfinished multipart upload is given up; 0 for never.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub abort_incomplete_multipart_upload_days: i32,
}

/// When current objects go to another storage class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Transition {
    /// After how many days.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub days: i32,
    /// On which day instead, as in `2030-01-31`; empty for none.
    #[serde(default)]
    #[schemars(extend("pattern" = "^([0-9]{4}-[0-9]{2}-[0-9]{2})?$"))]
    pub date: String,
    /// Where they go.
    #[schemars(extend("enum" = ["DEEP_ARCHIVE", "GLACIER", "GLACIER_IR", "INTELLIGENT_TIERING", "ONEZONE_IA", "STANDARD_IA"]))]
    pub storage_class: String,
}

/// When noncurrent versions go to another storage class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoncurrentVersionTransition {
    /// How many days after they were replaced.
    #[schemars(range(min = 0))]
    pub days: i32,
    /// Where they go.
    #[schemars(extend("enum" = ["DEEP_ARCHIVE", "GLACIER", "GLACIER_IR", "INTELLIGENT_TIERING", "ONEZONE_IA", "STANDARD_IA"]))]
    pub storage_class: String,
    /// How many of them stay all the same; 0 for none.
    #[serde(default)]
    #[schemars(range(min = 0, max = 100))]
    pub newer_noncurrent_versions: i32,
}

impl LifecycleRule {
    /// A rule for all objects that does nothing yet.
    pub fn named(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            enabled: true,
            prefix: String::new(),
            object_tags: BTreeMap::new(),
            object_size_greater_than: 0,
            object_size_less_than: 0,
            transitions: Vec::new(),
            expiration_days: 0,
            expiration_date: String::new(),
            expired_object_delete_marker: false,
            noncurrent_version_transitions: Vec::new(),
            noncurrent_version_expiration_days: 0,
            newer_noncurrent_versions: 0,
            abort_incomplete_multipart_upload_days: 0,
        }
    }

    fn does_something(&self) -> bool {
        !self.transitions.is_empty()
            || self.expiration_days > 0
            || !self.expiration_date.is_empty()
            || self.expired_object_delete_marker
            || !self.noncurrent_version_transitions.is_empty()
            || self.noncurrent_version_expiration_days > 0
            || self.abort_incomplete_multipart_upload_days > 0
    }

    /// What S3 would refuse about it, with the field that is to blame.
    fn refusals(&self) -> Vec<(&'static str, &'static str)> {
        let filtered_by_object =
            !self.object_tags.is_empty() || self.object_size_greater_than > 0 || self.object_size_less_than > 0;
        let expirations =
            [self.expiration_days > 0, !self.expiration_date.is_empty(), self.expired_object_delete_marker];
        let refusals = [
            (!self.does_something(), "", "the rule does nothing: give it a transition or an expiration"),
            (
                expirations.iter().filter(|set| **set).count() > 1,
                "/expiration_days",
                "set only one of `expiration_days`, `expiration_date` and `expired_object_delete_marker`",
            ),
            (
                self.newer_noncurrent_versions > 0 && self.noncurrent_version_expiration_days == 0,
                "/newer_noncurrent_versions",
                "needs `noncurrent_version_expiration_days`",
            ),
            (
                filtered_by_object && self.abort_incomplete_multipart_upload_days > 0,
                "/abort_incomplete_multipart_upload_days",
                "an unfinished upload has no tags and no size yet: use a rule of its own, without such a filter",
            ),
            (
                !self.object_tags.is_empty() && self.expired_object_delete_marker,
                "/expired_object_delete_marker",
                "a delete marker has no tags: use a rule of its own, without such a filter",
            ),
            (
                self.transitions.iter().any(|to| to.days > 0 && !to.date.is_empty()),
                "/transitions",
                "set only one of `days` and `date`",
            ),
            (
                self.transitions.iter().any(|to| to.date.is_empty() && is_too_soon(&to.storage_class, to.days)),
                "/transitions",
                TOO_SOON,
            ),
            (
                self.noncurrent_version_transitions.iter().any(|to| is_too_soon(&to.storage_class, to.days)),
                "/noncurrent_version_transitions",
                TOO_SOON,
            ),
            (
                self.expiration_days > 0 && self.transitions.iter().any(|to| to.days >= self.expiration_days),
                "/expiration_days",
                "objects would be deleted before their transition: it must be more than the `days` of each",
            ),
            (
                self.noncurrent_version_expiration_days > 0
                    && self
                        .noncurrent_version_transitions
                        .iter()
                        .any(|to| to.days >= self.noncurrent_version_expiration_days),
                "/noncurrent_version_expiration_days",
                "versions would be deleted before their transition: it must be more than the `days` of each",
            ),
            (
                self.object_size_less_than > 0 && self.object_size_less_than <= self.object_size_greater_than,
                "/object_size_less_than",
                "no object is of such a size: it must be more than `object_size_greater_than`",
            ),
        ];
        refusals.into_iter().filter(|(refused, ..)| *refused).map(|(_, field, message)| (field, message)).collect()
    }
}

const TOO_SOON: &str = "S3 moves nothing to STANDARD_IA or ONEZONE_IA within its first 30 days";

/// Whether S3 refuses to move objects of this age to this storage class.
fn is_too_soon(storage_class: &str, days: i32) -> bool {
    days < 30 && ["ONEZONE_IA", "STANDARD_IA"].contains(&storage_class)
}

/// What is wrong with a bucket's rules.
pub(super) fn problems(rules: &[LifecycleRule]) -> Vec<Problem> {
    let mut ids = BTreeSet::new();
    let mut problems = Vec::new();
    for (index, rule) in rules.iter().enumerate() {
        if !ids.insert(&rule.id) {
            let message = format!("there are two rules of the id `{}`", rule.id);
            problems.push(Problem::new(format!("/lifecycle_rules/{index}/id"), message).help("give each its own id"));
        }
        let refusals = rule.refusals().into_iter();
        problems
            .extend(refusals.map(|(field, message)| Problem::new(format!("/lifecycle_rules/{index}{field}"), message)));
    }
    problems
}

fn yes() -> bool {
    true
}
