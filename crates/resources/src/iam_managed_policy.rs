//! `iam_managed_policy`: AWS::IAM::ManagedPolicy.
//!
//! A policy is known by its ARN, which follows from path and name, and IAM tags it in the call that creates it. IAM never
//! changes its document: it keeps up to five versions, one of which is the default, the one that counts. So a change is a
//! new default version, and when five are there the oldest other one goes first.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html>

mod call;
mod read;
mod run;
mod spec;
mod steps;

use provision_config::unknown;
use provision_reconciler::{Change, CloudError, Kind, Live, Problem, Progress, Scope, Step, Target};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use call::Call;
pub use spec::{ManagedPolicySpec, Version};

use crate::Aws;
use crate::document::Document;

/// The kind `iam_managed_policy`.
#[derive(Clone, Copy, Debug)]
pub struct IamManagedPolicy;

/// What references can name besides the fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ManagedPolicyOutputs {
    /// The policy's ARN.
    pub arn: String,
    /// The id that tells the policy from earlier ones of the same name, `ANPA…`.
    pub policy_id: String,
}

/// What a policy allows, AWS's own included: its version that counts. `None` if there is none.
pub(crate) async fn document_of(
    aws: &Aws,
    iam: &aws_sdk_iam::Client,
    arn: &str,
) -> Result<Option<Document>, CloudError> {
    let Some(policy) = read::policy(aws, iam, arn).await? else { return Ok(None) };
    read::document(aws, iam, arn, policy.default_version_id().unwrap_or_default()).await
}

impl Kind for IamManagedPolicy {
    const NAME: &'static str = "iam_managed_policy";
    const AWS_TYPE: &'static str = "AWS::IAM::ManagedPolicy";
    const ARN: &'static str = "arn:${Partition}:iam::${Account}:policy/${PolicyNameWithPath}";
    const READS: &'static [&'static str] = &[read::POLICY, read::VERSIONS, read::VERSION];

    type Cloud = Aws;
    type Spec = ManagedPolicySpec;
    type Outputs = ManagedPolicyOutputs;
    type Call = Call;

    fn check(spec: &ManagedPolicySpec) -> Vec<Problem> {
        spec.problems()
    }

    fn identity(spec: &ManagedPolicySpec, scope: &Scope) -> Option<String> {
        let arn = spec.arn(scope);
        (!unknown::is_unknown(&arn)).then_some(arn)
    }

    fn id_of(arn: &str, _name: &str) -> String {
        arn.to_owned()
    }

    fn predict(spec: &ManagedPolicySpec, scope: &Scope) -> Map<String, Value> {
        Map::from_iter([("arn".to_owned(), spec.arn(scope).into())])
    }

    async fn read(cloud: &Aws, targets: &[Target<ManagedPolicySpec>]) -> Vec<Result<Option<Live<Self>>, CloudError>> {
        futures::future::join_all(targets.iter().map(|target| read::read(cloud, target))).await
    }

    /// The ARN, which follows from the file, leads to it.
    async fn find(_cloud: &Aws, _scope: &Scope) -> Result<Option<String>, CloudError> {
        Ok(None)
    }

    fn steps(change: Change<'_, ManagedPolicySpec>) -> Vec<Step<Call>> {
        steps::steps(change)
    }

    async fn run(cloud: &Aws, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
        run::run(cloud, scope, call, progress).await
    }
}
