//! `memory_key`: the cloud chooses the id and takes no client token, as `kms:CreateKey`.

use std::collections::BTreeMap;

use provision_reconciler::{Change, CloudError, Idempotency, Kind, Live, Progress, Scope, Step, Target};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::MemoryCloud;
use super::call::{self, Call, Effect};
use super::object::Object;

/// The kind `memory_key`.
pub struct Key;

/// A key.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// What it is for.
    #[serde(default)]
    #[schemars(default = "String::new")]
    pub description: String,
    /// Who may use it.
    #[schemars(extend("document" = true))]
    pub policy: Option<Value>,
    /// Whether it is replaced every year.
    #[serde(default = "yes")]
    #[schemars(default = "yes")]
    pub rotation: bool,
    /// Whether it exists in several regions.
    #[serde(default)]
    #[schemars(default = "no", extend("immutable" = true))]
    pub multi_region: bool,
    /// Its tags.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

/// What references can name.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Outputs {
    /// Its ARN.
    pub arn: String,
    /// What the cloud calls it.
    pub id: String,
}

fn yes() -> bool {
    true
}

fn no() -> bool {
    false
}

const READ: &str = "memory:DescribeKeys";

fn arn(object: &Object) -> String {
    format!("arn:memory:{}:key/{}", object.region, object.id)
}

impl Kind for Key {
    const NAME: &'static str = "memory_key";
    const AWS_TYPE: &'static str = "Memory::Key";
    const ARN: &'static str = "arn:${Partition}:memory:${Region}:${Account}:key/${Id}";
    const STATEFUL: bool = true;
    const READS: &'static [&'static str] = &[READ, "memory:GetResources"];
    type Cloud = MemoryCloud;
    type Spec = Spec;
    type Outputs = Outputs;
    type Call = Call;

    fn identity(_: &Spec, _: &Scope) -> Option<String> {
        None
    }

    async fn read(cloud: &MemoryCloud, targets: &[Target<Spec>]) -> Vec<Result<Option<Live<Self>>, CloudError>> {
        cloud
            .read_all(READ, targets, |mut object| {
                object.settings.entry("rotation").or_insert(false.into());
                Ok(Live {
                    spec: call::spec(READ, &object)?,
                    outputs: Outputs { arn: arn(&object), id: object.id.clone() },
                    id: object.id,
                    tags: object.tags,
                })
            })
            .await
    }

    async fn find(cloud: &MemoryCloud, scope: &Scope) -> Result<Option<String>, CloudError> {
        cloud.find_tagged(Self::NAME, scope).await
    }

    fn steps(change: Change<'_, Spec>) -> Vec<Step<Call>> {
        match change {
            Change::Create { desired } => vec![
                call::step(
                    "memory:CreateKey",
                    "create the key",
                    Effect::Create {
                        name: None,
                        settings: call::settings(desired, &["description", "policy", "multi_region"]),
                        tags: desired.tags.clone(),
                    },
                )
                .idempotency(Idempotency::FindFirst),
                call::put("memory:PutKeyRotation", &["rotation"], desired),
            ],
            Change::Update { live, desired, differences } => {
                let mut steps = Vec::new();
                if differences.touch("description") {
                    steps.push(call::put("memory:UpdateKeyDescription", &["description"], desired));
                }
                if differences.touch("policy") {
                    steps.push(call::put("memory:PutKeyPolicy", &["policy"], desired));
                }
                if differences.touch("rotation") {
                    steps.push(call::put("memory:PutKeyRotation", &["rotation"], desired));
                }
                if differences.touch("tags") {
                    steps.push(call::tag("memory:TagKey", &live.tags, &desired.tags));
                }
                steps
            }
            Change::Delete { .. } => {
                vec![call::step("memory:ScheduleKeyDeletion", "schedule the key's deletion", Effect::Delete)]
            }
        }
    }

    async fn run(cloud: &MemoryCloud, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
        let outputs = |object: &Object| vec![("arn", arn(object)), ("id", object.id.clone())];
        cloud.perform(Self::NAME, scope, call, progress, outputs).await
    }

    async fn settle(cloud: &MemoryCloud, scope: &Scope, _: &Call, progress: &mut Progress) -> Result<(), CloudError> {
        cloud.wait(READ, Self::NAME, scope, progress).await
    }
}
