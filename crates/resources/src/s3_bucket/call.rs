//! The calls that change a bucket.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::lifecycle::LifecycleRule;
use super::replication::Replication;
use super::spec::{Logging, ObjectOwnership, PublicAccessBlock};
use crate::document::Document;

/// One mutating call on a bucket, with everything that it needs besides the bucket's name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// `CreateBucket`.
    CreateBucket {
        /// The name.
        bucket: String,
        /// Who owns objects that another account writes.
        object_ownership: ObjectOwnership,
        /// The spec's tags.
        tags: BTreeMap<String, String>,
    },
    /// `PutBucketTagging`, which replaces them all.
    PutBucketTagging {
        /// The spec's tags.
        tags: BTreeMap<String, String>,
    },
    /// `PutPublicAccessBlock`.
    PutPublicAccessBlock(PublicAccessBlock),
    /// `PutBucketOwnershipControls`.
    PutBucketOwnershipControls {
        /// Who owns objects that another account writes.
        object_ownership: ObjectOwnership,
    },
    /// `PutBucketEncryption`.
    PutBucketEncryption {
        /// The KMS key's ARN, or `AES256`.
        kms_key: String,
        /// Whether to use a bucket key.
        bucket_key_enabled: bool,
        /// Whether to refuse SSE-C.
        block_sse_c: bool,
    },
    /// `PutBucketVersioning`.
    PutBucketVersioning {
        /// On, or suspended.
        enabled: bool,
    },
    /// `PutBucketPolicy`, with the statements merged in that other fields stand for.
    PutBucketPolicy {
        /// Whether that of `https_only` is wanted.
        https_only: bool,
        /// Whether that of `receives_access_logs` is wanted.
        receives_access_logs: bool,
        /// The other statements.
        policy: Document,
    },
    /// `DeleteBucketPolicy`.
    DeleteBucketPolicy,
    /// `PutBucketLogging`, which also ends it.
    PutBucketLogging(Logging),
    /// `PutBucketLifecycleConfiguration`, which replaces all rules.
    PutBucketLifecycle {
        /// The rules. At least one.
        rules: Vec<LifecycleRule>,
    },
    /// `DeleteBucketLifecycle`.
    DeleteBucketLifecycle,
    /// `PutBucketReplication`, which replaces all rules.
    PutBucketReplication(Replication),
    /// `DeleteBucketReplication`.
    DeleteBucketReplication,
    /// `DeleteObjects` with all versions of all objects, page by page: the one step that is more than one request.
    Empty,
    /// `DeleteBucket`.
    DeleteBucket,
}
