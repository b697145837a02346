//! `secretsmanager_secret`: AWS Secrets Manager secrets.
//!
//! The value of a secret is in no spec, plan, call, state, log or error: a file says where it comes from, and only the call that
//! stores it reads it from there. What is compared is the id of the version that is current: the id of a value that comes
//! from a variable or a file follows from the value (see [`version`]), so that a new value shows as a new `version_id`, and
//! one that was changed by hand as drift, without `GetSecretValue` ever being called.
//!
//! A secret is never deleted at once, only scheduled for deletion, and its name stays taken until it is gone. As with
//! `kms_key`, it counts as absent once the file has no such resource, but as long as the file asks for it, it is read as a secret
//! whose `deletion` is `pending`, and the update restores it.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/Welcome.html>

mod call;
mod find;
mod grant;
mod password;
mod read;
mod recovery;
mod run;
mod settle;
mod source;
mod spec;
mod steps;
mod verify;
mod version;

use provision_config::unknown;
use provision_reconciler::recovery::{self as replication, Recovery};
use provision_reconciler::verify::{Check, Verification};
use provision_reconciler::{Change, CloudError, Kind, Live, Problem, Progress, Scope, Step, Target};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use call::{Call, Operation};
pub use password::Generate;
pub use source::Source;
pub use spec::{Deletion, Replica, Rotation, Spec};

use crate::Aws;

/// The kind `secretsmanager_secret`.
#[derive(Clone, Copy, Debug)]
pub struct SecretsmanagerSecret;

/// What references to a secret can name besides its fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Outputs {
    /// The secret's ARN, which ends in six characters that AWS chooses.
    pub arn: String,
}

impl Kind for SecretsmanagerSecret {
    const NAME: &'static str = "secretsmanager_secret";
    const AWS_TYPE: &'static str = "AWS::SecretsManager::Secret";
    const ARN: &'static str = "arn:${Partition}:secretsmanager:${Region}:${Account}:secret:${SecretId}";
    const STATEFUL: bool = true;
    const READS: &'static [&'static str] = &[read::DESCRIBE, read::POLICY, read::VERSIONS, find::LIST];

    type Cloud = Aws;
    type Spec = Spec;
    type Outputs = Outputs;
    type Call = Call;

    fn check(spec: &Spec) -> Vec<Problem> {
        spec.problems()
    }

    fn complete(spec: Spec, scope: &Scope) -> Result<Spec, Problem> {
        spec.complete(scope)
    }

    fn granted(spec: &Spec, scope: &Scope, access: &str) -> Result<Vec<Value>, Problem> {
        grant::granted(spec, scope, access)
    }

    fn identity(spec: &Spec, _scope: &Scope) -> Option<String> {
        (!unknown::is_unknown(&spec.name)).then(|| spec.name.clone())
    }

    /// AWS adds a hyphen and six random characters to the name.
    fn id_of(_arn: &str, name: &str) -> String {
        name.rsplit_once('-').map_or(name, |(name, _)| name).to_owned()
    }

    fn copied_to(spec: &Spec) -> Vec<String> {
        spec.replicas.iter().map(|replica| replica.region.clone()).collect()
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

    async fn settle(aws: &Aws, scope: &Scope, call: &Call, progress: &mut Progress) -> Result<(), CloudError> {
        settle::settle(aws, scope, call, progress).await
    }

    async fn verify(aws: &Aws, verification: &Verification<Spec>) -> Vec<Check> {
        verify::verify(aws, verification).await
    }

    async fn replicas(aws: &Aws, recovery: &Recovery<Spec>) -> Vec<replication::Replica> {
        recovery::replicas(aws, recovery).await
    }
}
