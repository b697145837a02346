//! Whether an environment is being worked on from its own region or from the other one: never from both.

use std::time::Duration;

use provision_reconciler::ErrorClass;
use provision_state::{Loaded, StateError, Store};
use tokio::time::timeout;

use super::Session;
use crate::exit::Exit;
use crate::failure::Failure;

/// How long a region that is asked whether it is there may take to answer.
const ANSWER: Duration = Duration::from_secs(5);
/// How long a region that has most likely nothing to say may keep a run waiting.
const PATIENCE: Duration = Duration::from_secs(2);

impl Session {
    /// Refuses to go on if the state was restored in the other region and not brought back. If that region does not answer, nobody
    /// can work there.
    pub(super) async fn is_at_home(&self) -> Result<(), Failure> {
        if !self.reach.is_whole() || self.returning {
            return Ok(());
        }
        let Some(recovered) = self.environment.recovered() else { return Ok(()) };
        let store = self.store_of(&recovered, None).await;
        let name = &self.environment.name;
        match timeout(PATIENCE, store.load()).await {
            Ok(Ok(Loaded::Present(stored))) => Err(Failure::new(format!(
                "{name} is being worked on from {}: its state was restored there, and is at serial {}",
                recovered.state.bucket_region, stored.state.serial
            ))
            .code("restored_elsewhere")
            .hint(format!(
                "work on it there, with `--dr`; once {} is back, `provision dr return-state {name}`",
                self.environment.region
            ))),
            Ok(Ok(Loaded::Absent { .. } | Loaded::NoBucket)) => Ok(()),
            Ok(Err(error)) => {
                tracing::debug!(%error, "whether the state was restored elsewhere cannot be read");
                Ok(())
            }
            Err(_) => Ok(()),
        }
    }

    /// The same session for bringing the state back: that it was restored elsewhere is known.
    #[must_use]
    pub fn returning(self) -> Self {
        Self { returning: true, ..self }
    }

    /// Whether the environment's region still answers when it is asked for the state. What it answers does not matter.
    pub async fn answers(&self) -> bool {
        match timeout(ANSWER, self.store(None).await.load()).await {
            Err(_) => false,
            Ok(Ok(_)) => true,
            Ok(Err(StateError::Call { source, .. })) => source.class != ErrorClass::Ambiguous,
            Ok(Err(_)) => true,
        }
    }

    /// What was read, unless it is to be read in the other region and was not restored there.
    pub(super) fn restored(&self, loaded: Loaded) -> Result<Loaded, Failure> {
        let name = &self.environment.name;
        match loaded {
            Loaded::Absent { .. } | Loaded::NoBucket if !self.reach.is_whole() => Err(Failure::new(format!(
                "the state of {name} was not restored in {}",
                self.environment.state.bucket_region
            ))
            .code("not_restored")
            .exit_with(Exit::INVALID)
            .hint(format!(
                "`provision dr restore-state {name}` restores it, if its own region is lost; else leave out --dr"
            ))),
            loaded => Ok(loaded),
        }
    }
}
