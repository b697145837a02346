//! `kms_key`: AWS KMS keys, each with its alias.
//!
//! How keys are deleted, and what comes back of that, is told where all kinds of them share it: in `kms.rs`. A multi-region key
//! that is to be deleted waits until its replicas are gone; until then its deletion can be cancelled as well.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/Welcome.html>

mod read;
mod spec;
mod steps;
mod verify;

use provision_reconciler::verify::{Check, Verification};
use provision_reconciler::{Change, CloudError, Kind, Live, Problem, Progress, Scope, Step, Target};
use serde_json::{Map, Value};

pub use spec::Spec;

use crate::Aws;
use crate::kms;
pub use crate::kms::{Call, Deletion, KeySpec, KeyUsage, Outputs, Service};

/// The kind `kms_key`.
#[derive(Clone, Copy, Debug)]
pub struct KmsKey;

impl Kind for KmsKey {
    const NAME: &'static str = "kms_key";
    const AWS_TYPE: &'static str = "AWS::KMS::Key";
    const ARN: &'static str = "arn:${Partition}:kms:${Region}:${Account}:key/${KeyId}";
    const STATEFUL: bool = true;
    const READS: &'static [&'static str] = &[
        "kms:DescribeKey",
        "kms:GetKeyPolicy",
        "kms:GetKeyRotationStatus",
        "kms:ListAliases",
        "kms:ListKeys",
        "kms:ListResourceTags",
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
        // The rotation of a disabled key cannot be changed.
        spec.enabled.then(|| Spec { enable_key_rotation: false, ..spec.clone() })
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

    async fn verify(aws: &Aws, verification: &Verification<Spec>) -> Vec<Check> {
        verify::verify(aws, verification).await
    }
}
