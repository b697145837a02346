//! The item that is the lock.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use uuid::Uuid;

use super::AcquireOptions;
use crate::document::now;

/// The lock of one environment, as the table has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LockItem {
    /// The environment's name: the table's hash key `LockID`.
    pub id: String,
    /// Who holds it, or held it last.
    pub owner: String,
    /// The id of the operation that it is held for.
    pub operation: String,
    /// The command that it is held for.
    pub command: String,
    /// Grows with every acquisition; and above the state's, should the table have lost it.
    pub fencing: u64,
    /// The holder's lease in milliseconds.
    pub lease_ms: u64,
    /// Random, and new with every write.
    pub record_version: Uuid,
    /// When it was acquired, by the holder's clock. For display only.
    pub acquired_at: Timestamp,
    /// Whether it is held. A dead holder's lock is.
    pub held: bool,
}

impl LockItem {
    /// The item that would make the lock ours, after what was seen.
    pub(crate) fn acquired(id: &str, options: &AcquireOptions, seen: Option<&Self>) -> Self {
        Self {
            id: id.to_owned(),
            owner: options.owner.clone(),
            operation: options.operation.clone(),
            command: options.command.clone(),
            fencing: seen.map_or(0, |seen| seen.fencing) + 1,
            lease_ms: u64::try_from(options.lease.as_millis()).unwrap_or(u64::MAX),
            record_version: Uuid::new_v4(),
            acquired_at: now(),
            held: true,
        }
    }

    /// The same, to be written anew, under a number of at least `floor`.
    pub(crate) fn renewed(&self, floor: u64) -> Self {
        Self { record_version: Uuid::new_v4(), fencing: self.fencing.max(floor), ..self.clone() }
    }

    /// The same, no longer held.
    pub(crate) fn released(&self) -> Self {
        Self { held: false, ..self.renewed(0) }
    }

    /// The holder's lease.
    pub fn lease(&self) -> Duration {
        Duration::from_millis(self.lease_ms)
    }

    /// How long ago it was acquired, as far as two machines' clocks agree. For display only. Whole seconds.
    pub fn age(&self) -> SignedDuration {
        let seconds = Timestamp::now().duration_since(self.acquired_at).as_secs();
        SignedDuration::from_secs(seconds.max(0))
    }

    /// `held by ann@laptop pid 4711 (`apply`) since 2026-01-02T03:04:05Z, 1m 30s ago`.
    pub(crate) fn held_by(&self) -> String {
        let Self { owner, command, acquired_at, .. } = self;
        let since = acquired_at.strftime("%Y-%m-%dT%H:%M:%SZ");
        format!("held by {owner} (`{command}`) since {since}, for {:#}", self.age())
    }
}
