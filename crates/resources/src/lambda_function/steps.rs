//! From a change of a function to its calls.

use provision_reconciler::{Change, Differences, Idempotency, Step};

use super::call::{Call, Operation, Upload};
use super::permission::Permission;
use super::spec::{FunctionSpec, UNRESERVED};
use crate::tags::{self, TagChanges, Tags};

/// The fields that one call sets, all together.
const CONFIGURATION: &[&str] = &[
    "description",
    "runtime",
    "handler",
    "role",
    "memory_size",
    "timeout",
    "ephemeral_storage",
    "environment",
    "kms_key",
    "tracing_mode",
    "dead_letter_target_arn",
    "layers",
    "vpc",
    "logging",
];

pub(super) fn steps(change: Change<'_, FunctionSpec>) -> Vec<Step<Call>> {
    match change {
        Change::Create { desired } => Steps::of(desired).create(desired),
        Change::Update { live, desired, differences } => Steps::of(live).update(live, desired, differences),
        Change::Delete { live, .. } => Steps::of(live).delete(),
    }
}

/// The steps for one function, as they are put together.
struct Steps<'a> {
    function_name: &'a str,
    steps: Vec<Step<Call>>,
}

impl<'a> Steps<'a> {
    fn of(spec: &'a FunctionSpec) -> Self {
        Self { function_name: &spec.function_name, steps: Vec::new() }
    }

    fn add(&mut self, seconds: u64, summary: impl Into<String>, operation: Operation) {
        let action = operation.action();
        let call = Call { function_name: self.function_name.to_owned(), operation };
        self.steps.push(Step::new(action, summary, call).usually_seconds(seconds));
    }

    fn create(mut self, desired: &FunctionSpec) -> Vec<Step<Call>> {
        let create = Operation::CreateFunction { function: Box::new(desired.clone()), code: Upload::of(desired) };
        // Network interfaces are what takes long.
        let seconds = if desired.vpc.subnet_ids.is_empty() { 8 } else { 60 };
        self.add(seconds, format!("create the function {}", desired.function_name), create);
        // Names are unique.
        self.steps.iter_mut().for_each(|create| create.idempotency = Idempotency::Token);
        self.concurrency(UNRESERVED, desired.reserved_concurrent_executions);
        self.permissions(&[], &desired.permissions);
        self.steps
    }

    /// The configuration before the code: new code may need a new variable, and old code does not mind one.
    fn update(mut self, live: &FunctionSpec, desired: &FunctionSpec, differences: &Differences) -> Vec<Step<Call>> {
        let touched: Vec<&str> = CONFIGURATION.iter().copied().filter(|field| differences.touch(field)).collect();
        if !touched.is_empty() {
            let seconds = if touched.contains(&"vpc") { 60 } else { 5 };
            let update = Operation::UpdateFunctionConfiguration { function: Box::new(desired.clone()) };
            self.add(seconds, format!("change {}", touched.join(", ")), update);
        }
        if differences.touch_any(&["code", "architectures"]) {
            self.add(5, "upload the code", Operation::UpdateFunctionCode { code: Upload::of(desired) });
        }
        self.concurrency(live.reserved_concurrent_executions, desired.reserved_concurrent_executions);
        self.permissions(&live.permissions, &desired.permissions);
        self.tags(&live.tags, &desired.tags);
        self.steps
    }

    fn delete(mut self) -> Vec<Step<Call>> {
        self.add(5, format!("delete the function {}", self.function_name), Operation::DeleteFunction);
        self.steps
    }

    fn concurrency(&mut self, live: i32, desired: i32) {
        match desired {
            desired if desired == live => {}
            UNRESERVED => self.add(1, "give the reserved concurrency back", Operation::DeleteFunctionConcurrency),
            0 => self.put_concurrency("reserve no concurrency, so that nothing is run", 0),
            1 => self.put_concurrency("reserve 1 concurrent execution", 1),
            count => self.put_concurrency(&format!("reserve {count} concurrent executions"), count),
        }
    }

    fn put_concurrency(&mut self, summary: &str, reserved_concurrent_executions: i32) {
        self.add(1, summary, Operation::PutFunctionConcurrency { reserved_concurrent_executions });
    }

    /// There is no call that changes a statement: it is removed and added.
    fn permissions(&mut self, live: &[Permission], desired: &[Permission]) {
        for old in live.iter().filter(|old| desired.iter().all(|new| new.statement_id != old.statement_id)) {
            self.remove_permission(old);
        }
        for new in desired {
            match live.iter().find(|old| old.statement_id == new.statement_id) {
                Some(old) if old == new => continue,
                Some(old) => self.remove_permission(old),
                None => {}
            }
            let Permission { statement_id, principal, action, .. } = new;
            let summary = format!("allow {principal} {action} (statement {statement_id})");
            self.add(1, summary, Operation::AddPermission { permission: new.clone() });
            // Statement ids are unique.
            self.steps.iter_mut().last().into_iter().for_each(|add| add.idempotency = Idempotency::Token);
        }
    }

    fn remove_permission(&mut self, permission: &Permission) {
        let statement_id = permission.statement_id.clone();
        self.add(1, format!("remove the permission {statement_id}"), Operation::RemovePermission { statement_id });
    }

    fn tags(&mut self, live: &Tags, desired: &Tags) {
        let TagChanges { set, remove } = TagChanges::between(live, desired);
        if !set.is_empty() {
            self.add(1, tags::summary("set", set.keys()), Operation::TagResource { tags: set });
        }
        if !remove.is_empty() {
            let summary = tags::summary("remove", remove.iter());
            self.add(1, summary, Operation::UntagResource { keys: remove });
        }
    }
}

#[cfg(test)]
mod tests;
