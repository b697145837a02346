//! What a proxy has seen, and what it is to do.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::protocol::Recognised;
use super::{Call, Fault};

type Rule = Box<dyn Fn(&Call) -> Option<Fault> + Send + Sync>;

/// What a proxy has seen, and what it is to do.
#[derive(Default)]
pub(super) struct Record {
    calls: Mutex<Calls>,
    rules: Mutex<Vec<Rule>>,
}

#[derive(Default)]
struct Calls {
    /// How many were forgotten: the number of a call is its place, counted from the very first.
    forgotten: usize,
    kept: Vec<Call>,
}

/// The number of a call.
#[derive(Clone, Copy)]
pub(super) struct Number(usize);

impl Record {
    /// Writes down a call that has arrived, and asks the rules.
    pub(super) fn arrived(&self, recognised: Recognised, at: Instant) -> (Number, Option<Fault>) {
        let Recognised { service, operation, action, mutating, resource, region, access_key } = recognised;
        let call = Call {
            service,
            operation,
            action,
            mutating,
            resource,
            region,
            access_key,
            status: None,
            at,
            duration: at.elapsed(),
        };
        let fault = lock(&self.rules).iter().find_map(|rule| rule(&call));
        let mut calls = lock(&self.calls);
        calls.kept.push(call);
        (Number(calls.forgotten + calls.kept.len() - 1), fault)
    }

    /// Writes down how a call ended: with this status, or without an answer.
    pub(super) fn ended(&self, number: Number, status: Option<u16>) {
        let mut calls = lock(&self.calls);
        let place = number.0.checked_sub(calls.forgotten);
        if let Some(call) = place.and_then(|place| calls.kept.get_mut(place)) {
            call.status = status;
            call.duration = call.at.elapsed();
        }
    }

    pub(super) fn calls(&self) -> Vec<Call> {
        lock(&self.calls).kept.clone()
    }

    pub(super) fn clear(&self) {
        let mut calls = lock(&self.calls);
        calls.forgotten += calls.kept.len();
        calls.kept.clear();
    }

    pub(super) fn forget_rules(&self) {
        lock(&self.rules).clear();
    }

    pub(super) fn add_rule(&self, rule: impl Fn(&Call) -> Option<Fault> + Send + Sync + 'static) {
        lock(&self.rules).push(Box::new(rule));
    }
}

/// A rule that panicked has failed its test already; the others may go on.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record").field("calls", &self.calls().len()).finish_non_exhaustive()
    }
}
