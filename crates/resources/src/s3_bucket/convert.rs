//! Lifecycle rules and tags to and from the SDK's types.

use std::collections::BTreeMap;

use aws_sdk_s3::error::BuildError;
use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, ExpirationStatus, LifecycleExpiration, LifecycleRule as SdkRule,
    LifecycleRuleAndOperator, LifecycleRuleFilter, NoncurrentVersionExpiration,
    NoncurrentVersionTransition as SdkNoncurrentTransition, Tag, Transition as SdkTransition,
};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use super::lifecycle::{LifecycleRule, NoncurrentVersionTransition, Transition};

pub(super) fn to_sdk_tags(tags: &BTreeMap<String, String>) -> Result<Vec<Tag>, BuildError> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

pub(super) fn from_sdk_tags(tags: &[Tag]) -> BTreeMap<String, String> {
    crate::tags::from_sdk(tags, |tag| (tag.key(), tag.value()))
}

pub(super) fn to_sdk_rule(rule: &LifecycleRule) -> Result<SdkRule, BuildError> {
    let expires = rule.expiration_days > 0 || !rule.expiration_date.is_empty() || rule.expired_object_delete_marker;
    let expiration = LifecycleExpiration::builder()
        .set_days(positive(rule.expiration_days))
        .set_date(date(&rule.expiration_date))
        .set_expired_object_delete_marker(rule.expired_object_delete_marker.then_some(true))
        .build();
    let noncurrent = NoncurrentVersionExpiration::builder()
        .set_noncurrent_days(positive(rule.noncurrent_version_expiration_days))
        .set_newer_noncurrent_versions(positive(rule.newer_noncurrent_versions))
        .build();
    let abort = AbortIncompleteMultipartUpload::builder()
        .days_after_initiation(rule.abort_incomplete_multipart_upload_days)
        .build();
    let transitions: Vec<_> = rule.transitions.iter().map(to_sdk_transition).collect();
    let noncurrent_transitions: Vec<_> =
        rule.noncurrent_version_transitions.iter().map(to_sdk_noncurrent_transition).collect();
    SdkRule::builder()
        .id(&rule.id)
        .status(if rule.enabled { ExpirationStatus::Enabled } else { ExpirationStatus::Disabled })
        .filter(to_sdk_filter(rule)?)
        .set_expiration(expires.then_some(expiration))
        .set_transitions((!transitions.is_empty()).then_some(transitions))
        .set_noncurrent_version_transitions((!noncurrent_transitions.is_empty()).then_some(noncurrent_transitions))
        .set_noncurrent_version_expiration((rule.noncurrent_version_expiration_days > 0).then_some(noncurrent))
        .set_abort_incomplete_multipart_upload((rule.abort_incomplete_multipart_upload_days > 0).then_some(abort))
        .build()
}

pub(super) fn from_sdk_rule(rule: &SdkRule) -> LifecycleRule {
    let expiration = rule.expiration();
    let noncurrent = rule.noncurrent_version_expiration();
    let mut result = LifecycleRule {
        enabled: rule.status() == &ExpirationStatus::Enabled,
        transitions: rule.transitions().iter().map(from_sdk_transition).collect(),
        expiration_days: expiration.and_then(|expiration| expiration.days).unwrap_or_default(),
        expiration_date: day(expiration.and_then(|expiration| expiration.date.as_ref())),
        expired_object_delete_marker: expiration
            .and_then(|expiration| expiration.expired_object_delete_marker)
            .unwrap_or_default(),
        noncurrent_version_transitions: rule
            .noncurrent_version_transitions()
            .iter()
            .map(from_sdk_noncurrent_transition)
            .collect(),
        noncurrent_version_expiration_days: noncurrent.and_then(|one| one.noncurrent_days).unwrap_or_default(),
        newer_noncurrent_versions: noncurrent.and_then(|one| one.newer_noncurrent_versions).unwrap_or_default(),
        abort_incomplete_multipart_upload_days: rule
            .abort_incomplete_multipart_upload()
            .and_then(|abort| abort.days_after_initiation)
            .unwrap_or_default(),
        ..LifecycleRule::named(rule.id().unwrap_or_default())
    };
    // Rules made before filters existed have the prefix beside them.
    #[allow(deprecated)]
    let prefix = rule.prefix.clone();
    result.prefix = prefix.unwrap_or_default();
    if let Some(filter) = rule.filter() {
        from_sdk_filter(filter, &mut result);
    }
    result
}

/// S3 wants several conditions inside an `And`, and one without.
fn to_sdk_filter(rule: &LifecycleRule) -> Result<LifecycleRuleFilter, BuildError> {
    let prefix = (!rule.prefix.is_empty()).then(|| rule.prefix.clone());
    let mut tags = to_sdk_tags(&rule.object_tags)?;
    let greater = (rule.object_size_greater_than > 0).then_some(rule.object_size_greater_than);
    let less = (rule.object_size_less_than > 0).then_some(rule.object_size_less_than);
    let conditions =
        usize::from(prefix.is_some()) + tags.len() + usize::from(greater.is_some()) + usize::from(less.is_some());
    if conditions > 1 {
        let and = LifecycleRuleAndOperator::builder()
            .set_prefix(prefix)
            .set_tags((!tags.is_empty()).then_some(tags))
            .set_object_size_greater_than(greater)
            .set_object_size_less_than(less)
            .build();
        return Ok(LifecycleRuleFilter::builder().and(and).build());
    }
    let everything = (conditions == 0).then(String::new);
    Ok(LifecycleRuleFilter::builder()
        .set_prefix(prefix.or(everything))
        .set_tag(tags.pop())
        .set_object_size_greater_than(greater)
        .set_object_size_less_than(less)
        .build())
}

fn from_sdk_filter(filter: &LifecycleRuleFilter, rule: &mut LifecycleRule) {
    let and = filter.and();
    let prefix = filter.prefix().or_else(|| and.and_then(|and| and.prefix()));
    if let Some(prefix) = prefix {
        rule.prefix = prefix.to_owned();
    }
    rule.object_tags = from_sdk_tags(and.map(|and| and.tags()).unwrap_or_default());
    rule.object_tags.extend(filter.tag().map(|tag| (tag.key.clone(), tag.value.clone())));
    rule.object_size_greater_than = filter
        .object_size_greater_than
        .or_else(|| and.and_then(|and| and.object_size_greater_than))
        .unwrap_or_default();
    rule.object_size_less_than =
        filter.object_size_less_than.or_else(|| and.and_then(|and| and.object_size_less_than)).unwrap_or_default();
}

fn to_sdk_transition(transition: &Transition) -> SdkTransition {
    let date = date(&transition.date);
    SdkTransition::builder()
        .set_days(date.is_none().then_some(transition.days))
        .set_date(date)
        .storage_class(transition.storage_class.as_str().into())
        .build()
}

fn from_sdk_transition(transition: &SdkTransition) -> Transition {
    Transition {
        days: transition.days.unwrap_or_default(),
        date: day(transition.date.as_ref()),
        storage_class: transition.storage_class.as_ref().map_or("", |class| class.as_str()).to_owned(),
    }
}

fn to_sdk_noncurrent_transition(transition: &NoncurrentVersionTransition) -> SdkNoncurrentTransition {
    SdkNoncurrentTransition::builder()
        .noncurrent_days(transition.days)
        .set_newer_noncurrent_versions(positive(transition.newer_noncurrent_versions))
        .storage_class(transition.storage_class.as_str().into())
        .build()
}

fn from_sdk_noncurrent_transition(transition: &SdkNoncurrentTransition) -> NoncurrentVersionTransition {
    NoncurrentVersionTransition {
        days: transition.noncurrent_days.unwrap_or_default(),
        storage_class: transition.storage_class.as_ref().map_or("", |class| class.as_str()).to_owned(),
        newer_noncurrent_versions: transition.newer_noncurrent_versions.unwrap_or_default(),
    }
}

fn positive(number: i32) -> Option<i32> {
    (number > 0).then_some(number)
}

/// Midnight UTC of a day, which is the only time that S3 takes.
fn date(day: &str) -> Option<DateTime> {
    if day.is_empty() { None } else { DateTime::from_str(&format!("{day}T00:00:00Z"), Format::DateTime).ok() }
}

fn day(date: Option<&DateTime>) -> String {
    let text = date.and_then(|date| date.fmt(Format::DateTime).ok()).unwrap_or_default();
    text.split('T').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn rule() -> impl Strategy<Value = LifecycleRule> {
        let filter = (
            prop_oneof![Just(String::new()), Just("logs/".to_owned())],
            prop::collection::btree_map("[a-c]", "[a-c]", 0..3),
            0..2_i64,
            prop_oneof![Just(0_i64), Just(500)],
        );
        let transition = (0..90_i32, any::<bool>()).prop_map(|(days, dated)| Transition {
            days: if dated { 0 } else { days },
            date: if dated { "2030-01-31".to_owned() } else { String::new() },
            storage_class: "GLACIER".to_owned(),
        });
        let noncurrent = (0..90_i32, 0..3_i32).prop_map(|(days, newer_noncurrent_versions)| {
            NoncurrentVersionTransition { days, storage_class: "STANDARD_IA".to_owned(), newer_noncurrent_versions }
        });
        let transitions = (prop::collection::vec(transition, 0..3), prop::collection::vec(noncurrent, 0..3));
        let numbers = (0..3_i32, 1..3_i32, 0..3_i32, 0..3_i32, any::<bool>(), any::<bool>());
        (filter, transitions, numbers).prop_map(|(filter, transitions, numbers)| {
            let (prefix, object_tags, object_size_greater_than, object_size_less_than) = filter;
            let (expiration_days, noncurrent_days, newer, abort, enabled, marker) = numbers;
            LifecycleRule {
                enabled,
                prefix,
                object_tags,
                object_size_greater_than,
                object_size_less_than,
                transitions: transitions.0,
                expiration_days,
                expiration_date: if expiration_days == 0 { "2031-12-01".to_owned() } else { String::new() },
                expired_object_delete_marker: marker,
                noncurrent_version_transitions: transitions.1,
                noncurrent_version_expiration_days: noncurrent_days,
                newer_noncurrent_versions: newer,
                abort_incomplete_multipart_upload_days: abort,
                ..LifecycleRule::named("rule")
            }
        })
    }

    proptest! {
        #[test]
        fn a_rule_comes_back_as_it_was(rule in rule()) {
            prop_assert_eq!(from_sdk_rule(&to_sdk_rule(&rule).unwrap()), rule);
        }
    }
}
