//! `memory_table`: named, slow to become active, busy while it changes, as a table of DynamoDB.

use std::collections::BTreeMap;

use provision_reconciler::{Change, CloudError, Differences, Idempotency, Kind, Live, Progress, Scope, Step, Target};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::MemoryCloud;
use super::call::{self, Call, Effect};
use super::object::Object;

/// The kind `memory_table`.
pub struct Table;

/// A table.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// Its name.
    #[schemars(extend("immutable" = true))]
    pub name: String,
    /// How it is paid for.
    #[serde(default)]
    #[schemars(default = "Billing::default")]
    pub billing: Billing,
    /// The ARN of the key that it is encrypted with.
    pub key: Option<String>,
    /// Whether its changes can be followed.
    #[serde(default)]
    #[schemars(default = "no")]
    pub stream: bool,
    /// What it can be looked up by besides.
    #[serde(default)]
    #[schemars(default = "Vec::<Index>::new", extend("set" = "name"))]
    pub indexes: Vec<Index>,
    /// Its tags.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

/// How a table is paid for.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Billing {
    /// For each request.
    #[default]
    OnDemand,
    /// For each hour.
    Provisioned,
}

/// What a table can be looked up by besides.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// What tells it from the others.
    pub name: String,
    /// The attribute.
    pub attribute: String,
}

/// What references can name.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Outputs {
    /// Its ARN.
    pub arn: String,
    /// The ARN of its stream, another one each time it is turned on or the key changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream_arn: Option<String>,
}

fn no() -> bool {
    false
}

const READ: &str = "memory:DescribeTable";

fn arn(region: &str, name: &str) -> String {
    format!("arn:memory:{region}:table/{name}")
}

impl Kind for Table {
    const NAME: &'static str = "memory_table";
    const AWS_TYPE: &'static str = "Memory::Table";
    const ARN: &'static str = "arn:${Partition}:memory:${Region}:${Account}:table/${Id}";
    const STATEFUL: bool = true;
    const READS: &'static [&'static str] = &[READ, "memory:GetResources"];
    type Cloud = MemoryCloud;
    type Spec = Spec;
    type Outputs = Outputs;
    type Call = Call;

    fn bare(spec: &Spec) -> Option<Spec> {
        Some(Spec { key: None, stream: false, indexes: Vec::new(), ..spec.clone() })
    }

    fn identity(spec: &Spec, _: &Scope) -> Option<String> {
        Some(spec.name.clone())
    }

    fn predict(spec: &Spec, scope: &Scope) -> Map<String, Value> {
        Map::from_iter([("arn".to_owned(), arn(&scope.region, &spec.name).into())])
    }

    fn renews(differences: &Differences) -> &'static [&'static str] {
        if differences.touch_any(&["stream", "key"]) { &["stream_arn"] } else { &[] }
    }

    async fn read(cloud: &MemoryCloud, targets: &[Target<Spec>]) -> Vec<Result<Option<Live<Self>>, CloudError>> {
        cloud
            .read_all(READ, targets, |mut object| {
                object.settings.insert("name".to_owned(), object.id.clone().into());
                Ok(Live {
                    spec: call::spec(READ, &object)?,
                    outputs: Outputs {
                        arn: arn(&object.region, &object.id),
                        stream_arn: object.outputs.get("stream_arn").cloned(),
                    },
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
                let settings = call::settings(desired, &["billing", "key", "stream", "indexes"]);
                let effect = Effect::Create { name: Some(desired.name.clone()), settings, tags: desired.tags.clone() };
                vec![
                    call::step("memory:CreateTable", "create the table", effect)
                        .idempotency(Idempotency::Token)
                        .usually_seconds(10),
                ]
            }
            Change::Update { live, desired, differences } => {
                // One change at a time.
                let changed =
                    ["billing", "key", "stream", "indexes"].into_iter().filter(|name| differences.touch(name));
                let tags = differences.touch("tags");
                let tags = tags.then(|| call::tag("memory:TagTable", &live.tags, &desired.tags));
                let update = |name| call::put("memory:UpdateTable", &[name], desired).usually_seconds(10);
                changed.map(update).chain(tags).collect()
            }
            Change::Delete { .. } => {
                vec![call::step("memory:DeleteTable", "delete the table", Effect::Delete).usually_seconds(5)]
            }
        }
    }

    async fn run(cloud: &MemoryCloud, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
        let outputs = |object: &Object| {
            let stream = object.outputs.get("stream_arn").cloned().map(|arn| ("stream_arn", arn));
            std::iter::once(("arn", arn(&object.region, &object.id))).chain(stream).collect()
        };
        cloud.perform(Self::NAME, scope, call, progress, outputs).await
    }

    async fn settle(cloud: &MemoryCloud, scope: &Scope, _: &Call, progress: &mut Progress) -> Result<(), CloudError> {
        cloud.wait(READ, Self::NAME, scope, progress).await
    }
}
