//! Why there is no lock, or none any more.

use jiff::{SignedDuration, Timestamp};
use provision_reconciler::CloudError;

use super::{LockItem, TableError};

/// Why there is no lock, or none any more.
#[derive(Clone, Debug, thiserror::Error)]
pub enum LockError {
    /// Another holds it, and was waited for in vain.
    #[error("the lock `{id}` in table {table} is held by {owner} (`{command}`, operation {operation}) for {age:#}")]
    Held {
        /// The table.
        table: String,
        /// The lock: the environment's name.
        id: String,
        /// Who holds it.
        owner: String,
        /// The command that it is held for.
        command: String,
        /// The operation that it is held for.
        operation: String,
        /// The holder's fencing number, which [`super::force_release`] wants to be told.
        fencing: u64,
        /// When it was acquired, by the holder's clock.
        acquired_at: Timestamp,
        /// How long ago that is, by both clocks, in whole seconds.
        age: SignedDuration,
    },
    /// The lock was ours and no longer is; nothing may be changed any more.
    #[error("the lock `{id}` in table {table} was lost: {reason}")]
    Lost {
        /// The table.
        table: String,
        /// The lock.
        id: String,
        /// How.
        reason: String,
    },
    /// The holder that was to be put out is not the holder (any more).
    #[error("refused to release the lock `{id}` in table {table}: {found}")]
    Changed {
        /// The table.
        table: String,
        /// The lock.
        id: String,
        /// What was found instead.
        found: String,
    },
    /// There is no table, or it is still being made.
    #[error("there is no lock table {table}, or it is not active yet")]
    NoTable {
        /// The table.
        table: String,
    },
    /// The item is none of ours.
    #[error("the item `{id}` in table {table} is not a lock of this program: {problem}")]
    Foreign {
        /// The table.
        table: String,
        /// The item.
        id: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A call failed.
    #[error("failed to {doing} the lock `{id}` in table {table}: {source}")]
    Call {
        /// What was being done: `read`, `acquire`, `renew`, `release`.
        doing: &'static str,
        /// The table.
        table: String,
        /// The lock.
        id: String,
        /// The call's own error.
        source: Box<CloudError>,
    },
}

impl LockError {
    pub(super) fn held(table: &str, item: &LockItem) -> Self {
        Self::Held {
            table: table.to_owned(),
            id: item.id.clone(),
            owner: item.owner.clone(),
            command: item.command.clone(),
            operation: item.operation.clone(),
            fencing: item.fencing,
            acquired_at: item.acquired_at,
            age: item.age(),
        }
    }

    pub(super) fn table(doing: &'static str, table: &str, id: &str, error: TableError) -> Self {
        let (table, id) = (table.to_owned(), id.to_owned());
        match error {
            TableError::NoTable => Self::NoTable { table },
            TableError::Foreign(problem) => Self::Foreign { table, id, problem },
            TableError::Condition(source) | TableError::Call(source) => {
                Self::Call { doing, table, id, source: Box::new(source) }
            }
        }
    }

    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Held { .. } => {
                "wait for it to finish; a holder that died is replaced by itself once its lease has run out. Only if \
                 it is alive but stuck: `provision lock release`"
            }
            Self::Lost { .. } => "nothing more was changed; run the same command again, it continues from what AWS has",
            Self::Changed { .. } => "look again with `provision lock status`",
            Self::NoTable { .. } => "`provision apply` makes the table on its first run",
            Self::Foreign { .. } => {
                "another program keeps its locks in this table; set `lock_table` in the [state] table of the file to \
                 one of its own"
            }
            Self::Call { source, .. } => return source.hint.clone(),
        };
        Some(hint.to_owned())
    }
}
