//! Deleting everything that a bucket holds.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::BuildError;
use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use provision_reconciler::{CloudError, ErrorClass, Notes};

use super::failure::is_no_bucket;
use crate::Aws;

const ACTION: &str = "s3:DeleteObjectVersion";

/// Deletes all versions of all objects and all delete markers, a page of up to 1,000 at a time, until there are none.
pub(super) async fn empty(aws: &Aws, s3: &Client, bucket: &str, owner: &str, notes: &Notes) -> Result<(), CloudError> {
    let mut deleted = 0;
    loop {
        // Always the first page: what stood there is gone.
        let request = s3.list_object_versions().bucket(bucket).expected_bucket_owner(owner);
        let page = match aws.call("s3:ListBucketVersions", request.send()).await {
            Err(error) if is_no_bucket(&error) => return Ok(()),
            page => page?,
        };
        let objects =
            identifiers(&page).map_err(|error| CloudError::new(ACTION, ErrorClass::Refused, error.to_string()))?;
        if objects.is_empty() {
            return Ok(());
        }
        deleted += objects.len();
        let batch = Delete::builder().set_objects(Some(objects)).quiet(true).build();
        let batch = batch.map_err(|error| CloudError::new(ACTION, ErrorClass::Refused, error.to_string()))?;
        let request = s3.delete_objects().bucket(bucket).expected_bucket_owner(owner).delete(batch);
        let answer = aws.call(ACTION, request.send()).await?;
        if let Some(refused) = answer.errors().first() {
            let key = refused.key().unwrap_or_default();
            let message = format!("{key}: {}", refused.message().unwrap_or("refused"));
            let error = CloudError::new(ACTION, ErrorClass::Refused, message);
            return Err(CloudError { code: refused.code.clone(), ..error }
                .with_hint("see whether an object lock, a legal hold or the bucket policy keeps the object"));
        }
        notes.say(&format!("deleted {deleted} object versions of {bucket}"));
    }
}

fn identifiers(page: &ListObjectVersionsOutput) -> Result<Vec<ObjectIdentifier>, BuildError> {
    let versions = page.versions().iter().map(|version| (version.key(), version.version_id()));
    let markers = page.delete_markers().iter().map(|marker| (marker.key(), marker.version_id()));
    versions
        .chain(markers)
        .map(|(key, version)| {
            ObjectIdentifier::builder()
                .set_key(key.map(str::to_owned))
                .set_version_id(version.map(str::to_owned))
                .build()
        })
        .collect()
}
