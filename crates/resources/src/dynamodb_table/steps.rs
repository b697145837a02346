//! From a change of a table to its calls.

use std::collections::BTreeMap;

use provision_reconciler::{Change, Differences, Idempotency, Step};

use super::call::{Call, Capacity, TableChange};
use super::spec::{AWS_OWNED_KEY, BillingMode, GlobalSecondaryIndex, StreamViewType, TableSpec};
use crate::tags::{self, TagChanges};
use crate::values::to_aws;

pub(super) fn steps(change: Change<'_, TableSpec>) -> Vec<Step<Call>> {
    match change {
        Change::Create { desired } => create(desired),
        Change::Update { live, desired, differences } => {
            Update { live, desired, differences, steps: Vec::new() }.steps()
        }
        Change::Delete { live, .. } => delete(live),
    }
}

/// A step of a call; the action is the call's.
fn step(summary: impl Into<String>, call: Call) -> Step<Call> {
    Step::new(call.action(), summary, call)
}

fn create(desired: &TableSpec) -> Vec<Step<Call>> {
    let table_name = desired.table_name.clone();
    let summary = format!("create the table {table_name}");
    let create = step(summary, Call::CreateTable { table: Box::new(desired.clone()) });
    let mut steps = vec![create.idempotency(Idempotency::Token).usually_seconds(10)];
    // A new table has neither.
    if desired.point_in_time_recovery {
        steps.push(recovery(desired));
    }
    if !desired.time_to_live_attribute.is_empty() {
        steps.push(time_to_live(&table_name, &desired.time_to_live_attribute, true));
    }
    steps
}

fn delete(live: &TableSpec) -> Vec<Step<Call>> {
    let mut steps = Vec::new();
    let table_name = live.table_name.clone();
    if live.deletion_protection_enabled {
        let change = TableChange::DeletionProtection { enabled: false };
        steps.push(step("turn off deletion protection", Call::UpdateTable { table_name: table_name.clone(), change }));
    }
    let summary = format!("delete the table {table_name} and every item in it");
    steps.push(step(summary, Call::DeleteTable { table_name }).usually_seconds(20));
    steps
}

fn recovery(desired: &TableSpec) -> Step<Call> {
    let days = desired.point_in_time_recovery.then_some(desired.recovery_period_in_days);
    let summary = match days {
        Some(days) => format!("turn on point-in-time recovery over {days} days"),
        None => "turn off point-in-time recovery".to_owned(),
    };
    let call = Call::UpdateContinuousBackups { table_name: desired.table_name.clone(), recovery_period_in_days: days };
    step(summary, call).usually_seconds(5)
}

fn time_to_live(table_name: &str, attribute: &str, enabled: bool) -> Step<Call> {
    let summary = match enabled {
        true => format!("let items expire by the attribute {attribute}"),
        false => format!("stop expiring items by the attribute {attribute}"),
    };
    step(
        summary,
        Call::UpdateTimeToLive { table_name: table_name.to_owned(), attribute: attribute.to_owned(), enabled },
    )
}

struct Update<'a> {
    live: &'a TableSpec,
    desired: &'a TableSpec,
    differences: &'a Differences,
    steps: Vec<Step<Call>>,
}

impl Update<'_> {
    /// What protects the data first, what takes long last. Indexes go before others come, for AWS knows them by name and
    /// allows few at a time.
    fn steps(mut self) -> Vec<Step<Call>> {
        self.protection();
        self.encryption();
        self.tags();
        self.expiry();
        self.stream();
        self.class();
        self.indexes_and_billing();
        self.steps
    }

    /// Adds an `UpdateTable`.
    fn change(&mut self, summary: impl Into<String>, seconds: u64, change: TableChange) {
        let call = Call::UpdateTable { table_name: self.live.table_name.clone(), change };
        self.steps.push(step(summary, call).usually_seconds(seconds));
    }

    fn protection(&mut self) {
        if self.differences.touch("deletion_protection_enabled") {
            let enabled = self.desired.deletion_protection_enabled;
            let summary = if enabled { "turn on deletion protection" } else { "turn off deletion protection" };
            self.change(summary, 1, TableChange::DeletionProtection { enabled });
        }
        if self.differences.touch_any(&["point_in_time_recovery", "recovery_period_in_days"]) {
            self.steps.push(recovery(self.desired));
        }
    }

    fn encryption(&mut self) {
        if self.differences.touch("kms_key") {
            let kms_key = self.desired.kms_key.clone();
            let summary = match kms_key.as_str() {
                AWS_OWNED_KEY => "encrypt the table with the key that AWS owns".to_owned(),
                _ => format!("encrypt the table with {kms_key}"),
            };
            self.change(summary, 60, TableChange::Encryption { kms_key });
        }
    }

    fn tags(&mut self) {
        let TagChanges { set, remove } = TagChanges::between(&self.live.tags, &self.desired.tags);
        let table_name = &self.live.table_name;
        if !set.is_empty() {
            let summary = tags::summary("set", set.keys());
            let call = Call::TagResource { table_name: table_name.clone(), tags: set };
            self.steps.push(step(summary, call).usually_seconds(3));
        }
        if !remove.is_empty() {
            let summary = tags::summary("remove", remove.iter());
            let call = Call::UntagResource { table_name: table_name.clone(), keys: remove };
            self.steps.push(step(summary, call).usually_seconds(3));
        }
    }

    fn expiry(&mut self) {
        if !self.differences.touch("time_to_live_attribute") {
            return;
        }
        let table_name = &self.live.table_name;
        if !self.live.time_to_live_attribute.is_empty() {
            self.steps.push(time_to_live(table_name, &self.live.time_to_live_attribute, false));
        }
        if !self.desired.time_to_live_attribute.is_empty() {
            self.steps.push(time_to_live(table_name, &self.desired.time_to_live_attribute, true));
        }
    }

    fn stream(&mut self) {
        if !self.differences.touch("stream_view_type") {
            return;
        }
        let disabled = StreamViewType::Disabled;
        if self.live.stream_view_type != disabled {
            self.change("turn off the stream", 5, TableChange::Stream { view_type: disabled });
        }
        if self.desired.stream_view_type != disabled {
            let view_type = self.desired.stream_view_type;
            self.change(format!("turn on a stream of {}", to_aws(&view_type)), 5, TableChange::Stream { view_type });
        }
    }

    fn class(&mut self) {
        if self.differences.touch("table_class") {
            let table_class = self.desired.table_class;
            let summary = format!("change the storage class to {}", to_aws(&table_class));
            self.change(summary, 60, TableChange::Class { table_class });
        }
    }

    fn indexes_and_billing(&mut self) {
        let (live, desired) = (self.live, self.desired);
        let wanted = |name: &str| desired.global_secondary_indexes.iter().find(|index| index.index_name == name);
        // What stays, as it is to be.
        let mut kept: Vec<&GlobalSecondaryIndex> = Vec::new();
        for index in &live.global_secondary_indexes {
            let index_name = index.index_name.clone();
            match wanted(&index_name) {
                Some(wanted) if wanted.is_built_like(index) => kept.push(wanted),
                wanted => {
                    let why = if wanted.is_some() { ", to build it anew" } else { "" };
                    let summary = format!("delete the index {index_name}{why}");
                    self.change(summary, 60, TableChange::DeleteIndex { index_name });
                }
            }
        }
        self.billing(&kept);
        for index in &desired.global_secondary_indexes {
            if kept.iter().any(|kept| kept.index_name == index.index_name) {
                continue;
            }
            kept.push(index);
            // AWS refuses attributes that no key names, so the next index's must not be there yet.
            let attributes = desired.key_attributes(kept.iter().copied());
            let summary = format!("build the index {}", index.index_name);
            self.change(summary, 300, TableChange::CreateIndex { index: Box::new(index.clone()), attributes });
        }
    }

    fn billing(&mut self, kept: &[&GlobalSecondaryIndex]) {
        let (live, desired) = (self.live, self.desired);
        let billing_mode = desired.billing_mode;
        let capacity = Capacity::of(desired.read_capacity, desired.write_capacity);
        let changed = live.billing_mode != billing_mode;
        match (billing_mode, changed) {
            (BillingMode::PayPerRequest, false) => {}
            (BillingMode::PayPerRequest, true) => {
                let change = TableChange::Billing { billing_mode, capacity: None, indexes: BTreeMap::new() };
                self.change("charge by the request", 60, change);
            }
            (BillingMode::Provisioned, true) => {
                let capacities = kept.iter().filter_map(|index| {
                    Some((index.index_name.clone(), Capacity::of(index.read_capacity, index.write_capacity)?))
                });
                let change = TableChange::Billing { billing_mode, capacity, indexes: capacities.collect() };
                self.change("charge by capacity set aside", 60, change);
            }
            (BillingMode::Provisioned, false) => self.capacities(kept, capacity),
        }
    }

    fn capacities(&mut self, kept: &[&GlobalSecondaryIndex], capacity: Option<Capacity>) {
        let live = self.live;
        // AWS refuses a capacity that is what it was.
        if let Some(capacity) =
            capacity.filter(|new| Capacity::of(live.read_capacity, live.write_capacity) != Some(*new))
        {
            let Capacity { read, write } = capacity;
            let summary = format!("set the capacity to {read} reads and {write} writes");
            self.change(summary, 30, TableChange::Capacity { capacity });
        }
        for index in kept {
            let old = live.global_secondary_indexes.iter().find(|old| old.index_name == index.index_name);
            let old = old.and_then(|old| Capacity::of(old.read_capacity, old.write_capacity));
            let new = Capacity::of(index.read_capacity, index.write_capacity);
            if let Some(capacity) = new.filter(|new| old != Some(*new)) {
                let index_name = index.index_name.clone();
                let Capacity { read, write } = capacity;
                let summary = format!("set the capacity of the index {index_name} to {read} reads and {write} writes");
                self.change(summary, 30, TableChange::IndexCapacity { index_name, capacity });
            }
        }
    }
}

#[cfg(test)]
mod tests;
