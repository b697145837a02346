//! The living proof: an object is put into the bucket, awaited in the replica, read back there, and taken away at both ends.

use std::time::Duration;

use aws_sdk_s3::types::ReplicationStatus;
use provision_reconciler::recovery::Aspect;
use provision_reconciler::{CloudError, ErrorClass};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::{Copying, failed};
use crate::grants::customer_key;
use crate::s3_bucket::probe::{Probe, encrypted_with};

/// What the names of canaries begin with, after the rule's own prefix.
pub(super) const FOLDER: &str = "provision-dr-check/";

const ARRIVES: &str = "a new object arrives";
const READABLE: &str = "it can be read there";
const CLEAN_UP: &str = "it is taken away again";

/// The first pause between two looks, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// What became of waiting.
enum Waited {
    /// It is there, after so long.
    Arrived(Duration),
    /// S3 says that it could not copy it.
    Failed,
    /// It is not there, after so long.
    Late(Duration),
    /// The person asked to stop.
    Stopped,
}

pub(super) async fn aspects(copying: &Copying<'_>) -> Vec<Aspect> {
    let id = Uuid::new_v4();
    let key = format!("{}{FOLDER}{id}", copying.rule.prefix);
    let here = Probe {
        aws: copying.aws,
        s3: copying.here.s3(),
        bucket: &copying.recovery.id,
        account: &copying.recovery.scope.account,
        key: &key,
    };
    let there = Probe { s3: copying.there.s3(), bucket: copying.destination(), ..here };
    let content = format!("provision dr check {id}").into_bytes();
    let mut aspects = prove(copying, here, there, &content).await;
    // Whatever became of it: a put whose answer was lost has made an object too. The primary's first: what is gone there is not
    // copied any more.
    for probe in [here, there] {
        if let Err(error) = probe.clean_up().await {
            let hint = format!("delete every version of {key} in the bucket {} by hand", probe.bucket);
            let aspect = Aspect::good(CLEAN_UP, "nothing is left", "something may be left");
            aspects.push(aspect.finding("canary-left", error.to_string(), hint));
        }
    }
    aspects
}

async fn prove(copying: &Copying<'_>, here: Probe<'_>, there: Probe<'_>, content: &[u8]) -> Vec<Aspect> {
    let objective = copying.recovery.objective;
    let declared = format!("within {}", span(objective.rpo));
    let skipped = |aspect: Aspect| vec![aspect, Aspect::untested(READABLE, "as it was put", "there is none to read")];
    let start = Instant::now();
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
        Waited::Arrived(lag) if lag <= objective.rpo => Aspect::good(ARRIVES, declared, format!("after {}", span(lag))),
        Waited::Arrived(lag) => late(&declared, format!("after {}", span(lag)), lag, objective.rpo),
        Waited::Failed => {
            let message = "S3 could not copy it (replication status FAILED)";
            let hint = "see the other findings about the role, the keys and the versioning of both buckets; then S3 Batch Replication \
                        copies what is missing";
            return skipped(Aspect::good(ARRIVES, declared, "FAILED").finding("canary-failed", message, hint));
        }
        Waited::Late(waited) => {
            return skipped(late(&declared, format!("not after {}", span(waited)), waited, objective.rpo));
        }
        Waited::Stopped => {
            return skipped(Aspect::untested(ARRIVES, declared, "it was not waited for: the run was asked to stop"));
        }
    };
    vec![aspect, readable(copying, there, content).await]
}

fn late(declared: &str, found: String, lag: Duration, rpo: Duration) -> Aspect {
    let message = match lag > rpo {
        true => format!("a new object takes longer than the objective of {}", span(rpo)),
        false => format!(
            "a new object was not there after {}; it was not waited for as long as the objective of {}",
            span(lag),
            span(rpo)
        ),
    };
    let hint = "see whether S3 has trouble in either region, and what the replication metrics say; `replication_time = true` \
                makes S3 undertake 15 minutes";
    Aspect::good(ARRIVES, declared, found).finding("lag", message, hint)
}

async fn wait(copying: &Copying<'_>, here: Probe<'_>, there: Probe<'_>, start: Instant) -> Result<Waited, CloudError> {
    let (mut pause, longest) = PAUSES;
    let deadline = copying.recovery.objective.patience;
    loop {
        // Whether it is there is asked there: what the primary says may lag behind that.
        let (arrived, status) = futures::join!(there.is_there(), here.status());
        let elapsed = start.elapsed();
        if arrived? {
            return Ok(Waited::Arrived(elapsed));
        }
        if status? == Some(ReplicationStatus::Failed) {
            return Ok(Waited::Failed);
        }
        if elapsed >= deadline {
            return Ok(Waited::Late(elapsed));
        }
        tokio::select! {
            () = sleep(pause.min(deadline - elapsed)) => {}
            () = copying.recovery.permit.withdrawn() => return Ok(Waited::Stopped),
        }
        pause = (pause * 3 / 2).min(longest);
    }
}

/// Whether the copy can be read, and with the key of the copies.
async fn readable(copying: &Copying<'_>, there: Probe<'_>, content: &[u8]) -> Aspect {
    const DECLARED: &str = "as it was put";
    let destination = &copying.rule.destination;
    if ["DEEP_ARCHIVE", "GLACIER"].contains(&destination.storage_class.as_str()) {
        return Aspect::untested(
            READABLE,
            DECLARED,
            "a copy that is archived must be restored first, which takes hours",
        );
    }
    let stored = match there.get(content).await {
        Ok(Some(stored)) => stored,
        Ok(None) => {
            let message = "the copy is not what was put into the primary";
            let hint = "see who else writes to the replica";
            return Aspect::good(READABLE, DECLARED, "something else").finding("canary-content", message, hint);
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
            return Aspect::good(READABLE, DECLARED, "cannot be read").finding("canary-unreadable", message, hint);
        }
    };
    if customer_key(copying.primary.kms_key()).is_none() {
        return Aspect::good(READABLE, DECLARED, DECLARED);
    }
    match encrypted_with(copying.aws, &stored, &destination.kms_key, &copying.there).await {
        Ok(Ok(how)) => Aspect::good(READABLE, DECLARED, format!("{DECLARED}, {how}")),
        Ok(Err(message)) => {
            let hint = "see the rule's destination, and apply; S3 Batch Replication copies anew what has the wrong key";
            let message = format!("the copy: {message}");
            Aspect::good(READABLE, DECLARED, "with another key").finding("canary-key", message, hint)
        }
        Err(error) => Aspect::failed(READABLE, DECLARED, &error),
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

/// A length of time, no finer than a person cares for: `1.2 s`, `15m`.
pub(super) fn span(span: Duration) -> String {
    if span < Duration::from_secs(60) && span.subsec_millis() > 0 {
        return format!("{:.1} s", span.as_secs_f64());
    }
    let seconds = span.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, 0) => format!("{minutes} min"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}
