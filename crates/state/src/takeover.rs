//! The state as the holder of the lock may go by it.

use uuid::Uuid;

use crate::document::Author;
use crate::journal::Seal;
use crate::lease::{Lease, LockError, LockEvent};
use crate::store::{Loaded, StateError, Store, is_above};

/// How often the state may turn out to have a number that is not below ours: once if numbers were lost, and once more if a holder
/// of the lost table wrote meanwhile.
const RAISES: u32 = 3;

/// Why the state cannot be gone by.
#[derive(Clone, Debug, thiserror::Error)]
pub enum TakeOverError {
    /// The lock was lost.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The state cannot be read, or not be closed to an earlier writer.
    #[error(transparent)]
    State(#[from] StateError),
}

/// The state as it now is, for the holder of this lease to decide by and to write over. To be called before its first write.
///
/// The lease's fencing number is above the state's afterwards: it always is, unless the lock table was lost and made anew. Then it is
/// raised ([`Lease::raise_above`]), and the state is read again. What an earlier run was doing when it was interrupted is closed
/// ([`Store::seal`]).
///
/// # Errors
/// If the state cannot be read ([`StateError::is_damage`]: the number is above that of what is there all the same, if that can be
/// told), if another run writes it, or if the lease is lost.
pub async fn take_over(
    store: &dyn Store,
    lease: &Lease,
    author: &Author,
    notify: &(dyn Fn(LockEvent<'_>) + Send + Sync),
) -> Result<Loaded, TakeOverError> {
    let mut raises = 0;
    loop {
        let loaded = store.load().await;
        let number = match &loaded {
            Ok(Loaded::Present(stored)) => stored.state.number(),
            // Only what is damaged can be written over unread, and it may yet tell its number.
            Err(error) if error.is_damage() => store.token_of_any(Uuid::nil()).await?.map_or(0, |token| token.fencing),
            Ok(Loaded::Absent { .. } | Loaded::NoBucket) | Err(_) => 0,
        };
        if !is_above(lease.fencing(), number) && raises < RAISES {
            notify(LockEvent::NumbersLost { item: &lease.item(), state: number });
            lease.raise_above(number).await?;
            raises += 1;
            continue;
        }
        return match loaded? {
            Loaded::Present(stored) => {
                let sealed = store.seal(*stored, &Seal::new(author, lease.fencing())).await?;
                Ok(Loaded::Present(Box::new(sealed)))
            }
            nothing => Ok(nothing),
        };
    }
}

#[cfg(test)]
mod storm;
#[cfg(test)]
mod tests;
