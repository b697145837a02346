//! Whether a lease is still ours.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::clock::{Moment, is_over};
use super::{LockError, LockItem};

/// Tells whether a lease is still valid, wherever that must be known. Clones tell the same.
#[derive(Clone, Debug)]
pub struct LeaseWatch {
    table: Arc<str>,
    id: Arc<str>,
    lease: Duration,
    renewal: Arc<Mutex<Renewal>>,
    /// Why it was lost, if it was.
    lost: watch::Sender<Option<String>>,
}

#[derive(Debug)]
struct Renewal {
    /// The last moment before a write was sent that renewed the lease.
    sent: Moment,
    /// What has gone wrong with renewing since then.
    trouble: Option<LockError>,
}

impl LeaseWatch {
    pub(super) fn new(table: &str, item: &LockItem, since: Moment) -> Self {
        Self {
            table: table.into(),
            id: item.id.as_str().into(),
            lease: item.lease(),
            renewal: Arc::new(Mutex::new(Renewal { sent: since, trouble: None })),
            lost: watch::Sender::new(None),
        }
    }

    /// Whether the lock is certainly still ours; once false, always false.
    pub fn is_valid(&self) -> bool {
        self.check().is_ok()
    }

    /// Nothing, or why the lock is not certainly ours any more.
    ///
    /// # Errors
    /// [`LockError::Lost`].
    pub fn check(&self) -> Result<(), LockError> {
        // Not left to the heartbeat's task alone, which may not have had its turn.
        if is_over(self.renewed().elapsed(), self.lease) {
            let trouble = self.renewal().trouble.take().map_or_else(String::new, |trouble| format!(": {trouble}"));
            self.lose(&format!("it could not be renewed for {} s{trouble}", self.lease.as_secs_f64()));
        }
        match self.lost.borrow().as_deref() {
            None => Ok(()),
            Some(reason) => Err(self.error(reason)),
        }
    }

    /// Ends when the lease is lost, with why.
    pub async fn lost(&self) -> LockError {
        let mut lost = self.lost.subscribe();
        match lost.wait_for(Option::is_some).await {
            Ok(reason) => self.error(reason.as_deref().unwrap_or_default()),
            // The sender is `self.lost`.
            Err(_) => self.error("the heartbeat ended"),
        }
    }

    /// Counts the lease from `sent`. If it has been found lost before, it stays so.
    pub(super) fn renew(&self, sent: Moment) {
        *self.renewal() = Renewal { sent, trouble: None };
    }

    /// Remembers why renewing does not work, in case the lease is lost for it.
    pub(super) fn trouble(&self, error: LockError) {
        tracing::warn!(%error, "trying again while the lease lasts");
        self.renewal().trouble = Some(error);
    }

    /// Lost, for this reason, if it has not been for another.
    pub(super) fn lose(&self, reason: &str) {
        self.lost.send_if_modified(|lost| {
            let first = lost.is_none();
            if first {
                *lost = Some(reason.to_owned());
            }
            first
        });
    }

    pub(super) fn renewed(&self) -> Moment {
        self.renewal().sent
    }

    fn renewal(&self) -> MutexGuard<'_, Renewal> {
        self.renewal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn error(&self, reason: &str) -> LockError {
        LockError::Lost { table: self.table.to_string(), id: self.id.to_string(), reason: reason.to_owned() }
    }
}
