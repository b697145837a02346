//! `iam_instance_profile`: AWS::IAM::InstanceProfile.
//!
//! What carries a role to an EC2 instance. A profile is known by its name, holds at most one role, and IAM tags it in the call that
//! creates it.
//!
//! A profile that was just made, or whose role was just changed, is not known to EC2 for some seconds; it is the instance that
//! waits.
//!
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_InstanceProfile.html>

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
pub use spec::InstanceProfileSpec;

use crate::Aws;
use crate::iam;

/// The kind `iam_instance_profile`.
#[derive(Clone, Copy, Debug)]
pub struct IamInstanceProfile;

/// What references can name besides the fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InstanceProfileOutputs {
    /// The profile's ARN.
    pub arn: String,
    /// The id that tells the profile from earlier ones of the same name, `AIPA…`.
    pub instance_profile_id: String,
}

impl Kind for IamInstanceProfile {
    const NAME: &'static str = "iam_instance_profile";
    const AWS_TYPE: &'static str = "AWS::IAM::InstanceProfile";
    const ARN: &'static str = "arn:${Partition}:iam::${Account}:instance-profile/${InstanceProfileNameWithPath}";
    const READS: &'static [&'static str] = &[read::PROFILE];

    type Cloud = Aws;
    type Spec = InstanceProfileSpec;
    type Outputs = InstanceProfileOutputs;
    type Call = Call;

    fn check(spec: &InstanceProfileSpec) -> Vec<Problem> {
        iam::tag_problems(&spec.tags)
    }

    fn identity(spec: &InstanceProfileSpec, _scope: &Scope) -> Option<String> {
        (!unknown::is_unknown(&spec.instance_profile_name)).then(|| spec.instance_profile_name.clone())
    }

    fn id_of(_arn: &str, name: &str) -> String {
        iam::without_path(name).to_owned()
    }

    fn predict(spec: &InstanceProfileSpec, scope: &Scope) -> Map<String, Value> {
        Map::from_iter([("arn".to_owned(), spec.arn(scope).into())])
    }

    /// IAM describes one profile in a call, with its role and its tags.
    async fn read(cloud: &Aws, targets: &[Target<InstanceProfileSpec>]) -> Vec<Result<Option<Live<Self>>, CloudError>> {
        futures::future::join_all(targets.iter().map(|target| read::read(cloud, target))).await
    }

    /// The name, which the file says, leads to it.
    async fn find(_cloud: &Aws, _scope: &Scope) -> Result<Option<String>, CloudError> {
        Ok(None)
    }

    fn steps(change: Change<'_, InstanceProfileSpec>) -> Vec<Step<Call>> {
        steps::steps(change)
    }

    async fn run(cloud: &Aws, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
        run::run(cloud, scope, call, progress).await
    }
}
