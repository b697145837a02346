//! Making the calls that change a bucket.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::BuildError;
use aws_sdk_s3::types::{
    BlockedEncryptionTypes, BucketLifecycleConfiguration, BucketLoggingStatus, BucketVersioningStatus,
    CreateBucketConfiguration, EncryptionType, LoggingEnabled, ObjectOwnership as SdkObjectOwnership,
    OwnershipControls, OwnershipControlsRule, PartitionedPrefix, PublicAccessBlockConfiguration, ServerSideEncryption,
    ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration, ServerSideEncryptionRule, Tagging,
    TargetObjectKeyFormat, VersioningConfiguration,
};
use provision_reconciler::{CloudError, ErrorClass, Progress, Scope, ownership};

use super::call::Call;
use super::convert::{from_sdk_tags, to_sdk_rule, to_sdk_tags};
use super::empty::empty;
use super::failure::{explain, is_no_bucket, is_not_set, is_passing};
use super::lifecycle::LifecycleRule;
use super::policy::{self, Parts, Subject};
use super::spec::{Logging, ObjectOwnership, PartitionDateSource, PublicAccessBlock, S3_MANAGED};
use super::{Outputs, replication};
use crate::Aws;
use crate::aws::retry_while;
use crate::values::to_aws;

/// How long an earlier change of a bucket may be under way, its deletion included, or a principal unknown.
const PATIENCE: Duration = Duration::from_secs(180);

/// How long S3 may not know yet what another bucket allows, whether it is versioned, or a role.
const OTHERS_PATIENCE: Duration = Duration::from_secs(60);

pub(super) async fn run(aws: &Aws, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
    let clients = aws.region(&scope.region).await;
    let notes = progress.notes.clone();
    let bucket = match &call {
        Call::CreateBucket { bucket, .. } => bucket.clone(),
        _ => progress.id("s3:ListBucket")?.to_owned(),
    };
    let caller = Caller { aws, s3: clients.s3(), scope, bucket: &bucket };
    let deleting = matches!(call, Call::DeleteBucket);
    // A bucket that is to be deleted need not be waited for.
    let passes = |error: &CloudError| is_passing(error) && !(deleting && is_no_bucket(error));
    let patience = match &call {
        Call::PutBucketLogging(_) | Call::PutBucketReplication(_) => OTHERS_PATIENCE,
        _ => PATIENCE,
    };
    let aimed = &call;
    let made = match &call {
        Call::Empty => empty(aws, clients.s3(), &bucket, &scope.account, &notes).await,
        _ => retry_while(patience, &notes, passes, || caller.make(aimed)).await,
    };
    match made {
        Ok(()) => {}
        Err(error) if deleting && is_no_bucket(&error) => {}
        // An earlier attempt made it, whose answer was lost. Anybody else's is not taken over.
        Err(error)
            if error.code.as_deref() == Some("BucketAlreadyOwnedByYou") && caller.is_of_this_operation().await => {}
        Err(error) => return Err(explain(error, &bucket, scope)),
    }
    if let Call::CreateBucket { bucket, .. } = call {
        progress.outputs.extend(Outputs::new(&bucket, scope).to_map());
        progress.id = Some(bucket);
    }
    Ok(())
}

struct Caller<'a> {
    aws: &'a Aws,
    s3: &'a Client,
    scope: &'a Scope,
    bucket: &'a str,
}

/// Makes one request about the bucket, the account named that must own it.
macro_rules! make {
    ($caller:ident, $action:literal, $request:expr) => {{
        let request = $request.bucket($caller.bucket).expected_bucket_owner(&$caller.scope.account);
        $caller.aws.call($action, request.send()).await.map(drop)
    }};
}

impl Caller<'_> {
    async fn make(&self, call: &Call) -> Result<(), CloudError> {
        let s3 = self.s3;
        match call {
            Call::CreateBucket { object_ownership, tags, .. } => self.create(*object_ownership, tags).await,
            Call::PutBucketTagging { tags } => {
                let tags = built("s3:PutBucketTagging", self.tagging(tags).await?)?;
                make!(self, "s3:PutBucketTagging", s3.put_bucket_tagging().tagging(tags))
            }
            Call::PutPublicAccessBlock(block) => {
                let block = to_sdk_block(*block);
                let request = s3.put_public_access_block().public_access_block_configuration(block);
                make!(self, "s3:PutBucketPublicAccessBlock", request)
            }
            Call::PutBucketOwnershipControls { object_ownership } => {
                let controls = built("s3:PutBucketOwnershipControls", to_sdk_controls(*object_ownership))?;
                make!(
                    self,
                    "s3:PutBucketOwnershipControls",
                    s3.put_bucket_ownership_controls().ownership_controls(controls)
                )
            }
            Call::PutBucketEncryption { kms_key, bucket_key_enabled, block_sse_c } => {
                let encryption = to_sdk_encryption(kms_key, *bucket_key_enabled, *block_sse_c);
                let encryption = built("s3:PutEncryptionConfiguration", encryption)?;
                let request = s3.put_bucket_encryption().server_side_encryption_configuration(encryption);
                make!(self, "s3:PutEncryptionConfiguration", request)
            }
            Call::PutBucketVersioning { enabled } => {
                let status = if *enabled { BucketVersioningStatus::Enabled } else { BucketVersioningStatus::Suspended };
                let configuration = VersioningConfiguration::builder().status(status).build();
                let request = s3.put_bucket_versioning().versioning_configuration(configuration);
                make!(self, "s3:PutBucketVersioning", request)
            }
            Call::PutBucketPolicy { https_only, receives_access_logs, policy } => {
                let parts = Parts {
                    https_only: *https_only,
                    receives_access_logs: *receives_access_logs,
                    policy: policy.clone(),
                };
                let policy = policy::merge(&parts, &Subject::new(self.bucket, self.scope)).unwrap_or_default();
                make!(self, "s3:PutBucketPolicy", s3.put_bucket_policy().policy(policy.to_json()))
            }
            Call::DeleteBucketPolicy => make!(self, "s3:DeleteBucketPolicy", s3.delete_bucket_policy()),
            Call::PutBucketLogging(logging) => {
                let status = built("s3:PutBucketLogging", to_sdk_logging(logging))?;
                make!(self, "s3:PutBucketLogging", s3.put_bucket_logging().bucket_logging_status(status))
            }
            Call::PutBucketLifecycle { rules } => {
                let configuration = built("s3:PutLifecycleConfiguration", to_sdk_lifecycle(rules))?;
                let request = s3.put_bucket_lifecycle_configuration().lifecycle_configuration(configuration);
                make!(self, "s3:PutLifecycleConfiguration", request)
            }
            Call::DeleteBucketLifecycle => make!(self, "s3:PutLifecycleConfiguration", s3.delete_bucket_lifecycle()),
            Call::PutBucketReplication(replication) => {
                let configuration = replication::to_sdk(replication);
                let configuration = built("s3:PutReplicationConfiguration", configuration)?;
                let request = s3.put_bucket_replication().replication_configuration(configuration);
                make!(self, "s3:PutReplicationConfiguration", request)
            }
            Call::DeleteBucketReplication => {
                make!(self, "s3:PutReplicationConfiguration", s3.delete_bucket_replication())
            }
            // Made by `empty`.
            Call::Empty => Ok(()),
            Call::DeleteBucket => make!(self, "s3:DeleteBucket", s3.delete_bucket()),
        }
    }

    /// us-east-1 is the one region that must not be named.
    async fn create(&self, ownership: ObjectOwnership, tags: &BTreeMap<String, String>) -> Result<(), CloudError> {
        let tags = built("s3:CreateBucket", to_sdk_tags(&ownership::tags_for_create(tags, self.scope)))?;
        let region = self.scope.region.as_str();
        let configuration = CreateBucketConfiguration::builder()
            .set_location_constraint((region != "us-east-1").then(|| region.into()))
            .set_tags(Some(tags))
            .build();
        let request = self
            .s3
            .create_bucket()
            .bucket(self.bucket)
            .object_ownership(to_sdk_ownership(ownership))
            .create_bucket_configuration(configuration);
        self.aws.call("s3:CreateBucket", request.send()).await.map(drop)
    }

    async fn tags(&self) -> Result<BTreeMap<String, String>, CloudError> {
        let request = self.s3.get_bucket_tagging().bucket(self.bucket).expected_bucket_owner(&self.scope.account);
        match self.aws.call("s3:GetBucketTagging", request.send()).await {
            Ok(answer) => Ok(from_sdk_tags(answer.tag_set())),
            Err(error) if is_not_set(&error) => Ok(BTreeMap::new()),
            Err(error) => Err(error),
        }
    }

    /// The new tags and those that no spec has: the operation's, and AWS's own, which S3 refuses to have taken away.
    async fn tagging(&self, tags: &BTreeMap<String, String>) -> Result<Result<Tagging, BuildError>, CloudError> {
        let mut all = self.tags().await?;
        all.retain(|key, _| key == ownership::OPERATION || key.starts_with("aws:"));
        all.extend(tags.clone());
        Ok(to_sdk_tags(&all).and_then(|tags| Tagging::builder().set_tag_set(Some(tags)).build()))
    }

    async fn is_of_this_operation(&self) -> bool {
        let Ok(tags) = self.tags().await else { return false };
        ownership::is_ours(&tags, &self.scope.environment, &self.scope.address)
            && tags.get(ownership::OPERATION) == Some(&self.scope.operation)
    }
}

fn to_sdk_ownership(ownership: ObjectOwnership) -> SdkObjectOwnership {
    to_aws(&ownership).as_str().into()
}

fn to_sdk_controls(ownership: ObjectOwnership) -> Result<OwnershipControls, BuildError> {
    let rule = OwnershipControlsRule::builder().object_ownership(to_sdk_ownership(ownership)).build()?;
    OwnershipControls::builder().rules(rule).build()
}

fn to_sdk_block(block: PublicAccessBlock) -> PublicAccessBlockConfiguration {
    PublicAccessBlockConfiguration::builder()
        .block_public_acls(block.block_public_acls)
        .ignore_public_acls(block.ignore_public_acls)
        .block_public_policy(block.block_public_policy)
        .restrict_public_buckets(block.restrict_public_buckets)
        .build()
}

fn to_sdk_encryption(
    kms_key: &str,
    bucket_key_enabled: bool,
    block_sse_c: bool,
) -> Result<ServerSideEncryptionConfiguration, BuildError> {
    let with_kms = kms_key != S3_MANAGED;
    let default = ServerSideEncryptionByDefault::builder()
        .sse_algorithm(if with_kms { ServerSideEncryption::AwsKms } else { ServerSideEncryption::Aes256 })
        .set_kms_master_key_id(with_kms.then(|| kms_key.to_owned()))
        .build()?;
    let blocked = if block_sse_c { EncryptionType::SseC } else { EncryptionType::None };
    let rule = ServerSideEncryptionRule::builder()
        .apply_server_side_encryption_by_default(default)
        .bucket_key_enabled(with_kms && bucket_key_enabled)
        .blocked_encryption_types(BlockedEncryptionTypes::builder().encryption_type(blocked).build())
        .build();
    ServerSideEncryptionConfiguration::builder().rules(rule).build()
}

/// An empty status ends the logging.
fn to_sdk_logging(logging: &Logging) -> Result<BucketLoggingStatus, BuildError> {
    let Logging { bucket, prefix, partition_date_source } = logging;
    let format = (*partition_date_source != PartitionDateSource::None).then(|| {
        let source = to_aws(partition_date_source).as_str().into();
        let partitioned = PartitionedPrefix::builder().partition_date_source(source).build();
        TargetObjectKeyFormat::builder().partitioned_prefix(partitioned).build()
    });
    let enabled =
        LoggingEnabled::builder().target_bucket(bucket).target_prefix(prefix).set_target_object_key_format(format);
    let enabled = (!bucket.is_empty()).then(|| enabled.build()).transpose()?;
    Ok(BucketLoggingStatus::builder().set_logging_enabled(enabled).build())
}

fn to_sdk_lifecycle(rules: &[LifecycleRule]) -> Result<BucketLifecycleConfiguration, BuildError> {
    let rules = rules.iter().map(to_sdk_rule).collect::<Result<Vec<_>, _>>()?;
    BucketLifecycleConfiguration::builder().set_rules(Some(rules)).build()
}

fn built<T>(action: &str, built: Result<T, BuildError>) -> Result<T, CloudError> {
    built.map_err(|error| CloudError::new(action, ErrorClass::Refused, error.to_string()))
}
