//! Testing that a bucket replicates: the test's object appears in each destination, can be read there and is encrypted with the
//! key of the replicas.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::types::ReplicationStatus;
use futures::future::{join_all, try_join_all};
use provision_reconciler::verify::{Check, Verification};
use provision_reconciler::{CloudError, ErrorClass, Notes};
use tokio::time::Instant;

use super::Test;
use crate::Aws;
use crate::aws::{Clients, Poll, wait_until};
use crate::grants::customer_key;
use crate::s3_bucket::probe::{Probe, TAKEN_UP, encrypted_with, region_of};
use crate::s3_bucket::replication::ReplicationRule;
use crate::s3_bucket::spec::Spec;

const HEAD: &str = "s3:GetObject";

/// How long S3 may take to copy an object. It undertakes 15 minutes at best, and usually takes seconds.
const PATIENCE: Duration = Duration::from_secs(120);

/// The destination of a rule that copies the test's object.
pub(super) struct Copy<'a> {
    rule: &'a ReplicationRule,
    region: String,
    clients: Arc<Clients>,
}

/// Where the rules copy the test's object to. A copy in another account could be neither seen nor deleted from here.
pub(super) async fn copies<'a>(
    aws: &Aws,
    s3: &Client,
    verification: &'a Verification<Spec>,
    key: &str,
) -> Result<Vec<Copy<'a>>, CloudError> {
    let rules = verification.spec.replication.rules.iter().filter(|rule| untestable(rule, key).is_none());
    try_join_all(rules.map(|rule| async move {
        let bucket = rule.destination.name();
        let region = region_of(aws, s3, bucket).await?.ok_or_else(|| {
            let message = format!("there is no bucket {bucket} in this account to replicate to");
            CloudError::new("s3:ListAllMyBuckets", ErrorClass::NotFound, message)
        })?;
        let clients = aws.region(&region).await;
        Ok(Copy { rule, region, clients })
    }))
    .await
}

/// Why a rule cannot be tested with an object of this name, if so.
fn untestable(rule: &ReplicationRule, key: &str) -> Option<String> {
    let ReplicationRule { id, enabled, prefix, object_tags, destination, .. } = rule;
    if !enabled {
        return Some(format!("the rule {id} is disabled"));
    }
    if !destination.account.is_empty() {
        return Some(format!("what is copied to account {} cannot be deleted from here", destination.account));
    }
    if !object_tags.is_empty() || !key.starts_with(prefix.as_str()) {
        return Some(format!("the rule {id} copies only some objects, and none is put among them only for a test"));
    }
    None
}

fn name(rule: &ReplicationRule) -> String {
    format!("replicated to {}", rule.destination.name())
}

/// The rules, each as a test that is not made for this reason.
pub(super) fn untested(spec: &Spec, reason: &str) -> Vec<Check> {
    spec.replication.rules.iter().map(|rule| Check::skipped(&name(rule), reason)).collect()
}

impl Test<'_> {
    /// One test for each rule.
    pub(super) async fn replication(&self, content: &[u8], copies: &Result<Vec<Copy<'_>>, CloudError>) -> Vec<Check> {
        let Verification { scope, spec, .. } = self.verification;
        let rules = spec.replication.rules.iter();
        let skipped = rules.filter_map(|rule| Some(Check::skipped(&name(rule), untestable(rule, self.probe.key)?)));
        let mut checks: Vec<Check> = skipped.collect();
        let copies = match copies {
            Ok(copies) if copies.is_empty() => return checks,
            Ok(copies) => copies,
            Err(error) => {
                checks.push(Check::failed_call("replicated", scope, error));
                return checks;
            }
        };
        // S3 tells it once for all destinations.
        match self.copied().await {
            Ok(()) => checks.extend(join_all(copies.iter().map(|copy| self.copy(content, copy))).await),
            Err(error) => checks.extend(copies.iter().map(|copy| {
                let hint = "see that the role has `replicate-from` on the bucket and `replicate-to` on the destination, that their \
                            keys are enabled, and that the destination is versioned";
                Check::failed_call(&name(copy.rule), scope, &error).hint(hint)
            })),
        }
        checks
    }

    async fn copied(&self) -> Result<(), CloudError> {
        let put = Instant::now();
        let look = || async {
            Ok(match self.probe.status().await? {
                None if put.elapsed() > TAKEN_UP => {
                    let message = "no rule that S3 knows copies the object (it has no replication status)";
                    return Err(CloudError::new(HEAD, ErrorClass::Refused, message));
                }
                Some(ReplicationStatus::Complete | ReplicationStatus::Completed) => Poll::Ready(()),
                Some(ReplicationStatus::Failed) => {
                    let message = "S3 failed to copy the object (replication status FAILED)";
                    return Err(CloudError::new(HEAD, ErrorClass::Refused, message));
                }
                Some(status) => Poll::Pending(status.to_string()),
                None => Poll::Pending("not taken up".to_owned()),
            })
        };
        wait_until(HEAD, "the object to be replicated", PATIENCE, &Notes::default(), look).await
    }

    async fn copy(&self, content: &[u8], copy: &Copy<'_>) -> Check {
        let Verification { scope, spec, .. } = self.verification;
        let (name, there, destination) = (name(copy.rule), self.at(copy), &copy.rule.destination);
        if ["DEEP_ARCHIVE", "GLACIER"].contains(&destination.storage_class.as_str()) {
            return Check::passed(&name, "S3 says so; a copy that is archived cannot be read");
        }
        let stored = match there.get(content).await {
            Ok(Some(stored)) => stored,
            Ok(None) => return Check::failed(&name, scope, "the copy is not what was put"),
            Err(error) => return Check::failed_call(&name, scope, &error),
        };
        let came_back = format!("the copy in {} came back as it was sent", copy.region);
        // The key of the replicas is for objects that are encrypted with a KMS key.
        if customer_key(spec.kms_key()).is_none() {
            return Check::passed(&name, came_back);
        }
        match encrypted_with(self.probe.aws, &stored, &destination.kms_key, &copy.clients).await {
            Ok(Ok(how)) => Check::passed(&name, format!("{came_back}, {how}")),
            Ok(Err(message)) => Check::failed(&name, scope, format!("the copy: {message}")),
            Err(error) => Check::failed_call(&name, scope, &error),
        }
    }

    /// The same object at a destination.
    fn at<'a>(&'a self, copy: &'a Copy<'_>) -> Probe<'a> {
        Probe { s3: copy.clients.s3(), bucket: copy.rule.destination.name(), ..self.probe }
    }

    /// Deletes all versions of the object, and then of its copies: the deletion of a version is not replicated, but what is gone is
    /// not copied any more.
    pub(super) async fn clean_up_everywhere(&self, copies: &[Copy<'_>]) -> Vec<(String, CloudError)> {
        let mut left = Vec::new();
        if let Err(error) = self.probe.clean_up().await {
            left.push((self.probe.bucket.to_owned(), error));
        }
        for copy in copies {
            if let Err(error) = self.at(copy).clean_up().await {
                left.push((copy.rule.destination.name().to_owned(), error));
            }
        }
        left
    }
}
