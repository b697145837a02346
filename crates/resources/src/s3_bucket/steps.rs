//! From a change of a bucket to its calls.

use std::collections::BTreeSet;

use provision_reconciler::{Change, Differences, Idempotency, Step};

use super::call::Call;
use super::spec::{Logging, PublicAccessBlock, S3_MANAGED, Spec};

pub(super) fn steps(change: Change<'_, Spec>) -> Vec<Step<Call>> {
    match change {
        Change::Create { desired } => create(desired),
        Change::Update { live, desired, differences } => update(live, desired, differences),
        Change::Delete { live, empty } => delete(live, empty),
    }
}

/// What a bucket needs beyond its creation. Nothing rests on AWS's defaults for new buckets where it is a matter of security:
/// accounts older than those defaults, and emulators, have others.
fn create(desired: &Spec) -> Vec<Step<Call>> {
    let bucket = Call::CreateBucket {
        bucket: desired.bucket.clone(),
        object_ownership: desired.object_ownership,
        tags: desired.tags.clone(),
    };
    let create = Step::new("s3:CreateBucket", format!("create the bucket {}", desired.bucket), bucket);
    let mut steps = vec![create.idempotency(Idempotency::Token), public_access_block(desired), encryption(desired)];
    if desired.versioning {
        steps.push(versioning(desired));
    }
    if desired.https_only || desired.receives_access_logs || !desired.policy.is_empty() {
        steps.push(policy(desired));
    }
    if desired.logging != Logging::default() {
        steps.push(logging(desired));
    }
    if !desired.lifecycle_rules.is_empty() {
        steps.push(lifecycle(desired));
    }
    if desired.replication.is_wanted() {
        steps.push(replication(desired));
    }
    steps
}

fn update(_live: &Spec, desired: &Spec, differences: &Differences) -> Vec<Step<Call>> {
    type Part = fn(&Spec) -> Step<Call>;
    // The public access block comes before the policy: it may be what lets the new policy through.
    let parts: [(&[&str], Part); 8] = [
        (&["tags"], tagging),
        (&["public_access_block"], public_access_block),
        (&["object_ownership"], ownership),
        (&["kms_key", "bucket_key_enabled", "block_sse_c"], encryption),
        (&["versioning"], versioning),
        (&["https_only", "receives_access_logs", "policy"], policy),
        (&["logging"], logging),
        (&["lifecycle_rules"], lifecycle),
    ];
    let touched = parts.iter().filter(|(fields, _)| differences.touch_any(fields));
    let mut steps: Vec<_> = touched.map(|(_, step)| step(desired)).collect();
    if differences.touch("replication") {
        // S3 refuses both: to replicate a bucket that is not versioned, and to suspend the versioning of one that replicates.
        let position = if desired.replication.is_wanted() { steps.len() } else { 0 };
        steps.insert(position, replication(desired));
    }
    steps
}

fn delete(live: &Spec, empty: bool) -> Vec<Step<Call>> {
    let mut steps = Vec::new();
    if empty {
        // Else it would fill with the logs of its being emptied.
        if live.logging.bucket == live.bucket {
            steps.push(logging(&Spec { logging: Logging::default(), ..live.clone() }));
        }
        let empty = Step::new("s3:DeleteObjectVersion", "delete all objects and versions", Call::Empty);
        steps.push(empty.usually_seconds(30));
    }
    steps.push(Step::new("s3:DeleteBucket", "delete the bucket", Call::DeleteBucket));
    steps
}

fn tagging(desired: &Spec) -> Step<Call> {
    let call = Call::PutBucketTagging { tags: desired.tags.clone() };
    Step::new("s3:PutBucketTagging", "set the tags", call)
}

fn public_access_block(desired: &Spec) -> Step<Call> {
    let block = desired.public_access_block;
    let summary =
        if block == PublicAccessBlock::default() { "block public access" } else { "block public access in part" };
    Step::new("s3:PutBucketPublicAccessBlock", summary, Call::PutPublicAccessBlock(block))
}

fn ownership(desired: &Spec) -> Step<Call> {
    let ownership = desired.object_ownership;
    let call = Call::PutBucketOwnershipControls { object_ownership: ownership };
    Step::new("s3:PutBucketOwnershipControls", format!("set the object ownership to {ownership:?}"), call)
}

fn encryption(desired: &Spec) -> Step<Call> {
    let summary = match desired.kms_key() {
        S3_MANAGED => "encrypt with keys of S3's own",
        _ if desired.bucket_key_enabled => "encrypt with the KMS key, through a bucket key",
        _ => "encrypt with the KMS key",
    };
    let call = Call::PutBucketEncryption {
        kms_key: desired.kms_key().to_owned(),
        bucket_key_enabled: desired.bucket_key_enabled,
        block_sse_c: desired.block_sse_c,
    };
    Step::new("s3:PutEncryptionConfiguration", summary, call)
}

fn versioning(desired: &Spec) -> Step<Call> {
    let summary = if desired.versioning { "turn on versioning" } else { "suspend versioning" };
    Step::new("s3:PutBucketVersioning", summary, Call::PutBucketVersioning { enabled: desired.versioning })
}

fn policy(desired: &Spec) -> Step<Call> {
    let Spec { https_only, receives_access_logs, policy, .. } = desired;
    let parts = [
        (!policy.is_empty(), "set the bucket policy"),
        (*https_only, "deny requests without HTTPS"),
        (*receives_access_logs, "let access logs in"),
    ];
    let parts: Vec<&str> = parts.iter().filter(|(wanted, _)| *wanted).map(|(_, part)| *part).collect();
    if parts.is_empty() {
        return Step::new("s3:DeleteBucketPolicy", "delete the bucket policy", Call::DeleteBucketPolicy);
    }
    let call = Call::PutBucketPolicy {
        https_only: *https_only,
        receives_access_logs: *receives_access_logs,
        policy: policy.clone(),
    };
    Step::new("s3:PutBucketPolicy", parts.join(", and "), call)
}

fn logging(desired: &Spec) -> Step<Call> {
    let Logging { bucket, prefix, .. } = &desired.logging;
    let summary = if bucket.is_empty() {
        "stop logging requests".to_owned()
    } else {
        format!("log requests to {bucket}/{prefix}")
    };
    Step::new("s3:PutBucketLogging", summary, Call::PutBucketLogging(desired.logging.clone()))
}

/// Deleting the rules needs the same permission as setting them.
fn lifecycle(desired: &Spec) -> Step<Call> {
    let rules = &desired.lifecycle_rules;
    if rules.is_empty() {
        return Step::new("s3:PutLifecycleConfiguration", "delete the lifecycle rules", Call::DeleteBucketLifecycle);
    }
    let ids: Vec<&str> = rules.iter().map(|rule| rule.id.as_str()).collect();
    let summary = format!("set the lifecycle {}: {}", if ids.len() == 1 { "rule" } else { "rules" }, ids.join(", "));
    Step::new("s3:PutLifecycleConfiguration", summary, Call::PutBucketLifecycle { rules: rules.clone() })
}

/// Deleting the rules needs the same permission as setting them.
fn replication(desired: &Spec) -> Step<Call> {
    const ACTION: &str = "s3:PutReplicationConfiguration";
    let replication = &desired.replication;
    if !replication.is_wanted() {
        return Step::new(ACTION, "stop replicating", Call::DeleteBucketReplication);
    }
    let enabled = replication.rules.iter().filter(|rule| rule.enabled);
    let buckets: BTreeSet<&str> = enabled.map(|rule| rule.destination.name()).collect();
    let summary = if buckets.is_empty() {
        "set the replication rules, all of which are disabled".to_owned()
    } else {
        format!("replicate to {}", buckets.into_iter().collect::<Vec<_>>().join(", "))
    };
    // A role that was made just now is not known to S3 for some seconds.
    Step::new(ACTION, summary, Call::PutBucketReplication(replication.clone())).usually_seconds(5)
}

#[cfg(test)]
mod tests;
