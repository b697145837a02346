//! What S3 itself says of the copying, in CloudWatch.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/repl-metrics.html>

use std::time::Duration;

use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricStat};
use jiff::Timestamp;
use provision_reconciler::CloudError;
use provision_reconciler::recovery::Aspect;

use super::canary::span;
use super::{Copying, failed};
use crate::aws::Clients;

const NAME: &str = "replication metrics";
const ACTION: &str = "cloudwatch:GetMetricData";
/// The metrics, how each is summed up, and the name of its query.
const METRICS: [(&str, &str, &str); 4] = [
    ("ReplicationLatency", "Maximum", "latency"),
    ("BytesPendingReplication", "Maximum", "bytes"),
    ("OperationsPendingReplication", "Maximum", "pending"),
    ("OperationsFailedReplication", "Sum", "failed"),
];
/// How far back is looked.
const WINDOW: Duration = Duration::from_secs(24 * 3600);
/// What one value stands for, in seconds. The last one is the present.
const PERIOD: i32 = 300;

/// What the metrics say.
#[derive(Debug, Default, PartialEq)]
struct Readings {
    /// The seconds by which the replica is behind, at last.
    latency: Option<f64>,
    bytes: Option<f64>,
    pending: Option<f64>,
    /// How many operations failed, in all.
    failed: Option<f64>,
}

pub(super) async fn aspects(copying: &Copying<'_>) -> Vec<Aspect> {
    let rpo = copying.recovery.objective.rpo;
    let declared = format!("at most {} behind, none failed", span(rpo));
    if !copying.rule.destination.metrics {
        return vec![Aspect::untested(NAME, declared, "the rule's `metrics` is off")];
    }
    // S3 publishes what is pending in the destination's region, and what failed in the source's.
    let (here, there) = futures::join!(read(copying, copying.here), read(copying, &copying.there));
    let readings = match (here, there) {
        (Ok(here), Ok(there)) => Readings {
            latency: there.latency.or(here.latency),
            bytes: there.bytes.or(here.bytes),
            pending: there.pending.or(here.pending),
            failed: here.failed.or(there.failed),
        },
        (Err(error), _) | (_, Err(error)) => return failed(NAME, &declared, &error),
    };
    vec![judge(&readings, rpo, declared)]
}

fn judge(readings: &Readings, rpo: Duration, declared: String) -> Aspect {
    if *readings == Readings::default() {
        let why = "CloudWatch has none for the last day: S3 publishes them while there is something to copy, from 15 minutes after they are turned on";
        return Aspect::untested(NAME, declared, why);
    }
    let value = |value: Option<f64>, unit: &str, what: &str| value.map(|value| format!("{value:.0}{unit} {what}"));
    let found = [
        value(readings.latency, " s", "behind"),
        value(readings.bytes, " bytes", "pending"),
        value(readings.pending, "", "operations pending"),
        value(readings.failed, "", "operations failed in the last day"),
    ];
    let found: Vec<String> = found.into_iter().flatten().collect();
    let aspect = Aspect::good(NAME, declared, found.join(", "));
    if let Some(latency) = readings.latency.filter(|latency| *latency > rpo.as_secs_f64()) {
        let message = format!("the replica is {latency:.0} s behind, more than the objective of {}", span(rpo));
        let hint = "see whether S3 has trouble in either region; a burst of writes is caught up with by itself";
        return aspect.finding("metrics-lag", message, hint);
    }
    if let Some(failed) = readings.failed.filter(|failed| *failed > 0.0) {
        let message = format!("{failed:.0} operations failed in the last day");
        let hint = "mend what the other findings name; S3 Batch Replication copies what is missing";
        return aspect.finding("metrics-failed", message, hint);
    }
    aspect
}

async fn read(copying: &Copying<'_>, clients: &Clients) -> Result<Readings, CloudError> {
    let dimensions = [
        ("SourceBucket", copying.recovery.id.as_str()),
        ("DestinationBucket", copying.destination()),
        ("RuleId", copying.rule.id.as_str()),
    ];
    let dimensions: Vec<Dimension> =
        dimensions.map(|(name, value)| Dimension::builder().name(name).value(value).build()).into();
    let queries = METRICS.map(|(name, stat, id)| {
        let metric =
            Metric::builder().namespace("AWS/S3").metric_name(name).set_dimensions(Some(dimensions.clone())).build();
        let stat = MetricStat::builder().metric(metric).period(PERIOD).stat(stat).build();
        MetricDataQuery::builder().id(id).metric_stat(stat).build()
    });
    let now = Timestamp::now().as_second();
    let window = i64::try_from(WINDOW.as_secs()).unwrap_or(0);
    let request = clients
        .cloudwatch()
        .get_metric_data()
        .set_metric_data_queries(Some(queries.into()))
        .start_time(DateTime::from_secs(now - window))
        .end_time(DateTime::from_secs(now + i64::from(PERIOD)));
    let pages = copying.aws.call(ACTION, request.into_paginator().send().try_collect()).await?;
    let results = pages.iter().flat_map(|page| page.metric_data_results());
    let mut readings = Readings::default();
    for result in results {
        // The newest comes first.
        let (newest, sum) = (result.values().first().copied(), result.values().iter().sum::<f64>());
        match result.id() {
            Some("latency") => readings.latency = readings.latency.or(newest),
            Some("bytes") => readings.bytes = readings.bytes.or(newest),
            Some("pending") => readings.pending = readings.pending.or(newest),
            Some("failed") if newest.is_some() => readings.failed = Some(readings.failed.unwrap_or_default() + sum),
            _ => {}
        }
    }
    Ok(readings)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn verdict(readings: Readings) -> (String, Option<&'static str>) {
        let aspect = judge(&readings, Duration::from_secs(900), "declared".to_owned());
        let code = aspect.as_finding().map(|finding| finding.code);
        (aspect.found, code)
    }

    #[test]
    fn metrics_are_judged_by_the_objective() {
        assert_eq!(verdict(Readings::default()), ("not looked at".to_owned(), None));
        let good = Readings { latency: Some(12.4), bytes: Some(0.0), pending: Some(0.0), failed: Some(0.0) };
        let words = "12 s behind, 0 bytes pending, 0 operations pending, 0 operations failed in the last day";
        assert_eq!(verdict(good), (words.to_owned(), None));
        assert_eq!(verdict(Readings { latency: Some(901.0), ..Readings::default() }).1, Some("metrics-lag"));
        assert_eq!(verdict(Readings { failed: Some(3.0), ..Readings::default() }).1, Some("metrics-failed"));
    }
}
