//! From a change of a stream to its calls.

use std::collections::BTreeSet;
use std::iter;

use provision_reconciler::{Change, Differences, Idempotency, Step};

use super::call::{Call, Operation};
use super::spec::{Metric, NONE, SHORTEST_RETENTION, StreamMode, StreamSpec};
use crate::tags::{self, TagChanges, Tags};
use crate::values::to_aws;

pub(super) fn steps(change: Change<'_, StreamSpec>) -> Vec<Step<Call>> {
    match change {
        Change::Create { desired } => Steps::of(desired).create(desired),
        Change::Update { live, desired, differences } => Steps::of(live).update(live, desired, differences),
        Change::Delete { live, .. } => Steps::of(live).delete(),
    }
}

/// The steps for one stream, as they are put together. Kinesis makes one change at a time.
struct Steps<'a> {
    name: &'a str,
    steps: Vec<Step<Call>>,
}

impl<'a> Steps<'a> {
    fn of(spec: &'a StreamSpec) -> Self {
        Self { name: &spec.name, steps: Vec::new() }
    }

    fn add(&mut self, seconds: u64, summary: impl Into<String>, operation: Operation) {
        let action = operation.action();
        let call = Call { name: self.name.to_owned(), operation };
        self.steps.push(Step::new(action, summary, call).usually_seconds(seconds));
    }

    fn create(mut self, desired: &StreamSpec) -> Vec<Step<Call>> {
        let StreamSpec { stream_mode, shard_count, .. } = *desired;
        let size = match (stream_mode, shard_count) {
            (StreamMode::OnDemand, _) => "shards on demand".to_owned(),
            (StreamMode::Provisioned, 1) => "1 shard".to_owned(),
            (StreamMode::Provisioned, count) => format!("{count} shards"),
        };
        let create = Operation::CreateStream { stream_mode, shard_count, tags: desired.tags.clone() };
        self.add(30, format!("create the stream {} with {size}", desired.name), create);
        // Names are unique.
        self.steps.iter_mut().for_each(|create| create.idempotency = Idempotency::Token);
        self.encryption(NONE, &desired.kms_key);
        self.retention(SHORTEST_RETENTION, desired.retention_period_hours);
        self.metrics(&BTreeSet::new(), &desired.shard_level_metrics);
        self.steps
    }

    /// What protects the data first, what takes long last.
    fn update(mut self, live: &StreamSpec, desired: &StreamSpec, differences: &Differences) -> Vec<Step<Call>> {
        if differences.touch("kms_key") {
            self.encryption(&live.kms_key, &desired.kms_key);
        }
        if differences.touch("retention_period_hours") {
            self.retention(live.retention_period_hours, desired.retention_period_hours);
        }
        self.tags(&live.tags, &desired.tags);
        if differences.touch("shard_level_metrics") {
            self.metrics(&live.shard_level_metrics, &desired.shard_level_metrics);
        }
        if differences.touch("stream_mode") {
            let stream_mode = desired.stream_mode;
            let summary = format!("change the capacity mode to {}", to_aws(&stream_mode));
            self.add(30, summary, Operation::UpdateStreamMode { stream_mode });
        }
        if desired.stream_mode == StreamMode::Provisioned {
            for (from, shard_count) in hops(live.shard_count, desired.shard_count) {
                let summary = format!("change the number of shards from {from} to {shard_count}");
                self.add(45, summary, Operation::UpdateShardCount { shard_count });
            }
        }
        self.steps
    }

    fn delete(mut self) -> Vec<Step<Call>> {
        self.add(30, format!("delete the stream {} and every record in it", self.name), Operation::DeleteStream);
        self.steps
    }

    fn encryption(&mut self, live: &str, desired: &str) {
        match (live, desired) {
            (live, desired) if live == desired => {}
            (live, NONE) => {
                let operation = Operation::StopStreamEncryption { kms_key: live.to_owned() };
                self.add(20, "stop encrypting the records", operation);
            }
            // With another key: AWS goes over to it without a gap.
            (_, desired) => {
                let operation = Operation::StartStreamEncryption { kms_key: desired.to_owned() };
                self.add(20, format!("encrypt the records with {desired}"), operation);
            }
        }
    }

    fn retention(&mut self, live: i32, hours: i32) {
        if live < hours {
            let summary = format!("keep records for {hours} hours");
            self.add(10, summary, Operation::IncreaseStreamRetentionPeriod { hours });
        } else if live > hours {
            let summary = format!("keep records for {hours} hours only; older ones are lost");
            self.add(10, summary, Operation::DecreaseStreamRetentionPeriod { hours });
        }
    }

    fn metrics(&mut self, live: &BTreeSet<Metric>, desired: &BTreeSet<Metric>) {
        let names = |metrics: &BTreeSet<Metric>| metrics.iter().map(to_aws).collect::<Vec<_>>().join(", ");
        let off: BTreeSet<Metric> = live.difference(desired).copied().collect();
        if !off.is_empty() {
            let summary = format!("turn off shard metrics: {}", names(&off));
            self.add(5, summary, Operation::DisableEnhancedMonitoring { metrics: off });
        }
        let on: BTreeSet<Metric> = desired.difference(live).copied().collect();
        if !on.is_empty() {
            let summary = format!("turn on shard metrics: {}", names(&on));
            self.add(5, summary, Operation::EnableEnhancedMonitoring { metrics: on });
        }
    }

    fn tags(&mut self, live: &Tags, desired: &Tags) {
        let TagChanges { set, remove } = TagChanges::between(live, desired);
        if !set.is_empty() {
            self.add(1, tags::summary("set", set.keys()), Operation::AddTagsToStream { tags: set });
        }
        if !remove.is_empty() {
            let summary = tags::summary("remove", remove.iter());
            self.add(1, summary, Operation::RemoveTagsFromStream { keys: remove });
        }
    }
}

/// The way from one number of shards to another: each hop, as from and to, at most doubles or halves it.
pub(super) fn hops(from: i32, to: i32) -> impl Iterator<Item = (i32, i32)> {
    let next = move |count: i32| match count {
        count if count == to => None,
        count if count < to => Some(count.max(1).saturating_mul(2).min(to)),
        // Half, rounded up: AWS refuses less than half.
        count => Some((count - count / 2).max(to)),
    };
    let mut count = from;
    iter::from_fn(move || {
        let hop = (count, next(count)?);
        count = hop.1;
        Some(hop)
    })
}

#[cfg(test)]
mod tests;
