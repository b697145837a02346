//! The lock: a lease on an item in a table, kept by a heartbeat.
//!
//! The algorithm is that of the AWS DynamoDB lock client
//! (<https://aws.amazon.com/blogs/database/building-distributed-locks-with-the-dynamodb-lock-client/>). No clock is
//! compared with another machine's: every write of the item gives it a new random record version, and a waiter takes
//! over only after it has seen the same version for one whole lease on its own monotonic clock. The holder counts
//! its lease from *before* it sent the write that renewed it, so that it knows itself lost before anybody else
//! can have taken over.
//!
//! The item is never deleted and its fencing number never reset: each acquisition has a greater number than all before.
//!
//! Should the table be lost all the same, numbers begin at 1 again, and the state remembers a greater one. So whoever holds the
//! lock compares the two before it goes by the state ([`crate::take_over`]), and raises its own above the state's: by a renewal, so
//! that only the holder can. A holder of the lost table may not know yet that it has lost the lock; it is waited for as long as
//! a lease lasts.

mod acquire;
mod clock;
mod dynamodb;
mod error;
mod heartbeat;
mod item;
mod memory;
mod status;
mod table;
mod watch;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::sleep;

pub use dynamodb::DynamoDbTable;
pub use error::LockError;
pub use item::LockItem;
pub use memory::MemoryTable;
pub use status::{force_release, is_renewed, status};
pub use table::{Condition, LockTable, TableError};
pub use watch::LeaseWatch;

#[cfg(test)]
pub(crate) use acquire::{Look, Watched, look};
#[cfg(test)]
pub(crate) use clock::is_over;
use heartbeat::Beat;
#[cfg(test)]
pub(crate) use table::seen;

/// The length of a lease unless said otherwise: long enough to sit out a few slow answers of DynamoDB, short enough to
/// wait for after a crash.
pub const DEFAULT_LEASE: Duration = Duration::from_secs(15);
/// The shortest lease there is; a shorter one that is asked for becomes this.
pub const SHORTEST_LEASE: Duration = Duration::from_millis(100);
/// How long to wait for the lock unless said otherwise: several leases, so that a dead holder is always outwaited.
pub const DEFAULT_WAIT: Duration = Duration::from_secs(60);

/// How a lease is to be had, and by whom.
#[derive(Clone, Debug)]
pub struct AcquireOptions {
    /// The lease's length. Others wait this long for a holder that says nothing. At least [`SHORTEST_LEASE`].
    pub lease: Duration,
    /// How long to keep trying while another holds it. Shorter than the other's lease, and a dead holder is not found
    /// to be one.
    pub wait: Duration,
    /// Who wants it, as in `ann@laptop pid 4711`.
    pub owner: String,
    /// The id of the operation that it is for.
    pub operation: String,
    /// The command that it is for, as in `apply`.
    pub command: String,
}

impl AcquireOptions {
    /// The usual lengths.
    pub fn new(owner: impl Into<String>, operation: impl Into<String>, command: impl Into<String>) -> Self {
        Self {
            lease: DEFAULT_LEASE,
            wait: DEFAULT_WAIT,
            owner: owner.into(),
            operation: operation.into(),
            command: command.into(),
        }
    }
}

/// What happens while a lease is waited for, or raised.
#[derive(Clone, Copy, Debug)]
pub enum LockEvent<'a> {
    /// Another holds the lock. Said once for each holder.
    Waiting(&'a LockItem),
    /// This holder has said nothing for its whole lease; its lock is being taken over.
    TakingOver(&'a LockItem),
    /// The table has lost the numbers that were given before, the last of which the state knows.
    NumbersLost {
        /// The item of the lease that is raised above it.
        item: &'a LockItem,
        /// The state's number.
        state: u64,
    },
}

impl fmt::Display for LockEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Waiting(item) => write!(f, "waiting for the lock {}", item.held_by()),
            Self::TakingOver(item) => write!(
                f,
                "taking over the lock abandoned by {} (`{}`): no sign of life for {} s",
                item.owner,
                item.command,
                item.lease().as_secs_f64()
            ),
            Self::NumbersLost { item, state } => write!(
                f,
                "the lock table was made anew: it is at fencing number {}, the state at {state}; going on above that, after \
                 {} s in which whoever still holds the lost lock finds out",
                item.fencing,
                item.lease().as_secs_f64()
            ),
        }
    }
}

/// The lock, held. A task of its own renews it; dropped without [`Lease::release`], it is no longer renewed, and runs
/// out.
#[derive(Debug)]
pub struct Lease {
    table: Arc<dyn LockTable>,
    beat: Arc<Beat>,
    heartbeat: JoinHandle<()>,
    /// Whether there may be another holder, of a table that was lost.
    contested: AtomicBool,
}

impl Lease {
    /// Takes the lock `id` (the environment's name), waiting for another's release or death as long as the options
    /// allow. `notify` is told of what a person should know meanwhile.
    ///
    /// # Errors
    /// [`LockError::Held`] if another holds it still when the wait is over; [`LockError::NoTable`] if there is no
    /// table (or not yet).
    pub async fn acquire(
        table: Arc<dyn LockTable>,
        id: &str,
        options: &AcquireOptions,
        notify: &(dyn Fn(LockEvent<'_>) + Send + Sync),
    ) -> Result<Self, LockError> {
        let options = AcquireOptions { lease: options.lease.max(SHORTEST_LEASE), ..options.clone() };
        let (item, since) = acquire::acquire(table.as_ref(), id, &options, notify).await?;
        let beat = Arc::new(Beat::new(table.name(), item, since));
        let heartbeat = tokio::spawn(heartbeat::run(Arc::clone(&table), Arc::clone(&beat)));
        Ok(Self { table, beat, heartbeat, contested: AtomicBool::new(false) })
    }

    /// The fencing number: greater than that of every lease before.
    pub fn fencing(&self) -> u64 {
        self.beat.item().fencing
    }

    /// Raises the fencing number above one that the table has forgotten, and waits a whole lease: whoever held the lock in a table
    /// that was lost has noticed by then. What was read before that must be read again.
    ///
    /// Where the number is greater already, nothing is done.
    ///
    /// # Errors
    /// [`LockError::Lost`] if the lease is lost meanwhile.
    pub async fn raise_above(&self, number: u64) -> Result<(), LockError> {
        if self.fencing() > number { Ok(()) } else { self.outwait(number).await }
    }

    /// The same, but waits whatever the numbers are: for whoever may hold the lock in another table, of which this one says nothing.
    ///
    /// # Errors
    /// As for [`Lease::raise_above`].
    pub async fn outwait(&self, number: u64) -> Result<(), LockError> {
        let Some(floor) = number.checked_add(1).map(|floor| floor.max(self.fencing())) else {
            return Err(self.beat.watch().error("there is no number above the state's"));
        };
        self.contested.store(true, Ordering::Relaxed);
        let raised = async {
            self.beat.raise(floor).await;
            sleep(self.item().lease()).await;
        };
        tokio::select! {
            biased;
            error = self.lost() => return Err(error),
            () = raised => {}
        }
        self.contested.store(false, Ordering::Relaxed);
        Ok(())
    }

    /// What the table shows of this lease.
    pub fn item(&self) -> LockItem {
        self.beat.item()
    }

    /// Whether the lock is certainly still ours. To be asked before every mutating call; once false, always false.
    pub fn is_valid(&self) -> bool {
        self.beat.watch().is_valid()
    }

    /// Ends when the lease is lost, with why.
    pub async fn lost(&self) -> LockError {
        self.watch().lost().await
    }

    /// The means to ask, elsewhere, whether the lease is still valid.
    pub fn watch(&self) -> LeaseWatch {
        self.beat.watch().clone()
    }

    /// Gives the lock back, so that the next one need not wait: unless it must, for a holder of a table that was lost. Then it
    /// runs out.
    ///
    /// # Errors
    /// [`LockError::Lost`] if it was no longer ours; or why it could not be given back: it then runs out by itself.
    pub async fn release(mut self) -> Result<(), LockError> {
        self.heartbeat.abort();
        // Only when the task is gone is it certain that it sends nothing any more.
        (&mut self.heartbeat).await.ok();
        if self.contested.load(Ordering::Relaxed) {
            return Ok(());
        }
        heartbeat::release(self.table.as_ref(), &self.beat).await
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.heartbeat.abort();
        self.beat.watch().lose("it was given up");
    }
}

#[cfg(test)]
mod tests;
