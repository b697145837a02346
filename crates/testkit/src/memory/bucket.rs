//! `memory_bucket`: named, holds data, and every setting has a call of its own, as a bucket of S3.

use std::collections::{BTreeMap, BTreeSet};

use provision_reconciler::{Change, CloudError, Idempotency, Kind, Live, Problem, Progress, Scope, Step, Target};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::MemoryCloud;
use super::call::{self, Call, Effect};
use super::object::Object;
use super::role;

/// The kind `memory_bucket`.
pub struct Bucket;

/// A bucket.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// Its name.
    #[schemars(extend("immutable" = true))]
    pub name: String,
    /// The ARN of the key that it is encrypted with.
    #[schemars(extend("format" = "arn"))]
    pub key: Option<String>,
    /// Whether old versions are kept.
    #[serde(default = "yes")]
    #[schemars(default = "yes")]
    pub versioning: bool,
    /// Where it may be read from.
    pub origins: Option<BTreeSet<String>>,
    /// What is deleted when.
    #[schemars(extend("set" = "id"))]
    pub rules: Option<Vec<Rule>>,
    /// Where accesses are noted.
    pub logging: Option<Logging>,
    /// Who may use it.
    #[schemars(extend("document" = true))]
    pub policy: Option<Value>,
    /// What opens it. The cloud does not give it back.
    #[schemars(extend("sensitive" = true))]
    pub password: Option<String>,
    /// Where in the region it is; the cloud chooses if this is unset.
    pub zone: Option<String>,
    /// Its tags.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

/// What is deleted when.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What tells it from the others.
    pub id: String,
    /// What it applies to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u16>,
}

/// Where accesses are noted.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Logging {
    /// The bucket.
    pub bucket: String,
    /// What their names begin with. The cloud chooses if this is unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
}

/// What references can name.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Outputs {
    /// Its ARN.
    pub arn: String,
    /// Its address, which the cloud chooses.
    pub endpoint: String,
    /// Its zone: the file's choice, or else the cloud's.
    pub zone: String,
}

fn yes() -> bool {
    true
}

const READ: &str = "memory:DescribeBuckets";

/// The settings and the calls that set them.
const SETTINGS: [(&str, &str); 8] = [
    ("key", "memory:PutBucketEncryption"),
    ("versioning", "memory:PutBucketVersioning"),
    ("origins", "memory:PutBucketOrigins"),
    ("rules", "memory:PutBucketLifecycle"),
    ("logging", "memory:PutBucketLogging"),
    ("policy", "memory:PutBucketPolicy"),
    ("password", "memory:PutBucketPassword"),
    ("zone", "memory:PutBucketZone"),
];

fn zone(object: &Object) -> String {
    object.settings.get("zone").and_then(Value::as_str).unwrap_or("a").to_owned()
}

fn arn(name: &str) -> String {
    format!("arn:memory:bucket/{name}")
}

impl Kind for Bucket {
    const NAME: &'static str = "memory_bucket";
    const AWS_TYPE: &'static str = "Memory::Bucket";
    const ARN: &'static str = "arn:${Partition}:memory:${Region}:${Account}:bucket/${Id}";
    const STATEFUL: bool = true;
    const READS: &'static [&'static str] = &[READ, "memory:GetResources"];
    type Cloud = MemoryCloud;
    type Spec = Spec;
    type Outputs = Outputs;
    type Call = Call;

    fn granted(spec: &Spec, scope: &Scope, access: &str) -> Result<Vec<Value>, Problem> {
        let arn = arn(&spec.name);
        let arns: Vec<&str> = std::iter::once(arn.as_str()).chain(spec.key.as_deref()).collect();
        role::granted(scope, &arns, access)
    }

    fn core(spec: &Spec) -> Option<Spec> {
        Some(Spec { logging: None, ..spec.clone() })
    }

    fn identity(spec: &Spec, _: &Scope) -> Option<String> {
        Some(spec.name.clone())
    }

    fn predict(spec: &Spec, _: &Scope) -> Map<String, Value> {
        let zone = spec.zone.clone().map(|zone| ("zone".to_owned(), zone.into()));
        std::iter::once(("arn".to_owned(), arn(&spec.name).into())).chain(zone).collect()
    }

    async fn read(cloud: &MemoryCloud, targets: &[Target<Spec>]) -> Vec<Result<Option<Live<Self>>, CloudError>> {
        cloud
            .read_all(READ, targets, |mut object| {
                // What the cloud does by itself: it never gives the password back, and chooses what is unset.
                object.settings.remove("password");
                object.settings.entry("versioning").or_insert(false.into());
                object.settings.entry("zone").or_insert_with(|| "a".into());
                if let Some(logging) = object.settings.get_mut("logging").and_then(Value::as_object_mut) {
                    logging.entry("prefix").or_insert_with(|| "log/".into());
                }
                object.settings.insert("name".to_owned(), object.id.clone().into());
                Ok(Live {
                    spec: call::spec(READ, &object)?,
                    outputs: Outputs {
                        arn: arn(&object.id),
                        endpoint: object.outputs.get("endpoint").cloned().unwrap_or_default(),
                        zone: zone(&object),
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
                let effect = Effect::Create {
                    name: Some(desired.name.clone()),
                    settings: Map::new(),
                    tags: desired.tags.clone(),
                };
                let create = call::step("memory:CreateBucket", "create the bucket", effect)
                    .idempotency(Idempotency::Token)
                    .usually_seconds(2);
                let all = call::settings(desired, &SETTINGS.map(|(name, _)| name));
                let set = SETTINGS.iter().filter(|(name, _)| all.get(*name).is_some_and(|value| !value.is_null()));
                std::iter::once(create).chain(set.map(|(name, action)| call::put(action, &[name], desired))).collect()
            }
            Change::Update { live, desired, differences } => {
                let changed = SETTINGS.iter().filter(|(name, _)| differences.touch(name));
                let tags = differences.touch("tags");
                let tags = tags.then(|| call::tag("memory:PutBucketTagging", &live.tags, &desired.tags));
                changed.map(|(name, action)| call::put(action, &[name], desired)).chain(tags).collect()
            }
            Change::Delete { empty, .. } => {
                let emptied = call::step("memory:EmptyBucket", "delete what it holds", Effect::Put(Map::new()));
                let deleted = call::step("memory:DeleteBucket", "delete the bucket", Effect::Delete);
                empty.then_some(emptied).into_iter().chain([deleted]).collect()
            }
        }
    }

    async fn run(cloud: &MemoryCloud, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
        let outputs = |object: &Object| {
            vec![
                ("arn", arn(&object.id)),
                ("endpoint", object.outputs.get("endpoint").cloned().unwrap_or_default()),
                ("zone", zone(object)),
            ]
        };
        cloud.perform(Self::NAME, scope, call, progress, outputs).await
    }

    async fn settle(cloud: &MemoryCloud, scope: &Scope, _: &Call, progress: &mut Progress) -> Result<(), CloudError> {
        cloud.wait(READ, Self::NAME, scope, progress).await
    }

    fn check(spec: &Spec) -> Vec<Problem> {
        let problem = || Problem::new("/name", "a bucket's name is not empty");
        spec.name.is_empty().then(problem).into_iter().collect()
    }
}
