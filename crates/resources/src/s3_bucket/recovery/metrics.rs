//! What S3 itself says of the copying, in CloudWatch.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/repl-metrics.html>

use std::time::Duration;

use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricStat};
use jiff::Timestamp;
use provision_config::shown::duration;
use provision_reconciler::CloudError;
use provision_reconciler::recovery::Aspect;

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
/// What one value stands for, in seconds.
const PERIOD: i32 = 300;
/// How old a value may be and still stand for the present: CloudWatch has them some minutes late.
const RECENT: Duration = Duration::from_secs(4 * 300);

/// What the metrics say.
#[derive(Debug, Default, PartialEq)]
struct Readings {
    /// The seconds by which the replica is behind now.
    latency: Option<Reading>,
    bytes: Option<Reading>,
    pending: Option<Reading>,
    /// How many operations failed, in all, and when the last of them did.
    failed: Option<Reading>,
}

/// A value and the beginning of the period that it stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Reading {
    value: f64,
    at: Timestamp,
}

pub(super) async fn aspects(copying: &Copying<'_>) -> Vec<Aspect> {
    let rpo = copying.recovery.objective.rpo;
    let declared = format!("at most {} behind, none failed", duration(rpo));
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
        let why = "CloudWatch has none that are recent: S3 publishes them while there is something to copy, from 15 minutes after they are turned on";
        return Aspect::untested(NAME, declared, why);
    }
    let value = |reading: Option<Reading>, unit: &str, what: &str| {
        reading.map(|Reading { value, at }| format!("{value:.0}{unit} {what} at {}", at.strftime("%H:%M UTC")))
    };
    let failed = readings.failed.filter(|failed| failed.value > 0.0);
    let found = [
        value(readings.latency, " s", "behind"),
        value(readings.bytes, " bytes", "pending"),
        value(readings.pending, "", "operations pending"),
        readings.failed.map(|failed| format!("{:.0} operations failed in the last day", failed.value)),
    ];
    let found: Vec<String> = found.into_iter().flatten().collect();
    let aspect = Aspect::good(NAME, declared, found.join(", "));
    if let Some(latency) = readings.latency.filter(|latency| latency.value > rpo.as_secs_f64()) {
        let message =
            format!("the replica is {:.0} s behind, more than the objective of {}", latency.value, duration(rpo));
        let hint = "see whether S3 has trouble in either region; a burst of writes is caught up with by itself";
        return aspect.finding("metrics-lag", message, hint);
    }
    // Whether it fails now, the canary tells, whose own failures are counted here too; what of it is missing, the objects tell.
    if let Some(Reading { value, at }) = failed {
        return aspect.note(format!(
            "{value:.0} operations failed in the last day, the last of them about {}: if objects are missing in the replica, S3 \
             Batch Replication copies them",
            at.strftime("%Y-%m-%d %H:%M UTC")
        ));
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
    let now = Timestamp::now();
    let window = i64::try_from(WINDOW.as_secs()).unwrap_or(0);
    let request = clients
        .cloudwatch()
        .get_metric_data()
        .set_metric_data_queries(Some(queries.into()))
        .start_time(DateTime::from_secs(now.as_second() - window))
        .end_time(DateTime::from_secs(now.as_second() + i64::from(PERIOD)));
    let pages = copying.aws.call(ACTION, request.into_paginator().send().try_collect()).await?;
    let mut readings = Readings::default();
    for result in pages.iter().flat_map(|page| page.metric_data_results()) {
        let at = result.timestamps().iter().filter_map(|at| Timestamp::from_second(at.secs()).ok());
        let series = at.zip(result.values()).map(|(at, value)| Reading { value: *value, at });
        readings.add(result.id().unwrap_or_default(), series, now);
    }
    Ok(readings)
}

impl Readings {
    /// Adds what there is of one metric, by the name of its query; a page of it, if there are several.
    fn add(&mut self, id: &str, series: impl Iterator<Item = Reading>, now: Timestamp) {
        let recent = |one: &Reading| now.duration_since(one.at).unsigned_abs() <= RECENT;
        let newest = |known: Option<Reading>, series: &mut dyn Iterator<Item = Reading>| {
            known.into_iter().chain(series.filter(recent)).max_by_key(|one| one.at)
        };
        let mut series = series;
        match id {
            "latency" => self.latency = newest(self.latency, &mut series),
            "bytes" => self.bytes = newest(self.bytes, &mut series),
            "pending" => self.pending = newest(self.pending, &mut series),
            "failed" => {
                self.failed = self.failed.into_iter().chain(series).reduce(|sum, one| {
                    let last = if one.value > 0.0 && (sum.value == 0.0 || one.at > sum.at) { one.at } else { sum.at };
                    Reading { value: sum.value + one.value, at: last }
                });
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use provision_reconciler::recovery::Verdict;

    use super::*;

    fn verdict(readings: Readings) -> (String, Option<&'static str>) {
        let aspect = judge(&readings, Duration::from_secs(900), "declared".to_owned());
        let code = aspect.as_finding().map(|finding| finding.code);
        (aspect.found, code)
    }

    fn at(time: &str) -> Timestamp {
        format!("2030-01-31T{time}:00Z").parse().unwrap()
    }

    fn reading(value: f64) -> Option<Reading> {
        Some(Reading { value, at: at("14:05") })
    }

    #[test]
    fn metrics_are_judged_by_the_objective() {
        assert_eq!(verdict(Readings::default()), ("not looked at".to_owned(), None));
        let good =
            Readings { latency: reading(12.4), bytes: reading(0.0), pending: reading(0.0), failed: reading(0.0) };
        let words = "12 s behind at 14:05 UTC, 0 bytes pending at 14:05 UTC, 0 operations pending at 14:05 UTC, \
                     0 operations failed in the last day";
        assert_eq!(verdict(good), (words.to_owned(), None));
        assert_eq!(verdict(Readings { latency: reading(901.0), ..Readings::default() }).1, Some("metrics-lag"));
    }

    #[test]
    fn what_failed_before_is_told_and_is_no_finding() {
        let failed = Readings { failed: reading(3.0), ..Readings::default() };
        let aspect = judge(&failed, Duration::from_secs(900), "declared".to_owned());
        assert!(
            matches!(&aspect.verdict, Verdict::Note(note) if note.contains("about 2030-01-31 14:05 UTC")),
            "{aspect:?}"
        );
    }

    #[test]
    fn only_what_is_recent_stands_for_the_present() {
        let now = at("14:10");
        let series = |values: &[(&str, f64)]| {
            values.iter().map(|(time, value)| Reading { value: *value, at: at(time) }).collect::<Vec<_>>().into_iter()
        };
        let mut readings = Readings::default();
        readings.add("latency", series(&[("13:00", 5000.0)]), now);
        assert_eq!(readings, Readings::default());
        readings.add("latency", series(&[("14:05", 3.0), ("14:00", 5000.0)]), now);
        assert_eq!(readings.latency, reading(3.0));
        // The failures are those of the day, on however many pages.
        readings.add("failed", series(&[("14:05", 0.0), ("13:00", 2.0), ("12:00", 1.0)]), now);
        readings.add("failed", series(&[("11:00", 4.0)]), now);
        assert_eq!(readings.failed, Some(Reading { value: 7.0, at: at("13:00") }));
    }
}
