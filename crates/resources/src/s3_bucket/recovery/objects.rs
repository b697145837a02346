//! How far S3 has come with what is there already: a sample of the objects, and those that were deleted.

use aws_sdk_s3::types::{ObjectVersion, ReplicationStatus};
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use provision_reconciler::recovery::Aspect;
use provision_reconciler::{CloudError, ErrorClass};

use super::canary::{FOLDER, span};
use super::{Copying, failed};
use crate::s3_bucket::probe::Probe;

const OBJECTS: &str = "objects that are there";
const DELETED: &str = "objects that were deleted";

/// How many objects are asked for their status.
const SAMPLE: usize = 60;
/// How many names a finding gives.
const NAMED: usize = 3;

/// A sampled object and its status.
struct Sampled {
    key: String,
    written: Timestamp,
    status: Option<ReplicationStatus>,
}

pub(super) async fn aspects(copying: &Copying<'_>) -> Vec<Aspect> {
    let request = copying
        .here
        .s3()
        .list_object_versions()
        .bucket(&copying.recovery.id)
        .expected_bucket_owner(&copying.recovery.scope.account)
        .prefix(&copying.rule.prefix);
    let page = match copying.aws.call("s3:ListBucketVersions", request.send()).await {
        Ok(page) => page,
        Err(error) => return failed(OBJECTS, "COMPLETED", &error),
    };
    let current =
        page.versions().iter().filter(|version| version.is_latest() == Some(true) && !is_ours(copying, version.key()));
    let current: Vec<&ObjectVersion> = current.collect();
    let deleted = page.delete_markers().iter().filter(|marker| marker.is_latest() == Some(true)).count();
    let more = page.is_truncated().unwrap_or_default();
    let sampled = match sample(copying, &current).await {
        Ok(sampled) => sampled,
        Err(error) => return failed(OBJECTS, "COMPLETED", &error),
    };
    vec![statuses(copying, &sampled, current.len(), more), deletions(copying, deleted, more)]
}

/// What a test has put there is not the bucket's own.
fn is_ours(copying: &Copying<'_>, key: Option<&str>) -> bool {
    let key = key.unwrap_or_default().strip_prefix(&copying.rule.prefix).unwrap_or_default();
    [FOLDER, "provision-verify/"].iter().any(|folder| key.starts_with(folder))
}

/// The statuses of the newest of these objects, and of some of the others.
async fn sample(copying: &Copying<'_>, current: &[&ObjectVersion]) -> Result<Vec<Sampled>, CloudError> {
    let mut chosen: Vec<&ObjectVersion> = current.to_vec();
    chosen.sort_by_key(|version| std::cmp::Reverse(version.last_modified().map_or(0, |at| at.as_nanos())));
    let rest = chosen.split_off(chosen.len().min(SAMPLE / 2));
    let step = rest.len().div_ceil(SAMPLE - SAMPLE / 2).max(1);
    chosen.extend(rest.into_iter().step_by(step));
    let asked = chosen.into_iter().filter_map(|version| {
        let written = version.last_modified().and_then(|at| Timestamp::from_nanosecond(at.as_nanos()).ok())?;
        Some((version.key()?.to_owned(), written))
    });
    let asked = asked.map(|(key, written)| async move {
        let probe = Probe {
            aws: copying.aws,
            s3: copying.here.s3(),
            bucket: &copying.recovery.id,
            account: &copying.recovery.scope.account,
            key: &key,
        };
        match probe.status().await {
            Ok(status) => Ok(Some(Sampled { key, written, status })),
            // Deleted since it was listed.
            Err(error) if error.class == ErrorClass::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    });
    let answers: Result<Vec<_>, CloudError> = join_all(asked).await.into_iter().collect();
    Ok(answers?.into_iter().flatten().collect())
}

fn statuses(copying: &Copying<'_>, sampled: &[Sampled], listed: usize, more: bool) -> Aspect {
    let rpo = copying.recovery.objective.rpo;
    let is_overdue = |one: &&Sampled| {
        let age = Timestamp::now().duration_since(one.written);
        age > SignedDuration::try_from(rpo).unwrap_or(SignedDuration::MAX)
    };
    let of = |wanted: &ReplicationStatus| {
        sampled.iter().filter(|one| one.status.as_ref() == Some(wanted)).collect::<Vec<_>>()
    };
    let (failed, pending) = (of(&ReplicationStatus::Failed), of(&ReplicationStatus::Pending));
    let never: Vec<&Sampled> = sampled.iter().filter(|one| one.status.is_none()).collect();
    let done = sampled.len() - failed.len() - pending.len() - never.len();
    let counts =
        [(done, "copied"), (pending.len(), "pending"), (failed.len(), "failed"), (never.len(), "never taken up")];
    let counts: Vec<String> =
        counts.into_iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    let of_how_many = if more { format!("the first {listed}") } else { listed.to_string() };
    let found = match sampled.len() {
        0 => "there are none".to_owned(),
        count => format!("{} (sampled: {count} of {of_how_many})", counts.join(", ")),
    };
    let aspect = Aspect::good(OBJECTS, "copied", found);
    let batch = "S3 Batch Replication copies them (`aws s3control create-job` with S3ReplicateObject)";
    if !failed.is_empty() {
        let message = format!("S3 could not copy {}", names(&failed));
        return aspect.finding("objects-failed", message, format!("mend what the other findings name; then {batch}"));
    }
    let overdue: Vec<&Sampled> = pending.into_iter().filter(is_overdue).collect();
    if !overdue.is_empty() {
        let message = format!("{} waiting for longer than the objective of {}", names(&overdue), span(rpo));
        let hint = "see whether S3 has trouble in either region, and what the replication metrics say";
        return aspect.finding("objects-pending", message, hint);
    }
    let never: Vec<&Sampled> = never.into_iter().filter(is_overdue).collect();
    if !never.is_empty() {
        let message =
            format!("S3 was never asked to copy {}: older than the rule, or written while it was off", names(&never));
        return aspect.finding("objects-never-copied", message, batch);
    }
    aspect
}

/// `2 of the sampled objects, as a.json, b.json`.
fn names(sampled: &[&Sampled]) -> String {
    let names: Vec<&str> = sampled.iter().take(NAMED).map(|one| one.key.as_str()).collect();
    format!("{} of the sampled objects, as {}", sampled.len(), names.join(", "))
}

/// What is deleted in the primary and may still be in the replica.
fn deletions(copying: &Copying<'_>, deleted: usize, more: bool) -> Aspect {
    let (declared, copies) = match copying.rule.delete_marker_replication {
        true => ("deleted there too", true),
        false => ("kept there", false),
    };
    let first = if more { " of the first thousand versions" } else { "" };
    let found = format!("{deleted} delete markers{first}");
    let aspect = Aspect::good(DELETED, declared, found);
    if deleted > 0 && !copies {
        return aspect.note("the rule does not copy delete markers: in the replica these objects are still there");
    }
    aspect
}
