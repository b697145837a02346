//! Reading buckets as they are.

use std::collections::BTreeMap;

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{BucketVersioningStatus, EncryptionType, ServerSideEncryption, ServerSideEncryptionRule};
use provision_reconciler::{CloudError, Live, Target, ownership};

use super::convert::{from_sdk_rule, from_sdk_tags};
use super::failure::{explain, is_no_bucket, is_not_set};
use super::lifecycle::LifecycleRule;
use super::policy::{self, Parts, Subject};
use super::replication::{self, Replication};
use super::spec::{Logging, ObjectOwnership, PartitionDateSource, PublicAccessBlock, S3_MANAGED, Spec};
use super::{Outputs, S3Bucket};
use crate::Aws;
use crate::document::Document;
use crate::values::from_aws;

/// Reads one bucket: one call for each of its settings, all at once.
pub(super) async fn read(aws: &Aws, target: &Target<Spec>) -> Result<Option<Live<S3Bucket>>, CloudError> {
    let clients = aws.region(&target.scope.region).await;
    let reader = Reader { aws, s3: clients.s3(), bucket: &target.id, owner: &target.scope.account };
    let settings = futures::join!(
        reader.tags(),
        reader.encryption(),
        reader.versioning(),
        reader.public_access_block(),
        reader.ownership(),
        reader.policy(),
        reader.logging(),
        reader.lifecycle(),
        reader.replication(),
    );
    match live(target, settings) {
        Ok(live) => Ok(Some(live)),
        Err(error) if is_no_bucket(&error) => Ok(None),
        Err(error) => Err(explain(error, &target.id, &target.scope)),
    }
}

type Answers = (
    Result<BTreeMap<String, String>, CloudError>,
    Result<Encryption, CloudError>,
    Result<bool, CloudError>,
    Result<PublicAccessBlock, CloudError>,
    Result<ObjectOwnership, CloudError>,
    Result<Document, CloudError>,
    Result<Logging, CloudError>,
    Result<Vec<LifecycleRule>, CloudError>,
    Result<Replication, CloudError>,
);

/// How new objects are encrypted.
struct Encryption {
    kms_key: String,
    bucket_key_enabled: bool,
    block_sse_c: bool,
}

fn live(target: &Target<Spec>, answers: Answers) -> Result<Live<S3Bucket>, CloudError> {
    let (tags, encryption, versioning, public_access_block, ownership, policy, logging, lifecycle, replication) =
        answers;
    // The tags first: whether there is a bucket at all shows in each answer alike.
    let (tags, encryption) = (tags?, encryption?);
    let Parts { https_only, receives_access_logs, policy } =
        policy::split(&policy?, &Subject::new(&target.id, &target.scope));
    let with_kms = encryption.kms_key != S3_MANAGED;
    let spec = Spec {
        bucket: target.id.clone(),
        // A bucket key says nothing where there is no KMS key.
        bucket_key_enabled: match &target.desired {
            Some(desired) if !with_kms => desired.bucket_key_enabled,
            _ => encryption.bucket_key_enabled,
        },
        kms_key: Some(encryption.kms_key),
        block_sse_c: encryption.block_sse_c,
        versioning: versioning?,
        public_access_block: public_access_block?,
        object_ownership: ownership?,
        https_only,
        receives_access_logs,
        policy,
        logging: logging?,
        lifecycle_rules: lifecycle?,
        replication: replication?,
        tags: ownership::comparable(tags.clone()),
    };
    let outputs = Outputs::new(&target.id, &target.scope);
    Ok(Live { id: target.id.clone(), spec, outputs, tags })
}

struct Reader<'a> {
    aws: &'a Aws,
    s3: &'a Client,
    bucket: &'a str,
    owner: &'a str,
}

/// One request for a setting of the bucket. `None` if the setting is not set.
macro_rules! get {
    ($reader:ident, $action:literal, $operation:ident) => {{
        let request = $reader.s3.$operation().bucket($reader.bucket).expected_bucket_owner($reader.owner);
        match $reader.aws.call($action, request.send()).await {
            Ok(answer) => Some(answer),
            Err(error) if is_not_set(&error) => None,
            Err(error) => return Err(error),
        }
    }};
}

impl Reader<'_> {
    async fn tags(&self) -> Result<BTreeMap<String, String>, CloudError> {
        let answer = get!(self, "s3:GetBucketTagging", get_bucket_tagging);
        Ok(answer.map(|answer| from_sdk_tags(answer.tag_set())).unwrap_or_default())
    }

    async fn encryption(&self) -> Result<Encryption, CloudError> {
        let answer = get!(self, "s3:GetEncryptionConfiguration", get_bucket_encryption);
        let configuration = answer.and_then(|answer| answer.server_side_encryption_configuration);
        let rule = configuration.as_ref().and_then(|configuration| configuration.rules().first());
        Ok(Encryption {
            kms_key: kms_key(rule),
            bucket_key_enabled: rule.and_then(|rule| rule.bucket_key_enabled).unwrap_or_default(),
            block_sse_c: rule
                .and_then(|rule| rule.blocked_encryption_types())
                .is_some_and(|blocked| blocked.encryption_type().contains(&EncryptionType::SseC)),
        })
    }

    async fn versioning(&self) -> Result<bool, CloudError> {
        let answer = get!(self, "s3:GetBucketVersioning", get_bucket_versioning);
        Ok(answer.and_then(|answer| answer.status) == Some(BucketVersioningStatus::Enabled))
    }

    async fn public_access_block(&self) -> Result<PublicAccessBlock, CloudError> {
        let answer = get!(self, "s3:GetBucketPublicAccessBlock", get_public_access_block);
        let block = answer.and_then(|answer| answer.public_access_block_configuration);
        let flag = |flag: Option<bool>| flag.unwrap_or_default();
        Ok(PublicAccessBlock {
            block_public_acls: flag(block.as_ref().and_then(|block| block.block_public_acls)),
            ignore_public_acls: flag(block.as_ref().and_then(|block| block.ignore_public_acls)),
            block_public_policy: flag(block.as_ref().and_then(|block| block.block_public_policy)),
            restrict_public_buckets: flag(block.as_ref().and_then(|block| block.restrict_public_buckets)),
        })
    }

    async fn ownership(&self) -> Result<ObjectOwnership, CloudError> {
        const ACTION: &str = "s3:GetBucketOwnershipControls";
        let answer = get!(self, "s3:GetBucketOwnershipControls", get_bucket_ownership_controls);
        let controls = answer.and_then(|answer| answer.ownership_controls);
        match controls.as_ref().and_then(|controls| controls.rules().first()) {
            Some(rule) => from_aws(ACTION, rule.object_ownership().as_str()),
            // Buckets from before there were ownership controls.
            None => Ok(ObjectOwnership::ObjectWriter),
        }
    }

    async fn policy(&self) -> Result<Document, CloudError> {
        let answer = get!(self, "s3:GetBucketPolicy", get_bucket_policy);
        let text = answer.and_then(|answer| answer.policy).unwrap_or_default();
        Ok(Document::parse(&text).unwrap_or_default())
    }

    async fn logging(&self) -> Result<Logging, CloudError> {
        let answer = get!(self, "s3:GetBucketLogging", get_bucket_logging);
        let enabled = answer.and_then(|answer| answer.logging_enabled);
        let Some(to) = enabled else { return Ok(Logging::default()) };
        let format = to.target_object_key_format.as_ref().and_then(|format| format.partitioned_prefix());
        let partition_date_source = match format.map(|partitioned| partitioned.partition_date_source()) {
            None => PartitionDateSource::None,
            // What AWS takes if nothing is said.
            Some(None) => PartitionDateSource::EventTime,
            Some(Some(source)) => from_aws("s3:GetBucketLogging", source.as_str())?,
        };
        Ok(Logging { bucket: to.target_bucket, prefix: to.target_prefix, partition_date_source })
    }

    async fn replication(&self) -> Result<Replication, CloudError> {
        let answer = get!(self, "s3:GetReplicationConfiguration", get_bucket_replication);
        let configuration = answer.and_then(|answer| answer.replication_configuration);
        Ok(configuration.as_ref().map(replication::from_sdk).unwrap_or_default())
    }

    async fn lifecycle(&self) -> Result<Vec<LifecycleRule>, CloudError> {
        let answer = get!(self, "s3:GetLifecycleConfiguration", get_bucket_lifecycle_configuration);
        Ok(answer.map(|answer| answer.rules().iter().map(from_sdk_rule).collect()).unwrap_or_default())
    }
}

/// The key as a spec says it; what a spec cannot say (no encryption, AWS's own key, two layers) in AWS's words, so that it differs
/// from everything that a spec says.
fn kms_key(rule: Option<&ServerSideEncryptionRule>) -> String {
    let Some(default) = rule.and_then(|rule| rule.apply_server_side_encryption_by_default()) else {
        return "none".to_owned();
    };
    match (default.sse_algorithm(), default.kms_master_key_id()) {
        (ServerSideEncryption::Aes256, _) => S3_MANAGED.to_owned(),
        (ServerSideEncryption::AwsKms, Some(key)) if !key.is_empty() => key.to_owned(),
        (algorithm, Some(key)) if !key.is_empty() => format!("{algorithm} {key}"),
        (algorithm, _) => algorithm.to_string(),
    }
}
