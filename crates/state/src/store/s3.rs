//! The state in S3.
//!
//! Writes are conditional (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>) and
//! encrypted with SSE-KMS under a bucket key; reads are strongly consistent.

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::{BuildError, ProvideErrorMetadata};
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode, Delete, ObjectIdentifier, ServerSideEncryption};
use jiff::Timestamp;
use provision_reconciler::{CloudError, ErrorClass};
use uuid::Uuid;

use super::object::{self, Blob, Choice, Got, Objects, Put, PutError};
use super::{Loaded, StateError, Store, Stored, Token, Version, WatchStored, segments, watches};
use crate::document::State;
use crate::failure::from_sdk;
use crate::journal::{Seal, Segment};
use crate::watch::Watch;

/// How many versions one call deletes at most.
const LARGEST_DELETION: usize = 1000;
/// The header that tells a deleted object from one that never was.
const DELETE_MARKER: &str = "x-amz-delete-marker";

/// The state of one environment, as an object in S3.
#[derive(Clone, Debug)]
pub struct S3Store {
    client: Client,
    environment: String,
    bucket: String,
    key: String,
    kms_key: Option<String>,
    account: Option<String>,
    copies: bool,
}

impl S3Store {
    /// The object `key` in `bucket`, with a client for the bucket's region. Nothing is called.
    pub fn new(
        client: Client,
        environment: impl Into<String>,
        bucket: impl Into<String>,
        key: impl Into<String>,
    ) -> Self {
        Self {
            client,
            environment: environment.into(),
            bucket: bucket.into(),
            key: key.into(),
            kms_key: None,
            account: None,
            copies: false,
        }
    }

    /// The same as what S3 has copied from elsewhere: a journal of which a part has not arrived ends there, instead of being damaged.
    pub fn copied(mut self) -> Self {
        self.copies = true;
        self
    }

    /// With the ARN of the KMS key that the object is encrypted with: set on every write, checked on every read. Until
    /// it is known, there is no writing, and reading checks only that there is SSE-KMS.
    pub fn kms_key(mut self, arn: impl Into<String>) -> Self {
        self.kms_key = Some(arn.into());
        self
    }

    /// With the account that must own the bucket, so that nobody else's bucket of that name gets the state.
    pub fn account(mut self, account: impl Into<String>) -> Self {
        self.account = Some(account.into());
        self
    }

    /// Deletes the state that was read, and keeps its versions: it is not used any more, and nothing of it is lost. Where no
    /// versions are kept, nothing is kept. See <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html>.
    ///
    /// # Errors
    /// If it cannot be deleted, or is not what was read any more.
    pub async fn retire(&self, read: &Token) -> Result<(), StateError> {
        let request = self.client.delete_object().bucket(&self.bucket).key(&self.key).if_match(&read.etag);
        let answer = request.set_expected_bucket_owner(self.account.clone()).send().await;
        answer.map_err(|error| object::call("delete", self, from_sdk("s3:DeleteObject", &error)))?;
        Ok(())
    }

    /// Whether there is a state, readable or not. It is asked of the bucket's list, for which no key is needed.
    ///
    /// # Errors
    /// If the bucket cannot be listed.
    pub async fn exists(&self) -> Result<bool, StateError> {
        // Of the keys that begin like this one, it is the first.
        let request = self.client.list_objects_v2().bucket(&self.bucket).prefix(&self.key).max_keys(1);
        match request.set_expected_bucket_owner(self.account.clone()).send().await {
            Ok(page) => Ok(page.contents().iter().any(|object| object.key() == Some(self.key.as_str()))),
            Err(error) if error.code() == Some("NoSuchBucket") => Ok(false),
            Err(error) => Err(object::call("look for", self, from_sdk("s3:ListBucket", &error))),
        }
    }

    /// The versions and delete markers of the objects whose keys begin like this, with those keys, as S3 lists them: page by
    /// page.
    async fn versions(&self, prefix: &str) -> Result<Vec<(String, Version)>, CloudError> {
        let mut versions = Vec::new();
        let mut markers = (None, None);
        loop {
            let page = self
                .client
                .list_object_versions()
                .bucket(&self.bucket)
                .prefix(prefix)
                .set_key_marker(markers.0)
                .set_version_id_marker(markers.1)
                .set_expected_bucket_owner(self.account.clone())
                .send()
                .await;
            let page = match page {
                Ok(page) => page,
                Err(error) if error.code() == Some("NoSuchBucket") => return Ok(Vec::new()),
                Err(error) => return Err(from_sdk("s3:ListBucketVersions", &error)),
            };
            versions.extend(page.versions().iter().map(|version| {
                let found = Version {
                    id: version.version_id().unwrap_or("null").to_owned(),
                    written_at: version.last_modified().and_then(timestamp),
                    size: version.size().and_then(|size| u64::try_from(size).ok()),
                    current: version.is_latest().unwrap_or_default(),
                };
                (version.key().unwrap_or_default().to_owned(), found)
            }));
            versions.extend(page.delete_markers().iter().map(|marker| {
                let found = Version {
                    id: marker.version_id().unwrap_or("null").to_owned(),
                    written_at: marker.last_modified().and_then(timestamp),
                    size: None,
                    current: marker.is_latest().unwrap_or_default(),
                };
                (marker.key().unwrap_or_default().to_owned(), found)
            }));
            if !page.is_truncated().unwrap_or_default() || page.next_key_marker().is_none() {
                break;
            }
            markers = (page.next_key_marker, page.next_version_id_marker);
        }
        Ok(versions)
    }

    /// The versions and delete markers of the state, newest first.
    async fn state_versions(&self) -> Result<Vec<Version>, CloudError> {
        let versions = self.versions(&self.key).await?;
        // Other keys may begin like this one.
        let mut versions: Vec<Version> =
            versions.into_iter().filter(|(key, _)| *key == self.key).map(|(_, version)| version).collect();
        // Versions and markers come in two lists. The sort is stable: what S3 dates to the same second keeps its order.
        versions.sort_by(|a, b| b.current.cmp(&a.current).then(b.written_at.cmp(&a.written_at)));
        Ok(versions)
    }

    async fn delete_version(&self, id: &str) -> Result<(), CloudError> {
        self.client
            .delete_object()
            .bucket(&self.bucket)
            .key(&self.key)
            .version_id(id)
            .set_expected_bucket_owner(self.account.clone())
            .send()
            .await
            .map_err(|error| from_sdk("s3:DeleteObjectVersion", &error))?;
        Ok(())
    }
}

#[async_trait]
impl Store for S3Store {
    async fn load(&self) -> Result<Loaded, StateError> {
        segments::load(self).await
    }

    async fn load_version(&self, id: &str) -> Result<Loaded, StateError> {
        object::read(self, Some(id)).await
    }

    async fn token_of_any(&self, lineage: Uuid) -> Result<Option<Token>, StateError> {
        object::token_of_any(self, lineage).await
    }

    async fn save(&self, state: &State, expected: Option<&Token>) -> Result<Token, StateError> {
        if self.kms_key.is_none() {
            return Err(StateError::NoKey { location: self.location() });
        }
        object::save(self, state, expected).await
    }

    async fn append(&self, segment: &Segment) -> Result<(), StateError> {
        if self.kms_key.is_none() {
            return Err(StateError::NoKey { location: self.location() });
        }
        segments::append(self, segment).await
    }

    async fn seal(&self, stored: Stored, seal: &Seal) -> Result<Stored, StateError> {
        // The key that the state is encrypted with is good enough for what belongs to it.
        let keyed = Self { kms_key: self.kms_key.clone().or_else(|| stored.kms_key.clone()), ..self.clone() };
        segments::seal(&keyed, stored, seal).await
    }

    async fn sweep(&self, fencing: u64) -> Result<(), StateError> {
        segments::sweep(self, fencing).await
    }

    async fn history(&self) -> Result<Vec<Version>, StateError> {
        self.state_versions().await.map_err(|source| object::call("list the versions of", self, source))
    }

    async fn load_watch(&self, name: &str) -> Result<WatchStored, StateError> {
        watches::load(self, name).await
    }

    async fn save_watch(&self, name: &str, watch: &Watch, expected: Option<&str>) -> Result<String, StateError> {
        if self.kms_key.is_none() {
            return Err(StateError::NoKey { location: self.location() });
        }
        watches::save(self, name, watch, expected).await
    }

    async fn delete(&self) -> Result<(), StateError> {
        let failed = |source| object::call("delete", self, source);
        segments::delete(self).await?;
        watches::delete(self).await?;
        // The current version last: whoever is interrupted finds the state still there.
        for version in self.state_versions().await.map_err(failed)?.iter().rev() {
            self.delete_version(&version.id).await.map_err(failed)?;
        }
        Ok(())
    }
}

#[async_trait]
impl Objects for S3Store {
    fn environment(&self) -> &str {
        &self.environment
    }

    fn key(&self) -> &str {
        &self.key
    }

    fn location_of(&self, key: &str) -> String {
        format!("s3://{}/{key}", self.bucket)
    }

    fn are_copies(&self) -> bool {
        self.copies
    }

    async fn get(&self, key: &str, version: Option<&str>) -> Result<Got, CloudError> {
        let answer = self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(key)
            .set_version_id(version.map(str::to_owned))
            .checksum_mode(ChecksumMode::Enabled)
            .set_expected_bucket_owner(self.account.clone())
            .send()
            .await;
        let object = match answer {
            Ok(object) => object,
            Err(error) => {
                let deleted =
                    error.raw_response().is_some_and(|response| response.headers().get(DELETE_MARKER) == Some("true"));
                return match error.code() {
                    Some("NoSuchBucket") => Ok(Got::NoBucket),
                    // A delete marker that is asked for by its version is a method not allowed.
                    Some("NoSuchKey" | "NoSuchVersion" | "MethodNotAllowed") => Ok(Got::Nothing { deleted }),
                    _ => Err(from_sdk("s3:GetObject", &error)),
                };
            }
        };
        let etag = object.e_tag().unwrap_or_default().to_owned();
        let version_id = object.version_id().map(str::to_owned);
        let encryption = object.server_side_encryption().map(|algorithm| algorithm.as_str().to_owned());
        let kms_key = object.ssekms_key_id().map(str::to_owned);
        // Also where the checksum that S3 keeps beside the object is verified.
        let body = object.body.collect().await.map_err(|error| {
            CloudError::new("s3:GetObject", ErrorClass::Ambiguous, format!("failed to read the body: {error}"))
        })?;
        Ok(Got::Blob(Blob { body: body.to_vec(), etag, version_id, encryption, kms_key }))
    }

    async fn put(&self, put: Put<'_>) -> Result<String, PutError> {
        let mut request = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(put.key)
            .set_expected_bucket_owner(self.account.clone())
            .server_side_encryption(ServerSideEncryption::AwsKms)
            .set_ssekms_key_id(self.kms_key.clone())
            .bucket_key_enabled(true)
            .checksum_algorithm(ChecksumAlgorithm::Sha256)
            .content_type("application/json")
            .body(ByteStream::from(put.body.to_vec()));
        for (name, value) in put.labels {
            request = request.metadata(*name, value);
        }
        let request = match put.expected {
            Some(etag) => request.if_match(etag),
            None => request.if_none_match("*"),
        };
        let answer = request.send().await.map_err(|error| {
            let failure = from_sdk("s3:PutObject", &error);
            match error.code() {
                Some("NoSuchBucket") => PutError::NoBucket,
                // `If-Match` on an object that is gone is answered with NoSuchKey.
                Some("PreconditionFailed" | "NoSuchKey") => PutError::Condition(failure),
                _ if failure.class.is_transient() => PutError::Transient(failure),
                _ => PutError::Failed(failure),
            }
        })?;
        Ok(answer.e_tag().unwrap_or_default().to_owned())
    }

    async fn keys(&self, prefix: &str) -> Result<Vec<String>, CloudError> {
        let mut keys = Vec::new();
        let mut token = None;
        loop {
            let page = self
                .client
                .list_objects_v2()
                .bucket(&self.bucket)
                .prefix(prefix)
                .set_continuation_token(token)
                .set_expected_bucket_owner(self.account.clone())
                .send()
                .await
                .map_err(|error| from_sdk("s3:ListBucket", &error))?;
            keys.extend(page.contents().iter().filter_map(|object| object.key().map(str::to_owned)));
            token = page.next_continuation_token;
            if token.is_none() {
                return Ok(keys);
            }
        }
    }

    async fn delete_all(&self, prefix: &str, choose: &Choice<'_>) -> Result<(), CloudError> {
        let versions = self.versions(prefix).await?;
        let chosen = choose(versions.iter().map(|(key, _)| key.clone()).collect());
        let chosen: Vec<_> = versions.into_iter().filter(|(key, _)| chosen.contains(key)).collect();
        for part in chosen.chunks(LARGEST_DELETION) {
            let identifiers =
                part.iter().map(|(key, version)| ObjectIdentifier::builder().key(key).version_id(&version.id).build());
            let mistake =
                |error: BuildError| CloudError::new("s3:DeleteObjectVersion", ErrorClass::Refused, error.to_string());
            let identifiers = identifiers.collect::<Result<Vec<_>, _>>().map_err(mistake)?;
            let delete = Delete::builder().set_objects(Some(identifiers)).quiet(true).build().map_err(mistake)?;
            let answer = self
                .client
                .delete_objects()
                .bucket(&self.bucket)
                .set_expected_bucket_owner(self.account.clone())
                .delete(delete)
                .send()
                .await
                .map_err(|error| from_sdk("s3:DeleteObjectVersion", &error))?;
            if let Some(error) = answer.errors().first() {
                let message = error.message().unwrap_or("it was not deleted");
                let message = format!("{}: {message}", error.key().unwrap_or_default());
                let failed = CloudError::new("s3:DeleteObjectVersion", ErrorClass::Refused, message);
                return Err(CloudError { code: error.code().map(str::to_owned), ..failed });
            }
        }
        Ok(())
    }

    fn check_encryption(&self, key: &str, blob: &Blob) -> Result<(), StateError> {
        let kms = blob.encryption.as_deref() == Some(ServerSideEncryption::AwsKms.as_str());
        let same_key = match (&self.kms_key, &blob.kms_key) {
            // S3 answers with the key itself, which an alias does not name.
            (Some(expected), _) if expected.contains("alias/") => true,
            (Some(expected), Some(found)) => found == expected || found.ends_with(&format!("/{expected}")),
            (Some(_), None) => false,
            (None, _) => true,
        };
        if kms && same_key {
            return Ok(());
        }
        let expected = self.kms_key.as_ref().map_or_else(|| "SSE-KMS".to_owned(), |key| format!("SSE-KMS and {key}"));
        let found = match (&blob.encryption, &blob.kms_key) {
            (Some(_), Some(key)) if kms => format!("SSE-KMS and {key}"),
            (Some(algorithm), _) => algorithm.clone(),
            (None, _) => "nothing".to_owned(),
        };
        Err(StateError::NotEncrypted { location: self.location_of(key), expected, found })
    }
}

fn timestamp(time: &DateTime) -> Option<Timestamp> {
    Timestamp::from_nanosecond(time.as_nanos()).ok()
}
