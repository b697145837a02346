//! Waiting for AWS: tightly at first, then less and less often, within a deadline.

use std::future::Future;
use std::time::Duration;

use provision_reconciler::{CloudError, ErrorClass, Notes};
use tokio::time::{Instant, sleep};

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How long a wait goes on before the person is told of it.
const PATIENCE: Duration = Duration::from_secs(3);

/// What a look at a resource that is being waited for found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Poll<T> {
    /// It is as it should be.
    Ready(T),
    /// Not yet; it is in this state.
    Pending(String),
}

/// Looks until it is ready. `what` is said to the person: `table orders to become ACTIVE`.
///
/// # Errors
/// What `look` reports, or that the deadline has passed, with the last state seen.
pub async fn wait_until<T, F: Future<Output = Result<Poll<T>, CloudError>>>(
    action: &str,
    what: &str,
    deadline: Duration,
    notes: &Notes,
    mut look: impl FnMut() -> F,
) -> Result<T, CloudError> {
    let start = Instant::now();
    let mut pause = Pause::default();
    let mut said = String::new();
    loop {
        let state = match look().await? {
            Poll::Ready(value) => return Ok(value),
            Poll::Pending(state) => state,
        };
        if start.elapsed() >= deadline {
            return Err(CloudError::new(
                action,
                ErrorClass::Busy,
                format!("gave up waiting for {what} after {} s; it is still {state}", deadline.as_secs()),
            )
            .with_hint("see the resource in the AWS console; the next apply goes on from where it then is"));
        }
        if start.elapsed() >= PATIENCE && said != state {
            notes.say(&format!("waiting for {what}: {state}"));
            said = state;
        }
        pause.sleep().await;
    }
}

/// Makes a call again while it fails in a way that passes by itself: eventual consistency, or an earlier change that is
/// still under way. `passes` tells which errors those are.
///
/// # Errors
/// The call's own error, if it is another one or the deadline has passed.
pub async fn retry_while<T, F: Future<Output = Result<T, CloudError>>>(
    deadline: Duration,
    notes: &Notes,
    passes: impl Fn(&CloudError) -> bool,
    mut call: impl FnMut() -> F,
) -> Result<T, CloudError> {
    let start = Instant::now();
    let mut pause = Pause::default();
    let mut said = false;
    loop {
        match call().await {
            Err(error) if passes(&error) && start.elapsed() < deadline => {
                if !said && start.elapsed() >= PATIENCE {
                    notes.say(&format!("trying again: {error}"));
                    said = true;
                }
                pause.sleep().await;
            }
            result => return result,
        }
    }
}

/// The pauses between looks: each longer than the one before by half, up to the longest.
struct Pause(Duration);

impl Default for Pause {
    fn default() -> Self {
        Self(FIRST_PAUSE)
    }
}

impl Pause {
    async fn sleep(&mut self) {
        sleep(self.0).await;
        self.0 = (self.0 + self.0 / 2).min(LONGEST_PAUSE);
    }
}
