//! `s3_bucket`: general purpose S3 buckets.
//!
//! A bucket's name is its identity, and S3 tags it in the call that creates it, so that a bucket is ours from its first
//! moment on. Every request names the account that must own the bucket: one of that name in another account is
//! refused by S3 itself.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/Welcome.html>

mod call;
mod convert;
mod empty;
mod failure;
mod find;
mod grant;
mod lifecycle;
mod policy;
mod probe;
mod read;
mod recovery;
mod replication;
mod run;
mod spec;
mod steps;
mod verify;

use provision_reconciler::recovery::{Recovery, Replica};
use provision_reconciler::verify::{Check, Verification};
use provision_reconciler::{Change, CloudError, Kind, Live, Problem, Progress, Scope, Step, Target};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use call::Call;
pub use lifecycle::{LifecycleRule, NoncurrentVersionTransition, Transition};
pub use replication::{Replication, ReplicationDestination, ReplicationRule};
pub use spec::{Logging, ObjectOwnership, PartitionDateSource, PublicAccessBlock, Spec};

use crate::Aws;

/// The kind `s3_bucket`.
#[derive(Clone, Copy, Debug)]
pub struct S3Bucket;

/// What references to a bucket can name besides its fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Outputs {
    /// The bucket's ARN.
    pub arn: String,
    /// Its host name: `NAME.s3.amazonaws.com`.
    pub bucket_domain_name: String,
    /// Its host name with the region: `NAME.s3.REGION.amazonaws.com`.
    pub bucket_regional_domain_name: String,
}

impl Outputs {
    fn new(bucket: &str, scope: &Scope) -> Self {
        let suffix = if scope.partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
        Self {
            arn: arn(bucket, scope),
            bucket_domain_name: format!("{bucket}.s3.{suffix}"),
            bucket_regional_domain_name: format!("{bucket}.s3.{}.{suffix}", scope.region),
        }
    }

    fn to_map(&self) -> Map<String, Value> {
        Map::from_iter([
            ("arn".to_owned(), self.arn.as_str().into()),
            ("bucket_domain_name".to_owned(), self.bucket_domain_name.as_str().into()),
            ("bucket_regional_domain_name".to_owned(), self.bucket_regional_domain_name.as_str().into()),
        ])
    }
}

impl Kind for S3Bucket {
    const NAME: &'static str = "s3_bucket";
    const AWS_TYPE: &'static str = "AWS::S3::Bucket";
    const ARN: &'static str = "arn:${Partition}:s3:::${BucketName}";
    const STATEFUL: bool = true;
    const READS: &'static [&'static str] = &[
        "s3:GetBucketLogging",
        "s3:GetBucketOwnershipControls",
        "s3:GetBucketPolicy",
        "s3:GetBucketPublicAccessBlock",
        "s3:GetBucketTagging",
        "s3:GetBucketVersioning",
        "s3:GetEncryptionConfiguration",
        "s3:GetLifecycleConfiguration",
        "s3:GetReplicationConfiguration",
        "s3:ListAllMyBuckets",
    ];

    type Cloud = Aws;
    type Spec = Spec;
    type Outputs = Outputs;
    type Call = Call;

    fn check(spec: &Spec) -> Vec<Problem> {
        spec.problems()
    }

    fn complete(spec: Spec, scope: &Scope) -> Result<Spec, Problem> {
        Ok(spec.complete(scope))
    }

    fn core(spec: &Spec) -> Option<Spec> {
        let (logging, replication) = (Logging::default(), Replication::default());
        Some(Spec { logging, lifecycle_rules: Vec::new(), replication, ..spec.clone() })
    }

    fn identity(spec: &Spec, _scope: &Scope) -> Option<String> {
        Some(spec.bucket.clone())
    }

    fn granted(spec: &Spec, scope: &Scope, access: &str) -> Result<Vec<Value>, Problem> {
        grant::granted(spec, scope, access)
    }

    fn predict(spec: &Spec, scope: &Scope) -> Map<String, Value> {
        Outputs::new(&spec.bucket, scope).to_map()
    }

    async fn read(aws: &Aws, targets: &[Target<Spec>]) -> Vec<Result<Option<Live<Self>>, CloudError>> {
        futures::future::join_all(targets.iter().map(|target| read::read(aws, target))).await
    }

    async fn find(aws: &Aws, scope: &Scope) -> Result<Option<String>, CloudError> {
        find::find(aws, scope).await
    }

    fn steps(change: Change<'_, Spec>) -> Vec<Step<Call>> {
        steps::steps(change)
    }

    async fn run(aws: &Aws, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
        run::run(aws, scope, call, progress).await
    }

    async fn verify(aws: &Aws, verification: &Verification<Spec>) -> Vec<Check> {
        verify::verify(aws, verification).await
    }

    async fn replicas(aws: &Aws, recovery: &Recovery<Spec>) -> Vec<Replica> {
        recovery::replicas(aws, recovery).await
    }
}

/// The ARN of a bucket, which names neither region nor account.
fn arn(bucket: &str, scope: &Scope) -> String {
    format!("arn:{}:s3:::{bucket}", scope.partition)
}
