//! What there is in the cloud in memory, and its rules.

use std::collections::BTreeMap;
use std::time::Duration;

use provision_reconciler::{CloudError, ErrorClass, Scope, ownership};
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::object::Object;

/// What there is.
#[derive(Default)]
pub(super) struct World {
    objects: BTreeMap<(String, String, String), Object>,
    next: u64,
    pub(super) lag: Duration,
    pub(super) slowness: Duration,
}

impl World {
    pub(super) fn objects(&mut self) -> Vec<Object> {
        self.purge();
        self.objects.values().filter(|object| object.gone_at.is_none()).cloned().collect()
    }

    pub(super) fn find_mut(&mut self, subject: &str) -> Option<&mut Object> {
        self.purge();
        self.objects.values_mut().find(|object| object.id == subject || object.address() == Some(subject))
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

    /// The object that this scope's ownership tags name.
    pub(super) fn tagged(&mut self, kind: &str, scope: &Scope) -> Option<Object> {
        self.purge();
        let mine = self.objects.values().filter(|object| {
            object.kind == kind
                && object.region == scope.region
                && object.is_visible()
                && ownership::is_ours(&object.tags, &scope.environment, &scope.address)
        });
        // Ids count up: the latest.
        mine.max_by(|one, other| one.id.cmp(&other.id)).cloned()
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
        if let Some(parent) = text(&settings, "parent")
            && !self.objects.values().any(|object| object.id == parent && object.gone_at.is_none())
        {
            return Err(failure(action, ErrorClass::Refused, "InvalidParent", parent));
        }
        let mut object = Object::new(kind, &scope.region, &id);
        object.tags = ownership::tags_for_create(tags, scope);
        object.visible_at = Some(Instant::now() + self.lag);
        object.outputs.insert("endpoint".to_owned(), format!("{id}.{:06}.example", self.next));
        self.plant(object);
        self.put(action, kind, &scope.region, &id, settings)
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
        self.next += 1;
        let (label, slowness) = (self.next, self.slowness);
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
        if kind == "memory_table" {
            object.ready_at = Some(Instant::now() + slowness);
        }
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
        let object = self.existing(action, kind, region, id)?;
        object.tags.extend(set);
        object.tags.retain(|key, _| !remove.contains(key));
        Ok(())
    }

    pub(super) fn delete(&mut self, action: &str, kind: &str, region: &str, id: &str) -> Result<(), CloudError> {
        let child = self
            .objects
            .values()
            .find(|object| object.gone_at.is_none() && text(&object.settings, "parent") == Some(id))
            .map(|child| format!("{id} has the child {}", child.id));
        let slowness = self.slowness;
        let object = self.existing(action, kind, region, id)?;
        if let Some(child) = child {
            return Err(failure(action, ErrorClass::Busy, "DependencyViolation", &child));
        }
        if !object.is_ready() {
            return Err(failure(action, ErrorClass::Busy, "ResourceInUseException", id));
        }
        object.gone_at = Some(Instant::now() + if kind == "memory_table" { slowness } else { Duration::ZERO });
        self.purge();
        Ok(())
    }

    /// Whether nothing more is to be waited for.
    pub(super) fn is_settled(&mut self, kind: &str, region: &str, id: &str) -> bool {
        self.purge();
        self.at(kind, region, id).is_none_or(|object| object.is_ready() && object.is_visible())
    }

    fn at(&self, kind: &str, region: &str, id: &str) -> Option<&Object> {
        self.objects.get(&(kind.to_owned(), region.to_owned(), id.to_owned()))
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
        self.objects.retain(|_, object| object.gone_at.is_none_or(|at| at > now));
    }
}

fn text<'a>(settings: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    settings.get(name).and_then(Value::as_str)
}

fn failure(action: &str, class: ErrorClass, code: &str, message: &str) -> CloudError {
    let mut error = CloudError::new(action, class, message);
    error.code = Some(code.to_owned());
    error
}
