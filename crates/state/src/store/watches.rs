//! What checks remember, as objects beside the state. See [`crate::watch`].

use std::collections::BTreeSet;

use super::object::{Got, Objects, Put, WriteError, write};
use super::{Found, StateError, WatchStored};
use crate::document::{DocumentError, decode_watch, encode_watch};
use crate::watch::Watch;

/// What the check of this name remembers. What is damaged was only a memory, and is begun anew.
pub(super) async fn load(objects: &impl Objects, name: &str) -> Result<WatchStored, StateError> {
    let key = key(objects.key(), name);
    let location = objects.location_of(&key);
    let got = objects.get(&key, None).await;
    let got =
        got.map_err(|source| StateError::Call { doing: "read", location: location.clone(), source: Box::new(source) })?;
    let Got::Blob(blob) = got else { return Ok(WatchStored::default()) };
    objects.check_encryption(&key, &blob)?;
    let watch = match decode_watch(&blob.body, objects.environment()) {
        Ok(watch) => Some(watch),
        Err(source @ (DocumentError::Newer { .. } | DocumentError::Environment { .. })) => {
            return Err(StateError::Document { location, source });
        }
        Err(error) => {
            tracing::warn!(%error, location, "what the check remembered is damaged; it begins anew");
            None
        }
    };
    Ok(WatchStored { watch, etag: Some(blob.etag) })
}

/// Writes it over what was read. Returns the new entity tag.
pub(super) async fn save(
    objects: &impl Objects,
    name: &str,
    watch: &Watch,
    expected: Option<&str>,
) -> Result<String, StateError> {
    let key = key(objects.key(), name);
    let location = objects.location_of(&key);
    let body = encode_watch(watch).map_err(|source| StateError::Document { location: location.clone(), source })?;
    let labels = [("environment", objects.environment().to_owned()), ("lineage", watch.lineage.to_string())];
    match write(objects, Put { key: &key, body: &body, labels: &labels, expected }).await {
        Ok(etag) => Ok(etag),
        Err(WriteError::NoBucket) => Err(StateError::NoBucket { location }),
        Err(WriteError::Failed(source)) => Err(StateError::Call { doing: "write", location, source: Box::new(source) }),
        Err(WriteError::Unsettled(source)) => {
            let what = "what the check remembers".to_owned();
            Err(StateError::Unsettled { location, what, source: Box::new(source) })
        }
        Err(WriteError::Moved(_)) => Err(StateError::Moved { location, expected: None, found: Found::Nothing }),
    }
}

/// Deletes all of them.
pub(super) async fn delete(objects: &impl Objects) -> Result<(), StateError> {
    let deleted = objects.delete_all(&root(objects.key()), &|keys: BTreeSet<String>| keys).await;
    deleted.map_err(|source| super::object::call("delete what checks remember beside", objects, source))
}

/// Where they are. Each state has a folder of its own, and its name does not begin with the state's key, whose versions are listed by
/// it.
fn root(state: &str) -> String {
    let (folder, name) = state.rsplit_once('/').map_or(("", state), |(folder, name)| (folder, name));
    let slash = if folder.is_empty() { "" } else { "/" };
    format!("{folder}{slash}watch/{name}/")
}

fn key(state: &str, name: &str) -> String {
    format!("{}{name}.json", root(state))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use jiff::Timestamp;
    use uuid::Uuid;

    use super::*;
    use crate::store::{MemoryStore, Store};
    use crate::watch::{Sights, Telling};

    #[tokio::test]
    async fn of_two_runs_at_once_one_writes() {
        let store = MemoryStore::new("dev");
        assert_eq!(store.load_watch("drift").await.unwrap(), WatchStored::default());
        let mut watch = Watch::new("dev", Uuid::nil());
        let etag = store.save_watch("drift", &watch, None).await.unwrap();
        assert_eq!(store.object_keys(), ["watch/state.json/drift.json"]);
        let read = store.load_watch("drift").await.unwrap();
        assert_eq!((read.watch.as_ref(), read.etag.as_ref()), (Some(&watch), Some(&etag)));
        watch.look(Timestamp::UNIX_EPOCH, &Sights::default(), Telling::Nobody);
        store.save_watch("drift", &watch, Some(&etag)).await.unwrap();
        // Another run that has read what was there before.
        let theirs = Watch::new("dev", Uuid::from_u128(1));
        assert!(matches!(store.save_watch("drift", &theirs, Some(&etag)).await, Err(StateError::Moved { .. })));
        assert_eq!(store.load_watch("drift").await.unwrap().watch, Some(watch));
        // Each sort of check has its own.
        assert_eq!(store.load_watch("dr").await.unwrap(), WatchStored::default());
    }

    #[tokio::test]
    async fn damage_is_forgotten_but_another_environments_and_newer_ones_are_kept() {
        let store = MemoryStore::new("dev");
        store.put_object("watch/state.json/drift.json", Some(b"{"));
        let read = store.load_watch("drift").await.unwrap();
        assert!(read.watch.is_none() && read.etag.is_some());
        store.put_object("watch/state.json/drift.json", Some(b"{\"format\": 999, \"watch\": {}}"));
        assert!(store.load_watch("drift").await.is_err());
        let theirs = encode_watch(&Watch::new("prod", Uuid::nil())).unwrap();
        store.put_object("watch/state.json/drift.json", Some(&theirs));
        assert!(store.load_watch("drift").await.is_err());
    }
}
