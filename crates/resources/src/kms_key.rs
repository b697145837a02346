//! `kms_key`: AWS KMS keys, each with its alias.
//!
//! A key is never deleted at once, only scheduled for deletion, and its alias stays on it until it is gone. So a key that is
//! pending deletion is found again under the alias of its address: it counts as absent once the file has no such
//! resource, but as long as the file asks for it, it is read as a key whose `deletion` is `pending`, and the update cancels
//! the deletion instead of making a second key that could not decrypt what the first one encrypted.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/Welcome.html>

mod call;
mod find;
mod read;
mod run;
mod services;
mod spec;
mod steps;
mod verify;

use std::collections::BTreeMap;

use provision_reconciler::verify::{Check, Verification};
use provision_reconciler::{Change, CloudError, Kind, Live, Problem, Progress, Scope, Step, Target};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use call::Call;
pub use services::Service;
pub use spec::{Deletion, KeySpec, KeyUsage, Spec};

use crate::Aws;

/// The kind `kms_key`.
#[derive(Clone, Copy, Debug)]
pub struct KmsKey;

/// What references to a key can name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Outputs {
    /// The key's ARN.
    pub arn: String,
    /// The key's id.
    pub key_id: String,
    /// The alias that the key goes by, `alias/…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias_name: Option<String>,
    /// The alias's ARN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias_arn: Option<String>,
}

impl Outputs {
    fn new(scope: &Scope, key_id: &str, alias: Option<&str>) -> Self {
        Self {
            arn: scope.arn("kms", &format!("key/{key_id}")),
            key_id: key_id.to_owned(),
            alias_name: alias.map(str::to_owned),
            alias_arn: alias.map(|alias| scope.arn("kms", alias)),
        }
    }
}

impl Kind for KmsKey {
    const NAME: &'static str = "kms_key";
    const AWS_TYPE: &'static str = "AWS::KMS::Key";
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

    fn identity(spec: &Spec, scope: &Scope) -> Option<String> {
        Some(spec.alias_in(scope))
    }

    fn predict(spec: &Spec, scope: &Scope) -> Map<String, Value> {
        let alias = spec.alias_in(scope);
        let arn = scope.arn("kms", &alias);
        Map::from_iter([("alias_name".to_owned(), alias.into()), ("alias_arn".to_owned(), arn.into())])
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
}

/// The tags of a `ListResourceTags` answer.
fn tags(tags: &[aws_sdk_kms::types::Tag]) -> BTreeMap<String, String> {
    crate::tags::from_sdk(tags, |tag| (tag.tag_key(), tag.tag_value()))
}
