//! The state in memory, with the semantics that S3 has: for tests.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use provision_reconciler::{CloudError, ErrorClass};
use tokio::sync::watch;
use uuid::Uuid;

use super::object::{self, Blob, Choice, Got, Objects, Put, PutError};
use super::{Loaded, StateError, Store, Stored, Token, Version, WatchStored, segments, watches};
use crate::document::{State, now};
use crate::journal::{Seal, Segment};
use crate::watch::Watch;

/// The key of the state.
const KEY: &str = "state.json";

/// The state of one environment in memory. Clones share the same objects, as two runs share a bucket.
#[derive(Clone, Debug)]
pub struct MemoryStore {
    environment: String,
    copies: bool,
    shared: Arc<Mutex<Shared>>,
    dead: watch::Sender<bool>,
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
    crash: Option<Crash>,
}

/// When the caller dies.
#[derive(Clone, Copy, Debug)]
struct Crash {
    /// How many calls are answered before.
    calls: usize,
    /// Whether the last one is carried out; of a deletion of several objects, every other.
    carried_out: bool,
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
        Self { environment: environment.into(), copies: false, shared: Arc::default(), dead: watch::Sender::new(false) }
    }

    /// Not even a bucket, until [`MemoryStore::create_bucket`].
    pub fn without_bucket(environment: impl Into<String>) -> Self {
        let store = Self::new(environment);
        store.shared().no_bucket = true;
        store
    }

    /// The same objects as what S3 has copied from elsewhere. See [`super::S3Store::copied`].
    pub fn copied(&self) -> Self {
        Self { copies: true, ..self.clone() }
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

    /// Lets the caller's process die at a call, reads included, after so many more are answered: that one is not, nor is any after
    /// it until [`MemoryStore::restart`]. It may be carried out all the same; of a deletion of several objects, every other.
    pub fn crash_after(&self, calls: usize, carried_out: bool) {
        self.shared().crash = Some(Crash { calls, carried_out });
    }

    /// Returns once the caller's process has died; whatever it was doing must be dropped then.
    pub async fn crashed(&self) {
        let mut dead = self.dead.subscribe();
        // The sender is `self.dead`.
        dead.wait_for(|dead| *dead).await.ok();
    }

    /// Another process begins.
    pub fn restart(&self) {
        self.shared().crash = None;
        self.dead.send_replace(false);
    }

    /// A call arrives. Whether it is the last, to be carried out but not answered.
    async fn arrive(&self) -> bool {
        let (dies, carried_out) = match &mut self.shared().crash {
            None => (false, true),
            Some(crash) => match crash.calls.checked_sub(1) {
                None => (true, crash.carried_out),
                Some(left) => {
                    crash.calls = left;
                    (false, true)
                }
            },
        };
        if dies {
            let first = !self.dead.send_replace(true);
            if !(first && carried_out) {
                std::future::pending::<()>().await;
            }
        }
        dies
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

    fn receive(&mut self, put: Put<'_>) -> Result<String, PutError> {
        if self.no_bucket {
            return Err(PutError::NoBucket);
        }
        if std::mem::take(&mut self.delay_next) {
            self.late = Some(Late {
                key: put.key.to_owned(),
                body: put.body.to_vec(),
                expected: put.expected.map(str::to_owned),
            });
            return Err(PutError::Transient(error("RequestTimeout", ErrorClass::Ambiguous)));
        }
        if let Some(Late { key, body, expected }) = self.late.take() {
            // Its answer is lost whatever it is.
            self.put(&key, &body, expected.as_deref()).ok();
        }
        if self.refused > 0 {
            self.refused -= 1;
            return Err(PutError::Failed(error("AccessDenied", ErrorClass::Denied)));
        }
        let answer = self.put(put.key, put.body, put.expected);
        if self.lost > 0 {
            self.lost -= 1;
            return Err(PutError::Transient(error("InternalError", ErrorClass::Ambiguous)));
        }
        answer
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

    async fn load_watch(&self, name: &str) -> Result<WatchStored, StateError> {
        watches::load(self, name).await
    }

    async fn save_watch(&self, name: &str, watch: &Watch, expected: Option<&str>) -> Result<String, StateError> {
        watches::save(self, name, watch, expected).await
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

    fn are_copies(&self) -> bool {
        self.copies
    }

    fn location_of(&self, key: &str) -> String {
        format!("memory://{}/{key}", self.environment)
    }

    async fn get(&self, key: &str, id: Option<&str>) -> Result<Got, CloudError> {
        if self.arrive().await {
            std::future::pending::<()>().await;
        }
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
        let last = self.arrive().await;
        let answer = self.shared().receive(put);
        if last {
            std::future::pending::<()>().await;
        }
        answer
    }

    async fn keys(&self, prefix: &str) -> Result<Vec<String>, CloudError> {
        if self.arrive().await {
            std::future::pending::<()>().await;
        }
        Ok(self.shared().objects.keys().filter(|key| key.starts_with(prefix)).cloned().collect())
    }

    async fn delete_all(&self, prefix: &str, choose: &Choice<'_>) -> Result<(), CloudError> {
        let last = self.arrive().await;
        {
            let objects = &mut self.shared().objects;
            let chosen = choose(objects.keys().filter(|key| key.starts_with(prefix)).cloned().collect());
            for key in chosen.iter().step_by(1 + usize::from(last)) {
                objects.remove(key);
            }
        }
        if last {
            std::future::pending::<()>().await;
        }
        Ok(())
    }

    fn check_encryption(&self, _key: &str, _blob: &Blob) -> Result<(), StateError> {
        Ok(())
    }
}
