//! From a change of a bucket to its calls.

use provision_reconciler::{Change, Differences, Idempotency, Step};

use super::call::Call;
use super::spec::{Logging, PublicAccessBlock, S3_MANAGED, Spec};

pub(super) fn steps(change: Change<'_, Spec>) -> Vec<Step<Call>> {
    match change {
        Change::Create { desired } => create(desired),
        Change::Update { live, desired, differences } => update(live, desired, differences),
        Change::Delete { empty, .. } => delete(empty),
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
    if desired.https_only || !desired.policy.is_empty() {
        steps.push(policy(desired));
    }
    if desired.logging != Logging::default() {
        steps.push(logging(desired));
    }
    if !desired.lifecycle_rules.is_empty() {
        steps.push(lifecycle(desired));
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
        (&["https_only", "policy"], policy),
        (&["logging"], logging),
        (&["lifecycle_rules"], lifecycle),
    ];
    parts.iter().filter(|(fields, _)| differences.touch_any(fields)).map(|(_, step)| step(desired)).collect()
}

fn delete(empty: bool) -> Vec<Step<Call>> {
    let delete = Step::new("s3:DeleteBucket", "delete the bucket", Call::DeleteBucket);
    if !empty {
        return vec![delete];
    }
    let empty = Step::new("s3:DeleteObjectVersion", "delete all objects and versions", Call::Empty);
    vec![empty.usually_seconds(30), delete]
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
    let summary = match (desired.https_only, desired.policy.is_empty()) {
        (false, true) => {
            return Step::new("s3:DeleteBucketPolicy", "delete the bucket policy", Call::DeleteBucketPolicy);
        }
        (true, true) => "deny requests without HTTPS",
        (true, false) => "set the bucket policy, and deny requests without HTTPS",
        (false, false) => "set the bucket policy",
    };
    let call = Call::PutBucketPolicy { https_only: desired.https_only, policy: desired.policy.clone() };
    Step::new("s3:PutBucketPolicy", summary, call)
}

fn logging(desired: &Spec) -> Step<Call> {
    let Logging { bucket, prefix } = &desired.logging;
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

#[cfg(test)]
mod tests;
