//! Keeping the lock, and giving it back.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep_until};

use super::clock::{Moment, later};
use super::table::{Condition, LockTable, Outcome, TableError, write};
use super::watch::LeaseWatch;
use super::{LockError, LockItem};

/// How often giving back is tried over a heartbeat that arrived meanwhile.
const RELEASES: u32 = 3;

/// The lease as it was last written; shared with the task that renews it.
#[derive(Debug)]
pub(super) struct Beat {
    written: Mutex<Written>,
    watch: LeaseWatch,
    /// The number under which it is held.
    fencing: watch::Sender<u64>,
    /// That a renewal must not wait for its time.
    hurry: Notify,
}

#[derive(Debug)]
struct Written {
    item: LockItem,
    /// A renewal that has been sent, a moment before that, and of which nothing is known yet. It is sent again as it
    /// is, so that it does not matter which of the two arrives.
    sent: Option<(LockItem, Moment)>,
    /// The least number that the next renewal is to have.
    floor: u64,
}

impl Beat {
    pub(super) fn new(table: &str, item: LockItem, since: Moment) -> Self {
        let watch = LeaseWatch::new(table, &item, since);
        let fencing = watch::Sender::new(item.fencing);
        Self { written: Mutex::new(Written { item, sent: None, floor: 0 }), watch, fencing, hurry: Notify::new() }
    }

    /// Lets the next renewal come at once, under a number of at least this. Returns once it is held under such a number.
    pub(super) async fn raise(&self, floor: u64) {
        {
            let mut written = self.written();
            written.floor = written.floor.max(floor);
        }
        self.hurry.notify_one();
        let mut fencing = self.fencing.subscribe();
        // The sender is `self.fencing`.
        fencing.wait_for(|fencing| *fencing >= floor).await.ok();
    }

    /// It was written. When it is time for the next renewal, counted from before this one was sent.
    fn renewed(&self, item: LockItem, sent: Moment) -> Instant {
        let mut written = self.written();
        let next = if item.fencing < written.floor { Instant::now() } else { sent.after(item.lease() / 3) };
        self.fencing.send_replace(item.fencing);
        *written = Written { item, sent: None, ..*written };
        self.watch.renew(sent);
        next
    }

    pub(super) fn watch(&self) -> &LeaseWatch {
        &self.watch
    }

    pub(super) fn item(&self) -> LockItem {
        self.written().item.clone()
    }

    fn written(&self) -> MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Renews the lease at a third of it, until it is lost. A renewal that fails is tried again until the lease is over.
pub(super) async fn run(table: Arc<dyn LockTable>, beat: Arc<Beat>) {
    let lease = beat.item().lease();
    let mut next = beat.watch.renewed().after(lease / 3);
    loop {
        let over = beat.watch.renewed().after(lease);
        tokio::select! {
            // What is over is over, even if the renewal is ready too.
            biased;
            () = sleep_until(over) => {}
            result = renew(table.as_ref(), &beat, next) => match result {
                Ok(then) => next = then,
                Err(error) => {
                    beat.watch.trouble(LockError::table("renew", table.name(), &beat.item().id, error));
                    next = later(Instant::now(), lease / 20);
                }
            },
        }
        if beat.watch.check().is_err() {
            return;
        }
    }
}

/// Renews the lease once, when it is time, or when its number is to be raised. Returns when it is time for the next renewal.
async fn renew(table: &dyn LockTable, beat: &Beat, when: Instant) -> Result<Instant, TableError> {
    tokio::select! {
        () = sleep_until(when) => {}
        () = beat.hurry.notified() => {}
    }
    let (current, renewed, sent) = {
        let mut written = beat.written();
        let (current, floor) = (written.item.clone(), written.floor);
        let (renewed, sent) = written.sent.get_or_insert_with(|| (current.renewed(floor), Moment::now())).clone();
        (current, renewed, sent)
    };
    match write(table, &renewed, Condition::Version(current.record_version), current.lease() / 6).await? {
        Outcome::Written => Ok(beat.renewed(renewed, sent)),
        Outcome::Moved(found) => {
            beat.watch.lose(&taken(found.as_ref(), &current));
            Ok(when)
        }
    }
}

/// Gives the lock back. Only when nothing renews it any more.
pub(super) async fn release(table: &dyn LockTable, beat: &Beat) -> Result<(), LockError> {
    let patience = beat.item().lease() / 6;
    for _ in 0..RELEASES {
        let item = beat.item();
        let condition = Condition::Version(item.record_version);
        let outcome = write(table, &item.released(), condition, patience).await;
        let found = match outcome.map_err(|error| LockError::table("release", table.name(), &item.id, error))? {
            Outcome::Written => return Ok(()),
            Outcome::Moved(found) => found,
        };
        let mut written = beat.written();
        match found {
            // A heartbeat that was broken off arrived after all: it is ours still.
            Some(found) if is_version(&written.sent, &found) => {
                *written = Written { item: found, sent: None, floor: 0 };
            }
            found => return Err(beat.watch.error(&taken(found.as_ref(), &item))),
        }
    }
    Err(beat.watch.error("it moved again and again"))
}

fn is_version(sent: &Option<(LockItem, Moment)>, found: &LockItem) -> bool {
    sent.as_ref().is_some_and(|(sent, _)| sent.record_version == found.record_version)
}

/// How the lock came to be another's.
fn taken(found: Option<&LockItem>, own: &LockItem) -> String {
    match found {
        None => "its item was deleted".to_owned(),
        Some(found) if found.fencing == own.fencing => "it was released by force".to_owned(),
        Some(found) => format!("it was taken over by {} (`{}`)", found.owner, found.command),
    }
}
