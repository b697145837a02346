//! Getting the lock.

use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};
use uuid::Uuid;

use super::clock::{Moment, is_over, later};
use super::table::{Condition, LockTable, Outcome, TableError, read, write};
use super::{AcquireOptions, LockError, LockEvent, LockItem};

/// The longest pause between two looks at a lock that another holds.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// The shortest, so that a tiny lease does not make a busy loop.
const SHORTEST_PAUSE: Duration = Duration::from_millis(20);
/// How many calls in a row may fail before it is given up.
const FAILURES: u32 = 3;

/// Takes the lock. Returns the item as written, and a moment before it was sent.
pub(super) async fn acquire(
    table: &dyn LockTable,
    id: &str,
    options: &AcquireOptions,
    notify: &(dyn Fn(LockEvent<'_>) + Send + Sync),
) -> Result<(LockItem, Moment), LockError> {
    let deadline = later(Instant::now(), options.wait);
    let patience = options.lease / 3;
    let mut watched: Option<Watched> = None;
    let mut said: Option<u64> = None;
    let mut ours: Option<Uuid> = None;
    let mut failures = 0;
    loop {
        let seen = match read(table, id, patience).await {
            Ok(seen) => seen,
            Err(error) => {
                give_up_after(&mut failures, table, id, error)?;
                sleep(LONGEST_PAUSE.min(options.lease / 10)).await;
                continue;
            }
        };
        let now = Instant::now();
        match look(seen.as_ref(), &mut watched, ours, now) {
            Look::Held { holder, until } => {
                if now >= deadline {
                    return Err(LockError::held(table.name(), holder));
                }
                if said != Some(holder.fencing) {
                    said = Some(holder.fencing);
                    notify(LockEvent::Waiting(holder));
                }
                let pause = (holder.lease() / 10).clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
                sleep_until((now + pause).min(until).min(deadline)).await;
                continue;
            }
            Look::Dead(holder) => notify(LockEvent::TakingOver(holder)),
            Look::Free => {}
        }
        let item = LockItem::acquired(id, options, seen.as_ref());
        let sent = Moment::now();
        match write(table, &item, Condition::unchanged(seen.as_ref()), patience).await {
            Ok(Outcome::Written) if !is_over(sent.elapsed(), options.lease) => return Ok((item, sent)),
            // It took so long to learn of it that it has run out; there is no need to outwait ourselves.
            Ok(Outcome::Written) => ours = Some(item.record_version),
            // Another was faster, or the holder is alive after all.
            Ok(Outcome::Moved(_)) => {}
            Err(error) => {
                // Should it arrive yet, it is ours all the same.
                ours = Some(item.record_version);
                give_up_after(&mut failures, table, id, error)?;
                continue;
            }
        }
        failures = 0;
    }
}

/// A record version that does not move, and since when.
#[derive(Clone, Copy)]
pub(crate) struct Watched {
    pub(crate) version: Uuid,
    pub(crate) since: Instant,
}

/// What a lock that was seen means for one who wants it.
pub(crate) enum Look<'a> {
    /// Nobody holds it.
    Free,
    /// Its holder has said nothing for its whole lease.
    Dead(&'a LockItem),
    /// It is held, at least until then.
    Held { holder: &'a LockItem, until: Instant },
}

/// What a lock means that was seen just before `now`. `ours` is the version of an attempt of our own that may have worked.
///
/// The lease is counted from after the answer that first showed the version: from when it is known to have been there.
pub(crate) fn look<'a>(
    seen: Option<&'a LockItem>,
    watched: &mut Option<Watched>,
    ours: Option<Uuid>,
    now: Instant,
) -> Look<'a> {
    let Some(holder) = seen.filter(|item| item.held && ours != Some(item.record_version)) else { return Look::Free };
    let version = holder.record_version;
    let watch = watched.filter(|watch| watch.version == version).unwrap_or(Watched { version, since: now });
    *watched = Some(watch);
    let until = later(watch.since, holder.lease());
    if now < until { Look::Held { holder, until } } else { Look::Dead(holder) }
}

/// Lets pass what may pass by itself, so many times.
fn give_up_after(failures: &mut u32, table: &dyn LockTable, id: &str, error: TableError) -> Result<(), LockError> {
    *failures += 1;
    if error.is_transient() && *failures < FAILURES {
        tracing::debug!(lock = id, ?error, "trying again");
        return Ok(());
    }
    Err(LockError::table("acquire", table.name(), id, error))
}
