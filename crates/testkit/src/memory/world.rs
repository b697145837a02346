//! What there is in the cloud in memory, and its rules.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use provision_reconciler::{CloudError, ErrorClass, Scope, ownership};
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::nature::Nature;
use super::object::Object;

/// What there is.
#[derive(Default)]
pub(super) struct World {
    objects: BTreeMap<(String, String, String), Object>,
    next: u64,
    pub(super) nature: Nature,
    /// When the last mutating calls were made.
    recent: VecDeque<Instant>,
}

impl World {
    /// Whether there is room for another mutating call.
    pub(super) fn admit(&mut self, action: &str) -> Result<(), CloudError> {
        let Some(limit) = self.nature.per_second else { return Ok(()) };
        let now = Instant::now();
        self.recent.retain(|at| now.duration_since(*at) < Duration::from_secs(1));
        if self.recent.len() >= limit {
            return Err(failure(action, ErrorClass::Throttled, "ThrottlingException", "rate exceeded"));
        }
        self.recent.push_back(now);
        Ok(())
    }

    pub(super) fn objects(&mut self) -> Vec<Object> {
        self.purge();
        self.objects.values().filter(|object| object.gone_at.is_none()).cloned().collect()
    }

    pub(super) fn find_mut(&mut self, subject: &str) -> Option<&mut Object> {
        self.purge();
        let mut there = self.objects.values_mut().filter(|object| object.gone_at.is_none());
        there.find(|object| object.id == subject || object.address() == Some(subject))
    }

    pub(super) fn vanish(&mut self, subject: &str) {
        self.objects.retain(|_, object| object.id != subject && object.address() != Some(subject));
    }

    pub(super) fn plant(&mut self, object: Object) {
        self.objects.insert((object.kind.clone(), object.region.clone(), object.id.clone()), object);
    }

    /// Reads of what has just been created do not see it yet.
    pub(super) fn read(&mut self, kind: &str, region: &str, id: &str) -> Option<Object> {
        self.purge();
        self.at(kind, region, id).filter(|object| object.is_visible()).cloned()
    }

    /// The object that this scope's ownership tags name: the latest.
    pub(super) fn tagged(&mut self, kind: &str, scope: &Scope) -> Option<Object> {
        self.all_tagged(kind, scope).pop()
    }

    /// Every object that carries this scope's ownership tags. Ids count up: the latest last.
    pub(super) fn all_tagged(&mut self, kind: &str, scope: &Scope) -> Vec<Object> {
        self.purge();
        let mine = self.objects.values().filter(|object| {
            object.kind == kind
                && object.region == scope.region
                && object.is_visible()
                && ownership::is_ours(&object.tags, &scope.environment, &scope.address)
        });
        mine.cloned().collect()
    }

    pub(super) fn create(
        &mut self,
        action: &str,
        kind: &str,
        scope: &Scope,
        name: Option<&str>,
        settings: Map<String, Value>,
        tags: &BTreeMap<String, String>,
    ) -> Result<Object, CloudError> {
        self.purge();
        self.next += 1;
        let id = name.map_or_else(|| format!("{kind}-{:06}", self.next), str::to_owned);
        if self.at(kind, &scope.region, &id).is_some() {
            return Err(failure(action, ErrorClass::AlreadyExists, "ResourceExistsException", &id));
        }
        if let Some(parent) = text(&settings, "parent") {
            match self.known(parent) {
                None => return Err(failure(action, ErrorClass::Refused, "InvalidParent.NotFound", parent)),
                Some(object) if !object.is_ready() => {
                    return Err(failure(action, ErrorClass::Refused, "IncorrectState", parent));
                }
                Some(_) => {}
            }
        }
        if kind == "memory_group" && self.has_group(&scope.region, text(&settings, "name").unwrap_or_default()) {
            return Err(failure(
                action,
                ErrorClass::AlreadyExists,
                "InvalidGroup.Duplicate",
                "there is a group of that name",
            ));
        }
        let mut object = Object::new(kind, &scope.region, &id);
        object.tags = ownership::tags_for_create(tags, scope);
        let now = Instant::now();
        object.visible_at = Some(now + self.nature.lag);
        object.known_at = Some(now + self.nature.unknown);
        object.assumable_at = Some(now + self.nature.propagation);
        object.outputs.insert("endpoint".to_owned(), format!("{id}.{:06}.example", self.next));
        self.refuse_references(action, &settings)?;
        self.plant(object);
        self.set(action, kind, &scope.region, &id, settings)
    }

    /// Sets settings; null takes one away.
    pub(super) fn put(
        &mut self,
        action: &str,
        kind: &str,
        region: &str,
        id: &str,
        settings: Map<String, Value>,
    ) -> Result<Object, CloudError> {
        self.refuse_references(action, &settings)?;
        self.refuse_unknown(action, kind, region, id)?;
        self.set(action, kind, region, id, settings)
    }

    /// Refuses to refer to what is not there, or too new.
    fn refuse_references(&self, action: &str, settings: &Map<String, Value>) -> Result<(), CloudError> {
        if let Some(missing) = groups(settings).find(|group| self.known(group).is_none()) {
            return Err(failure(action, ErrorClass::Refused, "InvalidGroup.NotFound", missing));
        }
        let name = text(settings, "role").map(|arn| arn.rsplit('/').next().unwrap_or(arn));
        let is_assumable = |name: &str| {
            let mut roles = self.objects.values().filter(|object| object.kind == "memory_role" && object.id == name);
            roles.any(|role| role.gone_at.is_none() && role.assumable_at.is_none_or(|at| at <= Instant::now()))
        };
        match name.filter(|name| !is_assumable(name)) {
            Some(name) => Err(failure(action, ErrorClass::Refused, "RoleNotAssumable", name)),
            None => Ok(()),
        }
    }

    /// Refuses to change what is too new.
    fn refuse_unknown(&self, action: &str, kind: &str, region: &str, id: &str) -> Result<(), CloudError> {
        let too_new = self.at(kind, region, id).is_some_and(|object| !object.is_known());
        if too_new { Err(failure(action, ErrorClass::NotFound, "ResourceNotFoundException", id)) } else { Ok(()) }
    }

    /// What has this id, whatever and wherever it is.
    fn known(&self, id: &str) -> Option<&Object> {
        self.objects.values().find(|object| object.id == id && object.gone_at.is_none() && object.is_known())
    }

    fn set(
        &mut self,
        action: &str,
        kind: &str,
        region: &str,
        id: &str,
        settings: Map<String, Value>,
    ) -> Result<Object, CloudError> {
        self.next += 1;
        let label = self.next;
        let pending = self.nature.pending.get(kind).copied();
        let object = self.existing(action, kind, region, id)?;
        if !object.is_ready() {
            return Err(failure(action, ErrorClass::Busy, "ResourceInUseException", id));
        }
        let renewed = ["stream", "key"].iter().any(|name| settings.contains_key(*name));
        for (name, value) in settings {
            match value {
                Value::Null => object.settings.remove(&name),
                value => object.settings.insert(name, value),
            };
        }
        if object.settings.get("stream").and_then(Value::as_bool) != Some(true) {
            object.outputs.remove("stream_arn");
        } else if renewed {
            object.outputs.insert("stream_arn".to_owned(), format!("arn:memory:stream/{id}/{label:06}"));
        }
        object.ready_at = pending.map(|pending| Instant::now() + pending);
        Ok(object.clone())
    }

    pub(super) fn tag(
        &mut self,
        action: &str,
        kind: &str,
        region: &str,
        id: &str,
        set: BTreeMap<String, String>,
        remove: &[String],
    ) -> Result<(), CloudError> {
        self.refuse_unknown(action, kind, region, id)?;
        let object = self.existing(action, kind, region, id)?;
        object.tags.extend(set);
        object.tags.retain(|key, _| !remove.contains(key));
        Ok(())
    }

    pub(super) fn delete(&mut self, action: &str, kind: &str, region: &str, id: &str) -> Result<(), CloudError> {
        let now = Instant::now();
        let user = self
            .objects
            .values()
            .filter(|object| object.gone_at.is_none_or(|_| object.lingers_until.is_some_and(|until| until > now)))
            .find(|object| {
                text(&object.settings, "parent") == Some(id) || groups(&object.settings).any(|group| group == id)
            })
            .map(|user| format!("{id} is in use by {}", user.id));
        let nature = self.nature.clone();
        let object = self.existing(action, kind, region, id)?;
        if let Some(user) = user {
            return Err(failure(action, ErrorClass::Busy, "DependencyViolation", &user));
        }
        if !object.is_ready() {
            return Err(failure(action, ErrorClass::Busy, "ResourceInUseException", id));
        }
        let slowness = if kind == "memory_table" { nature.pending.get(kind).copied() } else { None };
        object.gone_at = Some(now + slowness.unwrap_or_default());
        object.lingers_until = Some(now + nature.lingering);
        self.purge();
        Ok(())
    }

    /// Whether nothing more is to be waited for.
    pub(super) fn is_settled(&mut self, kind: &str, region: &str, id: &str) -> bool {
        self.purge();
        self.at(kind, region, id).is_none_or(|object| object.is_ready() && object.is_visible())
    }

    fn has_group(&self, region: &str, name: &str) -> bool {
        self.objects.values().any(|object| {
            object.kind == "memory_group"
                && object.region == region
                && object.gone_at.is_none()
                && text(&object.settings, "name") == Some(name)
        })
    }

    fn at(&self, kind: &str, region: &str, id: &str) -> Option<&Object> {
        let there = |object: &&Object| object.gone_at.is_none_or(|at| at > Instant::now());
        self.objects.get(&(kind.to_owned(), region.to_owned(), id.to_owned())).filter(there)
    }

    fn existing(&mut self, action: &str, kind: &str, region: &str, id: &str) -> Result<&mut Object, CloudError> {
        self.purge();
        self.objects
            .get_mut(&(kind.to_owned(), region.to_owned(), id.to_owned()))
            .filter(|object| object.gone_at.is_none())
            .ok_or_else(|| failure(action, ErrorClass::NotFound, "ResourceNotFoundException", id))
    }

    fn purge(&mut self) {
        let now = Instant::now();
        self.objects.retain(|_, object| object.gone_at.max(object.lingers_until).is_none_or(|at| at > now));
    }
}

fn text<'a>(settings: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    settings.get(name).and_then(Value::as_str)
}

fn groups(settings: &Map<String, Value>) -> impl Iterator<Item = &str> {
    settings.get("groups").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

fn failure(action: &str, class: ErrorClass, code: &str, message: &str) -> CloudError {
    let mut error = CloudError::new(action, class, message);
    error.code = Some(code.to_owned());
    error
}
