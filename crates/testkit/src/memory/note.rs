//! `memory_note`: no name, no data, made of references to others, and in use while it has children.

use std::collections::BTreeMap;

use provision_config::unknown::Reference;
use provision_reconciler::{Change, CloudError, Idempotency, Kind, Live, Problem, Progress, Scope, Step, Target};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::MemoryCloud;
use super::call::{self, Call, Effect};
use super::object::Object;
use super::role;

/// The kind `memory_note`.
pub struct Note;

/// A note.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// What it says.
    pub text: String,
    /// What it is about, in this order.
    #[serde(default)]
    #[schemars(default = "Vec::<String>::new")]
    pub about: Vec<String>,
    /// The ids of the groups that it is in, which cannot go while it is.
    #[serde(default)]
    #[schemars(default = "Vec::<String>::new", extend("set" = true))]
    pub groups: Vec<String>,
    /// The ARN of the role that it is written in the name of.
    pub role: Option<String>,
    /// The id of the note that it hangs from, which cannot go before it.
    #[schemars(extend("immutable" = true))]
    pub parent: Option<String>,
    /// Its tags.
    pub tags: Option<BTreeMap<String, String>>,
}

/// What references can name.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Outputs {
    /// What the cloud calls it.
    pub id: String,
}

fn tags(spec: &Spec) -> BTreeMap<String, String> {
    spec.tags.clone().unwrap_or_default()
}

const READ: &str = "memory:DescribeNotes";

impl Kind for Note {
    const NAME: &'static str = "memory_note";
    const AWS_TYPE: &'static str = "Memory::Note";
    const ARN: &'static str = "arn:${Partition}:memory:${Region}:${Account}:note/${Id}";
    const READS: &'static [&'static str] = &[READ, "memory:GetResources"];
    type Cloud = MemoryCloud;
    type Spec = Spec;
    type Outputs = Outputs;
    type Call = Call;

    /// The cloud chooses its id.
    fn granted(_: &Spec, scope: &Scope, access: &str) -> Result<Vec<Value>, Problem> {
        let id = Reference { address: scope.address.clone(), output: "id".to_owned() };
        role::granted(scope, &[&id.mark()], access)
    }

    fn identity(_: &Spec, _: &Scope) -> Option<String> {
        None
    }

    async fn read(cloud: &MemoryCloud, targets: &[Target<Spec>]) -> Vec<Result<Option<Live<Self>>, CloudError>> {
        cloud
            .read_all(READ, targets, |object| {
                Ok(Live {
                    spec: call::spec(READ, &object)?,
                    outputs: Outputs { id: object.id.clone() },
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
            Change::Create { desired } => {
                let settings = call::settings(desired, &["text", "about", "groups", "parent", "role"]);
                let effect = Effect::Create { name: None, settings, tags: desired.tags.clone().unwrap_or_default() };
                vec![call::step("memory:CreateNote", "write the note", effect).idempotency(Idempotency::FindFirst)]
            }
            Change::Update { live, desired, differences } => {
                let mut steps = Vec::new();
                let changed: Vec<&str> =
                    ["text", "about", "groups", "role"].into_iter().filter(|name| differences.touch(name)).collect();
                if !changed.is_empty() {
                    steps.push(call::put("memory:UpdateNote", &changed, desired));
                }
                if differences.touch("tags") {
                    steps.push(call::tag("memory:TagNote", &tags(live), &tags(desired)));
                }
                steps
            }
            Change::Delete { .. } => vec![call::step("memory:DeleteNote", "delete the note", Effect::Delete)],
        }
    }

    async fn run(cloud: &MemoryCloud, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
        cloud.perform(Self::NAME, scope, call, progress, |object: &Object| vec![("id", object.id.clone())]).await
    }

    async fn settle(cloud: &MemoryCloud, scope: &Scope, _: &Call, progress: &mut Progress) -> Result<(), CloudError> {
        cloud.wait(READ, Self::NAME, scope, progress).await
    }
}
