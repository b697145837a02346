//! The living proof: an object is put into the bucket, awaited in the replica, read back there, and taken away wherever it got to.

mod waiting;

use std::time::Duration;

use futures::future::join_all;
use provision_config::shown::duration;
use provision_reconciler::recovery::{Aspect, Verdict};
use provision_reconciler::{CloudError, ErrorClass};
use tokio::time::Instant;
use uuid::Uuid;

use self::waiting::{Waited, settle, wait};
use super::ends::everywhere;
use super::lifecycle::ARCHIVES;
use super::{Copying, apply, failed};
use crate::grants::customer_key;
use crate::s3_bucket::probe::{Probe, encrypted_with};
use crate::s3_bucket::replication::ReplicationRule;

/// What the names of canaries begin with, after the rule's own prefix.
pub(super) const FOLDER: &str = "provision-dr-check/";

const ARRIVES: &str = "a new object arrives";
const READABLE: &str = "it can be read there";
const CLEAN_UP: &str = "it is taken away again";
/// How a copy is to be.
const AS_PUT: &str = "as it was put";

/// How old something in the folder must be to be nobody's any more, beyond the time that a check may wait.
const STALE: Duration = Duration::from_secs(3600);

/// An object that is put for a test, and what it tests.
pub(super) struct Canary<'a> {
    copying: &'a Copying<'a>,
    id: Uuid,
    /// What all names of canaries begin with.
    folder: String,
    /// Its own name.
    key: String,
}

impl<'a> Canary<'a> {
    pub(super) fn new(copying: &'a Copying<'a>) -> Self {
        let id = Uuid::new_v4();
        let folder = format!("{}{FOLDER}", copying.rule.prefix);
        Self { copying, id, key: format!("{folder}{id}"), folder }
    }

    /// Why none is to be put, if so: nothing would copy it, or it could not be taken away again.
    pub(super) async fn obstacle(&self) -> Option<String> {
        let Copying { rule, primary, .. } = self.copying;
        let is_way = |live: &ReplicationRule| {
            live.copies(&self.key, &rule.object_tags) && live.destination.name() == rule.destination.name()
        };
        if !primary.replication.rules.iter().any(is_way) {
            return Some("the bucket has no enabled rule that copies it".to_owned());
        }
        let places = match everywhere(self.copying, &self.key) {
            Ok(places) => places,
            Err(why) => return Some(why),
        };
        let keepers = join_all(places.iter().map(|place| async {
            let why = match place.keeper().await {
                Ok(keeper) => keeper?.to_owned(),
                Err(error) => error.to_string(),
            };
            Some(format!("it might not be possible to delete it from {} again: {why}", place.bucket))
        }));
        keepers.await.into_iter().flatten().next()
    }

    /// What became of it; or that none was put for this reason.
    pub(super) async fn aspects(&self, obstacle: Option<String>) -> Vec<Aspect> {
        let declared = format!("within {}", duration(self.copying.recovery.objective.rpo));
        let places = match obstacle.map_or_else(|| everywhere(self.copying, &self.key), Err) {
            Ok(places) => places,
            Err(why) => return skipped(Aspect::untested(ARRIVES, declared, why)),
        };
        let (copying, here) = (self.copying, places[0]);
        let there = Probe { s3: copying.there.s3(), bucket: copying.destination(), ..here };
        let content = format!("provision dr check {}", self.id).into_bytes();
        let start = Instant::now();
        let mut aspects = prove(copying, here, there, &content, start).await;
        if places.len() > 2 {
            settle(copying, here, start).await;
        }
        // Whatever became of it: a put whose answer was lost has made an object too. The primary's first: what is gone there is
        // not copied any more.
        let left = here.clean_up().await;
        let others = join_all(places[1..].iter().map(Probe::clean_up)).await;
        for (place, outcome) in places.iter().zip([left].into_iter().chain(others)) {
            if let Err(error) = outcome {
                let text = format!(
                    "{error}; the next check tries again, or delete every version of {} in the bucket {} by hand",
                    self.key, place.bucket
                );
                aspects.push(Aspect::good(CLEAN_UP, "nothing is left", "something may be left").note(text));
            }
        }
        aspects
    }

    /// Takes away what earlier checks left: those that were killed, and copies that came only after they had ended. What cannot be
    /// taken away has been told then.
    pub(super) async fn sweep(&self) {
        let age = STALE + self.copying.recovery.objective.patience;
        let places = everywhere(self.copying, &self.folder).unwrap_or_default();
        join_all(places.iter().map(|place| place.sweep(age))).await;
    }
}

/// A canary that there is no copy of to be read.
fn skipped(arrives: Aspect) -> Vec<Aspect> {
    vec![arrives, Aspect::untested(READABLE, AS_PUT, "there is none to read")]
}

/// Whether S3 has copied it, and it could be read there.
pub(super) fn is_copied(aspects: &[Aspect]) -> bool {
    let is_good = |name: &str| aspects.iter().any(|aspect| aspect.name == name && aspect.verdict == Verdict::Good);
    is_good(ARRIVES) && is_good(READABLE)
}

async fn prove(
    copying: &Copying<'_>,
    here: Probe<'_>,
    there: Probe<'_>,
    content: &[u8],
    start: Instant,
) -> Vec<Aspect> {
    let objective = copying.recovery.objective;
    let declared = format!("within {}", duration(objective.rpo));
    if let Err(error) = here.put(content, &copying.rule.object_tags).await {
        return skipped(Aspect::good(ARRIVES, declared, "it could not be put").finding(
            "canary-put",
            error.to_string(),
            hint(&error),
        ));
    }
    let waited = match wait(copying, here, there, start).await {
        Ok(waited) => waited,
        Err(error) => return failed(ARRIVES, &declared, &error),
    };
    let aspect = match waited {
        Waited::Arrived(lag) if lag <= objective.rpo => {
            Aspect::good(ARRIVES, declared, format!("after {}", duration(lag)))
        }
        Waited::Arrived(lag) => late(&declared, format!("after {}", duration(lag)), lag, objective.rpo),
        Waited::Failed => {
            let message = match copying.primary.replication.rules.len() {
                0 | 1 => "S3 could not copy it (replication status FAILED)",
                // S3 tells one status for all destinations.
                _ => "S3 could not copy it to all of its destinations (replication status FAILED)",
            };
            let hint = "see the other findings about the role, the keys and the versioning of both buckets; then S3 Batch Replication \
                        copies what is missing";
            return skipped(Aspect::good(ARRIVES, declared, "FAILED").finding("canary-failed", message, hint));
        }
        Waited::Ignored => {
            let message = "S3 does not take it up: no rule that S3 knows copies it (it has no replication status)";
            let aspect = Aspect::good(ARRIVES, declared, "not taken up");
            return skipped(aspect.finding("canary-ignored", message, apply(copying)));
        }
        Waited::Late(waited) => {
            return skipped(late(&declared, format!("not after {}", duration(waited)), waited, objective.rpo));
        }
        Waited::Stopped => {
            return skipped(Aspect::untested(ARRIVES, declared, "it was not waited for: the run was asked to stop"));
        }
    };
    vec![aspect, readable(copying, there, content).await]
}

fn late(declared: &str, found: String, lag: Duration, rpo: Duration) -> Aspect {
    let message = match lag > rpo {
        true => format!("a new object takes longer than the objective of {}", duration(rpo)),
        false => format!(
            "a new object was not there after {}; it was not waited for as long as the objective of {}",
            duration(lag),
            duration(rpo)
        ),
    };
    let hint = "see whether S3 has trouble in either region, and what the replication metrics say; `replication_time = true` \
                makes S3 undertake 15 minutes";
    Aspect::good(ARRIVES, declared, found).finding("lag", message, hint)
}

/// Whether the copy can be read, and with the key of the copies.
async fn readable(copying: &Copying<'_>, there: Probe<'_>, content: &[u8]) -> Aspect {
    let destination = &copying.rule.destination;
    if ARCHIVES.contains(&destination.storage_class.as_str()) {
        return Aspect::untested(READABLE, AS_PUT, "a copy that is archived must be restored first, which takes hours");
    }
    let stored = match there.get(content).await {
        Ok(Some(stored)) => stored,
        Ok(None) => {
            let message = "the copy is not what was put into the primary";
            let hint = "see who else writes to the replica";
            return Aspect::good(READABLE, AS_PUT, "something else").finding("canary-content", message, hint);
        }
        Err(error) => {
            let message = format!("the copy cannot be read: {error}");
            let hint = match is_about_key(&error) {
                true => format!(
                    "its key {} must be enabled, and its policy let you decrypt: see `key of the copies`",
                    destination.kms_key
                ),
                false => hint(&error),
            };
            return Aspect::good(READABLE, AS_PUT, "cannot be read").finding("canary-unreadable", message, hint);
        }
    };
    if customer_key(copying.primary.kms_key()).is_none() {
        return Aspect::good(READABLE, AS_PUT, AS_PUT);
    }
    match encrypted_with(copying.aws, &stored, &destination.kms_key, &copying.there).await {
        Ok(Ok(how)) => Aspect::good(READABLE, AS_PUT, format!("{AS_PUT}, {how}")),
        Ok(Err(message)) => {
            let hint = "see the rule's destination, and apply; S3 Batch Replication copies anew what has the wrong key";
            let message = format!("the copy: {message}");
            Aspect::good(READABLE, AS_PUT, "with another key").finding("canary-key", message, hint)
        }
        Err(error) => Aspect::failed(READABLE, AS_PUT, &error),
    }
}

/// Whether KMS refused, rather than S3. <https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html>
fn is_about_key(error: &CloudError) -> bool {
    let code = error.code.as_deref().unwrap_or_default();
    code.starts_with("KMS.") || error.class == ErrorClass::Denied && error.message.to_ascii_lowercase().contains("kms")
}

fn hint(error: &CloudError) -> String {
    error.hint.clone().unwrap_or_else(|| "see the error, and check again".to_owned())
}
