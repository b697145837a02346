//! Whether an environment is being worked on from its own region or from the other one: never from both.

use std::time::Duration;

use provision_reconciler::{CloudError, ErrorClass};
use provision_state::{Loaded, LockError, StateError, Store, lease};
use tokio::time::timeout;

use super::Session;
use crate::exit::Exit;
use crate::failure::Failure;

/// How long a region that is asked whether it is there may take to answer.
const ANSWER: Duration = Duration::from_secs(5);

impl Session {
    /// Refuses to go on if the state was restored in the other region and not brought back, or if that region does not let us see
    /// whether it was. Where it does not answer, nobody can work there: that is said, and no more.
    pub(super) async fn is_at_home(&self) -> Result<(), Failure> {
        if !self.reach.is_whole() || self.returning {
            return Ok(());
        }
        let Some(recovered) = self.environment.recovered() else { return Ok(()) };
        let store = self.store_of(&recovered, None).await;
        let (name, region) = (&self.environment.name, &recovered.state.bucket_region);
        let unknown = |why: &str| {
            self.printer.warning(&format!(
                "whether {name} is being worked on from {region} is not known: {why}; if it is, stop this run"
            ));
        };
        match timeout(ANSWER, store.exists()).await {
            Ok(Ok(false)) => Ok(()),
            Ok(Ok(true)) => Err(Failure::new(format!(
                "{name} is being worked on from {region}: its state was restored there"
            ))
            .code("restored_elsewhere")
            .hint(format!(
                "work on it there, with `--dr`; once {} is back, `provision dr return-state {name}`",
                self.environment.state.bucket_region
            ))),
            Ok(Err(StateError::Call { source, .. })) if is_silence(&source) => {
                unknown(&source.to_string());
                Ok(())
            }
            Ok(Err(error)) => Err(Failure::new(format!(
                "whether {name} is being worked on from {region} cannot be seen: {error}"
            ))
            .code("restored_elsewhere")
            .hint(format!(
                "whoever changes {name} needs s3:ListBucket on {}: if its state was restored there, nothing may be changed here",
                recovered.state.bucket
            ))),
            Err(_) => {
                unknown(&format!("no answer within {} s", ANSWER.as_secs()));
                Ok(())
            }
        }
    }

    /// The same session for bringing the state back: that it was restored elsewhere is known.
    #[must_use]
    pub fn returning(self) -> Self {
        Self { returning: true, ..self }
    }

    /// Whether the environment's region still answers when it is asked for the state, or for the lock. What it answers does not matter.
    pub async fn answers(&self) -> bool {
        let state = async {
            let loaded = timeout(ANSWER, self.store(None).await.load()).await;
            loaded.is_ok_and(|loaded| !matches!(loaded, Err(StateError::Call { source, .. }) if is_silence(&source)))
        };
        let lock = async {
            let status = timeout(ANSWER, lease::status(&self.lock_table().await, &self.environment.name)).await;
            status.is_ok_and(|status| !matches!(status, Err(LockError::Call { source, .. }) if is_silence(&source)))
        };
        let (state, lock) = tokio::join!(state, lock);
        state || lock
    }

    /// What was read, unless it is to be read in the other region and was not restored there.
    pub(super) fn restored(&self, loaded: Loaded) -> Result<Loaded, Failure> {
        match loaded {
            Loaded::Absent { .. } | Loaded::NoBucket if !self.reach.is_whole() => Err(self.not_restored()),
            loaded => Ok(loaded),
        }
    }

    /// The state was not restored in the other region.
    pub fn not_restored(&self) -> Failure {
        let (name, region) = (&self.environment.name, &self.environment.state.bucket_region);
        Failure::new(format!("the state of {name} was not restored in {region}"))
            .code("not_restored")
            .exit_with(Exit::INVALID)
            .hint(format!(
                "`provision dr restore-state {name}` restores it, if its own region is lost; else leave out --dr"
            ))
    }
}

/// Whether an error says no more than that nobody answers.
fn is_silence(error: &CloudError) -> bool {
    error.class == ErrorClass::Ambiguous
}
