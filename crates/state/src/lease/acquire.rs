//! Getting the lock.

use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};
use uuid::Uuid;

use super::clock::{Moment, later};
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
        if let Some(holder) = seen.as_ref().filter(|item| item.held && ours != Some(item.record_version)) {
            let watch = match watched {
                Some(watch) if watch.version == holder.record_version => watch,
                // Counted from after the answer: from when this version is known to have been there.
                _ => Watched { version: holder.record_version, since: Instant::now() },
            };
            watched = Some(watch);
            let dead = later(watch.since, holder.lease());
            let now = Instant::now();
            if now < dead {
                if now >= deadline {
                    return Err(LockError::held(table.name(), holder));
                }
                if said != Some(holder.fencing) {
                    said = Some(holder.fencing);
                    notify(LockEvent::Waiting(holder));
                }
                let pause = (holder.lease() / 10).clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
                sleep_until((now + pause).min(dead).min(deadline)).await;
                continue;
            }
            notify(LockEvent::TakingOver(holder));
        }
        let item = LockItem::acquired(id, options, seen.as_ref());
        let sent = Moment::now();
        match write(table, &item, Condition::unchanged(seen.as_ref()), patience).await {
            Ok(Outcome::Written) if sent.elapsed() < options.lease => return Ok((item, sent)),
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
struct Watched {
    version: Uuid,
    since: Instant,
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
