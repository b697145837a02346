//! `provision.lock/1`: who holds the lock of an environment.

use provision_config::Environment;
use provision_state::LockItem;
use serde::Serialize;

/// Who holds the lock.
#[derive(Debug, Serialize)]
pub struct LockStatus {
    format: &'static str,
    /// The environment.
    environment: String,
    /// The table.
    table: String,
    /// Whether anybody holds it.
    held: bool,
    /// Who holds it, or held it last; null if nobody ever did.
    holder: Option<Holder>,
}

/// Who holds the lock, or held it last.
#[derive(Debug, Serialize)]
struct Holder {
    owner: String,
    command: String,
    operation: String,
    /// When it was acquired, by the holder's clock.
    acquired_at: jiff::Timestamp,
    /// Grows with every acquisition.
    fencing: u64,
    /// The lease, in milliseconds.
    lease_ms: u64,
}

impl LockStatus {
    /// The machine form of a lock.
    pub fn new(environment: &Environment, item: Option<&LockItem>) -> Self {
        let holder = item.map(|item| Holder {
            owner: item.owner.clone(),
            command: item.command.clone(),
            operation: item.operation.clone(),
            acquired_at: item.acquired_at,
            fencing: item.fencing,
            lease_ms: item.lease_ms,
        });
        Self {
            format: "provision.lock/1",
            environment: environment.name.clone(),
            table: environment.state.lock_table.clone(),
            held: item.is_some_and(|item| item.held),
            holder,
        }
    }
}
