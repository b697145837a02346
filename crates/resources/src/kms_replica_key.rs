//! `kms_replica_key`: replicas of multi-region KMS keys in other regions.
//!
//! A replica has the id and the key material of its primary, so that it decrypts what the primary encrypted even if the
//! primary's region is out of reach. Everything else is its own: alias, description, policy, tags, whether it is enabled. Its key
//! material is rotated with the primary's.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html>

mod read;
mod recovery;
mod settle;
mod spec;
mod steps;
mod verify;

use provision_reconciler::recovery::{Recovery, Replica};
use provision_reconciler::verify::{Check, Verification};
use provision_reconciler::{Change, CloudError, Kind, Live, Problem, Progress, Scope, Step, Target};
use serde_json::{Map, Value};

pub use spec::Spec;

use crate::Aws;
use crate::kms;
pub use crate::kms::{Call, Outputs};

/// The kind `kms_replica_key`.
#[derive(Clone, Copy, Debug)]
pub struct KmsReplicaKey;

impl Kind for KmsReplicaKey {
    const NAME: &'static str = "kms_replica_key";
    const AWS_TYPE: &'static str = "AWS::KMS::ReplicaKey";
    const ARN: &'static str = "arn:${Partition}:kms:${Region}:${Account}:key/${KeyId}";
    const STATEFUL: bool = true;
    const READS: &'static [&'static str] =
        &["kms:DescribeKey", "kms:GetKeyPolicy", "kms:ListAliases", "kms:ListKeys", "kms:ListResourceTags"];

    type Cloud = Aws;
    type Spec = Spec;
    type Outputs = Outputs;
    type Call = Call;

    fn check(spec: &Spec) -> Vec<Problem> {
        kms::alias_problem(spec.alias.as_deref()).into_iter().collect()
    }

    fn complete(spec: Spec, scope: &Scope) -> Result<Spec, Problem> {
        spec.complete(scope)
    }

    fn identity(spec: &Spec, scope: &Scope) -> Option<String> {
        Some(kms::alias_in(spec.alias.as_deref(), scope))
    }

    fn predict(spec: &Spec, scope: &Scope) -> Map<String, Value> {
        kms::predict(kms::alias_in(spec.alias.as_deref(), scope), scope)
    }

    async fn read(aws: &Aws, targets: &[Target<Spec>]) -> Vec<Result<Option<Live<Self>>, CloudError>> {
        futures::future::join_all(targets.iter().map(|target| read::read(aws, target))).await
    }

    async fn find(aws: &Aws, scope: &Scope) -> Result<Option<String>, CloudError> {
        kms::find(aws, scope).await
    }

    fn steps(change: Change<'_, Spec>) -> Vec<Step<Call>> {
        steps::steps(change)
    }

    async fn run(aws: &Aws, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
        kms::run(aws, scope, call, progress).await
    }

    async fn settle(aws: &Aws, scope: &Scope, call: &Call, progress: &mut Progress) -> Result<(), CloudError> {
        settle::settle(aws, scope, call, progress).await
    }

    async fn verify(aws: &Aws, verification: &Verification<Spec>) -> Vec<Check> {
        verify::verify(aws, verification).await
    }

    async fn replicas(aws: &Aws, recovery: &Recovery<Spec>) -> Vec<Replica> {
        recovery::replicas(aws, recovery).await
    }
}
