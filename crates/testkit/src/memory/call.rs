//! The calls that all kinds of the cloud in memory share.

use std::collections::BTreeMap;
use std::time::Duration;

use provision_reconciler::{CloudError, ErrorClass, Kind, Live, Notes, Progress, Scope, Step, Target};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::time::{Instant, sleep};

use super::MemoryCloud;
use super::object::Object;
use super::world::World;

/// One mutating call.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// The IAM action.
    pub action: String,
    /// What it does.
    pub effect: Effect,
}

/// What a call does.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Makes an object.
    Create {
        /// Its name, if it has one.
        name: Option<String>,
        /// Its first settings.
        settings: Map<String, Value>,
        /// Its tags, without the operation's.
        tags: BTreeMap<String, String>,
    },
    /// Sets settings; null takes one away.
    Put(Map<String, Value>),
    /// Sets and removes tags.
    Tag {
        /// New and changed ones.
        set: BTreeMap<String, String>,
        /// The keys of those that are to go.
        remove: Vec<String>,
    },
    /// Deletes the object.
    Delete,
}

/// A step that has this effect.
pub(super) fn step(action: &'static str, summary: impl Into<String>, effect: Effect) -> Step<Call> {
    Step::new(action, summary, Call { action: action.to_owned(), effect })
}

/// A step that sets one setting to what `spec` says.
pub(super) fn put(action: &'static str, names: &[&str], spec: &impl Serialize) -> Step<Call> {
    step(action, format!("set {}", names.join(", ")), Effect::Put(settings(spec, names)))
}

/// The step that turns live tags into the desired ones.
pub(super) fn tag(
    action: &'static str,
    live: &BTreeMap<String, String>,
    desired: &BTreeMap<String, String>,
) -> Step<Call> {
    let set = desired.iter().filter(|(key, value)| live.get(*key) != Some(*value));
    let remove = live.keys().filter(|key| !desired.contains_key(*key)).cloned().collect();
    let set = set.map(|(key, value)| (key.clone(), value.clone())).collect();
    step(action, "set tags", Effect::Tag { set, remove })
}

/// These settings of a spec; null where it has none.
pub(super) fn settings(spec: &impl Serialize, names: &[&str]) -> Map<String, Value> {
    // A spec is plain data: it cannot fail to serialise. If it did, nothing would be set and every test would fail.
    let spec = serde_json::to_value(spec).unwrap_or_default();
    names.iter().map(|name| ((*name).to_owned(), spec.get(name).cloned().unwrap_or_default())).collect()
}

impl MemoryCloud {
    /// Reads all targets in one call.
    pub(super) async fn read_all<K>(
        &self,
        action: &str,
        targets: &[Target<K::Spec>],
        live: impl Fn(Object) -> Result<Live<K>, CloudError>,
    ) -> Vec<Result<Option<Live<K>>, CloudError>>
    where
        K: Kind,
    {
        // One call for all: its fate is everybody's.
        let Some(first) = targets.first() else { return Vec::new() };
        let all = self.call(action, &first.id, false, |world| {
            let read = |target: &Target<K::Spec>| world.read(K::NAME, &target.scope.region, &target.id);
            Ok(targets.iter().map(read).collect::<Vec<_>>())
        });
        match all.await {
            Err(error) => targets.iter().map(|_| Err(error.clone())).collect(),
            Ok(objects) => objects.into_iter().map(|object| object.map(&live).transpose()).collect(),
        }
    }

    /// Looks for the object that this scope's tags name.
    pub(super) async fn find_tagged(&self, kind: &str, scope: &Scope) -> Result<Option<String>, CloudError> {
        let subject = scope.address.to_string();
        let found = self.call("memory:GetResources", &subject, false, |world| Ok(world.tagged(kind, scope)));
        Ok(found.await?.map(|object| object.id))
    }

    /// Looks for everything that carries this scope's tags.
    pub(super) async fn find_all_tagged(&self, kind: &str, scope: &Scope) -> Result<Vec<String>, CloudError> {
        let subject = scope.address.to_string();
        let all = |world: &mut World| Ok(world.all_tagged(kind, scope).into_iter().map(|object| object.id).collect());
        self.call("memory:GetResources", &subject, false, all).await
    }

    /// Carries out a call. `outputs` turns what there is then into what references can name.
    pub(super) async fn perform(
        &self,
        kind: &str,
        scope: &Scope,
        call: Call,
        progress: &mut Progress,
        outputs: impl Fn(&Object) -> Vec<(&'static str, String)>,
    ) -> Result<(), CloudError> {
        let Call { action, effect } = call;
        let (subject, region, notes) = (scope.address.to_string(), &scope.region, progress.notes.clone());
        let to = (action.as_str(), subject.as_str(), &notes);
        match effect {
            Effect::Create { name, settings, tags } => {
                let object = self
                    .patiently(to, |world| world.create(&action, kind, scope, name.as_deref(), settings.clone(), &tags))
                    .await?;
                progress.outputs.clear();
                progress.outputs.extend(named(outputs(&object)));
                progress.id = Some(object.id);
            }
            Effect::Put(settings) => {
                let id = progress.id(&action)?;
                let object = self.patiently(to, |world| world.put(&action, kind, region, id, settings.clone())).await?;
                progress.outputs = named(outputs(&object)).collect();
            }
            Effect::Tag { set, remove } => {
                let id = progress.id(&action)?;
                self.patiently(to, |world| world.tag(&action, kind, region, id, set.clone(), &remove)).await?;
            }
            Effect::Delete => {
                let id = progress.id(&action)?;
                self.patiently(to, |world| world.delete(&action, kind, region, id)).await?;
            }
        }
        Ok(())
    }

    /// Makes a call, again and again while it fails in a way that passes by itself, and says so.
    async fn patiently<T>(
        &self,
        (action, subject, notes): (&str, &str, &Notes),
        effect: impl Fn(&mut World) -> Result<T, CloudError>,
    ) -> Result<T, CloudError> {
        let start = Instant::now();
        let mut said = false;
        loop {
            let result = self.call(action, subject, true, |world| {
                world.admit(action)?;
                effect(world)
            });
            match result.await {
                Err(error) if passes(action, &error) && start.elapsed() < self.patience() => {
                    if !std::mem::replace(&mut said, true) {
                        notes.say(&format!("trying again: {error}"));
                    }
                    sleep(Duration::from_secs(1)).await;
                }
                result => return result,
            }
        }
    }

    /// Waits until an object is ready and visible, or gone.
    pub(super) async fn wait(
        &self,
        action: &str,
        kind: &str,
        scope: &Scope,
        progress: &Progress,
    ) -> Result<(), CloudError> {
        let id = progress.id(action)?;
        let subject = scope.address.to_string();
        let start = Instant::now();
        loop {
            let look = self.call(action, &subject, false, |world| Ok(world.is_settled(kind, &scope.region, id)));
            if look.await? {
                return Ok(());
            }
            let patience = self.patience();
            if !patience.is_zero() && start.elapsed() >= patience {
                let message = format!("gave up waiting for {id} after {} s", patience.as_secs());
                return Err(CloudError::new(action, ErrorClass::Busy, message));
            }
            say(&progress.notes, start, id);
            sleep(Duration::from_millis(500)).await;
        }
    }
}

/// Whether an error passes by itself: eventual consistency, what lets go of others a little later, too many calls.
fn passes(action: &str, error: &CloudError) -> bool {
    match error.code.as_deref() {
        Some("InvalidGroup.NotFound" | "InvalidParent.NotFound" | "RoleNotAssumable") => true,
        // What is to go and is not there is gone.
        Some("ResourceNotFoundException") => !action.contains("Delete"),
        Some("DependencyViolation" | "ThrottlingException") => true,
        _ => false,
    }
}

fn say(notes: &Notes, start: Instant, id: &str) {
    if start.elapsed() < Duration::from_millis(1) {
        notes.say(&format!("waiting for {id}"));
    }
}

fn named(outputs: Vec<(&'static str, String)>) -> impl Iterator<Item = (String, Value)> {
    outputs.into_iter().map(|(name, value)| (name.to_owned(), Value::String(value)))
}

/// A spec of settings and tags, as it is read back.
pub(super) fn spec<S: DeserializeOwned>(action: &str, object: &Object) -> Result<S, CloudError> {
    let mut settings = object.settings.clone();
    let tags = provision_reconciler::ownership::comparable(object.tags.clone());
    settings.insert("tags".to_owned(), serde_json::to_value(tags).unwrap_or_default());
    S::deserialize(Value::Object(settings))
        .map_err(|error| CloudError::new(action, ErrorClass::Refused, format!("unreadable {}: {error}", object.id)))
}
