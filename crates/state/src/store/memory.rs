//! The state in memory, with the semantics that S3 has: for tests.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use provision_reconciler::{CloudError, ErrorClass};

use super::object::{self, Blob, Got, Object, PutError};
use super::{Loaded, StateError, Store, Token, Version};
use crate::document::{State, now};

/// The state of one environment in memory. Clones share the same object, as two runs share a bucket.
#[derive(Clone, Debug)]
pub struct MemoryStore {
    environment: String,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    no_bucket: bool,
    /// Oldest first.
    versions: Vec<(Version, Vec<u8>)>,
    puts: u64,
    refused: u32,
    lost: u32,
    late: Option<(Vec<u8>, Option<String>)>,
    delay_next: bool,
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

    /// The bytes of the current version.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        self.shared().versions.last().map(|(_, body)| body.clone())
    }

    /// Puts these bytes there, as somebody might who knows nothing of conditions.
    pub fn put_bytes(&self, body: &[u8]) {
        self.shared().write(body);
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    fn etag(&self) -> Option<String> {
        self.versions.last().map(|(version, _)| format!("\"{}\"", version.id))
    }

    fn write(&mut self, body: &[u8]) -> String {
        self.puts += 1;
        let id = format!("v{}", self.puts);
        let version =
            Version { id: id.clone(), written_at: Some(now()), size: u64::try_from(body.len()).ok(), current: true };
        if let Some((last, _)) = self.versions.last_mut() {
            last.current = false;
        }
        self.versions.push((version, body.to_vec()));
        format!("\"{id}\"")
    }

    fn put(&mut self, body: &[u8], expected: Option<&str>) -> Result<String, PutError> {
        if self.etag().as_deref() == expected {
            Ok(self.write(body))
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
        object::load(self).await
    }

    async fn save(&self, state: &State, expected: Option<&Token>) -> Result<Token, StateError> {
        object::save(self, state, expected).await
    }

    async fn history(&self) -> Result<Vec<Version>, StateError> {
        Ok(self.shared().versions.iter().rev().map(|(version, _)| version.clone()).collect())
    }

    async fn delete(&self) -> Result<(), StateError> {
        self.shared().versions.clear();
        Ok(())
    }
}

#[async_trait]
impl Object for MemoryStore {
    fn environment(&self) -> &str {
        &self.environment
    }

    fn location(&self) -> String {
        format!("memory://{}", self.environment)
    }

    async fn get(&self) -> Result<Got, CloudError> {
        let shared = self.shared();
        if shared.no_bucket {
            return Ok(Got::NoBucket);
        }
        let Some((version, body)) = shared.versions.last() else { return Ok(Got::Nothing { deleted: false }) };
        Ok(Got::Blob(Blob {
            body: body.clone(),
            etag: format!("\"{}\"", version.id),
            version_id: Some(version.id.clone()),
            encryption: None,
            kms_key: None,
        }))
    }

    async fn put(&self, body: &[u8], _state: &State, expected: Option<&str>) -> Result<String, PutError> {
        let mut shared = self.shared();
        if shared.no_bucket {
            return Err(PutError::NoBucket);
        }
        if std::mem::take(&mut shared.delay_next) {
            shared.late = Some((body.to_vec(), expected.map(str::to_owned)));
            return Err(PutError::Transient(error("RequestTimeout", ErrorClass::Ambiguous)));
        }
        if let Some((late, condition)) = shared.late.take() {
            // Its answer is lost whatever it is.
            shared.put(&late, condition.as_deref()).ok();
        }
        if shared.refused > 0 {
            shared.refused -= 1;
            return Err(PutError::Failed(error("AccessDenied", ErrorClass::Denied)));
        }
        let answer = shared.put(body, expected);
        if shared.lost > 0 {
            shared.lost -= 1;
            return Err(PutError::Transient(error("InternalError", ErrorClass::Ambiguous)));
        }
        answer
    }

    fn check_encryption(&self, _blob: &Blob) -> Result<(), StateError> {
        Ok(())
    }
}
