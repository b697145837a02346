//! Waiting for a canary to arrive.

use std::time::Duration;

use aws_sdk_s3::types::ReplicationStatus;
use provision_reconciler::CloudError;
use tokio::time::{Instant, sleep};

use crate::s3_bucket::probe::{Probe, TAKEN_UP};
use crate::s3_bucket::recovery::Copying;

/// The first pause between two looks, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// What became of waiting.
#[derive(Debug)]
pub(super) enum Waited {
    /// It is there, after so long.
    Arrived(Duration),
    /// S3 says that it could not copy it.
    Failed,
    /// S3 does not mean to copy it.
    Ignored,
    /// It is not there, after so long.
    Late(Duration),
    /// The person asked to stop.
    Stopped,
}

/// Waits until it is there, or S3 says that it will not be, for as long as the check may wait.
pub(super) async fn wait(
    copying: &Copying<'_>,
    here: Probe<'_>,
    there: Probe<'_>,
    start: Instant,
) -> Result<Waited, CloudError> {
    let (mut pause, longest) = PAUSES;
    let deadline = copying.recovery.objective.patience;
    loop {
        // Whether it is there is asked there: what the primary says may lag behind that.
        let looks = futures::join!(there.is_there(), here.status());
        let elapsed = start.elapsed();
        match looked(looks, elapsed) {
            Ok(Some(waited)) => return Ok(waited),
            Ok(None) if elapsed >= deadline => return Ok(Waited::Late(elapsed)),
            Ok(None) => {}
            // One look of hundreds: the next may tell.
            Err(error) if error.class.is_transient() && elapsed < deadline => {}
            Err(error) => return Err(error),
        }
        tokio::select! {
            () = sleep(pause.min(deadline - elapsed)) => {}
            () = copying.recovery.permit.withdrawn() => return Ok(Waited::Stopped),
        }
        pause = (pause * 3 / 2).min(longest);
    }
}

/// The answers to whether it is there and to how far S3 has come.
type Looks = (Result<bool, CloudError>, Result<Option<ReplicationStatus>, CloudError>);

/// What the two looks tell; `None` if there is more to wait for. What one of them tells counts whatever became of the other.
fn looked((arrived, status): Looks, elapsed: Duration) -> Result<Option<Waited>, CloudError> {
    match (arrived, status) {
        (Ok(true), _) => Ok(Some(Waited::Arrived(elapsed))),
        (_, Ok(Some(ReplicationStatus::Failed))) => Ok(Some(Waited::Failed)),
        (Err(error), _) | (_, Err(error)) => Err(error),
        (Ok(false), Ok(None)) if elapsed > TAKEN_UP => Ok(Some(Waited::Ignored)),
        (Ok(false), Ok(_)) => Ok(None),
    }
}

/// Waits until S3 has done with it everywhere: a copy that comes after the others were taken away would stay.
pub(super) async fn settle(copying: &Copying<'_>, here: Probe<'_>, start: Instant) {
    let (mut pause, longest) = PAUSES;
    let deadline = copying.recovery.objective.patience;
    while matches!(here.status().await, Ok(Some(ReplicationStatus::Pending))) && start.elapsed() < deadline {
        tokio::select! {
            () = sleep(pause) => {}
            () = copying.recovery.permit.withdrawn() => return,
        }
        pause = (pause * 3 / 2).min(longest);
    }
}

#[cfg(test)]
mod tests {
    use provision_reconciler::ErrorClass;

    use super::*;

    fn error(class: ErrorClass) -> CloudError {
        CloudError::new("s3:GetObject", class, "no")
    }

    fn told(looks: Looks, seconds: u64) -> String {
        match looked(looks, Duration::from_secs(seconds)) {
            Ok(None) => "wait".to_owned(),
            Ok(Some(waited)) => format!("{waited:?}"),
            Err(error) if error.class.is_transient() => "wait, perhaps".to_owned(),
            Err(_) => "stop".to_owned(),
        }
    }

    #[test]
    fn one_bad_look_is_no_end_of_waiting() {
        let pending = || Ok(Some(ReplicationStatus::Pending));
        assert_eq!(told((Ok(false), pending()), 1), "wait");
        assert_eq!(told((Ok(true), Err(error(ErrorClass::Ambiguous))), 1), "Arrived(1s)");
        for class in [ErrorClass::Ambiguous, ErrorClass::Busy, ErrorClass::Throttled] {
            assert_eq!(told((Err(error(class)), pending()), 1), "wait, perhaps");
            assert_eq!(told((Ok(false), Err(error(class))), 1), "wait, perhaps");
        }
        for class in [ErrorClass::Denied, ErrorClass::NotFound, ErrorClass::Refused] {
            assert_eq!(told((Err(error(class)), pending()), 1), "stop");
        }
        assert_eq!(told((Err(error(ErrorClass::Throttled)), Ok(Some(ReplicationStatus::Failed))), 1), "Failed");
    }

    #[test]
    fn what_s3_does_not_take_up_is_not_waited_for() {
        assert_eq!(told((Ok(false), Ok(None)), 20), "wait");
        assert_eq!(told((Ok(false), Ok(None)), 21), "Ignored");
        assert_eq!(told((Ok(false), Ok(Some(ReplicationStatus::Pending))), 800), "wait");
        // A look that failed tells nothing of that.
        assert_eq!(told((Err(error(ErrorClass::Throttled)), Ok(None)), 21), "wait, perhaps");
    }
}
