//! What a kind of resource has to say for itself.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;

use provision_config::Address;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::diff::Difference;
use crate::error::CloudError;
use crate::recovery::{Recovery, Replica};
use crate::scope::Scope;
use crate::step::Step;
use crate::verify::{Check, Verification};

/// One kind of resource. Everything else (schema, documentation, diff, plan, drift, ownership, permissions) follows.
///
/// The functions are of two sorts: pure ones that say what to do ([`steps`](Kind::steps)), and ones that talk to the
/// cloud: [`read`](Kind::read), [`find`](Kind::find), [`run`](Kind::run), [`settle`](Kind::settle), [`verify`](Kind::verify).
pub trait Kind: Send + Sync + 'static {
    /// The name used in files: the CloudFormation type in snake case, `s3_bucket`.
    const NAME: &'static str;
    /// The CloudFormation type, `AWS::S3::Bucket`.
    const AWS_TYPE: &'static str;
    /// The form of its ARN as the Service Authorization Reference writes it: `arn:${Partition}:s3:::${BucketName}`. It ends with the
    /// variable that stands for the resource's name or id.
    /// <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>
    const ARN: &'static str;
    /// Whether deleting one destroys data.
    const STATEFUL: bool = false;
    /// The IAM actions that `read` and `find` need.
    const READS: &'static [&'static str];

    /// The handle through which this kind's calls are made.
    type Cloud: Send + Sync + 'static;
    /// What the file sets and what reading live returns. A field that is `None` is not managed.
    ///
    /// Field attributes are given as schema extensions, `#[schemars(extend("immutable" = true))]`: `immutable`,
    /// `set` (`true`, or the name of the field that tells the items apart), `document`, `sensitive`, `severity` (`low`, `medium`
    /// or `high`: how grave it is if somebody changes it behind our back; what is inside is as grave, unless it says otherwise).
    type Spec: Clone + DeserializeOwned + JsonSchema + Send + Serialize + Sync;
    /// What references can name besides the spec's fields. Texts only.
    type Outputs: DeserializeOwned + JsonSchema + Send + Serialize;
    /// One AWS call with all that it needs: an enum with a variant for each mutating operation of this kind.
    type Call: DeserializeOwned + Send + Serialize;

    /// What is wrong with a spec beyond what its schema can say. Texts may contain unknowns.
    fn check(_spec: &Self::Spec) -> Vec<Problem> {
        Vec::new()
    }

    /// Fills in what depends on where the resource is (the account in a key policy) and on what the spec only points
    /// to (the hash of a folder of code).
    ///
    /// # Errors
    /// If what it points to is not there or cannot be used.
    fn complete(spec: Self::Spec, _scope: &Scope) -> Result<Self::Spec, Problem> {
        Ok(spec)
    }

    /// What this resource is granted: access to others, said once. The engine asks each of those ([`Kind::granted`]) what that
    /// takes, and gives this one the statements ([`Kind::receive`]). A grant by itself makes neither wait for the other: only what
    /// the statements refer to must exist before this resource.
    fn grants(_spec: &Self::Spec) -> Vec<Grant> {
        Vec::new()
    }

    /// The policy statements, in IAM's JSON, that give somebody this access to the resource: its exact actions on its exact
    /// ARNs, and on those of the key that it is encrypted with. An ARN that can be told beforehand is written out: a policy may name
    /// what does not exist yet, while a reference to it makes the one who is granted access wait for it.
    ///
    /// # Errors
    /// If there is no such access, naming those that there are.
    fn granted(_spec: &Self::Spec, _scope: &Scope, _access: &str) -> Result<Vec<Value>, Problem> {
        Err(Problem::new("", format!("access to a {} cannot be granted", Self::NAME)))
    }

    /// The spec with the statements that its grants come to.
    fn receive(spec: Self::Spec, _statements: Vec<Value>) -> Self::Spec {
        spec
    }

    /// The least of the resource that can be made before anything else exists, in one call, to be brought to the full
    /// spec by an update. Only the first run's lock table needs this. `None`: the kind cannot.
    fn bare(_spec: &Self::Spec) -> Option<Self::Spec> {
        None
    }

    /// The resource without what can wait: fields that are set by calls of their own, and that neither making the resource nor
    /// whatever refers to it needs. They are set last; what only they refer to is waited for only then, and what refers to the
    /// resource does not wait for them; what names it in `depends_on` does. A bucket can take objects before the bucket is there that its requests are logged to.
    /// `None`: nothing can wait.
    fn core(_spec: &Self::Spec) -> Option<Self::Spec> {
        None
    }

    /// What AWS will call the resource, if that is known before it exists (a bucket's name). `None`: AWS chooses.
    fn identity(spec: &Self::Spec, scope: &Scope) -> Option<String>;

    /// What AWS calls the resource of this ARN: what [`read`](Kind::read) takes. `name` is what the last variable of [`Kind::ARN`]
    /// stands for in it.
    fn id_of(_arn: &str, name: &str) -> String {
        name.to_owned()
    }

    /// The regions where AWS itself keeps copies of the resource, under the same id and with its tags (a secret's replicas).
    fn copied_to(_spec: &Self::Spec) -> Vec<String> {
        Vec::new()
    }

    /// The outputs that are known before the resource exists (the ARN of a named table).
    fn predict(_spec: &Self::Spec, _scope: &Scope) -> Map<String, Value> {
        Map::new()
    }

    /// The outputs that a change of these fields makes anew (the ARN of a stream that is turned on): not known before it is
    /// made, so what refers to them waits for it.
    fn renews(_differences: &Differences) -> &'static [&'static str] {
        &[]
    }

    /// Reads all targets (of one region) at once, with as few calls as the API allows. One result for each target, in
    /// order; `None` where there is nothing, or nothing that could be used again (pending deletion).
    fn read(
        cloud: &Self::Cloud,
        targets: &[Target<Self::Spec>],
    ) -> impl Future<Output = Vec<Result<Option<Live<Self>>, CloudError>>> + Send
    where
        Self: Sized;

    /// What a person should know of a resource that is as it should be: that something better has come, which nothing is done about
    /// unasked. Whole sentences without a full stop, in lower case.
    fn remarks(_live: &Live<Self>) -> Vec<String>
    where
        Self: Sized,
    {
        Vec::new()
    }

    /// Looks for the resource by the tags that it was created with; slower than `read`, and used only after a crash, a
    /// lost answer or a lost state. Returns its id.
    fn find(cloud: &Self::Cloud, scope: &Scope) -> impl Future<Output = Result<Option<String>, CloudError>> + Send;

    /// Looks for everything that carries the tags which the resource was created with. Where a replacement
    /// [creates first](Kind::creates_first), the old one and the new one both do, so a kind for which that can be must tell all
    /// of them; whichever they are, the engine tells them apart by their ids and operations. Returns their ids.
    fn find_all(cloud: &Self::Cloud, scope: &Scope) -> impl Future<Output = Result<Vec<String>, CloudError>> + Send {
        async { Ok(Self::find(cloud, scope).await?.into_iter().collect()) }
    }

    /// Whether, of a replacement, the new one is made first and the old one deleted last, once nothing uses it any more. Pure.
    ///
    /// For resources that others use while they exist: a security group in use by a running instance cannot be deleted first. Old
    /// and new must be able to exist side by side: nothing that AWS keeps unique (a name) may be the same in both, and they have
    /// the same tags, which [`find_all`](Kind::find_all) must expect. `desired` may contain unknowns.
    ///
    /// Two things are not for the kind to say. What moves to another region is created first if AWS chooses its id. And what
    /// depends on something that is deleted first is deleted first all the same: that could not go before it.
    fn creates_first(_live: &Self::Spec, _desired: &Self::Spec) -> bool {
        false
    }

    /// The calls that make a change, in order. Pure.
    fn steps(change: Change<'_, Self::Spec>) -> Vec<Step<Self::Call>>;

    /// Makes one call: exactly one mutating request. Ids and outputs that it learns go into `progress`, which also
    /// holds those of the steps before it.
    fn run(
        cloud: &Self::Cloud,
        scope: &Scope,
        call: Self::Call,
        progress: &mut Progress,
    ) -> impl Future<Output = Result<(), CloudError>> + Send;

    /// Waits until what `run` began is finished, reading only; may be dropped at any moment. Adds outputs that only the
    /// finished resource has.
    fn settle(
        _cloud: &Self::Cloud,
        _scope: &Scope,
        _call: &Self::Call,
        _progress: &mut Progress,
    ) -> impl Future<Output = Result<(), CloudError>> + Send {
        async { Ok(()) }
    }

    /// Tests the deployed resource as those who use it would, and takes away again whatever that made, also if a test failed
    /// in between. A kind that holds or does nothing by itself has no tests.
    fn verify(
        _cloud: &Self::Cloud,
        _verification: &Verification<Self::Spec>,
    ) -> impl Future<Output = Vec<Check>> + Send {
        async { Vec::new() }
    }

    /// Looks at the resource's replicas in other regions: whether each has what the primary declares, field by field, and whether
    /// it serves, by use; and takes away again whatever that made. A kind of resource that is itself a replica tells of
    /// itself. A kind that cannot be replicated has none.
    fn replicas(_cloud: &Self::Cloud, _recovery: &Recovery<Self::Spec>) -> impl Future<Output = Vec<Replica>> + Send {
        async { Vec::new() }
    }
}

/// Access to another resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The resource.
    pub to: Address,
    /// Which access: `read`, `write`, `read-write`, or a word of that kind's own.
    pub access: String,
    /// Where the file says so, as a JSON pointer into the spec.
    pub pointer: String,
}

/// Something to read.
#[derive(Clone, Debug)]
pub struct Target<S> {
    /// Where and for whom.
    pub scope: Scope,
    /// What AWS calls it.
    pub id: String,
    /// What the file asks for, if the file still has it. Tells which optional settings need reading at all.
    pub desired: Option<S>,
}

/// A resource as it is.
#[derive(Clone, Debug)]
pub struct Live<K: Kind> {
    /// What AWS calls it.
    pub id: String,
    /// Its settings, in the form of the file. Tags without AWS's own and the operation's (see [`crate::ownership::comparable`]).
    pub spec: K::Spec,
    /// What references can name.
    pub outputs: K::Outputs,
    /// Its tags, all of them.
    pub tags: BTreeMap<String, String>,
}

/// A change of one resource, to be turned into calls.
#[derive(Clone, Copy, Debug)]
pub enum Change<'a, S> {
    /// There is none yet.
    Create {
        /// What it is to be.
        desired: &'a S,
    },
    /// It is there and differs.
    Update {
        /// What it is.
        live: &'a S,
        /// What it is to be: the file's fields, and the live value of every field that the file does not manage.
        desired: &'a S,
        /// In which fields the two differ.
        differences: &'a Differences,
    },
    /// It is to go. Protection has been checked.
    Delete {
        /// What it is.
        live: &'a S,
        /// Whether the person also asked to delete what it holds (the objects of a bucket).
        empty: bool,
    },
}

/// The fields in which a live resource differs from what is desired.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Differences(pub Vec<Difference>);

impl Differences {
    /// Whether a field, or anything inside it, differs. The field is named as in the file: `encryption`, `logging.prefix`.
    pub fn touch(&self, field: &str) -> bool {
        self.0.iter().any(|difference| {
            difference.path.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
                || field.strip_prefix(&difference.path).is_some_and(|rest| rest.starts_with(['.', '[']))
        })
    }

    /// Whether any of these fields differs.
    pub fn touch_any(&self, fields: &[&str]) -> bool {
        fields.iter().any(|field| self.touch(field))
    }
}

/// What is known of a resource while its steps run.
#[derive(Clone, Default)]
pub struct Progress {
    /// What AWS calls it, once that is known. In an update or a delete it is known from the start.
    pub id: Option<String>,
    /// The outputs known so far.
    pub outputs: Map<String, Value>,
    /// Where to say what is being waited for.
    pub notes: Notes,
}

type Listener = dyn Fn(&str) + Send + Sync;

/// A way to tell the person what is being waited for or tried again: `waiting for the table to become ACTIVE`.
#[derive(Clone, Default)]
pub struct Notes(Option<Arc<Listener>>);

impl Notes {
    /// Notes that go to `listener`.
    pub fn to(listener: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(listener)))
    }

    /// Says it, if anybody listens.
    pub fn say(&self, text: &str) {
        if let Some(listener) = &self.0 {
            listener(text);
        }
    }
}

impl Progress {
    /// The id, for a step that needs it.
    ///
    /// # Errors
    /// If no earlier step made it known, which is a mistake in the kind's order of steps.
    pub fn id(&self, action: &str) -> Result<&str, CloudError> {
        self.id.as_deref().ok_or_else(|| {
            CloudError::new(
                action,
                crate::ErrorClass::Refused,
                "the resource's id is not known yet; this is a bug in the engine",
            )
        })
    }

    /// Sets an output.
    pub fn output(&mut self, name: &str, value: impl Into<String>) {
        self.outputs.insert(name.to_owned(), Value::String(value.into()));
    }
}

/// Something wrong with a spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The field, as a JSON pointer (`/logging/bucket`); empty for the resource as a whole.
    pub pointer: String,
    /// What is wrong, in lower case, without a full stop.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl Problem {
    /// A problem with one field.
    pub fn new(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), message: message.into(), help: None }
    }

    /// With what to do.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// A mistake of the engine, met where a problem with the file would be.
impl From<CloudError> for Problem {
    fn from(error: CloudError) -> Self {
        Self { pointer: String::new(), message: error.message, help: error.hint }
    }
}
