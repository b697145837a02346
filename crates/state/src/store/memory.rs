//! The state in memory, with the semantics that S3 has: for tests.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use provision_reconciler::{CloudError, ErrorClass};
use uuid::Uuid;

use super::object::{self, Blob, Choice, Got, Objects, Put, PutError};
use super::{Loaded, StateError, Store, Stored, Token, Version, segments};
use crate::document::{State, now};
use crate::journal::{Seal, Segment};

/// The key of the state.
const KEY: &str = "state.json";

/// The state of one environment in memory. Clones share the same objects, as two runs share a bucket.
#[derive(Clone, Debug)]
pub struct MemoryStore {
    environment: String,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    no_bucket: bool,
    /// By key; of each object its versions, oldest first.
    objects: BTreeMap<String, Vec<(Version, Vec<u8>)>>,
    puts: u64,
    refused: u32,
    lost: u32,
    late: Option<Late>,
    delay_next: bool,
}

/// A write that is still on its way.
#[derive(Debug)]
struct Late {
    key: String,
    body: Vec<u8>,
    expected: Option<String>,
}

impl MemoryStore {
    /// An empty bucket.
    pub fn new(environment: impl Into<String>) -> Self {
        Self { environment: environment.into(), shared: Arc::default() }
    }

    /// Not even a bucket, until [`MemoryStore::create_bucket`].
    pub fn without_bucket(environment: impl Into<String>) -> Self {
        let store = Self::new(environment);
        store.shared().no_bucket = true;
        store
    }

    /// Makes the bucket.
    pub fn create_bucket(&self) {
        self.shared().no_bucket = false;
    }

    /// Lets the next `writes` fail, with an error that says that nothing was done.
    pub fn refuse_next(&self, writes: u32) {
        self.shared().refused = writes;
    }

    /// Lets the next `writes` be carried out, if their condition holds, but loses the answers.
    pub fn lose_next_answers(&self, writes: u32) {
        self.shared().lost = writes;
    }

    /// Lets the next write arrive only together with the one after it, just before it, and loses its answer.
    pub fn delay_next(&self) {
        self.shared().delay_next = true;
    }

    /// The bytes of the state's current version.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        self.object(KEY)
    }

    /// Puts these bytes in the state's place, as somebody might who knows nothing of conditions.
    pub fn put_bytes(&self, body: &[u8]) {
        self.shared().write(KEY, body);
    }

    /// The keys of all objects: the state's and its journal's.
    pub fn object_keys(&self) -> Vec<String> {
        self.shared().objects.keys().cloned().collect()
    }

    /// The bytes of one object.
    pub fn object(&self, key: &str) -> Option<Vec<u8>> {
        self.shared().objects.get(key)?.last().map(|(_, body)| body.clone())
    }

    /// Puts these bytes in the place of one object; `None` removes it.
    pub fn put_object(&self, key: &str, body: Option<&[u8]>) {
        match body {
            Some(body) => drop(self.shared().write(key, body)),
            None => drop(self.shared().objects.remove(key)),
        }
    }

    /// How many writes have been carried out.
    pub fn writes(&self) -> u64 {
        self.shared().puts
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    fn etag(&self, key: &str) -> Option<String> {
        self.objects.get(key)?.last().map(|(version, _)| format!("\"{}\"", version.id))
    }

    fn write(&mut self, key: &str, body: &[u8]) -> String {
        self.puts += 1;
        let id = format!("v{}", self.puts);
        let version =
            Version { id: id.clone(), written_at: Some(now()), size: u64::try_from(body.len()).ok(), current: true };
        let versions = self.objects.entry(key.to_owned()).or_default();
        if let Some((last, _)) = versions.last_mut() {
            last.current = false;
        }
        versions.push((version, body.to_vec()));
        format!("\"{id}\"")
    }

    fn put(&mut self, key: &str, body: &[u8], expected: Option<&str>) -> Result<String, PutError> {
        if self.etag(key).as_deref() == expected {
            Ok(self.write(key, body))
        } else {
            Err(PutError::Condition(error("PreconditionFailed", ErrorClass::Refused)))
        }
    }
}

fn error(code: &str, class: ErrorClass) -> CloudError {
    CloudError { code: Some(code.to_owned()), ..CloudError::new("s3:PutObject", class, "as the test asked for") }
}

#[async_trait]
impl Store for MemoryStore {
    async fn load(&self) -> Result<Loaded, StateError> {
        segments::load(self).await
    }

    async fn load_version(&self, id: &str) -> Result<Loaded, StateError> {
        object::read(self, Some(id)).await
    }

    async fn token_of_any(&self, lineage: Uuid) -> Result<Option<Token>, StateError> {
        object::token_of_any(self, lineage).await
    }

    async fn save(&self, state: &State, expected: Option<&Token>) -> Result<Token, StateError> {
        object::save(self, state, expected).await
    }

    async fn append(&self, segment: &Segment) -> Result<(), StateError> {
        segments::append(self, segment).await
    }

    async fn seal(&self, stored: Stored, seal: &Seal) -> Result<Stored, StateError> {
        segments::seal(self, stored, seal).await
    }

    async fn sweep(&self, fencing: u64) -> Result<(), StateError> {
        segments::sweep(self, fencing).await
    }

    async fn history(&self) -> Result<Vec<Version>, StateError> {
        let shared = self.shared();
        let versions = shared.objects.get(KEY).into_iter().flatten();
        Ok(versions.rev().map(|(version, _)| version.clone()).collect())
    }

    async fn delete(&self) -> Result<(), StateError> {
        self.shared().objects.clear();
        Ok(())
    }
}

#[async_trait]
impl Objects for MemoryStore {
    fn environment(&self) -> &str {
        &self.environment
    }

    fn key(&self) -> &str {
        KEY
    }

    fn location_of(&self, key: &str) -> String {
        format!("memory://{}/{key}", self.environment)
    }

    async fn get(&self, key: &str, id: Option<&str>) -> Result<Got, CloudError> {
        let shared = self.shared();
        if shared.no_bucket {
            return Ok(Got::NoBucket);
        }
        let mut versions = shared.objects.get(key).into_iter().flatten().rev();
        let found = versions.find(|(version, _)| id.is_none_or(|id| version.id == id));
        let Some((version, body)) = found else { return Ok(Got::Nothing { deleted: false }) };
        Ok(Got::Blob(Blob {
            body: body.clone(),
            etag: format!("\"{}\"", version.id),
            version_id: Some(version.id.clone()),
            encryption: None,
            kms_key: None,
        }))
    }

    async fn put(&self, put: Put<'_>) -> Result<String, PutError> {
        let mut shared = self.shared();
        if shared.no_bucket {
            return Err(PutError::NoBucket);
        }
        if std::mem::take(&mut shared.delay_next) {
            shared.late = Some(Late {
                key: put.key.to_owned(),
                body: put.body.to_vec(),
                expected: put.expected.map(str::to_owned),
            });
            return Err(PutError::Transient(error("RequestTimeout", ErrorClass::Ambiguous)));
        }
        if let Some(Late { key, body, expected }) = shared.late.take() {
            // Its answer is lost whatever it is.
            shared.put(&key, &body, expected.as_deref()).ok();
        }
        if shared.refused > 0 {
            shared.refused -= 1;
            return Err(PutError::Failed(error("AccessDenied", ErrorClass::Denied)));
        }
        let answer = shared.put(put.key, put.body, put.expected);
        if shared.lost > 0 {
            shared.lost -= 1;
            return Err(PutError::Transient(error("InternalError", ErrorClass::Ambiguous)));
        }
        answer
    }

    async fn keys(&self, prefix: &str) -> Result<Vec<String>, CloudError> {
        Ok(self.shared().objects.keys().filter(|key| key.starts_with(prefix)).cloned().collect())
    }

    async fn delete_all(&self, prefix: &str, choose: &Choice<'_>) -> Result<(), CloudError> {
        let objects = &mut self.shared().objects;
        let chosen = choose(objects.keys().filter(|key| key.starts_with(prefix)).cloned().collect());
        objects.retain(|key, _| !chosen.contains(key));
        Ok(())
    }

    fn check_encryption(&self, _key: &str, _blob: &Blob) -> Result<(), StateError> {
        Ok(())
    }
}
