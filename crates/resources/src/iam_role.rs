//! `iam_role`: AWS::IAM::Role.
//!
//! A role is known by its name, and IAM tags it in the call that creates it. Its policies are the file's alone: what is attached
//! or put on it by hand is drift.
//!
//! A role that was just made cannot be used by other services for some seconds; it is they who wait.
//!
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html>

mod call;
mod read;
mod run;
mod spec;
mod steps;

use provision_config::unknown;
use provision_reconciler::{Change, CloudError, Grant, Kind, Live, Problem, Progress, Scope, Step, Target};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use call::Call;
pub use spec::{GRANTS, GrantSpec, RoleSpec};

use crate::{Aws, iam};

/// The kind `iam_role`.
#[derive(Clone, Copy, Debug)]
pub struct IamRole;

/// What references can name besides the fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleOutputs {
    /// The role's ARN.
    pub arn: String,
    /// The id that tells the role from earlier ones of the same name, `AROA…`; what `aws:userid` begins with.
    pub role_id: String,
}

impl Kind for IamRole {
    const NAME: &'static str = "iam_role";
    const AWS_TYPE: &'static str = "AWS::IAM::Role";
    const ARN: &'static str = "arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}";
    const READS: &'static [&'static str] =
        &[read::ROLE, read::INLINE, read::INLINE_POLICY, read::ATTACHED, read::INSTANCE_PROFILES];

    type Cloud = Aws;
    type Spec = RoleSpec;
    type Outputs = RoleOutputs;
    type Call = Call;

    fn check(spec: &RoleSpec) -> Vec<Problem> {
        spec.problems()
    }

    fn grants(spec: &RoleSpec) -> Vec<Grant> {
        spec.granted()
    }

    fn receive(spec: RoleSpec, statements: Vec<Value>) -> RoleSpec {
        spec.receive(statements)
    }

    fn identity(spec: &RoleSpec, _scope: &Scope) -> Option<String> {
        (!unknown::is_unknown(&spec.role_name)).then(|| spec.role_name.clone())
    }

    fn id_of(_arn: &str, name: &str) -> String {
        iam::without_path(name).to_owned()
    }

    fn predict(spec: &RoleSpec, scope: &Scope) -> Map<String, Value> {
        Map::from_iter([("arn".to_owned(), spec.arn(scope).into())])
    }

    async fn read(cloud: &Aws, targets: &[Target<RoleSpec>]) -> Vec<Result<Option<Live<Self>>, CloudError>> {
        futures::future::join_all(targets.iter().map(|target| read::read(cloud, target))).await
    }

    /// The name, which the file says, leads to it.
    async fn find(_cloud: &Aws, _scope: &Scope) -> Result<Option<String>, CloudError> {
        Ok(None)
    }

    fn steps(change: Change<'_, RoleSpec>) -> Vec<Step<Call>> {
        steps::steps(change)
    }

    async fn run(cloud: &Aws, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
        run::run(cloud, scope, call, progress).await
    }
}
