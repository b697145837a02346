//! How far S3 has come with what is there already: a sample of the objects, and those that were deleted.

use std::time::Duration;

use aws_sdk_s3::types::{ObjectVersion, ReplicationStatus};
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use provision_config::shown::duration;
use provision_reconciler::recovery::Aspect;
use provision_reconciler::{CloudError, ErrorClass};

use super::canary::FOLDER;
use super::{Copying, failed};
use crate::s3_bucket::replication::ReplicationRule;

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

/// What was asked, and of how much.
#[derive(Default)]
struct Sample {
    objects: Vec<Sampled>,
    /// Why others could not be asked.
    refused: Vec<CloudError>,
    /// How many there were to choose from.
    listed: usize,
    /// Whether the bucket holds more than what was listed.
    more: bool,
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
        Err(error) => return failed(OBJECTS, "copied", &error),
    };
    let current =
        page.versions().iter().filter(|version| version.is_latest() == Some(true) && !is_ours(copying, version.key()));
    let current: Vec<&ObjectVersion> = current.collect();
    let deleted = page.delete_markers().iter().filter(|marker| marker.is_latest() == Some(true)).count();
    let more = page.is_truncated().unwrap_or_default();
    let sample = Sample { more, ..sample(copying, &current).await };
    let statuses = statuses(copying.rule, copying.recovery.objective.rpo, &sample, Timestamp::now());
    vec![statuses, deletions(copying, deleted, more)]
}

/// What a test has put there is not the bucket's own.
fn is_ours(copying: &Copying<'_>, key: Option<&str>) -> bool {
    let key = key.unwrap_or_default().strip_prefix(&copying.rule.prefix).unwrap_or_default();
    [FOLDER, "provision-verify/"].iter().any(|folder| key.starts_with(folder))
}

/// The statuses of the newest of these objects, and of some of the others.
async fn sample(copying: &Copying<'_>, current: &[&ObjectVersion]) -> Sample {
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
        let status = copying.probe(&key).status().await;
        status.map(|status| Sampled { key, written, status })
    });
    let mut sample = Sample { listed: current.len(), ..Sample::default() };
    for answer in join_all(asked).await {
        match answer {
            Ok(one) => sample.objects.push(one),
            // Deleted since it was listed.
            Err(error) if error.class == ErrorClass::NotFound => {}
            Err(error) => sample.refused.push(error),
        }
    }
    sample
}

fn statuses(rule: &ReplicationRule, rpo: Duration, sample: &Sample, now: Timestamp) -> Aspect {
    let Sample { objects, refused, listed, more } = sample;
    let is_overdue =
        |one: &&Sampled| now.duration_since(one.written) > SignedDuration::try_from(rpo).unwrap_or(SignedDuration::MAX);
    match (objects.first(), refused.first()) {
        (None, Some(error)) => return Aspect::failed(OBJECTS, "copied", error),
        (None, None) if *more => {
            return Aspect::untested(OBJECTS, "copied", "none of the first thousand versions is a current object");
        }
        (None, None) => return Aspect::good(OBJECTS, "copied", "there are none"),
        (Some(_), _) => {}
    }
    let of = |wanted: &ReplicationStatus| {
        objects.iter().filter(|one| one.status.as_ref() == Some(wanted)).collect::<Vec<_>>()
    };
    let (failed, pending) = (of(&ReplicationStatus::Failed), of(&ReplicationStatus::Pending));
    let without: Vec<&Sampled> = objects.iter().filter(|one| one.status.is_none()).collect();
    let done = objects.len() - failed.len() - pending.len() - without.len();
    // S3 gives no status to what a rule passes over because of its tags, which only the object itself tells.
    let passes_over = !rule.object_tags.is_empty();
    let counts = [
        (done, "copied"),
        (pending.len(), "pending"),
        (failed.len(), "failed"),
        (without.len(), if passes_over { "not selected" } else { "never taken up" }),
        (refused.len(), "not readable"),
    ];
    let counts: Vec<String> =
        counts.into_iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    let of_how_many = if *more { format!("the first {listed}") } else { listed.to_string() };
    let asked = objects.len() + refused.len();
    let found = format!("{} (sampled: {asked} of {of_how_many})", counts.join(", "));
    let aspect = Aspect::good(OBJECTS, "copied", found);
    let batch = "S3 Batch Replication copies them (`aws s3control create-job` with S3ReplicateObject)";
    if !failed.is_empty() {
        let message = format!("S3 could not copy {}", names(&failed));
        return aspect.finding("objects-failed", message, format!("mend what the other findings name; then {batch}"));
    }
    let overdue: Vec<&Sampled> = pending.into_iter().filter(is_overdue).collect();
    if !overdue.is_empty() {
        let message = format!("{} waiting for longer than the objective of {}", names(&overdue), duration(rpo));
        let hint = "see whether S3 has trouble in either region, and what the replication metrics say";
        return aspect.finding("objects-pending", message, hint);
    }
    let never: Vec<&Sampled> = without.into_iter().filter(is_overdue).collect();
    if !never.is_empty() && !passes_over {
        let message =
            format!("S3 was never asked to copy {}: older than the rule, or written while it was off", names(&never));
        return aspect.finding("objects-never-copied", message, batch);
    }
    if let Some(error) = refused.first() {
        return aspect
            .note(format!("{} of the sampled objects could not be asked, the first since {error}", refused.len()));
    }
    if !never.is_empty() {
        return aspect.note(format!(
            "S3 tells no status of {}: they are taken for objects without the tags of the rule, which are not asked for",
            names(&never)
        ));
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

#[cfg(test)]
mod tests {
    use provision_reconciler::recovery::Verdict;

    use super::*;

    fn object(key: &str, status: Option<ReplicationStatus>) -> Sampled {
        Sampled { key: key.to_owned(), written: Timestamp::UNIX_EPOCH, status }
    }

    fn refused() -> CloudError {
        CloudError::new("s3:GetObject", ErrorClass::Denied, "no")
    }

    /// What was found, and the code of a finding or the text of a note.
    fn judged(tagged: bool, objects: Vec<Sampled>, refused: Vec<CloudError>, more: bool) -> (String, String) {
        let mut rule = ReplicationRule::named("dr", "arn:aws:s3:::replica");
        if tagged {
            rule.object_tags.insert("class".to_owned(), "gold".to_owned());
        }
        let sample = Sample { listed: objects.len() + refused.len(), objects, refused, more };
        let now = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(1);
        let aspect = statuses(&rule, Duration::from_secs(900), &sample, now);
        let verdict = match aspect.verdict {
            Verdict::Good => String::new(),
            Verdict::Note(text) | Verdict::Untested(text) => text,
            Verdict::Finding(finding) => finding.code.to_owned(),
        };
        (aspect.found, verdict)
    }

    #[test]
    fn without_a_status_an_object_was_never_taken_up_unless_the_rule_selects_by_tags() {
        let objects = || vec![object("a", Some(ReplicationStatus::Completed)), object("b", None)];
        let (found, verdict) = judged(false, objects(), Vec::new(), false);
        assert_eq!(
            (found.as_str(), verdict.as_str()),
            ("1 copied, 1 never taken up (sampled: 2 of 2)", "objects-never-copied")
        );
        let (found, verdict) = judged(true, objects(), Vec::new(), false);
        assert_eq!(found, "1 copied, 1 not selected (sampled: 2 of 2)");
        assert!(verdict.starts_with("S3 tells no status of 1 of the sampled objects, as b:"), "{verdict}");
        // What failed was selected.
        let failed = vec![object("a", Some(ReplicationStatus::Failed)), object("b", None)];
        assert_eq!(judged(true, failed, Vec::new(), false).1, "objects-failed");
    }

    #[test]
    fn an_object_that_cannot_be_asked_leaves_the_others() {
        let one = || vec![object("a", Some(ReplicationStatus::Completed))];
        let (found, verdict) = judged(false, one(), vec![refused()], false);
        assert_eq!(found, "1 copied, 1 not readable (sampled: 2 of 2)");
        assert!(verdict.contains("s3:GetObject failed: no"), "{verdict}");
        let failed = vec![object("a", Some(ReplicationStatus::Failed))];
        assert_eq!(judged(false, failed, vec![refused()], false).1, "objects-failed");
        assert_eq!(judged(false, Vec::new(), vec![refused()], false).1, "unreadable");
    }

    #[test]
    fn nothing_among_the_first_is_not_nothing() {
        assert_eq!(judged(false, Vec::new(), Vec::new(), false), ("there are none".to_owned(), String::new()));
        let (found, why) = judged(false, Vec::new(), Vec::new(), true);
        assert_eq!(
            (found.as_str(), why.as_str()),
            ("not looked at", "none of the first thousand versions is a current object")
        );
    }
}
