//! The document as bytes: a versioned JSON envelope around the state, with a checksum of the state's exact bytes.
//!
//! What every format keeps, so that any engine can refuse any document properly: a JSON object with the number
//! `format`, and with the writer's version at `state.engine`.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::{ENGINE, State};

/// The format that this engine writes, and the newest that it reads.
pub const FORMAT: u32 = 1;

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
         this is provision {ENGINE}, which reads up to format {FORMAT}"
    )]
    Newer {
        /// The document's format.
        format: u64,
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
                "put an earlier version of the object back from its S3 version history: `aws s3api \
                 list-object-versions` names them, `aws s3api copy-object` copies one onto the object (with \
                 `--server-side-encryption aws:kms`)"
            }
            Self::Newer { .. } => "use that version of provision, or a newer one",
            Self::Environment { .. } => {
                "check `bucket` and `key` in the [state] table of the file: each environment has an object of its own"
            }
        }
    }
}

/// The envelope, its state not yet parsed: the checksum is of those bytes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope<'a> {
    #[serde(rename = "format")]
    _format: u32,
    checksum: String,
    #[serde(borrow)]
    state: &'a RawValue,
}

/// The state as bytes: pretty-printed, in a stable order, ending in a newline.
///
/// # Errors
/// Only if the state has no JSON form.
pub fn encode(state: &State) -> Result<Vec<u8>, DocumentError> {
    let pretty = serde_json::to_string_pretty(state).map_err(|error| DocumentError::NotAState(error.to_string()))?;
    // One level deeper, for the envelope around it. Every newline is between tokens: inside texts, JSON escapes them.
    let state = pretty.replace('\n', "\n  ");
    let checksum = checksum(&state);
    Ok(format!("{{\n  \"format\": {FORMAT},\n  \"checksum\": \"{checksum}\",\n  \"state\": {state}\n}}\n").into_bytes())
}

/// The state in these bytes, if they are all that they should be: whole, unchanged, of a format that this engine
/// knows, and this environment's.
///
/// # Errors
/// If anything is amiss; nothing is ever half-read.
pub fn decode(bytes: &[u8], environment: &str) -> Result<State, DocumentError> {
    let document: Value = serde_json::from_slice(bytes).map_err(|error| match error.is_eof() {
        true => DocumentError::CutOff { bytes: bytes.len() },
        false => DocumentError::NotJson(error.to_string()),
    })?;
    // Before anything else, since a newer engine may have changed anything else.
    let format = document.get("format").and_then(Value::as_u64);
    match format {
        None | Some(0) => return Err(DocumentError::NotAState("it has no format number".to_owned())),
        Some(format) if format > u64::from(FORMAT) => {
            let engine = document.pointer("/state/engine").and_then(Value::as_str);
            return Err(DocumentError::Newer { format, engine: engine.unwrap_or("of an unknown version").to_owned() });
        }
        Some(_) => {}
    }
    let envelope: Envelope<'_> =
        serde_json::from_slice(bytes).map_err(|error| DocumentError::NotAState(error.to_string()))?;
    let actual = checksum(envelope.state.get());
    if actual != envelope.checksum {
        return Err(DocumentError::Checksum { expected: envelope.checksum, actual });
    }
    let state: State = serde_json::from_str(envelope.state.get())
        .map_err(|error| DocumentError::NotAState(format!("in `state`: {error}")))?;
    if state.environment != environment {
        return Err(DocumentError::Environment { found: state.environment, expected: environment.to_owned() });
    }
    Ok(state)
}

fn checksum(state: &str) -> String {
    let digest = Sha256::digest(state.as_bytes());
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

#[cfg(test)]
mod tests;
