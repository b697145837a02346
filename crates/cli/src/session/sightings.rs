//! What a check that is run again and again remembers of an environment, and whom it tells.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use provision_config::Environment;
use provision_reconciler::drift::Since;
use provision_state::watch::{Sights, Telling, Watch};
use provision_state::{State, StateError, Store, WatchStored};
use uuid::Uuid;

use super::Session;
use crate::context::Context;
use crate::failure::Failure;
use crate::notify::{About, Message, Target, Targets};

/// How often it is tried to write beside another run of the same check.
const ATTEMPTS: usize = 5;

/// What a check remembers, and what it is to do about it.
pub struct Sightings {
    /// Which check: `drift`, `dr`.
    check: &'static str,
    stored: WatchStored,
    /// When this run began to look.
    looked_at: Timestamp,
    /// Whether another run has written since.
    was_overtaken: bool,
    memory: Memory,
}

/// One environment as a check has seen it.
pub struct Seen {
    /// The session.
    pub session: Session,
    /// What is remembered of the environment.
    pub state: State,
    /// The key that the state is encrypted with.
    pub kms_key: Option<String>,
    /// What is wrong, as a check remembers it.
    pub sights: Sights,
    /// What it remembers so far.
    pub sightings: Sightings,
}

/// Whether what is seen is to be remembered, and what of it is told again.
#[derive(Clone, Copy, Debug, Default)]
pub struct Memory {
    /// Whether it is.
    pub remember: bool,
    /// After how long what is still there is told again; never, if `None`.
    pub remind: Option<SignedDuration>,
}

impl Sightings {
    /// What the check of this name remembers of an environment. If it need not remember more, that it cannot be read is no error: a
    /// report does not say then since when.
    ///
    /// # Errors
    /// If it cannot be read.
    pub async fn load(session: &Session, check: &'static str, memory: Memory) -> Result<Self, StateError> {
        let looked_at = now();
        let stored = match session.store(None).await.load_watch(check).await {
            Ok(stored) => stored,
            Err(error) if memory.remember => return Err(error),
            Err(error) => {
                tracing::debug!(%error, "what the check remembers cannot be read");
                WatchStored::default()
            }
        };
        Ok(Self { check, stored, looked_at, was_overtaken: false, memory })
    }

    /// The keys of what was there when it was last looked.
    pub fn keys(&self, state: &State) -> Vec<String> {
        self.watch(state).sightings.into_keys().collect()
    }

    /// Since when each of what is seen now has been there, by its key. What is seen for the first time is told only if it is
    /// to be remembered: else nobody knows whether it was there a moment ago.
    pub fn since(&self, state: &State, sights: &Sights) -> impl Fn(&str) -> Option<Since> + use<> {
        let remembering = self.memory.remember;
        let mut watch = self.watch(state);
        let known = watch.sightings.clone();
        watch.look(self.looked_at, sights, Telling::Nobody);
        move |key| {
            let sighting = if remembering { watch.sightings.get(key) } else { known.get(key) }?;
            Some(Since { first_seen: sighting.first_seen, after: sighting.after })
        }
    }

    /// Writes down what is seen and what is to be told of it. Returns that, and the ids of the letters that this run is to deliver.
    async fn note(
        &mut self,
        store: &dyn Store,
        state: &State,
        sights: &Sights,
        targets: &Targets,
    ) -> Result<(Watch, Vec<Uuid>), Failure> {
        let telling = if targets.is_empty() { Telling::Nobody } else { Telling::Changes(self.memory.remind) };
        let mut taken = Vec::new();
        let looked_at = self.looked_at;
        let watch = self
            .amend(store, state, |watch, is_stale| {
                let news = if is_stale { Vec::new() } else { watch.look(looked_at, sights, telling) };
                taken = watch.write(now(), news, &marks(watch, targets.iter().map(Target::as_str)));
            })
            .await?;
        Ok((watch, taken))
    }

    /// Changes what is remembered, beside other runs. The change is told whether what this run has seen is stale.
    async fn amend(
        &mut self,
        store: &dyn Store,
        state: &State,
        mut change: impl FnMut(&mut Watch, bool),
    ) -> Result<Watch, Failure> {
        let mut attempts = 0;
        loop {
            let mut watch = self.watch(state);
            let is_stale = self.is_stale(&watch);
            change(&mut watch, is_stale);
            attempts += 1;
            match store.save_watch(self.check, &watch, self.stored.etag.as_deref()).await {
                Ok(etag) => {
                    self.stored = WatchStored { watch: Some(watch.clone()), etag: Some(etag) };
                    return Ok(watch);
                }
                // Another run has written meanwhile: what it has seen and told need not be told again.
                Err(StateError::Moved { .. }) if attempts < ATTEMPTS => {
                    self.stored = store.load_watch(self.check).await?;
                    self.was_overtaken = true;
                }
                Err(error) => return Err(Failure::from(error).doing("remember what was seen")),
            }
        }
    }

    /// Whether another run has looked since this one did: what has been mended in between would be told as news. Times are no finer
    /// than a second, so of two runs in the same one it is the later to write. The next run looks anyway.
    fn is_stale(&self, watch: &Watch) -> bool {
        self.was_overtaken && watch.checked_at.is_some_and(|checked_at| checked_at >= self.looked_at)
    }

    /// What is remembered of this very state.
    fn watch(&self, state: &State) -> Watch {
        let own = self.stored.watch.clone().filter(|watch| watch.lineage == state.lineage);
        own.unwrap_or_else(|| Watch::new(&state.environment, state.lineage))
    }
}

impl Session {
    /// Tells all of these targets something that is not remembered.
    ///
    /// # Errors
    /// If one of them cannot be told.
    pub async fn tell(
        environment: &Environment,
        targets: &Targets,
        message: &Message,
        context: &Context,
    ) -> Result<(), Failure> {
        if targets.is_empty() {
            return Ok(());
        }
        // Whatever could not be reached there, whom to tell is not in the other region.
        let session = Self::in_its_region(context, environment.clone()).await?;
        let told = targets.tell(targets.iter(), &session.aws, &environment.region, message).await;
        Failure::all(told.failures).map_or(Ok(()), Err)
    }
}

impl Seen {
    /// Remembers it, and tells these targets what has changed.
    ///
    /// # Errors
    /// If it cannot be remembered, which they are told instead; or if not all of it can be told, which the next run does.
    pub async fn remember(self, targets: &Targets) -> Result<(), Failure> {
        let Self { session, state, kms_key, sights, mut sightings } = self;
        let key = session.key_of(&state, kms_key);
        let store = session.store(key.as_deref()).await;
        let about = About::new(sightings.check, &session.environment);
        let (watch, taken) = match sightings.note(&store, &state, &sights, targets).await {
            Ok(noted) => noted,
            Err(failure) => {
                let message = Message::failed(about, &failure.to_string(), now());
                let told = targets.tell(targets.iter(), &session.aws, &session.environment.region, &message).await;
                let failures = std::iter::once(failure).chain(told.failures).collect();
                return Failure::all(failures).map_or(Ok(()), Err);
            }
        };
        let letters = watch.outbox.iter().filter(|letter| taken.contains(&letter.id));
        let mut delivered = BTreeMap::new();
        let mut failures = Vec::new();
        for letter in letters {
            let message = Message::new(about, letter);
            let left = targets.iter().filter(|target| !letter.delivered.contains(&watch.mark_of(target.as_str())));
            let outcome = targets.tell(left, &session.aws, &session.environment.region, &message).await;
            delivered.insert(letter.id, marks(&watch, outcome.told.iter().map(String::as_str)));
            failures.extend(outcome.failures);
        }
        if !taken.is_empty() {
            sightings.amend(&store, &state, |watch, _| watch.cross_out(now(), &taken, &delivered)).await?;
        }
        Failure::all(failures).map_or(Ok(()), Err)
    }
}

/// What stands for each of these targets.
fn marks<'a>(watch: &Watch, targets: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    targets.map(|target| watch.mark_of(target)).collect()
}

/// Now, no finer than a person cares for.
fn now() -> Timestamp {
    let now = Timestamp::now();
    now.round(jiff::Unit::Second).unwrap_or(now)
}

#[cfg(test)]
mod tests;
