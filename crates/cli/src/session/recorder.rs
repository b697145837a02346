//! Appending results to the journal while a run goes on: what came in during one append goes out together with the next, and what
//! came in during the last one with the state itself.

use provision_reconciler::execute::Standing;
use provision_state::{Book, Entry, StateError};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

/// Appends results in the background, in groups.
pub struct Recorder {
    entries: mpsc::UnboundedSender<Entry>,
    writer: JoinHandle<(Book, Result<(), StateError>)>,
}

impl Recorder {
    /// Begins to append to the journal of `book`. If an append fails, the permit is withdrawn: what cannot be recorded should
    /// not be made.
    pub fn start(book: Book, permit: watch::Sender<Standing>) -> Self {
        let (entries, incoming) = mpsc::unbounded_channel();
        Self { entries, writer: tokio::spawn(write(book, incoming, permit)) }
    }

    /// Where results go.
    pub fn entries(&self) -> mpsc::UnboundedSender<Entry> {
        self.entries.clone()
    }

    /// Waits until all results so far are appended, or entered into the state, which is to be written now, and gives the book
    /// back. Every other sender must be gone.
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
        let mut group = vec![entry];
        while let Ok(entry) = incoming.try_recv() {
            group.push(entry);
        }
        // No more will come, so the state is written next; but not without the lock.
        if incoming.is_closed() && *permit.borrow() != Standing::LeaseLost {
            group.into_iter().for_each(|Entry { address, record }| book.state_mut().enter(address, record));
            continue;
        }
        if let Err(error) = book.append(group).await {
            withdraw(&permit, &error);
            result = Err(error);
        }
    }
    (book, result)
}

/// Lets nothing new begin; and nothing more be done at all, if another run has the lock.
fn withdraw(permit: &watch::Sender<Standing>, error: &StateError) {
    let standing = match error {
        StateError::Sealed { .. } | StateError::Fenced { .. } | StateError::Moved { .. } => Standing::LeaseLost,
        _ => Standing::Interrupted,
    };
    permit.send_if_modified(|now| {
        let worse = *now != Standing::LeaseLost && *now != standing;
        if worse {
            *now = standing;
        }
        worse
    });
}
