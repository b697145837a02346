//! The state as the holder of the lock writes it.

use std::sync::Arc;

use crate::document::{Author, Operation, State};
use crate::journal::{Content, Cursor, Entry, Segment};
use crate::store::{StateError, Store, Token};

/// The state of one environment, to be written by one holder of its lock.
///
/// [`Book::begin`] writes the state with what is meant to be done, [`Book::append`] what has been done, and
/// [`Book::finish`] the state that came of it.
pub struct Book {
    state: State,
    token: Option<Token>,
    store: Arc<dyn Store>,
    fencing: u64,
    author: Author,
    journal: Option<Cursor>,
    /// Whether a journal may be left to be swept.
    litter: bool,
    finished: bool,
}

impl Book {
    /// The state in this store, to be written by this author under the lease with this fencing number. `token` is that of the
    /// state as it was loaded; `None` if there was none.
    pub fn new(store: Arc<dyn Store>, state: State, token: Option<Token>, fencing: u64, author: Author) -> Self {
        let litter = state.operation.is_some();
        Self { state, token, store, fencing, author, journal: None, litter, finished: false }
    }

    /// The state.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The state, to be changed before it is written whole.
    pub fn state_mut(&mut self) -> &mut State {
        &mut self.state
    }

    /// Writes the state with what is meant to be done: the claim. From here on nobody with an older lease writes the state, and
    /// what an earlier operation's journal said is part of it.
    ///
    /// # Errors
    /// If it cannot be written, or somebody else has.
    pub async fn begin(&mut self, operation: Operation) -> Result<(), StateError> {
        self.state.operation = Some(operation);
        self.save().await?;
        self.journal = Cursor::of(&self.state);
        Ok(())
    }

    /// Appends what has been done to the journal. It is entered into the state whether or not this succeeds, and is written
    /// with it in the end.
    ///
    /// # Errors
    /// If it cannot be appended, or another run has taken over. Nothing can be appended after that.
    pub async fn append(&mut self, entries: Vec<Entry>) -> Result<(), StateError> {
        for Entry { address, record } in entries.iter().cloned() {
            self.state.enter(address, record);
        }
        // After a failure it is not certain what the last segment is. The state is written whole in the end.
        let Some(mut journal) = self.journal.take() else { return Ok(()) };
        let segment = Segment::new(&self.state.environment, journal.next(), Content::Results(entries));
        self.litter = true;
        let appended = self.store.append(&segment).await;
        // Also if it is not certain whether it was: should it be there, it is in the state.
        journal.written(false);
        if let Some(operation) = &mut self.state.operation {
            operation.folded = journal.sequence();
        }
        appended?;
        self.journal = Some(journal);
        Ok(())
    }

    /// Whether what is appended is written at once, and not only with the state in the end.
    #[cfg(test)]
    pub(crate) fn is_journaling(&self) -> bool {
        self.journal.is_some()
    }

    /// Writes the state as it is now, with the operation that it may name: for what changes nothing but the state.
    ///
    /// # Errors
    /// If it cannot be written, or somebody else has.
    pub async fn amend(&mut self) -> Result<(), StateError> {
        self.save().await
    }

    /// Writes the state as it is now. If the operation is `complete` it is over; else it stays announced, so that the next run
    /// looks for what it may have made.
    ///
    /// # Errors
    /// If it cannot be written, or somebody else has.
    pub async fn finish(&mut self, complete: bool) -> Result<(), StateError> {
        if complete {
            self.state.operation = None;
        }
        self.journal = None;
        self.save().await?;
        self.finished = true;
        Ok(())
    }

    /// Deletes what the state no longer needs of its journal and of earlier ones, if it was written whole.
    ///
    /// # Errors
    /// If it cannot be deleted, which does no harm.
    pub async fn sweep(&mut self) -> Result<(), StateError> {
        if self.finished && std::mem::take(&mut self.litter) { self.store.sweep(self.fencing).await } else { Ok(()) }
    }

    /// The state, as it was written last.
    pub fn into_state(self) -> State {
        self.state
    }

    async fn save(&mut self) -> Result<(), StateError> {
        self.state.advance(self.fencing, &self.author);
        self.token = Some(self.store.save(&self.state, self.token.as_ref()).await?);
        Ok(())
    }
}
