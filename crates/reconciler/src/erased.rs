//! Any kind, without its types: what the engine itself works with.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use provision_config::KindSchema;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::arn;
use crate::document;
use crate::error::{CloudError, ErrorClass};
use crate::kind::{Change, Differences, Grant, Kind, Live, Problem, Progress, Target};
use crate::recovery::{Aspect, Party, Recovery, Replica};
use crate::scope::Scope;
use crate::shape::{doc_of, docs_of, fields_of};
use crate::step::{AnyStep, Step};
use crate::verify::{Check, Verification};

/// A resource as it is, without its types.
#[derive(Clone, Debug, PartialEq)]
pub struct Observed {
    /// What AWS calls it.
    pub id: String,
    /// Its settings, in the form of the file.
    pub spec: Value,
    /// What references can name.
    pub outputs: Map<String, Value>,
    /// Its tags, all of them.
    pub tags: BTreeMap<String, String>,
    /// See [`Kind::remarks`].
    pub remarks: Vec<String>,
}

/// A kind of resource bound to its cloud. See [`Kind`], which this mirrors, for what each function does.
///
/// Specs reach this trait after the config crate has checked them against the kind's own schema, so one that does not
/// fit its type is a mistake in the engine and is reported as such.
#[async_trait]
pub trait AnyKind: Send + Sync {
    /// Its name, fields and outputs.
    fn schema(&self) -> &KindSchema;
    /// The IAM actions that reading needs.
    fn reads(&self) -> &'static [&'static str];
    /// See [`Kind::check`].
    fn check(&self, spec: &Value) -> Vec<Problem>;
    /// See [`Kind::complete`].
    fn complete(&self, spec: Value, scope: &Scope) -> Result<Value, Problem>;
    /// See [`Kind::grants`].
    fn grants(&self, spec: &Value) -> Result<Vec<Grant>, Problem>;
    /// See [`Kind::granted`].
    fn granted(&self, spec: &Value, scope: &Scope, access: &str) -> Result<Vec<Value>, Problem>;
    /// See [`Kind::receive`].
    fn receive(&self, spec: &Value, statements: Vec<Value>) -> Result<Value, Problem>;
    /// See [`Kind::bare`].
    fn bare(&self, spec: &Value) -> Result<Option<Value>, CloudError>;
    /// See [`Kind::core`].
    fn core(&self, spec: &Value) -> Result<Option<Value>, CloudError>;
    /// See [`Kind::identity`].
    fn identity(&self, spec: &Value, scope: &Scope) -> Result<Option<String>, CloudError>;
    /// What AWS calls the resource of this ARN, if it is one of this kind. See [`Kind::ARN`] and [`Kind::id_of`].
    fn id_in(&self, arn: &str) -> Option<String>;
    /// See [`Kind::copied_to`].
    fn copied_to(&self, spec: &Value) -> Result<Vec<String>, CloudError>;
    /// See [`Kind::predict`].
    fn predict(&self, spec: &Value, scope: &Scope) -> Result<Map<String, Value>, CloudError>;
    /// See [`Kind::read`].
    async fn read(&self, targets: Vec<Target<Value>>) -> Vec<Result<Option<Observed>, CloudError>>;
    /// See [`Kind::renews`].
    fn renews(&self, differences: &Differences) -> &'static [&'static str];
    /// See [`Kind::find_all`].
    async fn find_all(&self, scope: &Scope) -> Result<Vec<String>, CloudError>;
    /// See [`Kind::creates_first`].
    fn creates_first(&self, live: &Value, desired: &Value) -> Result<bool, CloudError>;
    /// See [`Kind::steps`].
    fn steps(&self, change: Change<'_, Value>) -> Result<Vec<AnyStep>, CloudError>;
    /// See [`Kind::run`].
    async fn run(&self, scope: &Scope, step: &AnyStep, progress: &mut Progress) -> Result<(), CloudError>;
    /// See [`Kind::settle`].
    async fn settle(&self, scope: &Scope, step: &AnyStep, progress: &mut Progress) -> Result<(), CloudError>;
    /// See [`Kind::verify`].
    async fn verify(&self, verification: Verification<Value>) -> Vec<Check>;
    /// See [`Kind::replicas`].
    async fn replicas(&self, recovery: Recovery<Value>) -> Vec<Replica>;
}

/// A [`Kind`] with the cloud that its calls go to.
pub struct Bound<K: Kind> {
    cloud: Arc<K::Cloud>,
    schema: KindSchema,
}

impl<K: Kind> Bound<K> {
    /// The kind with the cloud that its calls go to.
    pub fn new(cloud: Arc<K::Cloud>) -> Self {
        let schema = KindSchema {
            name: K::NAME,
            aws_type: K::AWS_TYPE,
            doc: doc_of::<K::Spec>(),
            fields: fields_of::<K::Spec>(),
            outputs: docs_of::<K::Outputs>(),
            stateful: K::STATEFUL,
        };
        Self { cloud, schema }
    }

    fn typed<T: DeserializeOwned>(value: &Value, what: &str) -> Result<T, CloudError> {
        T::deserialize(value).map_err(|error| Self::mistake(&format!("the {what} does not fit its type: {error}")))
    }

    fn untyped(value: &impl serde::Serialize) -> Result<Value, CloudError> {
        serde_json::to_value(value).map_err(|error| Self::mistake(&format!("failed to serialise: {error}")))
    }

    fn mistake(what: &str) -> CloudError {
        CloudError::new(K::NAME, ErrorClass::Refused, what).with_hint("this is a bug in the engine; please report it")
    }

    fn observed(live: Live<K>) -> Result<Observed, CloudError> {
        let remarks = K::remarks(&live);
        let outputs = match Self::untyped(&live.outputs)? {
            Value::Object(outputs) => outputs.into_iter().filter(|(_, value)| !value.is_null()).collect(),
            _ => Map::new(),
        };
        Ok(Observed { id: live.id, spec: Self::untyped(&live.spec)?, outputs, tags: live.tags, remarks })
    }

    fn erased(steps: Vec<Step<K::Call>>) -> Result<Vec<AnyStep>, CloudError> {
        let erase = |step: Step<K::Call>| {
            Ok(AnyStep {
                action: step.action.to_owned(),
                summary: step.summary,
                idempotency: step.idempotency,
                usually_ms: u64::try_from(step.usually.as_millis()).unwrap_or(u64::MAX),
                call: Self::untyped(&step.call)?,
            })
        };
        steps.into_iter().map(erase).collect()
    }
}

#[async_trait]
impl<K: Kind> AnyKind for Bound<K> {
    fn schema(&self) -> &KindSchema {
        &self.schema
    }

    fn reads(&self) -> &'static [&'static str] {
        K::READS
    }

    fn check(&self, spec: &Value) -> Vec<Problem> {
        // Before the types, whose errors could not say where in a document the mistake is.
        let mistakes = document::problems(&self.schema.fields, spec);
        if !mistakes.is_empty() {
            return mistakes;
        }
        match Self::typed::<K::Spec>(spec, "configuration") {
            Ok(spec) => K::check(&spec),
            Err(error) => vec![Problem::new("", error.message)],
        }
    }

    fn complete(&self, spec: Value, scope: &Scope) -> Result<Value, Problem> {
        Ok(Self::untyped(&K::complete(Self::typed(&spec, "configuration")?, scope)?)?)
    }

    fn grants(&self, spec: &Value) -> Result<Vec<Grant>, Problem> {
        Ok(K::grants(&Self::typed(spec, "configuration")?))
    }

    fn granted(&self, spec: &Value, scope: &Scope, access: &str) -> Result<Vec<Value>, Problem> {
        K::granted(&Self::typed(spec, "configuration")?, scope, access)
    }

    fn receive(&self, spec: &Value, statements: Vec<Value>) -> Result<Value, Problem> {
        Ok(Self::untyped(&K::receive(Self::typed(spec, "configuration")?, statements))?)
    }

    fn bare(&self, spec: &Value) -> Result<Option<Value>, CloudError> {
        K::bare(&Self::typed(spec, "configuration")?).map(|bare| Self::untyped(&bare)).transpose()
    }

    fn core(&self, spec: &Value) -> Result<Option<Value>, CloudError> {
        K::core(&Self::typed(spec, "configuration")?).map(|core| Self::untyped(&core)).transpose()
    }

    fn identity(&self, spec: &Value, scope: &Scope) -> Result<Option<String>, CloudError> {
        Ok(K::identity(&Self::typed(spec, "configuration")?, scope))
    }

    fn id_in(&self, arn: &str) -> Option<String> {
        arn::name_in(K::ARN, arn).map(|name| K::id_of(arn, name))
    }

    fn copied_to(&self, spec: &Value) -> Result<Vec<String>, CloudError> {
        Ok(K::copied_to(&Self::typed(spec, "configuration")?))
    }

    fn predict(&self, spec: &Value, scope: &Scope) -> Result<Map<String, Value>, CloudError> {
        Ok(K::predict(&Self::typed(spec, "configuration")?, scope))
    }

    async fn read(&self, targets: Vec<Target<Value>>) -> Vec<Result<Option<Observed>, CloudError>> {
        let count = targets.len();
        let typed: Result<Vec<_>, CloudError> = targets
            .into_iter()
            .map(|Target { scope, id, desired }| {
                let desired = desired.map(|spec| Self::typed(&spec, "configuration")).transpose()?;
                Ok(Target { scope, id, desired })
            })
            .collect();
        match typed {
            Ok(targets) => {
                let answers = K::read(&self.cloud, &targets).await;
                answers.into_iter().map(|answer| answer?.map(Self::observed).transpose()).collect()
            }
            // An answer for each target: one that is left out would be taken not to exist.
            Err(error) => vec![Err(error); count],
        }
    }

    fn renews(&self, differences: &Differences) -> &'static [&'static str] {
        K::renews(differences)
    }

    async fn find_all(&self, scope: &Scope) -> Result<Vec<String>, CloudError> {
        K::find_all(&self.cloud, scope).await
    }

    fn creates_first(&self, live: &Value, desired: &Value) -> Result<bool, CloudError> {
        Ok(K::creates_first(&Self::typed(live, "live resource")?, &Self::typed(desired, "configuration")?))
    }

    fn steps(&self, change: Change<'_, Value>) -> Result<Vec<AnyStep>, CloudError> {
        let steps = match change {
            Change::Create { desired } => K::steps(Change::Create { desired: &Self::typed(desired, "configuration")? }),
            Change::Update { live, desired, differences } => K::steps(Change::Update {
                live: &Self::typed(live, "live resource")?,
                desired: &Self::typed(desired, "configuration")?,
                differences,
            }),
            Change::Delete { live, empty } => {
                K::steps(Change::Delete { live: &Self::typed(live, "live resource")?, empty })
            }
        };
        Self::erased(steps)
    }

    async fn run(&self, scope: &Scope, step: &AnyStep, progress: &mut Progress) -> Result<(), CloudError> {
        K::run(&self.cloud, scope, Self::typed(&step.call, "step")?, progress).await
    }

    async fn settle(&self, scope: &Scope, step: &AnyStep, progress: &mut Progress) -> Result<(), CloudError> {
        K::settle(&self.cloud, scope, &Self::typed(&step.call, "step")?, progress).await
    }

    async fn verify(&self, verification: Verification<Value>) -> Vec<Check> {
        let Verification { scope, id, spec, outputs } = verification;
        match Self::typed(&spec, "last applied configuration") {
            Ok(spec) => K::verify(&self.cloud, &Verification { scope, id, spec, outputs }).await,
            Err(error) => vec![Check::failed_call("is known", &scope, &error)],
        }
    }

    async fn replicas(&self, recovery: Recovery<Value>) -> Vec<Replica> {
        let Recovery { scope, id, spec, outputs, objective, permit } = recovery;
        match Self::typed(&spec, "last applied configuration") {
            Ok(spec) => K::replicas(&self.cloud, &Recovery { scope, id, spec, outputs, objective, permit }).await,
            Err(error) => {
                let party = || Party::new(id.clone(), scope.region.clone());
                let aspects = vec![Aspect::failed("is known", "", &error)];
                vec![Replica { primary: party(), replica: party(), aspects }]
            }
        }
    }
}
