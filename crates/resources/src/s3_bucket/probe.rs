//! An object that is put for a test: read back, looked at where it is copied to, and taken away again with all its versions.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::{MfaDeleteStatus, ReplicationStatus, ServerSideEncryption};
use jiff::Timestamp;
use provision_reconciler::{CloudError, ErrorClass};

use super::spec::S3_MANAGED;
use crate::Aws;
use crate::aws::Clients;

/// How long it may take until an object says that it will be copied. S3 decides that when the object is put, by the rules
/// that it knows then; what has no status by now never gets one.
pub(super) const TAKEN_UP: Duration = Duration::from_secs(20);

/// The object's place in one bucket.
#[derive(Clone, Copy)]
pub(super) struct Probe<'a> {
    pub aws: &'a Aws,
    pub s3: &'a Client,
    pub bucket: &'a str,
    /// The account that must own the bucket.
    pub account: &'a str,
    /// Its name. No other object's begins with it.
    pub key: &'a str,
}

/// One request about the object's bucket, which must be this account's.
macro_rules! request {
    ($probe:expr, $operation:ident) => {
        $probe.s3.$operation().bucket($probe.bucket).expected_bucket_owner($probe.account)
    };
}
pub(super) use request;

impl Probe<'_> {
    /// Puts it.
    pub async fn put(&self, content: &[u8], tags: &BTreeMap<String, String>) -> Result<(), CloudError> {
        let put = request!(self, put_object).key(self.key).body(ByteStream::from(content.to_vec()));
        let tagging = (!tags.is_empty()).then(|| form_urlencoded(tags));
        self.aws.call("s3:PutObject", put.set_tagging(tagging).send()).await.map(drop)
    }

    /// The answer to reading it; `None` if its content is not this.
    pub async fn get(&self, content: &[u8]) -> Result<Option<GetObjectOutput>, CloudError> {
        let get = request!(self, get_object).key(self.key);
        let mut answer = self.aws.call("s3:GetObject", get.send()).await?;
        let body = std::mem::take(&mut answer.body).collect().await;
        let body = body.map_err(|error| CloudError::new("s3:GetObject", ErrorClass::Ambiguous, error.to_string()))?;
        Ok((body.to_vec() == content).then_some(answer))
    }

    /// How far S3 has come with copying it.
    pub async fn status(&self) -> Result<Option<ReplicationStatus>, CloudError> {
        let head = request!(self, head_object).key(self.key);
        Ok(self.aws.call("s3:GetObject", head.send()).await?.replication_status)
    }

    /// Whether it is there.
    pub async fn is_there(&self) -> Result<bool, CloudError> {
        match self.status().await {
            Ok(_) => Ok(true),
            Err(error) if error.class == ErrorClass::NotFound && error.code.as_deref() != Some("NoSuchBucket") => {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// Deletes all its versions.
    pub async fn clean_up(&self) -> Result<(), CloudError> {
        self.delete(|_| true).await
    }

    /// If it is a folder: deletes what earlier tests left in it, all that is older than `age`.
    pub async fn sweep(&self, age: Duration) -> Result<(), CloudError> {
        let now = Timestamp::now();
        let is_due = |modified: Option<&DateTime>| {
            let modified = modified.and_then(|at| Timestamp::from_nanosecond(at.as_nanos()).ok());
            modified.is_some_and(|at| Duration::try_from(now.duration_since(at)).is_ok_and(|old| old > age))
        };
        self.delete(is_due).await
    }

    /// Deletes the versions of all that begins with its name, if they are due by when they were made.
    async fn delete(&self, is_due: impl Fn(Option<&DateTime>) -> bool) -> Result<(), CloudError> {
        let list = request!(self, list_object_versions).prefix(self.key);
        let page = self.aws.call("s3:ListBucketVersions", list.send()).await?;
        let versions = page.versions().iter().map(|one| (one.key(), one.version_id(), one.last_modified()));
        let markers = page.delete_markers().iter().map(|one| (one.key(), one.version_id(), one.last_modified()));
        let mut outcome = Ok(());
        for (key, version, _) in versions.chain(markers).filter(|(.., modified)| is_due(*modified)) {
            let delete = request!(self, delete_object).key(key.unwrap_or(self.key));
            let delete = delete.set_version_id(version.map(str::to_owned));
            // One that stays is no reason to leave the others.
            outcome = outcome.and(self.aws.call("s3:DeleteObjectVersion", delete.send()).await.map(drop));
        }
        outcome
    }

    /// What would refuse to have it deleted once it is there, if anything.
    pub async fn keeper(&self) -> Result<Option<&'static str>, CloudError> {
        let lock = request!(self, get_object_lock_configuration);
        let versioning = request!(self, get_bucket_versioning);
        let (lock, versioning) = futures::join!(
            self.aws.call("s3:GetBucketObjectLockConfiguration", lock.send()),
            self.aws.call("s3:GetBucketVersioning", versioning.send()),
        );
        let lock = match lock {
            Ok(answer) => answer.object_lock_configuration,
            Err(error) if error.code.as_deref() == Some("ObjectLockConfigurationNotFoundError") => None,
            Err(error) => return Err(error),
        };
        if lock.and_then(|lock| lock.rule).is_some_and(|rule| rule.default_retention.is_some()) {
            return Ok(Some("Object Lock retains what is new"));
        }
        Ok((versioning?.mfa_delete == Some(MfaDeleteStatus::Enabled)).then_some("MFA delete is on"))
    }
}

/// How an object is encrypted, or that it is not encrypted with this key of this region.
pub(super) async fn encrypted_with(
    aws: &Aws,
    stored: &GetObjectOutput,
    expected: &str,
    clients: &Clients,
) -> Result<Result<String, String>, CloudError> {
    let algorithm = stored.server_side_encryption().map_or("nothing", ServerSideEncryption::as_str);
    if expected == S3_MANAGED {
        return Ok(match stored.server_side_encryption() {
            Some(ServerSideEncryption::Aes256) => Ok("with a key that S3 manages (AES256)".to_owned()),
            _ => Err(format!("it is encrypted with {algorithm} instead of {S3_MANAGED}")),
        });
    }
    let key = stored.ssekms_key_id().unwrap_or_default();
    if stored.server_side_encryption() != Some(&ServerSideEncryption::AwsKms) {
        return Ok(Err(format!("it is encrypted with {algorithm} instead of aws:kms")));
    }
    // S3 tells the key's ARN, and within it the id tells the key.
    Ok(if key.rsplit('/').next() == Some(&key_id(aws, expected, clients).await?) {
        Ok(format!("aws:kms, {key}"))
    } else {
        Err(format!("it is encrypted with {key} instead of {expected}"))
    })
}

/// The id of a key of this region that is named by its ARN or by an alias's.
async fn key_id(aws: &Aws, arn: &str, clients: &Clients) -> Result<String, CloudError> {
    if !arn.contains(":alias/") {
        return Ok(arn.rsplit('/').next().unwrap_or(arn).to_owned());
    }
    let answer = aws.call("kms:DescribeKey", clients.kms().describe_key().key_id(arn).send()).await?;
    Ok(answer.key_metadata.map(|key| key.key_id).unwrap_or_default())
}

/// The region of a bucket of this account; `None` if there is no such bucket.
pub(super) async fn region_of(aws: &Aws, s3: &Client, bucket: &str) -> Result<Option<String>, CloudError> {
    // With a limit the answer tells each bucket's region.
    let request = s3.list_buckets().prefix(bucket).max_buckets(1_000);
    let answer = aws.call("s3:ListAllMyBuckets", request.send()).await?;
    let found = answer.buckets().iter().find(|one| one.name() == Some(bucket));
    Ok(found.and_then(|one| one.bucket_region()).map(str::to_owned))
}

/// Tags as a request's header has them.
fn form_urlencoded(tags: &BTreeMap<String, String>) -> String {
    let encode =
        |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
    tags.iter().map(|(key, value)| format!("{}={}", encode(key), encode(value))).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests;
