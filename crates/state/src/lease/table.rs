//! The table that the lock is kept in, and writing to it with certainty.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use provision_reconciler::{CloudError, ErrorClass};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::LockItem;
use crate::writing::{Next, Seen, Writing};

/// How often a write is tried whose outcome is not plain.
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_millis(100);

/// A table of locks whose reads are strongly consistent and whose writes are conditional: DynamoDB, or memory.
#[async_trait]
pub trait LockTable: fmt::Debug + Send + Sync {
    /// The table's name.
    fn name(&self) -> &str;
    /// Reads a lock, consistently.
    ///
    /// # Errors
    /// If there is no table, the item is none of ours, or the call fails.
    async fn get(&self, id: &str) -> Result<Option<LockItem>, TableError>;
    /// Writes a lock, if the condition holds.
    ///
    /// # Errors
    /// If the condition does not hold, there is no table, or the call fails.
    async fn put(&self, item: &LockItem, condition: Condition) -> Result<(), TableError>;
}

/// What must be so for a write to be carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// There is no such item.
    Absent,
    /// The item has this record version.
    Version(Uuid),
}

/// Why a read or write of the table failed.
#[derive(Clone, Debug)]
pub enum TableError {
    /// There is no such table, or it is not active.
    NoTable,
    /// The condition did not hold. Also the answer to a repetition, made below us, of a write that had worked.
    Condition(CloudError),
    /// The item is none of ours, with what is wrong.
    Foreign(String),
    /// Anything else.
    Call(CloudError),
}

/// What became of a write.
pub(super) enum Outcome {
    /// It was carried out.
    Written,
    /// It was not, and will not be: this is there instead.
    Moved(Option<LockItem>),
}

impl Condition {
    /// That nothing has changed since this was seen.
    pub(crate) fn unchanged(seen: Option<&LockItem>) -> Self {
        seen.map_or(Self::Absent, |item| Self::Version(item.record_version))
    }
}

impl TableError {
    pub(super) fn is_transient(&self) -> bool {
        matches!(self, Self::Call(error) if error.class.is_transient())
    }
}

/// Writes an item and makes sure of the outcome: if the answer does not tell, a consistent read does, by the record
/// version. Each call is given up after `patience`, as one whose answer is lost.
pub(super) async fn write(
    table: &dyn LockTable,
    item: &LockItem,
    condition: Condition,
    patience: Duration,
) -> Result<Outcome, TableError> {
    let mut writing = Writing::new(ATTEMPTS);
    loop {
        let error = match answer_within(patience, "dynamodb:PutItem", table.put(item, condition)).await {
            Ok(()) => return Ok(Outcome::Written),
            Err(error @ TableError::Condition(_)) => error,
            Err(error) if error.is_transient() => error,
            Err(error) => return Err(error),
        };
        tracing::debug!(
            lock = item.id,
            attempt = writing.attempt(),
            ?error,
            "the outcome of a write is not plain; reading back"
        );
        let found = match read(table, &item.id, patience).await {
            Ok(found) => Some(found),
            Err(error) if error.is_transient() => None,
            Err(error) => return Err(error),
        };
        match (writing.looked(seen(item, condition, found.as_ref())), found) {
            (Next::Again, _) => {}
            (Next::Written, _) => return Ok(Outcome::Written),
            (Next::Moved, Some(found)) => return Ok(Outcome::Moved(found)),
            (Next::Moved | Next::Unsettled, _) => return Err(error),
        }
        sleep(PAUSE).await;
    }
}

/// What a look after a write of `item` found. `None`: the look failed.
pub(crate) fn seen(item: &LockItem, condition: Condition, found: Option<&Option<LockItem>>) -> Seen {
    match found {
        None => Seen::Unclear,
        Some(Some(found)) if found.record_version == item.record_version => Seen::Ours,
        Some(found) if Condition::unchanged(found.as_ref()) == condition => Seen::Unchanged,
        Some(_) => Seen::Other,
    }
}

/// Reads a lock, giving up after `patience`.
pub(super) async fn read(table: &dyn LockTable, id: &str, patience: Duration) -> Result<Option<LockItem>, TableError> {
    answer_within(patience, "dynamodb:GetItem", table.get(id)).await
}

async fn answer_within<T>(
    patience: Duration,
    action: &str,
    call: impl Future<Output = Result<T, TableError>>,
) -> Result<T, TableError> {
    timeout(patience, call).await.unwrap_or_else(|_| {
        let message = format!("no answer within {} s", patience.as_secs_f64());
        let hint = "check the network and AWS's health, then run the same command again: it continues";
        Err(TableError::Call(CloudError::new(action, ErrorClass::Ambiguous, message).with_hint(hint)))
    })
}
