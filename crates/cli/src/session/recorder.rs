//! Writing the state while a run goes on: what came in during one write goes out together with the next.

use std::sync::Arc;

use provision_config::Address;
use provision_reconciler::Record;
use provision_reconciler::execute::Standing;
use provision_state::{State, StateError, Store, Token};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

/// One result: what the state should now say of a resource. `None`: there is none any more.
pub type Entry = (Address, Option<Record>);

/// The state as it is being written.
pub struct Book {
    /// The state.
    pub state: State,
    /// What the next write must show; `None` before the first.
    pub token: Option<Token>,
    store: Arc<dyn Store>,
    fencing: u64,
}

impl Book {
    /// The state in this store, to be written under this lease.
    pub fn new(store: Arc<dyn Store>, state: State, token: Option<Token>, fencing: u64) -> Self {
        Self { state, token, store, fencing }
    }

    /// Puts down a result, to be written with the next save.
    pub fn enter(&mut self, (address, record): Entry) {
        match record {
            Some(record) => self.state.resources.insert(address, record),
            None => self.state.resources.remove(&address),
        };
    }

    /// Writes the state.
    ///
    /// # Errors
    /// If it cannot be written, or somebody else has.
    pub async fn save(&mut self) -> Result<(), StateError> {
        self.state.advance(self.fencing);
        self.token = Some(self.store.save(&self.state, self.token.as_ref()).await?);
        Ok(())
    }
}

/// Writes results in the background, in groups.
pub struct Recorder {
    entries: mpsc::UnboundedSender<Entry>,
    writer: JoinHandle<(Book, Result<(), StateError>)>,
}

impl Recorder {
    /// Begins to write into `book`. If a write fails, the permit is withdrawn: what cannot be recorded should not be made.
    pub fn start(book: Book, permit: watch::Sender<Standing>) -> Self {
        let (entries, incoming) = mpsc::unbounded_channel();
        Self { entries, writer: tokio::spawn(write(book, incoming, permit)) }
    }

    /// Where results go.
    pub fn entries(&self) -> mpsc::UnboundedSender<Entry> {
        self.entries.clone()
    }

    /// Waits until all results so far are written, and gives the book back. Every other sender must be gone.
    pub async fn finish(self) -> Result<(Book, Result<(), StateError>), tokio::task::JoinError> {
        drop(self.entries);
        self.writer.await
    }
}

async fn write(
    mut book: Book,
    mut incoming: mpsc::UnboundedReceiver<Entry>,
    permit: watch::Sender<Standing>,
) -> (Book, Result<(), StateError>) {
    let mut result = Ok(());
    while let Some(entry) = incoming.recv().await {
        book.enter(entry);
        while let Ok(entry) = incoming.try_recv() {
            book.enter(entry);
        }
        if result.is_ok() {
            result = book.save().await;
            if result.is_err() {
                permit.send_replace(Standing::LeaseLost);
            }
        }
    }
    (book, result)
}
