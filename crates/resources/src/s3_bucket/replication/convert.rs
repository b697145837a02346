//! Replication to and from the SDK's types.

use aws_sdk_s3::error::BuildError;
use aws_sdk_s3::types::{
    AccessControlTranslation, DeleteMarkerReplication, DeleteMarkerReplicationStatus, Destination,
    EncryptionConfiguration, Metrics, MetricsStatus, OwnerOverride, ReplicaModifications, ReplicaModificationsStatus,
    ReplicationConfiguration, ReplicationRule as SdkRule, ReplicationRuleAndOperator, ReplicationRuleFilter,
    ReplicationRuleStatus, ReplicationTime, ReplicationTimeStatus, ReplicationTimeValue, SourceSelectionCriteria,
    SseKmsEncryptedObjects, SseKmsEncryptedObjectsStatus,
};

use super::{Replication, ReplicationDestination, ReplicationRule};
use crate::s3_bucket::convert::{from_sdk_tags, to_sdk_tags};

/// The one promise of S3 Replication Time Control that there is, in minutes.
const REPLICATION_TIME: i32 = 15;

/// What to put.
pub(in crate::s3_bucket) fn to_sdk(replication: &Replication) -> Result<ReplicationConfiguration, BuildError> {
    let rules = replication.rules.iter().map(to_sdk_rule).collect::<Result<Vec<_>, _>>()?;
    ReplicationConfiguration::builder().role(&replication.role).set_rules(Some(rules)).build()
}

/// What S3 tells.
pub(in crate::s3_bucket) fn from_sdk(configuration: &ReplicationConfiguration) -> Replication {
    Replication {
        role: configuration.role().to_owned(),
        rules: configuration.rules().iter().map(from_sdk_rule).collect(),
    }
}

fn to_sdk_rule(rule: &ReplicationRule) -> Result<SdkRule, BuildError> {
    let delete_markers = match rule.delete_marker_replication {
        true => DeleteMarkerReplicationStatus::Enabled,
        false => DeleteMarkerReplicationStatus::Disabled,
    };
    SdkRule::builder()
        .id(&rule.id)
        .priority(rule.priority)
        .status(if rule.enabled { ReplicationRuleStatus::Enabled } else { ReplicationRuleStatus::Disabled })
        .filter(to_sdk_filter(rule)?)
        .delete_marker_replication(DeleteMarkerReplication::builder().status(delete_markers).build())
        .set_source_selection_criteria(to_sdk_criteria(rule)?)
        .destination(to_sdk_destination(&rule.destination)?)
        .build()
}

fn from_sdk_rule(rule: &SdkRule) -> ReplicationRule {
    let filter = rule.filter();
    let and = filter.and_then(|filter| filter.and());
    let mut object_tags = from_sdk_tags(and.map(|and| and.tags()).unwrap_or_default());
    object_tags
        .extend(filter.and_then(|filter| filter.tag()).map(|tag| (tag.key().to_owned(), tag.value().to_owned())));
    // Rules of the first version have the prefix beside them instead of a filter, and always copy delete markers.
    #[allow(deprecated)]
    let beside = rule.prefix();
    let prefix = filter.and_then(|filter| filter.prefix()).or_else(|| and.and_then(|and| and.prefix())).or(beside);
    let delete_markers = rule.delete_marker_replication().and_then(|markers| markers.status());
    let criteria = rule.source_selection_criteria();
    let modifications = criteria.and_then(|criteria| criteria.replica_modifications());
    ReplicationRule {
        priority: rule.priority.unwrap_or_default(),
        enabled: rule.status() == &ReplicationRuleStatus::Enabled,
        prefix: prefix.unwrap_or_default().to_owned(),
        object_tags,
        delete_marker_replication: filter.is_none() || delete_markers == Some(&DeleteMarkerReplicationStatus::Enabled),
        replica_modifications: modifications
            .is_some_and(|modifications| modifications.status() == &ReplicaModificationsStatus::Enabled),
        destination: from_sdk_destination(rule.destination(), criteria),
        ..ReplicationRule::named(rule.id().unwrap_or_default(), "")
    }
}

/// S3 wants several conditions inside an `And`, and one without.
fn to_sdk_filter(rule: &ReplicationRule) -> Result<ReplicationRuleFilter, BuildError> {
    let mut tags = to_sdk_tags(&rule.object_tags)?;
    let filter = ReplicationRuleFilter::builder();
    Ok(match (rule.prefix.is_empty(), tags.len()) {
        (_, 0) => filter.prefix(&rule.prefix).build(),
        (true, 1) => filter.set_tag(tags.pop()).build(),
        (without, _) => {
            let prefix = (!without).then(|| rule.prefix.clone());
            filter.and(ReplicationRuleAndOperator::builder().set_prefix(prefix).set_tags(Some(tags)).build()).build()
        }
    })
}

/// S3 refuses empty criteria, and a key for the replicas of objects that are not selected.
fn to_sdk_criteria(rule: &ReplicationRule) -> Result<Option<SourceSelectionCriteria>, BuildError> {
    let encrypted = (!rule.destination.kms_key.is_empty())
        .then(|| SseKmsEncryptedObjects::builder().status(SseKmsEncryptedObjectsStatus::Enabled).build());
    let modifications = rule
        .replica_modifications
        .then(|| ReplicaModifications::builder().status(ReplicaModificationsStatus::Enabled).build());
    if encrypted.is_none() && modifications.is_none() {
        return Ok(None);
    }
    Ok(Some(
        SourceSelectionCriteria::builder()
            .set_sse_kms_encrypted_objects(encrypted.transpose()?)
            .set_replica_modifications(modifications.transpose()?)
            .build(),
    ))
}

fn to_sdk_destination(destination: &ReplicationDestination) -> Result<Destination, BuildError> {
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let minutes = || ReplicationTimeValue::builder().minutes(REPLICATION_TIME).build();
    let time = destination
        .replication_time
        .then(|| ReplicationTime::builder().status(ReplicationTimeStatus::Enabled).time(minutes()).build());
    // A threshold only where there is a promise.
    let metrics = destination.metrics.then(|| {
        let threshold = destination.replication_time.then(minutes);
        Metrics::builder().status(MetricsStatus::Enabled).set_event_threshold(threshold).build()
    });
    let owner = text(&destination.account)
        .map(|_| AccessControlTranslation::builder().owner(OwnerOverride::Destination).build());
    let key = text(&destination.kms_key).map(|key| EncryptionConfiguration::builder().replica_kms_key_id(key).build());
    Destination::builder()
        .bucket(&destination.bucket)
        .set_account(text(&destination.account))
        .set_access_control_translation(owner.transpose()?)
        .set_storage_class(text(&destination.storage_class).map(|class| class.as_str().into()))
        .set_encryption_configuration(key)
        .set_replication_time(time.transpose()?)
        .set_metrics(metrics.transpose()?)
        .build()
}

fn from_sdk_destination(
    destination: Option<&Destination>,
    criteria: Option<&SourceSelectionCriteria>,
) -> ReplicationDestination {
    let encrypted = criteria.and_then(|criteria| criteria.sse_kms_encrypted_objects());
    let selected = encrypted.is_some_and(|encrypted| encrypted.status() == &SseKmsEncryptedObjectsStatus::Enabled);
    // A key is of no use while such objects are not selected, and an account while it is not to own the replicas.
    let key = destination.and_then(|to| to.encryption_configuration()).filter(|_| selected);
    let account = destination.filter(|to| to.access_control_translation().is_some()).and_then(|to| to.account());
    let time = destination.and_then(|to| to.replication_time());
    let metrics = destination.and_then(|to| to.metrics());
    ReplicationDestination {
        bucket: destination.map(|to| to.bucket().to_owned()).unwrap_or_default(),
        account: account.unwrap_or_default().to_owned(),
        storage_class: destination.and_then(|to| to.storage_class()).map_or("", |class| class.as_str()).to_owned(),
        kms_key: key.and_then(|key| key.replica_kms_key_id()).unwrap_or_default().to_owned(),
        replication_time: time.is_some_and(|time| time.status() == &ReplicationTimeStatus::Enabled),
        metrics: metrics.is_some_and(|metrics| metrics.status() == &MetricsStatus::Enabled),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn rule() -> impl Strategy<Value = ReplicationRule> {
        let filter = (prop_oneof![Just(""), Just("logs/")], prop::collection::btree_map("[a-c]", "[a-c]", 0..3));
        let texts = (
            prop_oneof![Just(""), Just("210987654321")],
            prop_oneof![Just(""), Just("GLACIER_IR")],
            prop_oneof![Just(""), Just("arn:aws:kms:us-west-2:123456789012:key/1")],
        );
        let switches = prop::array::uniform5(any::<bool>());
        (filter, texts, switches, 0..3_i32).prop_map(|((prefix, object_tags), texts, switches, priority)| {
            let [enabled, markers, modifications, replication_time, metrics] = switches;
            let (account, storage_class, kms_key) = texts;
            let rule = ReplicationRule::named("rule", "replica");
            ReplicationRule {
                priority,
                enabled,
                prefix: prefix.to_owned(),
                object_tags,
                delete_marker_replication: markers,
                replica_modifications: modifications,
                destination: ReplicationDestination {
                    account: account.to_owned(),
                    storage_class: storage_class.to_owned(),
                    kms_key: kms_key.to_owned(),
                    replication_time,
                    metrics: metrics || replication_time,
                    ..rule.destination
                },
                ..rule
            }
        })
    }

    proptest! {
        #[test]
        fn a_rule_comes_back_as_it_was(rule in rule()) {
            prop_assert_eq!(from_sdk_rule(&to_sdk_rule(&rule).unwrap()), rule);
        }
    }

    #[test]
    fn a_rule_of_the_first_version_is_read_as_what_it_does() {
        let destination = Destination::builder().bucket("arn:aws:s3:::replica").build().unwrap();
        #[allow(deprecated)]
        let rule = SdkRule::builder().prefix("logs/").status(ReplicationRuleStatus::Enabled).destination(destination);
        let read = from_sdk_rule(&rule.build().unwrap());
        assert_eq!((read.prefix.as_str(), read.delete_marker_replication), ("logs/", true));
        assert!(!read.destination.metrics);
    }

    #[test]
    fn a_key_for_objects_that_are_not_selected_is_no_key() {
        let mut rule = ReplicationRule::named("rule", "replica");
        rule.destination.kms_key = "arn:aws:kms:us-west-2:123456789012:key/1".to_owned();
        let mut sdk = to_sdk_rule(&rule).unwrap();
        let disabled = SseKmsEncryptedObjects::builder().status(SseKmsEncryptedObjectsStatus::Disabled).build();
        sdk.source_selection_criteria =
            Some(SourceSelectionCriteria::builder().sse_kms_encrypted_objects(disabled.unwrap()).build());
        assert_eq!(from_sdk_rule(&sdk).destination.kms_key, "");
    }
}
