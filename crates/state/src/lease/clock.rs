//! How much time has passed for the holder.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use tokio::time::Instant;

/// The clock that goes on while the machine is suspended.
#[cfg(target_os = "linux")]
const AWAKE_OR_NOT: ClockId = ClockId::Boottime;
/// The clock that goes on while the machine is suspended, which on macOS is this one.
#[cfg(not(target_os = "linux"))]
const AWAKE_OR_NOT: ClockId = ClockId::Monotonic;

/// A moment in a holder's life.
///
/// The monotonic clock stands still while a laptop sleeps; a lease does not. So a holder counts by the clock that has
/// gone further. (A waiter counts by the monotonic one alone: it must never think that more time has passed than has.)
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    monotonic: Instant,
    awake_or_not: Option<Duration>,
}

impl Moment {
    pub(super) fn now() -> Self {
        Self { monotonic: Instant::now(), awake_or_not: awake_or_not() }
    }

    /// How long ago it was.
    pub(super) fn elapsed(self) -> Duration {
        let slept = match (self.awake_or_not, awake_or_not()) {
            (Some(then), Some(now)) => now.saturating_sub(then),
            _ => Duration::ZERO,
        };
        self.monotonic.elapsed().max(slept)
    }

    /// The moment on the monotonic clock that is so much later.
    pub(super) fn after(self, duration: Duration) -> Instant {
        later(self.monotonic, duration)
    }
}

/// Whether a lease is over for its holder, who sent the write that renewed it so long ago.
pub(crate) fn is_over(since_sent: Duration, lease: Duration) -> bool {
    since_sent >= lease
}

/// So much later, or so much later that nobody will wait for it: lengths come from options and from the table.
pub(super) fn later(instant: Instant, duration: Duration) -> Instant {
    const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
    instant + duration.min(YEAR)
}

fn awake_or_not() -> Option<Duration> {
    Duration::try_from(clock_gettime(AWAKE_OR_NOT)).ok()
}
