//! Whether the state's own replica would serve: whether it can be read, whether it is the latest, and whether there is a lock to take.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use provision_config::{Environment, StateReplica, unknown};
use provision_reconciler::recovery::{Aspect, Party, Replica};
use provision_state::{Loaded, LockError, State, StateError, Store, Stored, lease};

use crate::session::Session;

/// What the state is called among the primaries.
const STATE: &str = "state";

const READABLE: &str = "it can be read there";
const CURRENT: &str = "it is the latest";
const KEY: &str = "key of the copies";
const LOCK: &str = "lock table";
const PLACE: &str = "where work goes on";

/// The state as it is, to compare its replicas with.
pub struct Own<'a> {
    /// The session.
    pub session: &'a Session,
    /// The state.
    pub stored: &'a Stored,
    /// How far a replica may be behind.
    pub rpo: Duration,
}

/// That the state is copied nowhere, as far as the file says.
pub fn unreplicated(environment: &Environment) -> Replica {
    const COPY: &str = "a copy in another region";
    let aspect = match &environment.state.bucket_resource {
        Some(bucket) => Aspect::good(COPY, "one", "none").finding(
            "state-unreplicated",
            "the state is copied to no other region, so it is lost with this one",
            format!("give {bucket} a replication rule to a bucket in another region, and apply"),
        ),
        None => {
            let why = format!("its bucket {} is not in this file, nor what it is copied to", environment.state.bucket);
            Aspect::untested(COPY, "one", why)
        }
    };
    Replica { primary: primary(environment), replica: Party::new("none", ""), aspects: vec![aspect] }
}

fn primary(environment: &Environment) -> Party {
    let state = &environment.state;
    let id = format!("s3://{}/{}", state.bucket, state.key);
    Party { name: STATE.to_owned(), id, region: state.bucket_region.clone() }
}

impl Own<'_> {
    /// Looks at one replica.
    pub async fn look(&self, replica: &StateReplica) -> Replica {
        let environment = &self.session.environment;
        let (loaded, lock, recovered) = tokio::join!(self.load(replica), self.lock(replica), self.recovered(replica));
        let mut aspects = match loaded {
            Ok(Loaded::Present(copy)) => {
                let key = copy.kms_key.clone().unwrap_or_default();
                let whole = format!("serial {}, {} resources", copy.state.serial, copy.state.resources.len());
                vec![
                    Aspect::good(READABLE, "whole", whole),
                    Aspect::good(KEY, declared_key(replica), key),
                    self.current(&copy.state).await,
                ]
            }
            Ok(Loaded::Absent { .. }) => vec![missing(environment)],
            Ok(Loaded::NoBucket) => {
                let message = format!("there is no bucket {} for the copies of the state", replica.bucket);
                let hint = format!("`provision apply {}` makes it", environment.name);
                vec![Aspect::good(READABLE, "whole", "no such bucket").finding("state-missing", message, hint)]
            }
            Err(error) => unreadable(&error, replica),
        };
        aspects.push(lock);
        aspects.extend(recovered);
        let name = replica.resource.as_ref().map(ToString::to_string).unwrap_or_default();
        let id = format!("s3://{}/{}", replica.bucket, environment.state.key);
        let replica = Party { name, id, region: replica.region.clone() };
        Replica { primary: primary(environment), replica, aspects }
    }

    async fn load(&self, replica: &StateReplica) -> Result<Loaded, StateError> {
        let outputs = &self.stored.state.resources;
        let key = unknown::substitute_text(&replica.kms_key, &|reference| {
            outputs.get(&reference.address)?.outputs.get(&reference.output)?.as_str().map(str::to_owned)
        });
        let store = self.session.replica_store(replica).await;
        let is_known = !key.is_empty() && !unknown::is_unknown(&key);
        let store = if is_known { store.kms_key(key) } else { store };
        store.load().await
    }

    /// Whether a copy is what the state is now, or was not long ago.
    async fn current(&self, copy: &State) -> Aspect {
        let (own, now) = (&self.stored.state, Timestamp::now());
        if copy.serial > own.serial || copy.lineage != own.lineage {
            // It may have been written between the two looks.
            if let Ok(Loaded::Present(again)) = self.session.load().await {
                return compare(&again.state, copy, None, self.rpo, now);
            }
        }
        if copy.serial < own.serial && copy.lineage == own.lineage {
            return match self.due(now).await {
                Ok(due) => compare(own, copy, due.as_ref(), self.rpo, now),
                Err(error) => Aspect::untested(CURRENT, format!("serial {}", own.serial), error.to_string()),
            };
        }
        compare(own, copy, None, self.rpo, now)
    }

    /// The state as it was as long ago as the objective allows: what must have been copied by now. `None` if there was none yet, or none
    /// is kept.
    async fn due(&self, now: Timestamp) -> Result<Option<State>, StateError> {
        let store = self.session.store(None).await;
        let since = SignedDuration::try_from(self.rpo).ok().and_then(|rpo| now.checked_sub(rpo).ok());
        let versions = store.history().await?;
        let old = versions.iter().find(|version| version.written_at.zip(since).is_some_and(|(at, since)| at <= since));
        let Some(version) = old.filter(|version| version.size.is_some()) else { return Ok(None) };
        Ok(store.load_version(&version.id).await?.stored().map(|stored| stored.state))
    }

    /// Whether there is a lock to take over there.
    async fn lock(&self, replica: &StateReplica) -> Aspect {
        let environment = &self.session.environment;
        let dr = &environment.dr;
        let table = self.session.lock_table_in(&replica.region, &dr.lock_table).await;
        let declared = format!("{} in {}", dr.lock_table, replica.region);
        match lease::status(&table, &environment.name).await {
            Ok(_) => Aspect::good(LOCK, declared, "there"),
            Err(LockError::NoTable { .. }) => {
                let message = format!("there is no lock table {} in {}", dr.lock_table, replica.region);
                let hint = match &dr.lock_resource {
                    Some(resource) => format!("`provision apply {}` makes {resource}", environment.name),
                    None => format!(
                        "declare a dynamodb_table with `region = \"{}\"` and name it as `lock_table` of `[dr]`",
                        replica.region
                    ),
                };
                Aspect::good(LOCK, declared, "no such table").finding("lock-missing", message, hint)
            }
            Err(error) => {
                let hint = error.hint().unwrap_or_else(|| "see the error, and check again".to_owned());
                Aspect::good(LOCK, declared, "could not be read").finding("lock-unreadable", error.to_string(), hint)
            }
        }
    }

    /// Whether the environment is being run on from there already.
    async fn recovered(&self, replica: &StateReplica) -> Option<Aspect> {
        let environment = self.session.environment.recovered()?;
        if environment.state.bucket != replica.bucket {
            return None;
        }
        let (home, away) = (&self.session.environment.state.bucket_region, &environment.state.bucket_region);
        match self.session.store_of(&environment, None).await.exists().await {
            Ok(false) => None,
            Ok(true) => Some(Aspect::good(PLACE, home, away).note(format!(
                "the state was restored there: commands work on it with `--dr`, until `provision dr return-state {}`",
                environment.name
            ))),
            Err(error) => Some(Aspect::untested(PLACE, home, error.to_string())),
        }
    }
}

/// What the copy should be encrypted with, as the file names it.
fn declared_key(replica: &StateReplica) -> String {
    match unknown::references(&replica.kms_key).into_iter().next() {
        Some(reference) => reference.address.to_string(),
        None => replica.kms_key.clone(),
    }
}

fn missing(environment: &Environment) -> Aspect {
    let message = "there is no copy of the state";
    let hint = format!(
        "see what is said of the bucket that it is copied from; what was there before the rule is copied with the next \
         `provision apply {}`",
        environment.name
    );
    Aspect::good(READABLE, "whole", "nothing").finding("state-missing", message, hint)
}

fn unreadable(error: &StateError, replica: &StateReplica) -> Vec<Aspect> {
    let hint = || error.hint().unwrap_or_else(|| "see the error, and check again".to_owned());
    match error {
        StateError::NotEncrypted { found, .. } => {
            let aspect = Aspect::good(KEY, declared_key(replica), found);
            let hint = "see the replication rule's destination, and apply: the next write of the state is copied anew";
            vec![aspect.finding("state-key", error.to_string(), hint)]
        }
        error if error.is_damage() => {
            let aspect = Aspect::good(READABLE, "whole", "damaged");
            let hint = "the next write of the state is copied over it; see who else writes to the replica";
            vec![aspect.finding("state-damaged", error.to_string(), hint)]
        }
        error => {
            let aspect = Aspect::good(READABLE, "whole", "cannot be read");
            vec![aspect.finding("state-unreadable", error.to_string(), hint())]
        }
    }
}

/// What is to be thought of a copy beside the state, and beside the state as it was when `due` was the latest: that must have been copied.
fn compare(own: &State, copy: &State, due: Option<&State>, rpo: Duration, now: Timestamp) -> Aspect {
    let declared = format!("serial {}", own.serial);
    let aspect = Aspect::good(CURRENT, declared, format!("serial {}", copy.serial));
    if copy.lineage != own.lineage {
        let message = format!("the copy is of another state (lineage {}, not {})", copy.lineage, own.lineage);
        let hint = "the next write of the state is copied over it; see who else writes to the replica";
        return aspect.finding("state-lineage", message, hint);
    }
    if copy.serial > own.serial {
        let message = format!("the copy is ahead: serial {}, and the state is at {}", copy.serial, own.serial);
        let hint = "the state was set back in its own region: `provision state history` shows its versions";
        return aspect.finding("state-ahead", message, hint);
    }
    if copy.serial == own.serial {
        return aspect;
    }
    let rpo_in_words = humantime::format_duration(rpo);
    let stale = |late: &State| {
        let message = format!(
            "the copy is stale: serial {}, and serial {} was written at {}, longer ago than the objective of {rpo_in_words}",
            copy.serial, late.serial, late.written_at
        );
        let hint =
            "see what is said of the bucket that it is copied from; once that is mended, the next write is copied";
        aspect.clone().finding("state-stale", message, hint)
    };
    let behind = now.duration_since(own.written_at).max(SignedDuration::ZERO).unsigned_abs();
    match due {
        Some(due) if due.lineage == copy.lineage && due.serial > copy.serial => stale(due),
        _ if behind > rpo => stale(own),
        _ => {
            let seconds = humantime::format_duration(Duration::from_secs(behind.as_secs()));
            aspect.note(format!("the state was written {seconds} ago; the copy may take {rpo_in_words}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use provision_reconciler::recovery::Verdict;

    use super::*;

    fn state(serial: u64) -> State {
        let mut state = State::new("dev");
        (state.serial, state.lineage) = (serial, uuid::Uuid::nil());
        state.written_at = "2026-01-02T03:00:00Z".parse().unwrap_or_default();
        state
    }

    fn verdict(own: u64, copy: &State, minutes: i64) -> String {
        verdict_with(own, copy, None, minutes)
    }

    fn verdict_with(own: u64, copy: &State, due: Option<u64>, minutes: i64) -> String {
        let own = state(own);
        let now = own.written_at + SignedDuration::from_mins(minutes);
        match compare(&own, copy, due.map(state).as_ref(), Duration::from_secs(900), now).verdict {
            Verdict::Finding(finding) => finding.code.to_owned(),
            Verdict::Note(note) => note,
            Verdict::Good => "good".to_owned(),
            Verdict::Untested(why) => why,
        }
    }

    #[test]
    fn a_copy_may_be_behind_for_as_long_as_the_objective() {
        assert_eq!(verdict(7, &state(7), 60), "good");
        assert_eq!(verdict(7, &state(6), 10), "the state was written 10m ago; the copy may take 15m");
        assert_eq!(verdict(7, &state(6), 16), "state-stale");
        assert_eq!(verdict(7, &state(8), 0), "state-ahead");
        let other = State { lineage: uuid::Uuid::from_u128(1), ..state(7) };
        assert_eq!(verdict(7, &other, 0), "state-lineage");
        // However often it is written, what was written before that must have arrived.
        assert_eq!(verdict_with(7, &state(4), Some(5), 1), "state-stale");
        assert_eq!(verdict_with(7, &state(5), Some(5), 1), "the state was written 1m ago; the copy may take 15m");
        // Clocks may differ.
        assert_eq!(verdict(7, &state(6), -5), "the state was written 0s ago; the copy may take 15m");
    }
}
