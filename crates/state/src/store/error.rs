//! What can go wrong with the stored state.

use std::fmt;

use jiff::Timestamp;
use provision_reconciler::CloudError;
use uuid::Uuid;

use crate::document::{DocumentError, State};
use crate::journal::{JournalError, Seal};

/// Why the state could not be read or written. `location` is `s3://BUCKET/KEY`.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StateError {
    /// What is stored is not a state that this engine may use.
    #[error("failed to read the state at {location}: {source}")]
    Document {
        /// Where.
        location: String,
        /// What is wrong with it.
        source: DocumentError,
    },
    /// A segment of its journal is not one that this engine may use.
    #[error("failed to read the journal of the state at {location}: {source}")]
    Segment {
        /// Where the segment is.
        location: String,
        /// What is wrong with it.
        source: DocumentError,
    },
    /// Its journal is not whole.
    #[error("failed to read the journal of the state at {location}: {source}")]
    Journal {
        /// Where the state is.
        location: String,
        /// What is wrong with it.
        source: JournalError,
    },
    /// It changed again and again while it was read.
    #[error("failed to read the state at {location}: it changes again and again")]
    Restless {
        /// Where.
        location: String,
    },
    /// Another run has closed the journal that was to be appended to: this run's lease is over.
    #[error("refused to append to the journal at {location}: {}", sealed_by(.by))]
    Sealed {
        /// Where the segment would be.
        location: String,
        /// Who has closed it, if that is known.
        by: Option<Seal>,
    },
    /// What is stored is not encrypted as it should be.
    #[error("the state at {location} is not encrypted with {expected}, but with {found}")]
    NotEncrypted {
        /// Where.
        location: String,
        /// What it should be encrypted with.
        expected: String,
        /// What it is encrypted with.
        found: String,
    },
    /// No key to encrypt with was given.
    #[error("failed to write the state to {location}: no KMS key to encrypt it with is known")]
    NoKey {
        /// Where.
        location: String,
    },
    /// There is no bucket to write to.
    #[error("failed to write the state to {location}: there is no such bucket")]
    NoBucket {
        /// Where.
        location: String,
    },
    /// Somebody else wrote since it was read.
    #[error("failed to write the state to {location}: expected {}, but found {found}", serial(.expected))]
    Moved {
        /// Where.
        location: String,
        /// The serial that was read last; `None` if there was no state.
        expected: Option<u64>,
        /// What is there now.
        found: Found,
    },
    /// A later lease has written: this run's lease is over.
    #[error("refused to write the state to {location} with fencing number {own}: number {stored} has written since")]
    Fenced {
        /// Where.
        location: String,
        /// The number of this run's lease.
        own: u64,
        /// The number under which the stored state was written.
        stored: u64,
    },
    /// It would replace a state of which it is no successor.
    #[error(
        "refused to write the state to {location}: serial {serial} of lineage {lineage} does not follow \
         serial {stored_serial} of lineage {stored_lineage}"
    )]
    NotASuccessor {
        /// Where.
        location: String,
        /// The lineage to be written.
        lineage: Uuid,
        /// The serial to be written.
        serial: u64,
        /// The lineage that is stored.
        stored_lineage: Uuid,
        /// The serial that is stored.
        stored_serial: u64,
    },
    /// It could not be found out whether a write was carried out.
    #[error("failed to learn whether {what} was written to {location}: {source}")]
    Unsettled {
        /// Where.
        location: String,
        /// What may or may not be stored, as in `serial 7 of the state`.
        what: String,
        /// What went wrong.
        source: Box<CloudError>,
    },
    /// A call failed, and did nothing.
    #[error("failed to {doing} the state at {location}: {source}")]
    Call {
        /// What was being done: `read`, `write`, `list the versions of`, `delete`.
        doing: &'static str,
        /// Where.
        location: String,
        /// The call's own error.
        source: Box<CloudError>,
    },
}

/// What was found in the place of the state that was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// No state.
    Nothing,
    /// Another state.
    State {
        /// Its lineage.
        lineage: Uuid,
        /// Its serial.
        serial: u64,
        /// Its fencing number.
        fencing: u64,
        /// When it was written.
        written_at: Timestamp,
        /// The version of the engine that wrote it.
        engine: String,
    },
    /// Something that cannot be read.
    Unreadable(DocumentError),
}

impl From<&State> for Found {
    fn from(state: &State) -> Self {
        Self::State {
            lineage: state.lineage,
            serial: state.serial,
            fencing: state.fencing,
            written_at: state.written_at,
            engine: state.engine.clone(),
        }
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("none"),
            Self::State { serial, fencing, written_at, engine, .. } => write!(
                f,
                "serial {serial}, written at {written_at} under fencing number {fencing} by provision {engine}"
            ),
            Self::Unreadable(error) => write!(f, "something else: {error}"),
        }
    }
}

fn sealed_by(by: &Option<Seal>) -> String {
    by.as_ref().map_or_else(
        || "another run has written there".to_owned(),
        |seal| format!("{} has taken over, under fencing number {}", seal.owner, seal.fencing),
    )
}

fn serial(serial: &Option<u64>) -> String {
    serial.map_or_else(|| "none".to_owned(), |serial| format!("serial {serial}"))
}

impl StateError {
    /// Whether what is stored can be read but not used, and would better be made anew: not if it is another environment's, or a
    /// newer engine's.
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Document { source, .. } | Self::Segment { source, .. } => {
                !matches!(source, DocumentError::Newer { .. } | DocumentError::Environment { .. })
            }
            Self::Journal { .. } | Self::NotEncrypted { .. } => true,
            _ => false,
        }
    }

    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Document { source, .. } => source.hint().to_owned(),
            Self::NotEncrypted { location, expected, .. } => format!(
                "find out who wrote it; to keep it, encrypt it again in its place: \
                 `aws s3 cp {location} {location} --sse aws:kms --sse-kms-key-id KEY` with {expected}"
            ),
            Self::NoKey { .. } => "set `kms_key` in the [state] table of the file".to_owned(),
            Self::NoBucket { .. } => {
                "the bucket was deleted; run the same command again to make it anew, with what AWS has".to_owned()
            }
            Self::Segment { source: source @ (DocumentError::Newer { .. } | DocumentError::Environment { .. }), .. } => {
                source.hint().to_owned()
            }
            Self::Segment { .. } | Self::Journal { .. } => {
                "its objects were changed or deleted by hand; `provision state rebuild` makes the state anew from what AWS has"
                    .to_owned()
            }
            Self::Restless { .. } => "other runs are at work; run the same command again".to_owned(),
            Self::Moved { .. } | Self::Fenced { .. } | Self::Sealed { .. } => {
                "another run has the lock, or something else writes this object; nothing was overwritten: \
                 run the same command again, it starts from what is there now"
                    .to_owned()
            }
            Self::NotASuccessor { .. } => {
                "check `bucket` and `key` in the [state] table of the file: the object has another history".to_owned()
            }
            Self::Unsettled { .. } => {
                "check the network and AWS's health, then run the same command again: it starts from what is there"
                    .to_owned()
            }
            Self::Call { source, .. } => return source.hint.clone(),
        };
        Some(hint)
    }
}
