//! Looking at a lock, and putting a holder out.

use tokio::time::sleep;

use super::table::{Condition, LockTable, Outcome, read, write};
use super::{DEFAULT_LEASE, LockError, LockItem};

/// How often a release is tried over a holder's heartbeats.
const ATTEMPTS: u32 = 10;
/// How often it is looked within a lease whether it is renewed.
const LOOKS: u32 = 15;

/// The lock as it is, held or not. `None` if it was never acquired.
///
/// # Errors
/// [`LockError::NoTable`], or if it cannot be read.
pub async fn status(table: &dyn LockTable, id: &str) -> Result<Option<LockItem>, LockError> {
    read(table, id, DEFAULT_LEASE).await.map_err(|error| LockError::table("read", table.name(), id, error))
}

/// Whether the holder of the lock is at work: it renews it, or gives it back, within its lease. One that has died does neither, and holds
/// it until somebody else takes it over. Takes as long as a third of the lease, or all of it if the holder has died.
///
/// # Errors
/// As for [`status`].
pub async fn is_renewed(table: &dyn LockTable, held: &LockItem) -> Result<bool, LockError> {
    let pause = held.lease() / LOOKS;
    for _ in 0..LOOKS {
        sleep(pause).await;
        let now = status(table, &held.id).await?;
        if now.is_none_or(|now| now.record_version != held.record_version) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Puts the holder with this fencing number out, and no other: the one that was shown to the person. A holder that is
/// alive finds itself lost at its next heartbeat, up to a third of its lease later. Returns the lock, released.
///
/// # Errors
/// [`LockError::Changed`] if that holder does not hold it (any more).
pub async fn force_release(table: &dyn LockTable, id: &str, fencing: u64) -> Result<LockItem, LockError> {
    let changed = |found: String| LockError::Changed { table: table.name().to_owned(), id: id.to_owned(), found };
    for _ in 0..ATTEMPTS {
        let item = match status(table, id).await? {
            Some(item) if item.held && item.fencing == fencing => item,
            Some(item) if item.held => {
                return Err(changed(format!("it is now {}, under fencing number {}", item.held_by(), item.fencing)));
            }
            Some(_) => return Err(changed("it is not held any more".to_owned())),
            None => return Err(changed("it was never held".to_owned())),
        };
        let released = item.released();
        let outcome = write(table, &released, Condition::Version(item.record_version), DEFAULT_LEASE).await;
        match outcome.map_err(|error| LockError::table("release", table.name(), id, error))? {
            Outcome::Written => return Ok(released),
            // Most likely the holder's heartbeat. Whether it is still the same holder, the next look tells.
            Outcome::Moved(_) => {}
        }
    }
    Err(changed("its holder renews it again and again".to_owned()))
}
