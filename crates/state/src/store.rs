//! Where the state is kept: one object, written only over what was read, and beside it the journal of the operation that is
//! under way.

mod error;
mod memory;
mod object;
mod s3;
mod segments;
mod watches;

use async_trait::async_trait;
use jiff::Timestamp;
use uuid::Uuid;

use crate::document::State;
use crate::journal::{Cursor, Seal, Segment};
use crate::watch::Watch;

pub use error::{Found, StateError};
pub use memory::MemoryStore;
pub(crate) use object::is_above;
#[cfg(test)]
pub(crate) use object::is_fenced;
pub use s3::S3Store;

/// Where the state of one environment is kept.
#[async_trait]
pub trait Store: Send + Sync {
    /// The state as it now is, with what the journal of its operation says.
    ///
    /// # Errors
    /// If it or its journal cannot be read, is not this environment's, is of a newer format, is damaged, or is not encrypted
    /// as it should be.
    async fn load(&self) -> Result<Loaded, StateError>;

    /// An earlier version of the state ([`Store::history`]), without a journal. `Absent` if there is no such version, or
    /// if it is a delete marker.
    ///
    /// # Errors
    /// As for [`Store::load`].
    async fn load_version(&self, id: &str) -> Result<Loaded, StateError>;

    /// Writes the state over the one that was read or written last (`expected`), or where there is none (`None`).
    /// An answer that gets lost is looked for: what has been written is not an error.
    ///
    /// # Errors
    /// [`StateError::Moved`] if what is stored is not what was expected; nothing is overwritten then.
    /// [`StateError::Fenced`] if a later lease has written. [`StateError::Unsettled`] if it could not be found out
    /// whether it has been written.
    async fn save(&self, state: &State, expected: Option<&Token>) -> Result<Token, StateError>;

    /// Stands for whatever is in the state's place, readable or not, so that a state of this lineage can be written over it; `None`
    /// if nothing is. For rebuilding what is damaged.
    ///
    /// # Errors
    /// If it cannot be read at all, or if it is another environment's or of a newer format: those are not damaged.
    async fn token_of_any(&self, lineage: Uuid) -> Result<Option<Token>, StateError>;

    /// Appends a segment to a journal.
    ///
    /// # Errors
    /// [`StateError::Sealed`] if there is a segment of that number: another run has taken over.
    /// [`StateError::Unsettled`] if it could not be found out whether it has been appended.
    async fn append(&self, segment: &Segment) -> Result<(), StateError>;

    /// Takes over from an operation that was interrupted: closes its journal, so that its writer can append nothing any
    /// more, and gives back the state with all that it had appended until then. To be done, holding the lock, before
    /// anything is decided by such a state. Where there is no operation, or it is closed already, nothing is done.
    ///
    /// # Errors
    /// As for [`Store::load`] and [`Store::append`]. [`StateError::Fenced`] if the seal's number is not above the state's.
    async fn seal(&self, stored: Stored, seal: &Seal) -> Result<Stored, StateError>;

    /// Deletes what the holder of the lease with this fencing number, having written the state, needs no more of the journals: what
    /// they say is in the state, or counts for nothing. Seals stay.
    ///
    /// # Errors
    /// If a segment cannot be deleted; some may then be gone. It does no harm that they stay.
    async fn sweep(&self, fencing: u64) -> Result<(), StateError>;

    /// Every version that is kept, the newest first. Empty if there is none, or no bucket.
    ///
    /// # Errors
    /// If the versions cannot be listed.
    async fn history(&self) -> Result<Vec<Version>, StateError>;

    /// What the check of this name (`drift`) remembers.
    ///
    /// # Errors
    /// If it cannot be read, is another environment's or of a newer format. That it is damaged is none: it is begun anew.
    async fn load_watch(&self, name: &str) -> Result<WatchStored, StateError>;

    /// Writes what the check of this name remembers over what was read (`expected`), or where there is none (`None`). Returns the new
    /// entity tag.
    ///
    /// # Errors
    /// [`StateError::Moved`] if another run has written meanwhile; nothing is overwritten then.
    async fn save_watch(&self, name: &str, watch: &Watch, expected: Option<&str>) -> Result<String, StateError>;

    /// Deletes the state with every version of it, every journal, and what checks remember, as the end of destroying the environment. Nothing to delete is not
    /// an error.
    ///
    /// # Errors
    /// If a version cannot be deleted; some may then be gone.
    async fn delete(&self) -> Result<(), StateError>;
}

/// What there is where the state should be.
#[derive(Clone, Debug, PartialEq)]
pub enum Loaded {
    /// Not even the bucket: a first run.
    NoBucket,
    /// The bucket, but no state in it.
    Absent {
        /// Whether there was one, of which a delete marker is left: somebody deleted it by hand.
        deleted: bool,
    },
    /// The state.
    Present(Box<Stored>),
}

/// A state as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// The state.
    pub state: State,
    /// What a save over it must show.
    pub token: Token,
    /// Which version of the object it is, where versions are kept.
    pub version_id: Option<String>,
    /// The ARN of the KMS key that it is encrypted with.
    pub kms_key: Option<String>,
    /// How far the journal of its operation was read, which the state contains. `None`: there is no operation, or it is an
    /// earlier version.
    pub journal: Option<Cursor>,
}

/// What a check remembers, as it is stored.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WatchStored {
    /// What it remembers; `None` if that is nothing.
    pub watch: Option<Watch>,
    /// What a save over it must show; `None` if there is none.
    pub etag: Option<String>,
}

/// Stands for one stored state, so that only that one is overwritten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The object's entity tag. Opaque: under SSE-KMS it is no digest of the content.
    pub etag: String,
    /// The state's lineage.
    pub lineage: Uuid,
    /// The state's serial.
    pub serial: u64,
    /// The state's fencing number.
    pub fencing: u64,
}

/// One version of the object that holds the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The version's id; `null` where the bucket keeps no versions.
    pub id: String,
    /// When it was written, by S3's clock.
    pub written_at: Option<Timestamp>,
    /// Its size in bytes; `None` for a delete marker.
    pub size: Option<u64>,
    /// Whether it is the current one.
    pub current: bool,
}

impl Loaded {
    /// The state, if there is one.
    pub fn stored(self) -> Option<Stored> {
        match self {
            Self::Present(stored) => Some(*stored),
            Self::NoBucket | Self::Absent { .. } => None,
        }
    }
}

impl Token {
    fn new(state: &State, etag: String) -> Self {
        Self { etag, lineage: state.lineage, serial: state.serial, fencing: state.fencing }
    }
}
