//! The document as bytes: a versioned JSON envelope around the state, with a checksum of the state's exact bytes. The
//! segments of a journal have the same form and the same format number; what checks remember has the same form and, since
//! that changes without concern to any state, a number of its own.
//!
//! What every format keeps, so that any engine can refuse any document properly: a JSON object with the number
//! `format`, and with the writer's version at `state.engine` (`segment.engine`).
//!
//! | format | what it added |
//! |---|---|
//! | 1 | |
//! | 2 | the journal (`operation.folded`), `author`, an intent's `region` and `identity`, a record's `superseded` |
//!
//! | format of what checks remember | what it added |
//! |---|---|
//! | 2 | |
//! | 3 | a letter's `addressed_to`; `told_at` may be null |

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::{ENGINE, State};
use crate::journal::Segment;
use crate::watch::Watch;

/// The format that this engine writes, and the newest that it reads.
pub const FORMAT: u32 = 2;

/// The same of what checks remember.
const WATCH_FORMAT: u32 = 3;

/// Bytes that are not a state which this engine may use. Nothing of them was used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// The bytes end too early.
    #[error("the document is cut off after {bytes} bytes")]
    CutOff {
        /// How many bytes there are.
        bytes: usize,
    },
    /// The bytes are not JSON at all.
    #[error("the document is not JSON: {0}")]
    NotJson(String),
    /// JSON, but not what an engine writes.
    #[error("the document is not a state: {0}")]
    NotAState(String),
    /// The state is not what its checksum says.
    #[error("the document was changed or damaged after it was written: its checksum is {actual}, not {expected}")]
    Checksum {
        /// What the document says.
        expected: String,
        /// What its bytes say.
        actual: String,
    },
    /// A newer engine wrote it.
    #[error(
        "the document has format {format}, written by provision {engine}; \
         this is provision {ENGINE}, which reads up to format {newest}"
    )]
    Newer {
        /// The document's format.
        format: u64,
        /// The newest that this engine reads.
        newest: u32,
        /// The version of the engine that wrote it.
        engine: String,
    },
    /// It belongs to another environment.
    #[error("the document is the state of environment `{found}`, not of `{expected}`")]
    Environment {
        /// Whose it is.
        found: String,
        /// Whose was asked for.
        expected: String,
    },
}

impl DocumentError {
    /// What to do next.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::CutOff { .. } | Self::NotJson(_) | Self::NotAState(_) | Self::Checksum { .. } => {
                "`provision state history` lists its earlier versions and `provision state rollback` puts one back; \
                 `provision state rebuild` makes it anew from what AWS has"
            }
            Self::Newer { .. } => "use that version of provision, or a newer one",
            Self::Environment { .. } => {
                "check `bucket` and `key` in the [state] table of the file: each environment has an object of its own"
            }
        }
    }
}

/// The envelope of a state, which is not yet parsed: the checksum is of those bytes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StateEnvelope<'a> {
    #[serde(rename = "format")]
    _format: u32,
    checksum: String,
    #[serde(borrow)]
    state: &'a RawValue,
}

/// The envelope of a segment.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SegmentEnvelope<'a> {
    #[serde(rename = "format")]
    _format: u32,
    checksum: String,
    #[serde(borrow)]
    segment: &'a RawValue,
}

/// The envelope of what a check remembers.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WatchEnvelope<'a> {
    #[serde(rename = "format")]
    _format: u32,
    checksum: String,
    #[serde(borrow)]
    watch: &'a RawValue,
}

/// The state as bytes: pretty-printed, in a stable order, ending in a newline.
///
/// # Errors
/// Only if the state has no JSON form.
pub fn encode(state: &State) -> Result<Vec<u8>, DocumentError> {
    seal("state", FORMAT, state)
}

/// The state in these bytes, if they are all that they should be: whole, unchanged, of a format that this engine
/// knows, and this environment's.
///
/// # Errors
/// If anything is amiss; nothing is ever half-read.
pub fn decode(bytes: &[u8], environment: &str) -> Result<State, DocumentError> {
    check_format(bytes, "state", FORMAT)?;
    let StateEnvelope { checksum, state, .. } = envelope(bytes)?;
    let state: State = content("state", &checksum, state)?;
    if state.environment != environment {
        return Err(DocumentError::Environment { found: state.environment, expected: environment.to_owned() });
    }
    Ok(state)
}

/// A segment of a journal as bytes.
pub(crate) fn encode_segment(segment: &Segment) -> Result<Vec<u8>, DocumentError> {
    seal("segment", FORMAT, segment)
}

/// The segment in these bytes, by the same rules as a state.
pub(crate) fn decode_segment(bytes: &[u8]) -> Result<Segment, DocumentError> {
    check_format(bytes, "segment", FORMAT)?;
    let SegmentEnvelope { checksum, segment, .. } = envelope(bytes)?;
    content("segment", &checksum, segment)
}

/// What a check remembers as bytes.
pub(crate) fn encode_watch(watch: &Watch) -> Result<Vec<u8>, DocumentError> {
    seal("watch", WATCH_FORMAT, watch)
}

/// What a check of this environment remembers, by the same rules as a state.
pub(crate) fn decode_watch(bytes: &[u8], environment: &str) -> Result<Watch, DocumentError> {
    check_format(bytes, "watch", WATCH_FORMAT)?;
    let WatchEnvelope { checksum, watch, .. } = envelope(bytes)?;
    let watch: Watch = content("watch", &checksum, watch)?;
    if watch.environment != environment {
        return Err(DocumentError::Environment { found: watch.environment, expected: environment.to_owned() });
    }
    Ok(watch)
}

fn seal(name: &str, format: u32, content: &impl Serialize) -> Result<Vec<u8>, DocumentError> {
    let pretty = serde_json::to_string_pretty(content).map_err(|error| DocumentError::NotAState(error.to_string()))?;
    // One level deeper, for the envelope around it. Every newline is between tokens: inside texts, JSON escapes them.
    let content = pretty.replace('\n', "\n  ");
    let checksum = checksum(&content);
    Ok(format!("{{\n  \"format\": {format},\n  \"checksum\": \"{checksum}\",\n  \"{name}\": {content}\n}}\n")
        .into_bytes())
}

/// Before anything else, since a newer engine may have changed anything else.
fn check_format(bytes: &[u8], name: &str, newest: u32) -> Result<(), DocumentError> {
    let document: Value = serde_json::from_slice(bytes).map_err(|error| match error.is_eof() {
        true => DocumentError::CutOff { bytes: bytes.len() },
        false => DocumentError::NotJson(error.to_string()),
    })?;
    match document.get("format").and_then(Value::as_u64) {
        None | Some(0) => Err(DocumentError::NotAState("it has no format number".to_owned())),
        Some(format) if format > u64::from(newest) => {
            let engine = document.get(name).and_then(|content| content.get("engine")).and_then(Value::as_str);
            let engine = engine.unwrap_or("of an unknown version").to_owned();
            Err(DocumentError::Newer { format, newest, engine })
        }
        Some(_) => Ok(()),
    }
}

fn envelope<'a, E: Deserialize<'a>>(bytes: &'a [u8]) -> Result<E, DocumentError> {
    serde_json::from_slice(bytes).map_err(|error| DocumentError::NotAState(error.to_string()))
}

fn content<T: DeserializeOwned>(name: &str, expected: &str, content: &RawValue) -> Result<T, DocumentError> {
    let actual = checksum(content.get());
    if actual != expected {
        return Err(DocumentError::Checksum { expected: expected.to_owned(), actual });
    }
    serde_json::from_str(content.get()).map_err(|error| DocumentError::NotAState(format!("in `{name}`: {error}")))
}

fn checksum(state: &str) -> String {
    let digest = Sha256::digest(state.as_bytes());
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

#[cfg(test)]
mod tests;
