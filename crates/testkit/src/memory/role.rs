//! `memory_role`: named, and granted access to others, as a role of IAM.

use std::collections::BTreeMap;

use provision_reconciler::{
    Change, CloudError, Grant, Idempotency, Kind, Live, Problem, Progress, Scope, Step, Target,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::MemoryCloud;
use super::call::{self, Call, Effect};
use super::object::Object;

/// The kind `memory_role`.
pub struct Role;

/// A role.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// Its name.
    #[schemars(extend("immutable" = true))]
    pub name: String,
    /// What it may do.
    #[schemars(extend("document" = true))]
    pub policy: Option<Value>,
    /// What it may do, by address: comes to its policy.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(default = "Vec::<GrantSpec>::new", extend("set" = true))]
    pub grants: Vec<GrantSpec>,
    /// Its tags.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

/// Access to another resource.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct GrantSpec {
    /// The resource's address.
    #[schemars(extend("format" = "address"))]
    pub to: String,
    /// Which access: `read`.
    pub access: String,
}

/// What references can name.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Outputs {
    /// Its ARN.
    pub arn: String,
}

const READ: &str = "memory:GetRole";

fn arn(name: &str) -> String {
    format!("arn:memory:role/{name}")
}

/// The statement that lets somebody read this.
pub(super) fn granted(scope: &Scope, arns: &[&str], access: &str) -> Result<Vec<Value>, Problem> {
    match access {
        "read" => Ok(vec![json!({ "Effect": "Allow", "Action": "memory:Read", "Resource": arns })]),
        other => Err(Problem::new("", format!("there is no access `{other}` to {}", scope.address))),
    }
}

impl Kind for Role {
    const NAME: &'static str = "memory_role";
    const AWS_TYPE: &'static str = "Memory::Role";
    const ARN: &'static str = "arn:${Partition}:memory:${Region}:${Account}:role/${Id}";
    const READS: &'static [&'static str] = &[READ, "memory:GetResources"];
    type Cloud = MemoryCloud;
    type Spec = Spec;
    type Outputs = Outputs;
    type Call = Call;

    fn grants(spec: &Spec) -> Vec<Grant> {
        let grants = spec.grants.iter().enumerate().filter_map(|(index, grant)| {
            let pointer = format!("/grants/{index}/to");
            Some(Grant { to: grant.to.parse().ok()?, access: grant.access.clone(), pointer })
        });
        grants.collect()
    }

    fn receive(spec: Spec, statements: Vec<Value>) -> Spec {
        let policy = json!({ "Version": "2012-10-17", "Statement": statements });
        Spec { grants: Vec::new(), policy: Some(policy), ..spec }
    }

    fn identity(spec: &Spec, _: &Scope) -> Option<String> {
        Some(spec.name.clone())
    }

    fn predict(spec: &Spec, _: &Scope) -> Map<String, Value> {
        Map::from_iter([("arn".to_owned(), arn(&spec.name).into())])
    }

    async fn read(cloud: &MemoryCloud, targets: &[Target<Spec>]) -> Vec<Result<Option<Live<Self>>, CloudError>> {
        cloud
            .read_all(READ, targets, |mut object| {
                object.settings.insert("name".to_owned(), object.id.clone().into());
                Ok(Live {
                    spec: call::spec(READ, &object)?,
                    outputs: Outputs { arn: arn(&object.id) },
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
                let (name, tags) = (Some(desired.name.clone()), desired.tags.clone());
                let effect = Effect::Create { name, settings: Map::new(), tags };
                let create = call::step("memory:CreateRole", "create the role", effect).idempotency(Idempotency::Token);
                let policy = desired.policy.is_some();
                let policy = policy.then(|| call::put("memory:PutRolePolicy", &["policy"], desired));
                std::iter::once(create).chain(policy).collect()
            }
            Change::Update { live, desired, differences } => {
                let policy = differences.touch("policy");
                let policy = policy.then(|| call::put("memory:PutRolePolicy", &["policy"], desired));
                let tags = differences.touch("tags");
                let tags = tags.then(|| call::tag("memory:TagRole", &live.tags, &desired.tags));
                policy.into_iter().chain(tags).collect()
            }
            Change::Delete { .. } => vec![call::step("memory:DeleteRole", "delete the role", Effect::Delete)],
        }
    }

    async fn run(cloud: &MemoryCloud, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
        cloud.perform(Self::NAME, scope, call, progress, |object: &Object| vec![("arn", arn(&object.id))]).await
    }

    async fn settle(cloud: &MemoryCloud, scope: &Scope, _: &Call, progress: &mut Progress) -> Result<(), CloudError> {
        cloud.wait(READ, Self::NAME, scope, progress).await
    }
}
