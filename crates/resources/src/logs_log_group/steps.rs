//! From a change of a log group to its calls.

use provision_reconciler::{Change, Differences, Idempotency, Step};

use super::call::{Call, Operation};
use super::spec::Spec;
use crate::tags::{self, TagChanges};

pub(super) fn steps(change: Change<'_, Spec>) -> Vec<Step<Call>> {
    match change {
        Change::Create { desired } => Steps::of(desired).create(desired),
        Change::Update { live, desired, differences } => Steps::of(live).update(live, desired, differences),
        Change::Delete { live, .. } => Steps::of(live).delete(live),
    }
}

/// The steps for one log group, as they are put together.
struct Steps<'a> {
    name: &'a str,
    steps: Vec<Step<Call>>,
}

impl<'a> Steps<'a> {
    fn of(spec: &'a Spec) -> Self {
        Self { name: &spec.log_group_name, steps: Vec::new() }
    }

    fn add(&mut self, summary: impl Into<String>, operation: Operation) {
        let action = operation.action();
        let call = Call { log_group_name: self.name.to_owned(), operation };
        self.steps.push(Step::new(action, summary, call));
    }

    fn create(mut self, desired: &Spec) -> Vec<Step<Call>> {
        let create = Operation::CreateLogGroup {
            kms_key: desired.kms_key.clone(),
            log_group_class: desired.log_group_class,
            deletion_protection_enabled: desired.deletion_protection_enabled,
            tags: desired.tags.clone(),
        };
        self.add(format!("create the log group {}", self.name), create);
        // Names are unique.
        self.steps.iter_mut().for_each(|create| create.idempotency = Idempotency::Token);
        // A new one keeps everything.
        if desired.retention_in_days != 0 {
            self.retention(desired.retention_in_days, "");
        }
        self.steps
    }

    /// What protects the log events first.
    fn update(mut self, live: &Spec, desired: &Spec, differences: &Differences) -> Vec<Step<Call>> {
        if differences.touch("deletion_protection_enabled") {
            self.protection(desired.deletion_protection_enabled);
        }
        if differences.touch("kms_key") {
            match desired.kms_key.clone() {
                none if none.is_empty() => {
                    let summary = "encrypt new log events with CloudWatch Logs' own key";
                    self.add(summary, Operation::DisassociateKmsKey);
                }
                kms_key => {
                    let summary = format!("encrypt new log events with {kms_key}");
                    self.add(summary, Operation::AssociateKmsKey { kms_key });
                }
            }
        }
        let TagChanges { set, remove } = TagChanges::between(&live.tags, &desired.tags);
        if !set.is_empty() {
            self.add(tags::summary("set", set.keys()), Operation::TagResource { tags: set });
        }
        if !remove.is_empty() {
            self.add(tags::summary("remove", remove.iter()), Operation::UntagResource { keys: remove });
        }
        if differences.touch("retention_in_days") {
            let shorter = live.retention_in_days == 0 || desired.retention_in_days < live.retention_in_days;
            self.retention(desired.retention_in_days, if shorter { " only; older ones are lost" } else { "" });
        }
        self.steps
    }

    fn delete(mut self, live: &Spec) -> Vec<Step<Call>> {
        if live.deletion_protection_enabled {
            self.protection(false);
        }
        self.add(format!("delete the log group {} and every log event in it", self.name), Operation::DeleteLogGroup);
        self.steps
    }

    fn retention(&mut self, days: i32, but: &str) {
        match days {
            0 => self.add("keep log events for ever", Operation::DeleteRetentionPolicy),
            days => {
                let plural = if days == 1 { "" } else { "s" };
                let summary = format!("keep log events for {days} day{plural}{but}");
                self.add(summary, Operation::PutRetentionPolicy { retention_in_days: days });
            }
        }
    }

    fn protection(&mut self, enabled: bool) {
        let summary = if enabled { "turn on deletion protection" } else { "turn off deletion protection" };
        self.add(summary, Operation::PutLogGroupDeletionProtection { enabled });
    }
}

#[cfg(test)]
mod tests;
