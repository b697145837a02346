//! Letters: what is to be told, from when it is written down until everybody has it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{News, Watch};

/// How long a run may take to deliver a letter before another one does it.
const CLAIM: SignedDuration = SignedDuration::from_mins(5);
/// How long a letter is kept that cannot be delivered.
const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What is to be told, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Letter {
    /// Its id: whoever is told twice can tell.
    pub id: Uuid,
    /// When it was written.
    pub written_at: Timestamp,
    /// Until when the run that has it in hand is waited for.
    pub claimed_until: Timestamp,
    /// What is to be told.
    pub news: Vec<News>,
    /// Who must have it before it is thrown away, as [`Watch::mark_of`] writes them: an address may be a secret. Empty until a run that
    /// tells somebody takes it in hand: it is then for those. Format 2 did not say.
    #[serde(default)]
    pub addressed_to: BTreeSet<String>,
    /// To whom it has been delivered, likewise.
    pub delivered: BTreeSet<String>,
}

impl Watch {
    /// Writes down what is to be told, if anything is, and takes in hand all that one of these targets does not have yet and that is in
    /// nobody's hand. Returns the ids of those letters.
    ///
    /// A letter for others is taken too, and stays theirs: an address that has changed may never be able to receive it.
    pub fn write(&mut self, now: Timestamp, news: Vec<News>, targets: &BTreeSet<String>) -> Vec<Uuid> {
        self.outbox.retain(|letter| now.duration_since(letter.written_at) < KEPT);
        if !news.is_empty() {
            let (id, addressed_to, delivered) = (Uuid::new_v4(), BTreeSet::new(), BTreeSet::new());
            self.outbox.push(Letter { id, written_at: now, claimed_until: now, news, addressed_to, delivered });
        }
        let mut taken = Vec::new();
        let is_free = |letter: &&mut Letter| letter.claimed_until <= now && !targets.is_subset(&letter.delivered);
        for letter in self.outbox.iter_mut().filter(is_free) {
            if letter.addressed_to.is_empty() {
                letter.addressed_to.clone_from(targets);
            }
            letter.claimed_until = now.saturating_add(CLAIM).unwrap_or(now);
            taken.push(letter.id);
        }
        taken
    }

    /// Notes what was delivered of what was taken in hand, and to whom. What everybody has whom it is for is thrown away; the rest is let
    /// go of.
    pub fn cross_out(&mut self, now: Timestamp, taken: &[Uuid], delivered: &BTreeMap<Uuid, BTreeSet<String>>) {
        for letter in self.outbox.iter_mut().filter(|letter| taken.contains(&letter.id)) {
            letter.claimed_until = now;
            letter.delivered.extend(delivered.get(&letter.id).into_iter().flatten().cloned());
        }
        self.outbox.retain(|letter| !(taken.contains(&letter.id) && letter.addressed_to.is_subset(&letter.delivered)));
    }
}
