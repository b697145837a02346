//! The protocol of reading and writing one object whose writes are conditional, whatever it is kept in.

use std::time::Duration;

use async_trait::async_trait;
use provision_reconciler::CloudError;
use tokio::time::sleep;

use super::{Found, Loaded, StateError, Stored, Token};
use crate::document::{State, decode, encode};

/// How often a write is tried whose outcome is not plain.
const ATTEMPTS: u32 = 4;
/// The pause before the first repetition; each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(200);

/// One object.
#[async_trait]
pub(super) trait Object: Send + Sync {
    /// The environment whose state it holds.
    fn environment(&self) -> &str;
    /// Where it is, for a person.
    fn location(&self) -> String;
    /// Reads it.
    async fn get(&self) -> Result<Got, CloudError>;
    /// Writes it, if its entity tag is this one (`None`: if there is no object). Returns the new entity tag.
    async fn put(&self, body: &[u8], state: &State, expected: Option<&str>) -> Result<String, PutError>;
    /// Whether what was read is encrypted as it should be.
    fn check_encryption(&self, blob: &Blob) -> Result<(), StateError>;
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

pub(super) async fn load(object: &impl Object) -> Result<Loaded, StateError> {
    let got = object.get().await.map_err(|source| call("read", object, source))?;
    let blob = match got {
        Got::NoBucket => return Ok(Loaded::NoBucket),
        Got::Nothing { deleted } => return Ok(Loaded::Absent { deleted }),
        Got::Blob(blob) => blob,
    };
    object.check_encryption(&blob)?;
    let state = decode(&blob.body, object.environment())
        .map_err(|source| StateError::Document { location: object.location(), source })?;
    let token = Token::new(&state, blob.etag);
    Ok(Loaded::Present(Box::new(Stored { state, token, version_id: blob.version_id, kms_key: blob.kms_key })))
}

pub(super) async fn save(object: &impl Object, state: &State, expected: Option<&Token>) -> Result<Token, StateError> {
    check_succession(object, state, expected)?;
    let body = encode(state).map_err(|source| StateError::Document { location: object.location(), source })?;
    let etag = expected.map(|token| token.etag.as_str());
    let mut pause = PAUSE;
    let mut attempt = 0;
    loop {
        attempt += 1;
        let error = match object.put(&body, state, etag).await {
            Ok(etag) => return Ok(Token::new(state, etag)),
            Err(PutError::NoBucket) => return Err(StateError::NoBucket { location: object.location() }),
            Err(PutError::Failed(source)) => return Err(call("write", object, source)),
            Err(PutError::Condition(error) | PutError::Transient(error)) => error,
        };
        tracing::debug!(serial = state.serial, attempt, %error, "the outcome of a write is not plain; reading back");
        match object.get().await {
            // Byte for byte what was to be written, lineage and serial included: only the answer was lost.
            Ok(Got::Blob(blob)) if blob.body == body => return Ok(Token::new(state, blob.etag)),
            Ok(Got::NoBucket) => return Err(StateError::NoBucket { location: object.location() }),
            Ok(Got::Nothing { .. }) if etag.is_none() => {}
            Ok(Got::Nothing { .. }) => return Err(moved(object, state, expected, Found::Nothing)),
            Ok(Got::Blob(blob)) if etag == Some(&blob.etag) => {}
            Ok(Got::Blob(blob)) => {
                let found = match decode(&blob.body, object.environment()) {
                    Ok(stored) => Found::from(&stored),
                    Err(error) => Found::Unreadable(error),
                };
                return Err(moved(object, state, expected, found));
            }
            Err(source) if attempt >= ATTEMPTS => return Err(unsettled(object, state, source)),
            Err(_) => {}
        }
        // What was expected is still there. The write may yet arrive, but then the repetition's condition fails, or
        // its own does: at most one of the two is carried out, and both say the same.
        if attempt >= ATTEMPTS {
            return Err(unsettled(object, state, error));
        }
        sleep(pause).await;
        pause *= 2;
    }
}

/// Refuses what could not be right even if nobody else wrote.
fn check_succession(object: &impl Object, state: &State, expected: Option<&Token>) -> Result<(), StateError> {
    let Some(token) = expected else { return Ok(()) };
    if state.fencing < token.fencing {
        let location = object.location();
        return Err(StateError::Fenced { location, own: state.fencing, stored: token.fencing });
    }
    if state.lineage != token.lineage || state.serial <= token.serial {
        return Err(StateError::NotASuccessor {
            location: object.location(),
            lineage: state.lineage,
            serial: state.serial,
            stored_lineage: token.lineage,
            stored_serial: token.serial,
        });
    }
    Ok(())
}

fn moved(object: &impl Object, state: &State, expected: Option<&Token>, found: Found) -> StateError {
    let location = object.location();
    match found {
        Found::State { fencing, .. } if fencing > state.fencing => {
            StateError::Fenced { location, own: state.fencing, stored: fencing }
        }
        found => StateError::Moved { location, expected: expected.map(|token| token.serial), found },
    }
}

fn unsettled(object: &impl Object, state: &State, source: CloudError) -> StateError {
    StateError::Unsettled { location: object.location(), serial: state.serial, source: Box::new(source) }
}

pub(super) fn call(doing: &'static str, object: &impl Object, source: CloudError) -> StateError {
    StateError::Call { doing, location: object.location(), source: Box::new(source) }
}

#[cfg(test)]
mod tests;
