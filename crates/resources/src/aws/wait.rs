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

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// Notes, and what was said.
    fn notes() -> (Notes, Arc<Mutex<Vec<String>>>) {
        let said = Arc::new(Mutex::new(Vec::new()));
        let listener = Arc::clone(&said);
        (Notes::to(move |text| listener.lock().unwrap_or_else(|said| said.into_inner()).push(text.to_owned())), said)
    }

    fn heard(said: &Mutex<Vec<String>>) -> Vec<String> {
        said.lock().unwrap_or_else(|said| said.into_inner()).clone()
    }

    fn busy() -> CloudError {
        CloudError::new("s3:PutBucketPolicy", ErrorClass::Busy, "not now")
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_ends_when_it_is_ready_and_says_what_it_waits_for() {
        let (notes, said) = notes();
        let start = Instant::now();
        let look = || async {
            if start.elapsed() < Duration::from_secs(20) {
                Ok(Poll::Pending("CREATING".to_owned()))
            } else {
                Ok(Poll::Ready(7))
            }
        };
        let ready = wait_until("dynamodb:CreateTable", "table a", Duration::from_secs(60), &notes, look).await;
        assert_eq!(ready.ok(), Some(7));
        assert!(start.elapsed() < Duration::from_secs(26), "{:?}", start.elapsed());
        assert_eq!(heard(&said), ["waiting for table a: CREATING"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_gives_up_at_its_deadline() {
        let look = || async { Ok(Poll::<()>::Pending("CREATING".to_owned())) };
        let deadline = Duration::from_secs(60);
        let error = wait_until("dynamodb:CreateTable", "table a", deadline, &Notes::default(), look).await.err();
        let error = error.map(|error| error.to_string()).unwrap_or_default();
        insta::assert_snapshot!(error, @"dynamodb:CreateTable failed: gave up waiting for table a after 60 s; it is still CREATING");
    }

    #[tokio::test(start_paused = true)]
    async fn what_passes_is_tried_again_until_the_deadline_and_nothing_else_is() {
        let (notes, said) = notes();
        let start = Instant::now();
        let passes = |error: &CloudError| error.class == ErrorClass::Busy;
        let call = || async { if start.elapsed() < Duration::from_secs(10) { Err(busy()) } else { Ok(7) } };
        assert_eq!(retry_while(Duration::from_secs(60), &notes, passes, call).await.ok(), Some(7));
        assert_eq!(heard(&said), ["trying again: s3:PutBucketPolicy failed: not now"]);

        let start = Instant::now();
        let result: Result<(), _> =
            retry_while(Duration::from_secs(60), &notes, passes, || async { Err(busy()) }).await;
        assert!(result.is_err() && start.elapsed() >= Duration::from_secs(60));

        let start = Instant::now();
        let refused = || async { Err::<(), _>(CloudError { class: ErrorClass::Refused, ..busy() }) };
        assert!(retry_while(Duration::from_secs(60), &notes, passes, refused).await.is_err());
        assert_eq!(start.elapsed(), Duration::ZERO);
    }
}
