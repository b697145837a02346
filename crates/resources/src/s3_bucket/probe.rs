//! An object that is put for a test: read back, looked at where it is copied to, and taken away again with all its versions.

use std::collections::BTreeMap;

use aws_sdk_s3::Client;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ReplicationStatus, ServerSideEncryption};
use provision_reconciler::{CloudError, ErrorClass};

use super::spec::S3_MANAGED;
use crate::Aws;
use crate::aws::Clients;

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
        let list = request!(self, list_object_versions).prefix(self.key);
        let page = self.aws.call("s3:ListBucketVersions", list.send()).await?;
        let versions = page.versions().iter().map(|version| version.version_id());
        let markers = page.delete_markers().iter().map(|marker| marker.version_id());
        for version in versions.chain(markers) {
            let delete = request!(self, delete_object).key(self.key).set_version_id(version.map(str::to_owned));
            self.aws.call("s3:DeleteObjectVersion", delete.send()).await?;
        }
        Ok(())
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
