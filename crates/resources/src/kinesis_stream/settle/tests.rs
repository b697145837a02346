#![allow(clippy::unwrap_used)]

use aws_sdk_kinesis::types::builders::StreamDescriptionSummaryBuilder;
use aws_sdk_kinesis::types::{EnhancedMetrics, MetricsName};
use aws_smithy_types::DateTime;
use provision_reconciler::ErrorClass;

use super::*;
use crate::kinesis_stream::run::passes;
use crate::kinesis_stream::spec::Metric;

fn stream(status: StreamStatus) -> StreamDescriptionSummaryBuilder {
    StreamDescriptionSummary::builder()
        .stream_name("events")
        .stream_arn("arn:s")
        .stream_status(status)
        .retention_period_hours(24)
        .stream_creation_timestamp(DateTime::from_secs(0))
        .open_shard_count(2)
}

#[test]
fn a_change_is_done_when_the_stream_is_active_and_as_asked() {
    let encrypt = Operation::StartStreamEncryption { kms_key: "arn:k".to_owned() };
    let shards = |shard_count| Operation::UpdateShardCount { shard_count };
    for (status, active) in [(StreamStatus::Active, true), (StreamStatus::Updating, false)] {
        let with = |key: &str| {
            let stream = stream(status.clone()).encryption_type(EncryptionType::Kms).key_id(key);
            stream.set_enhanced_monitoring(Some(Vec::new())).build().unwrap()
        };
        let plain = stream(status.clone()).set_enhanced_monitoring(Some(Vec::new())).build().unwrap();
        assert_eq!(is_done(&with("arn:k"), &encrypt), active);
        assert_eq!(is_done(&with("alias/k"), &encrypt), active, "however AWS calls the key");
        assert!(!is_done(&plain, &encrypt), "not begun");
        assert_eq!(is_done(&plain, &shards(2)), active);
        assert!(!is_done(&plain, &shards(4)));
        assert_eq!(is_done(&plain, &Operation::IncreaseStreamRetentionPeriod { hours: 24 }), active);
        assert!(!is_done(&plain, &Operation::IncreaseStreamRetentionPeriod { hours: 25 }));
        assert!(holds(&with("arn:k"), &encrypt));
        assert!(!holds(&with("arn:other"), &encrypt));
    }
}

#[test]
fn all_metrics_have_one_name() {
    let all = EnhancedMetrics::builder().shard_level_metrics(MetricsName::All).build();
    let stream = stream(StreamStatus::Active).enhanced_monitoring(all).build().unwrap();
    assert!(is_done(&stream, &Operation::EnableEnhancedMonitoring { metrics: Metric::ALL.into() }));
    assert!(!is_done(&stream, &Operation::DisableEnhancedMonitoring { metrics: [Metric::IncomingBytes].into() }));
}

#[test]
fn what_passes_by_itself_is_told_from_what_does_not() {
    let error = |code: &str| CloudError {
        code: Some(code.to_owned()),
        ..CloudError::new("kinesis:StartStreamEncryption", ErrorClass::Refused, "")
    };
    let (soon, late) = (Duration::from_secs(1), Duration::from_secs(10 * 60));
    for (code, at_first, later) in [
        ("ResourceInUseException", true, true),
        ("LimitExceededException", true, false),
        ("KMSNotFoundException", true, false),
        ("KMSAccessDeniedException", true, false),
        ("KMSDisabledException", false, false),
        ("InvalidArgumentException", false, false),
        ("ResourceNotFoundException", false, false),
    ] {
        assert_eq!(passes(&error(code), soon), at_first, "{code}");
        assert_eq!(passes(&error(code), late), later, "{code}");
    }
}
