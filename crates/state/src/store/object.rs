//! The protocol of reading and writing objects whose writes are conditional, whatever they are kept in.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use provision_reconciler::CloudError;
use tokio::time::sleep;
use uuid::Uuid;

use super::{Found, Loaded, StateError, Stored, Token};
use crate::document::{DocumentError, State, decode, encode};
use crate::writing::{Next, Writing, compare};

/// How often a write is tried whose outcome is not plain.
const ATTEMPTS: u32 = 4;
/// The pause before the first repetition; each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(200);

/// Which of these keys are meant.
pub(super) type Choice<'a> = dyn Fn(BTreeSet<String>) -> BTreeSet<String> + Send + Sync + 'a;

/// The objects of one environment: its state, and the segments of its journal.
#[async_trait]
pub(super) trait Objects: Send + Sync {
    /// The environment.
    fn environment(&self) -> &str;
    /// The key of the state.
    fn key(&self) -> &str;
    /// Where an object is, for a person.
    fn location_of(&self, key: &str) -> String;
    /// Reads an object, or an earlier version of it.
    async fn get(&self, key: &str, version: Option<&str>) -> Result<Got, CloudError>;
    /// Writes an object, if its entity tag is this one (`None`: if there is no such object). Returns the new entity tag.
    async fn put(&self, put: Put<'_>) -> Result<String, PutError>;
    /// The keys that begin like this, of objects that are there.
    async fn keys(&self, prefix: &str) -> Result<Vec<String>, CloudError>;
    /// Deletes every version of those objects that are chosen of all whose keys begin with `prefix`.
    async fn delete_all(&self, prefix: &str, choose: &Choice<'_>) -> Result<(), CloudError>;
    /// Whether what was read is encrypted as it should be.
    fn check_encryption(&self, key: &str, blob: &Blob) -> Result<(), StateError>;

    /// Whether these are copies that arrive in no particular order, as S3 replicates them.
    fn are_copies(&self) -> bool {
        false
    }

    /// Where the state is, for a person.
    fn location(&self) -> String {
        self.location_of(self.key())
    }
}

/// What is to be written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Put<'a> {
    pub key: &'a str,
    pub body: &'a [u8],
    /// Facts about the content, kept beside it for whoever looks with other tools.
    pub labels: &'a [(&'static str, String)],
    pub expected: Option<&'a str>,
}

/// What a read found.
pub(super) enum Got {
    NoBucket,
    Nothing { deleted: bool },
    Blob(Blob),
}

/// An object as it was read.
#[derive(Clone, Debug)]
pub(super) struct Blob {
    pub body: Vec<u8>,
    pub etag: String,
    pub version_id: Option<String>,
    /// The algorithm, as in `aws:kms`.
    pub encryption: Option<String>,
    pub kms_key: Option<String>,
}

/// Why a write failed.
#[derive(Debug)]
pub(super) enum PutError {
    /// There is no bucket.
    NoBucket,
    /// What is stored was not what was expected. Also the answer to a repetition, made below us, of a write that had
    /// worked.
    Condition(CloudError),
    /// It may have worked, or may work if it is tried again.
    Transient(CloudError),
    /// It did nothing.
    Failed(CloudError),
}

/// Why an object was not written, or not certainly.
pub(super) enum WriteError {
    NoBucket,
    /// Something else is there.
    Moved(Got),
    Unsettled(CloudError),
    Failed(CloudError),
}

/// The document, without its journal.
pub(super) async fn read(objects: &impl Objects, version: Option<&str>) -> Result<Loaded, StateError> {
    let got = objects.get(objects.key(), version).await.map_err(|source| call("read", objects, source))?;
    let blob = match got {
        Got::NoBucket => return Ok(Loaded::NoBucket),
        Got::Nothing { deleted } => return Ok(Loaded::Absent { deleted }),
        Got::Blob(blob) => blob,
    };
    objects.check_encryption(objects.key(), &blob)?;
    let state = decode(&blob.body, objects.environment())
        .map_err(|source| StateError::Document { location: objects.location(), source })?;
    let token = Token::new(&state, blob.etag);
    let stored = Stored { state, token, version_id: blob.version_id, kms_key: blob.kms_key, journal: None };
    Ok(Loaded::Present(Box::new(stored)))
}

/// See [`super::Store::token_of_any`].
pub(super) async fn token_of_any(objects: &impl Objects, lineage: Uuid) -> Result<Option<Token>, StateError> {
    let got = objects.get(objects.key(), None).await.map_err(|source| call("read", objects, source))?;
    let Got::Blob(blob) = got else { return Ok(None) };
    match decode(&blob.body, objects.environment()) {
        Ok(state) => Ok(Some(Token { lineage, ..Token::new(&state, blob.etag) })),
        Err(source @ (DocumentError::Newer { .. } | DocumentError::Environment { .. })) => {
            Err(StateError::Document { location: objects.location(), source })
        }
        Err(_) => Ok(Some(Token { etag: blob.etag, lineage, serial: 0, fencing: 0 })),
    }
}

pub(super) async fn save(objects: &impl Objects, state: &State, expected: Option<&Token>) -> Result<Token, StateError> {
    check_succession(objects, state, expected)?;
    let body = encode(state).map_err(|source| StateError::Document { location: objects.location(), source })?;
    let labels = [
        ("environment", objects.environment().to_owned()),
        ("lineage", state.lineage.to_string()),
        ("serial", state.serial.to_string()),
        ("fencing", state.fencing.to_string()),
    ];
    let expected_etag = expected.map(|token| token.etag.as_str());
    let put = Put { key: objects.key(), body: &body, labels: &labels, expected: expected_etag };
    match write(objects, put).await {
        Ok(etag) => Ok(Token::new(state, etag)),
        Err(WriteError::NoBucket) => Err(StateError::NoBucket { location: objects.location() }),
        Err(WriteError::Failed(source)) => Err(call("write", objects, source)),
        Err(WriteError::Unsettled(source)) => Err(StateError::Unsettled {
            location: objects.location(),
            what: format!("serial {} of the state", state.serial),
            source: Box::new(source),
        }),
        Err(WriteError::Moved(got)) => {
            let found = match got {
                Got::NoBucket | Got::Nothing { .. } => Found::Nothing,
                Got::Blob(blob) => match decode(&blob.body, objects.environment()) {
                    Ok(stored) => Found::from(&stored),
                    Err(error) => Found::Unreadable(error),
                },
            };
            Err(moved(objects, state, expected, found))
        }
    }
}

/// Writes one object, and makes sure of the outcome.
pub(super) async fn write(objects: &impl Objects, put: Put<'_>) -> Result<String, WriteError> {
    let mut writing = Writing::new(ATTEMPTS);
    let mut pause = PAUSE;
    loop {
        let mut trouble = match objects.put(put).await {
            Ok(etag) => return Ok(etag),
            Err(PutError::NoBucket) => return Err(WriteError::NoBucket),
            Err(PutError::Failed(source)) => return Err(WriteError::Failed(source)),
            Err(PutError::Condition(error) | PutError::Transient(error)) => error,
        };
        tracing::debug!(
            key = put.key,
            attempt = writing.attempt(),
            error = %trouble,
            "the outcome of a write is not plain; reading back"
        );
        let got = match objects.get(put.key, None).await {
            Ok(Got::NoBucket) => return Err(WriteError::NoBucket),
            Ok(got) => Some(got),
            Err(error) => {
                trouble = error;
                None
            }
        };
        let found = got.as_ref().map(|got| match got {
            Got::Blob(blob) => Some((blob.body.as_slice(), blob.etag.as_str())),
            Got::NoBucket | Got::Nothing { .. } => None,
        });
        match (writing.looked(compare(put.body, put.expected, found)), got) {
            (Next::Again, _) => {}
            (Next::Written, Some(Got::Blob(blob))) => return Ok(blob.etag),
            (Next::Moved, Some(got)) => return Err(WriteError::Moved(got)),
            (Next::Written | Next::Moved | Next::Unsettled, _) => return Err(WriteError::Unsettled(trouble)),
        }
        sleep(pause).await;
        pause *= 2;
    }
}

/// Refuses what could not be right even if nobody else wrote.
fn check_succession(objects: &impl Objects, state: &State, expected: Option<&Token>) -> Result<(), StateError> {
    let Some(token) = expected else { return Ok(()) };
    if is_fenced(state.fencing, token.fencing) {
        let location = objects.location();
        return Err(StateError::Fenced { location, own: state.fencing, stored: token.fencing });
    }
    if state.lineage != token.lineage || state.serial <= token.serial {
        return Err(StateError::NotASuccessor {
            location: objects.location(),
            lineage: state.lineage,
            serial: state.serial,
            stored_lineage: token.lineage,
            stored_serial: token.serial,
        });
    }
    Ok(())
}

/// Whether a lease with the number `own` may not write over what was written under the number `stored`.
pub(crate) fn is_fenced(own: u64, stored: u64) -> bool {
    own < stored
}

/// Whether a lease with the number `own` may go by a state of the number `stored` in order to write. Its own writes after that are
/// under the same number.
pub(crate) fn is_above(own: u64, stored: u64) -> bool {
    own > stored
}

fn moved(objects: &impl Objects, state: &State, expected: Option<&Token>, found: Found) -> StateError {
    let location = objects.location();
    match found {
        Found::State { fencing, .. } if is_fenced(state.fencing, fencing) => {
            StateError::Fenced { location, own: state.fencing, stored: fencing }
        }
        found => StateError::Moved { location, expected: expected.map(|token| token.serial), found },
    }
}

pub(super) fn call(doing: &'static str, objects: &impl Objects, source: CloudError) -> StateError {
    StateError::Call { doing, location: objects.location(), source: Box::new(source) }
}

#[cfg(test)]
mod tests;
