//! What became of a call that ended in an error: an answer that is lost is not a failure.

use std::time::Duration;

use provision_config::unknown;
use tokio::time::sleep;

use super::Work;
use crate::erased::AnyKind;
use crate::error::{CloudError, ErrorClass};
use crate::execute::Standing;
use crate::kind::Target;
use crate::ownership;
use crate::step::{AnyStep, Idempotency};

/// How often, and how far apart, a creation whose answer was lost is looked for before it is taken not to have happened.
/// Reads of a resource lag its creation by up to some seconds.
const LOOKS: [Duration; 4] =
    [Duration::ZERO, Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(5)];

/// How often a creation whose answer was lost is tried in all.
const ATTEMPTS: usize = 2;

/// What an error means for the call that ended in it.
enum Verdict {
    /// It was carried out.
    Done,
    /// It was not, and may be tried again.
    Again,
    /// It failed.
    Failed,
}

impl Work<'_> {
    /// Makes the call. If its answer is lost, finds out whether it was carried out before any second attempt. `None`: there may
    /// be no second attempt.
    pub(super) async fn call(&mut self, kind: &dyn AnyKind, step: &AnyStep) -> Option<Result<(), CloudError>> {
        let mut attempt = 1;
        loop {
            self.calls += 1;
            let Err(error) = kind.run(&self.scope, step, &mut self.progress).await else { return Some(Ok(())) };
            match self.verdict(kind, step, &error, attempt == ATTEMPTS).await {
                Verdict::Done => return Some(Ok(())),
                Verdict::Failed => return Some(Err(error)),
                Verdict::Again => {}
            }
            if self.execution.permit.standing() != Standing::Good {
                return None;
            }
            attempt += 1;
        }
    }

    /// What an error means for the call.
    async fn verdict(&mut self, kind: &dyn AnyKind, step: &AnyStep, error: &CloudError, last: bool) -> Verdict {
        // What is to go and is gone already is done: an earlier answer was lost.
        if self.is_deleting() {
            return if error.class == ErrorClass::NotFound { Verdict::Done } else { Verdict::Failed };
        }
        if self.progress.id.is_some() {
            return Verdict::Failed;
        }
        let there = match (step.idempotency, error.class) {
            (Idempotency::FindFirst, ErrorClass::Ambiguous) => {
                self.progress.notes.say("no answer came; looking for what may have been made");
                self.is_there(kind, true).await
            }
            // A second call does no harm, and its refusal tells that the first was carried out.
            (Idempotency::Token, ErrorClass::Ambiguous) if !last => Ok(false),
            // A repeated request whose first answer was lost: what is there carries this operation's id.
            (Idempotency::Token, ErrorClass::Ambiguous | ErrorClass::AlreadyExists | ErrorClass::Busy) => {
                self.is_there(kind, false).await
            }
            _ => return Verdict::Failed,
        };
        match (there, error.class) {
            (Ok(true), _) => Verdict::Done,
            (Ok(false), ErrorClass::Ambiguous) if !last => Verdict::Again,
            (Ok(false), _) => Verdict::Failed,
            // Nobody knows whether it is there: a second one must not be made.
            (Err(error), _) => {
                self.progress.notes.say(&format!("failed to look for it: {error}"));
                Verdict::Failed
            }
        }
    }

    /// Looks, with patience, for what a call without an answer may have made: by its tags, or by its name. What a look cannot tell,
    /// the next may; that there is nothing is for the last to say.
    async fn is_there(&mut self, kind: &dyn AnyKind, by_tags: bool) -> Result<bool, CloudError> {
        let mut answer = Ok(None);
        for pause in LOOKS {
            sleep(pause).await;
            answer = self.look(kind, by_tags).await;
            match answer {
                Ok(Some(true)) => return Ok(true),
                // What has the name is somebody else's; what has the tags may be an older one.
                Ok(Some(false)) if !by_tags => return Ok(false),
                _ => {}
            }
        }
        answer.map(|_| false)
    }

    async fn look(&mut self, kind: &dyn AnyKind, by_tags: bool) -> Result<Option<bool>, CloudError> {
        let ids = if by_tags {
            kind.find_all(&self.scope).await?
        } else {
            let identity = self.change.identity.as_ref();
            let identity =
                identity.map(|identity| unknown::substitute_text(identity, &|reference| self.value(reference)));
            identity.into_iter().collect()
        };
        self.read(kind, ids).await
    }

    /// Reads what was found; takes the id and outputs of what is of this operation. `None`: nothing is seen there.
    async fn read(&mut self, kind: &dyn AnyKind, ids: Vec<String>) -> Result<Option<bool>, CloudError> {
        let target = |id| Target { scope: self.scope.clone(), id, desired: None };
        let mut seen = None;
        for answer in kind.read(ids.into_iter().map(target).collect()).await {
            let Some(observed) = answer? else { continue };
            let ours = observed.tags.get(ownership::OPERATION) == Some(&self.scope.operation)
                && ownership::is_ours(&observed.tags, &self.scope.environment, self.address);
            if ours {
                self.progress.id = Some(observed.id);
                self.progress.outputs.extend(observed.outputs);
                return Ok(Some(true));
            }
            seen = Some(false);
        }
        Ok(seen)
    }
}
