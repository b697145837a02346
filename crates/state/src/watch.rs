//! What a check that is run again and again remembers between its runs: what was seen when, and what of it was told.
//!
//! A report every half hour that says the same is soon read by nobody. So a watch tells of changes: what is seen for the first
//! time, what has changed again, what is still there after a while, what is gone. What is to be told is written down first, as a
//! letter, and crossed out once it has been delivered: a run that dies in between loses nothing, and the next one delivers it.

mod letter;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

pub use letter::Letter;

/// What one sort of check of one environment remembers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Watch {
    /// The environment's name.
    pub environment: String,
    /// The lineage of its state: of another one nothing was seen.
    pub lineage: Uuid,
    /// When it was last looked.
    pub checked_at: Option<Timestamp>,
    /// What was there then, by what tells it from everything else.
    pub sightings: BTreeMap<String, Sighting>,
    /// What is still to be told.
    pub outbox: Vec<Letter>,
}

/// Something that was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sighting {
    /// What a person calls it, on one line.
    pub title: String,
    /// How grave it is: `high`.
    pub severity: String,
    /// A hash of what was seen when it was last told of, which tells whether it has changed again since.
    pub fingerprint: String,
    /// When it was first seen.
    pub first_seen: Timestamp,
    /// When it was last looked and it was not there. `None`: nobody had looked before.
    pub after: Option<Timestamp>,
    /// When it was last told of. `None`: only runs that tell nobody have seen it.
    pub told_at: Option<Timestamp>,
}

/// What a check sees in one look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sights {
    /// What it sees.
    pub seen: Vec<Sight>,
    /// The keys of what could not be looked at. What was seen by them before is neither gone nor there: it stays as it was.
    pub hidden: BTreeSet<String>,
}

/// Something that a check sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight {
    /// What tells it from everything else, and is the same in the next run.
    pub key: String,
    /// What a person calls it, on one line.
    pub title: String,
    /// How grave it is.
    pub severity: String,
    /// What is seen, on one line. Nothing that must not be told.
    pub detail: String,
    /// What of that tells whether it has changed again. A count or a time that is another one in every look does not.
    pub essence: String,
}

/// Whether a look is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Telling {
    /// There is nobody to tell. What has changed stays to be told by a look that is told of.
    Nobody,
    /// What has changed is told; and what is still there, once so long has passed since it was last told. Never, if that is `None`.
    Changes(Option<SignedDuration>),
}

/// One thing that is to be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct News {
    /// What has become of it.
    pub change: Change,
    /// What a person calls it.
    pub title: String,
    /// How grave it is.
    pub severity: String,
    /// What is seen. Empty if it is gone.
    pub detail: String,
    /// When it was first seen.
    pub first_seen: Timestamp,
    /// When it was last looked before that and it was not there.
    pub after: Option<Timestamp>,
}

/// What has become of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It is seen for the first time.
    FirstSeen,
    /// It was there, and is now otherwise.
    ChangedAgain,
    /// It is still there, and it is time to say so again.
    StillThere,
    /// It is not there any more.
    Cleared,
}

impl Watch {
    /// The watch of a state of which nothing was seen yet.
    pub fn new(environment: impl Into<String>, lineage: Uuid) -> Self {
        let environment = environment.into();
        Self { environment, lineage, checked_at: None, sightings: BTreeMap::new(), outbox: Vec::new() }
    }

    /// Takes note of what is seen now, and returns what is to be told of it. What is gone is to be told even if there is nobody to tell:
    /// nothing but a letter keeps it. Unless nobody was ever told that it was there.
    pub fn look(&mut self, now: Timestamp, sights: &Sights, telling: Telling) -> Vec<News> {
        let mut before = std::mem::take(&mut self.sightings);
        let mut news = Vec::new();
        for sight in &sights.seen {
            let fingerprint = hash(&[&sight.essence]);
            let old = before.remove(&sight.key);
            let change = telling.change(now, old.as_ref(), &fingerprint);
            let (first_seen, after) = old.as_ref().map_or((now, self.checked_at), |old| (old.first_seen, old.after));
            let told_at = change.map(|_| now).or(old.as_ref().and_then(|old| old.told_at));
            let fingerprint = old.filter(|_| change.is_none()).map_or(fingerprint, |old| old.fingerprint);
            let (title, severity) = (sight.title.clone(), sight.severity.clone());
            if let Some(change) = change {
                let detail = sight.detail.clone();
                news.push(News { change, title: title.clone(), severity: severity.clone(), detail, first_seen, after });
            }
            let sighting = Sighting { title, severity, fingerprint, first_seen, after, told_at };
            self.sightings.insert(sight.key.clone(), sighting);
        }
        let (hidden, gone) = before.into_iter().partition(|(key, _)| sights.hidden.contains(key));
        self.sightings.extend::<BTreeMap<_, _>>(hidden);
        let gone: BTreeMap<String, Sighting> = gone;
        news.extend(gone.into_values().filter(|old| old.told_at.is_some()).map(|old| News {
            change: Change::Cleared,
            title: old.title,
            severity: old.severity,
            detail: String::new(),
            first_seen: old.first_seen,
            after: old.after,
        }));
        news.sort_by_key(|one| one.change);
        self.checked_at = Some(now);
        news
    }

    /// What stands for a target in a letter.
    pub fn mark_of(&self, target: &str) -> String {
        hash(&[&self.lineage.to_string(), target])
    }
}

impl Telling {
    /// What is to be told of something that is there, of which so much is remembered.
    fn change(self, now: Timestamp, old: Option<&Sighting>, fingerprint: &str) -> Option<Change> {
        let Self::Changes(remind) = self else { return None };
        let Some((old, told_at)) = old.and_then(|old| Some((old, old.told_at?))) else {
            return Some(Change::FirstSeen);
        };
        if old.fingerprint != fingerprint {
            return Some(Change::ChangedAgain);
        }
        let is_due = remind.is_some_and(|after| now.duration_since(told_at) >= after);
        is_due.then_some(Change::StillThere)
    }
}

fn hash(parts: &[&str]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.len().to_le_bytes());
        digest.update(part.as_bytes());
    }
    digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
