//! One AWS call, as the proxy saw it.

use std::time::{Duration, Instant};

/// One AWS call, as the proxy saw it.
#[derive(Clone, Debug)]
pub struct Call {
    /// The service by the name of its IAM actions: `s3`, `kms`, `dynamodb`, `secretsmanager`.
    pub service: String,
    /// The operation: `PutBucketEncryption`. `Unknown` where the proxy's tables do not know the request.
    pub operation: String,
    /// The IAM action: `s3:PutEncryptionConfiguration`.
    pub action: String,
    /// Whether it may change anything.
    pub mutating: bool,
    /// The bucket (and `/key`), key, table, stream, … it is about, where the request names one.
    pub resource: Option<String>,
    /// The region it was signed for.
    pub region: Option<String>,
    /// The access key it was signed with: in the sandbox, the account.
    pub access_key: Option<String>,
    /// The HTTP status the client was answered; `None` if it was not answered.
    pub status: Option<u16>,
    /// When it arrived.
    pub at: Instant,
    /// From its arrival until the answer was handed on.
    pub duration: Duration,
}
