//! `memory_group`: the cloud chooses the id, names are unique, and it cannot go while it is in use, as a security group of EC2.

use std::collections::{BTreeMap, BTreeSet};

use provision_reconciler::{Change, CloudError, Idempotency, Kind, Live, Progress, Scope, Step, Target};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::MemoryCloud;
use super::call::{self, Call, Effect};
use super::object::Object;

/// The kind `memory_group`.
pub struct Group;

/// A group.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// Its name: no two groups have the same.
    #[schemars(extend("immutable" = true))]
    pub name: String,
    /// What it lets through.
    pub rules: Option<BTreeSet<String>>,
    /// The id of the note that it hangs from, which cannot go before it.
    #[schemars(extend("immutable" = true))]
    pub parent: Option<String>,
    /// Its tags.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

/// What references can name.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Outputs {
    /// What the cloud calls it.
    pub id: String,
}

const READ: &str = "memory:DescribeGroups";

impl Kind for Group {
    const NAME: &'static str = "memory_group";
    const AWS_TYPE: &'static str = "Memory::Group";
    const ARN: &'static str = "arn:${Partition}:memory:${Region}:${Account}:group/${Id}";
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
        Ok(Self::find_all(cloud, scope).await?.pop())
    }

    async fn find_all(cloud: &MemoryCloud, scope: &Scope) -> Result<Vec<String>, CloudError> {
        cloud.find_all_tagged(Self::NAME, scope).await
    }

    /// Two of one name cannot be.
    fn creates_first(live: &Spec, desired: &Spec) -> bool {
        live.name != desired.name
    }

    fn steps(change: Change<'_, Spec>) -> Vec<Step<Call>> {
        match change {
            Change::Create { desired } => {
                let settings = call::settings(desired, &["name", "parent"]);
                let effect = Effect::Create { name: None, settings, tags: desired.tags.clone() };
                let create =
                    call::step("memory:CreateGroup", "create the group", effect).idempotency(Idempotency::FindFirst);
                let rules = desired.rules.is_some();
                let rules = rules.then(|| call::put("memory:AuthorizeGroup", &["rules"], desired));
                std::iter::once(create).chain(rules).collect()
            }
            Change::Update { live, desired, differences } => {
                let rules = differences.touch("rules");
                let rules = rules.then(|| call::put("memory:AuthorizeGroup", &["rules"], desired));
                let tags = differences.touch("tags");
                let tags = tags.then(|| call::tag("memory:TagGroup", &live.tags, &desired.tags));
                rules.into_iter().chain(tags).collect()
            }
            Change::Delete { .. } => vec![call::step("memory:DeleteGroup", "delete the group", Effect::Delete)],
        }
    }

    async fn run(cloud: &MemoryCloud, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
        cloud.perform(Self::NAME, scope, call, progress, |object: &Object| vec![("id", object.id.clone())]).await
    }

    async fn settle(cloud: &MemoryCloud, scope: &Scope, _: &Call, progress: &mut Progress) -> Result<(), CloudError> {
        cloud.wait(READ, Self::NAME, scope, progress).await
    }
}
