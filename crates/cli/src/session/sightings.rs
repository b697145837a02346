//! What a check that is run again and again remembers of an environment, and whom it tells.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use provision_reconciler::drift::Since;
use provision_state::watch::{News, Sights, Watch};
use provision_state::{State, StateError, Store, WatchStored};

use super::Session;
use crate::failure::Failure;
use crate::notify::{Message, Targets};

/// How often it is tried to write beside another run of the same check.
const ATTEMPTS: usize = 5;

/// What a check remembers, and what it is to do about it.
pub struct Sightings {
    /// Which check: `drift`, `dr`.
    check: &'static str,
    stored: WatchStored,
    now: Timestamp,
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
        let stored = match session.store(None).await.load_watch(check).await {
            Ok(stored) => stored,
            Err(error) if memory.remember => return Err(error),
            Err(error) => {
                tracing::debug!(%error, "what the check remembers cannot be read");
                WatchStored::default()
            }
        };
        Ok(Self { check, stored, now: now(), memory })
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
        watch.look(self.now, sights, None);
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
    ) -> Result<(Watch, Vec<uuid::Uuid>), Failure> {
        let (remind, mut taken) = (self.memory.remind, Vec::new());
        let watch = self
            .amend(store, state, |watch, now| {
                let news: Vec<News> = watch.look(now, sights, remind);
                taken = watch.write(now, news);
            })
            .await?;
        Ok((watch, taken))
    }

    /// Changes what is remembered, beside other runs.
    async fn amend(
        &mut self,
        store: &dyn Store,
        state: &State,
        mut change: impl FnMut(&mut Watch, Timestamp),
    ) -> Result<Watch, Failure> {
        let mut attempts = 0;
        loop {
            let mut watch = self.watch(state);
            change(&mut watch, self.now);
            attempts += 1;
            match store.save_watch(self.check, &watch, self.stored.etag.as_deref()).await {
                Ok(etag) => {
                    self.stored = WatchStored { watch: Some(watch.clone()), etag: Some(etag) };
                    return Ok(watch);
                }
                // Another run has written meanwhile: what it has seen and told need not be told again.
                Err(StateError::Moved { .. }) if attempts < ATTEMPTS => {
                    self.stored = store.load_watch(self.check).await?;
                    self.now = now();
                }
                Err(error) => return Err(Failure::from(error).doing("remember what was seen")),
            }
        }
    }

    /// What is remembered of this very state.
    fn watch(&self, state: &State) -> Watch {
        let own = self.stored.watch.clone().filter(|watch| watch.lineage == state.lineage);
        own.unwrap_or_else(|| Watch::new(&state.environment, state.lineage))
    }
}

impl Seen {
    /// Remembers it, and tells these targets what has changed.
    ///
    /// # Errors
    /// If it cannot be remembered, or not all of it can be told. What could not be told is told by the next run.
    pub async fn remember(self, targets: &Targets) -> Result<(), Failure> {
        let Self { session, state, kms_key, sights, mut sightings } = self;
        let key = session.key_of(&state, kms_key);
        let store = session.store(key.as_deref()).await;
        let (watch, taken) = sightings.note(&store, &state, &sights).await?;
        let letters = watch.outbox.iter().filter(|letter| taken.contains(&letter.id));
        let mut delivered = BTreeMap::new();
        let mut failures = Vec::new();
        for letter in letters {
            let (name, account) = (&session.environment.name, &session.environment.account);
            let message = Message::new(sightings.check, name, account, letter);
            let left = targets.iter().filter(|target| !letter.delivered.contains(&watch.mark_of(target.as_str())));
            let outcome = targets.tell(left, &session.aws, &session.environment.region, &message).await;
            let told = outcome.told.iter().map(|target| watch.mark_of(target)).collect();
            delivered.insert(letter.id, told);
            failures.extend(outcome.failures);
        }
        if !taken.is_empty() {
            let marks = targets.iter().map(|target| watch.mark_of(target.as_str())).collect();
            sightings.amend(&store, &state, |watch, now| watch.cross_out(now, &taken, &delivered, &marks)).await?;
        }
        Failure::all(failures).map_or(Ok(()), Err)
    }
}

/// Now, no finer than a person cares for.
fn now() -> Timestamp {
    let now = Timestamp::now();
    now.round(jiff::Unit::Second).unwrap_or(now)
}
