//! The journal: the results of an operation, as they come in, beside the state that they will become part of.
//!
//! A state is written when an operation begins (with its intents) and when it ends. What it did in between is appended in
//! segments, each an object of its own that holds only what came in while the one before was under way: so recording costs
//! as much as there are results, however large the state is. Reading the state is reading the document and the segments
//! of the operation that it names.
//!
//! # The rules
//!
//! The key of a segment names the fencing number, the operation and the sequence number, counted from 1:
//! `provision/dev/journal/state.json/00000007-OPERATION/00000001.json`.
//!
//! - **Created, never replaced.** A segment is written on the condition that there is none of its number; the next one only
//!   once it is certain that this one is stored. So there are no holes, and no two writers of one number.
//! - **Only what the document names counts.** Segments of another operation or fencing number than the document's are not
//!   read. A writer that was thought dead and goes on writes them in vain.
//! - **Only what is not folded counts.** The document tells how many segments it contains ([`Operation::folded`]), so a
//!   segment that arrives late, after it was folded and deleted, changes nothing.
//! - **Whoever takes over seals first.** Before the next holder of the lock goes by what the journal of an interrupted
//!   operation says, it writes a segment that says "here it ends" after the last one ([`Content::Seal`]). From then on the
//!   old writer's next append finds its number taken and is refused. What follows a seal is not read.
//! - **Whole or refused.** A hole, a wrong checksum, a segment of another environment, a newer format: nobody but an outside
//!   hand can have made that, and the state is refused. `provision state rebuild` makes it anew from what AWS has.
//! - **Deleted by number.** Segments are deleted once the state is written without them: all of the own operation's, and of
//!   lower fencing numbers' all but the last, which is a seal and must go on keeping its writer out. Nothing of a higher number:
//!   a run that wakes up late deletes nothing of a later one.

use jiff::Timestamp;
use provision_config::Address;
use provision_reconciler::Record;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::document::{Author, ENGINE, Operation, State, now};

/// A part of a journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Segment {
    /// The environment's name.
    pub environment: String,
    /// Whose journal it belongs to, and where in it.
    pub header: Header,
    /// The version of the engine that wrote it.
    pub engine: String,
    /// When it was written, by the writer's clock. For display only.
    pub written_at: Timestamp,
    /// What it says.
    pub content: Content,
}

/// Whose journal a segment belongs to, and where in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The state's lineage.
    pub lineage: Uuid,
    /// The id of the operation.
    pub operation: String,
    /// The fencing number of the operation's lease.
    pub fencing: u64,
    /// Its number, counted from 1.
    pub sequence: u64,
}

/// What a segment says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// What became of resources, in order.
    Results(Vec<Entry>),
    /// Here it ends: another run has taken over.
    Seal(Seal),
}

/// What became of one resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The resource.
    pub address: Address,
    /// What to remember of it. `None`: there is none any more.
    pub record: Option<Record>,
}

/// Who has closed a journal.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seal {
    /// The id of the operation that took over.
    pub operation: String,
    /// Who runs it.
    pub owner: String,
    /// The fencing number of its lease.
    pub fencing: u64,
}

/// What is wrong with a journal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// A segment is gone.
    #[error("segment {missing} of the journal of operation {operation} is missing, but there are later ones")]
    Hole {
        /// The operation.
        operation: String,
        /// The number of the segment that is missing.
        missing: u64,
    },
    /// A segment is not what its key says.
    #[error("the segment in the place of number {sequence} of the journal of operation {operation} belongs elsewhere")]
    Misplaced {
        /// The operation.
        operation: String,
        /// The number that its key says.
        sequence: u64,
    },
}

/// How far a journal has been read, or written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cursor {
    /// The last segment. Its number is 0 if there is none yet.
    last: Header,
    sealed: bool,
}

impl Segment {
    /// A segment of the journal of `environment`.
    pub fn new(environment: impl Into<String>, header: Header, content: Content) -> Self {
        Self { environment: environment.into(), header, engine: ENGINE.to_owned(), written_at: now(), content }
    }
}

impl Seal {
    /// The seal of this author under this lease.
    pub fn new(author: &Author, fencing: u64) -> Self {
        Self { operation: author.operation.clone(), owner: author.owner.clone(), fencing }
    }
}

impl Cursor {
    /// Where the journal of the state's operation goes on after what the state itself contains. `None`: there is no
    /// operation.
    pub fn of(state: &State) -> Option<Self> {
        let Operation { id, fencing, folded, .. } = state.operation.as_ref()?;
        Some(Self::after(Header {
            lineage: state.lineage,
            operation: id.clone(),
            fencing: *fencing,
            sequence: *folded,
        }))
    }

    /// After this segment.
    pub(crate) fn after(last: Header) -> Self {
        Self { last, sealed: false }
    }

    /// The number of the last segment.
    pub fn sequence(&self) -> u64 {
        self.last.sequence
    }

    /// Whether another run has closed the journal.
    pub fn is_sealed(&self) -> bool {
        self.sealed
    }

    /// The header of the segment that comes next.
    pub fn next(&self) -> Header {
        Header { sequence: self.last.sequence + 1, ..self.last.clone() }
    }

    /// Goes on to the segment that was found under the number `key`. `Some` of what counts of it; `None` if it does not
    /// count: it was folded already, or it comes after the seal.
    pub(crate) fn read<R>(&mut self, key: u64, header: &Header, content: Part<R>) -> Result<Option<R>, JournalError> {
        if self.sealed || key <= self.last.sequence {
            return Ok(None);
        }
        let next = self.next();
        if key != next.sequence {
            return Err(JournalError::Hole { operation: next.operation, missing: next.sequence });
        }
        if *header != next {
            return Err(JournalError::Misplaced { operation: next.operation, sequence: key });
        }
        self.last = next;
        match content {
            Part::Results(results) => Ok(Some(results)),
            Part::Seal => {
                self.sealed = true;
                Ok(None)
            }
        }
    }

    /// Goes on to the segment that has just been written: [`Cursor::next`].
    pub(crate) fn written(&mut self, sealed: bool) {
        self.last = self.next();
        self.sealed = sealed;
    }
}

/// Whether the holder of the lease `own`, having written the state, deletes the segment `number` of the journal of the lease
/// `fencing`, of which `last` is the last.
pub(crate) fn is_swept(own: u64, fencing: u64, number: u64, last: u64) -> bool {
    fencing == own || fencing < own && number < last
}

/// What a segment says, as far as the rules need it.
pub(crate) enum Part<R> {
    /// Results.
    Results(R),
    /// That it ends here.
    Seal,
}

impl From<Content> for Part<Vec<Entry>> {
    fn from(content: Content) -> Self {
        match content {
            Content::Results(results) => Self::Results(results),
            Content::Seal(_) => Self::Seal,
        }
    }
}

#[cfg(test)]
mod tests;
