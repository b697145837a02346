//! Changing what is remembered, and nothing else: under the lock, and each time an entry of the history.

use std::sync::Arc;
use std::time::Duration;

use provision_reconciler::execute::Standing;
use provision_state::{Book, State, Token};

use super::{Acquired, Leased, Session};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::ui;

/// Takes the lock, does the work, and gives the lock back.
///
/// # Errors
/// If the lock cannot be had or given back, or the work fails.
pub async fn under_lock(
    session: &Session,
    command: &'static str,
    wait: Duration,
    work: impl AsyncFnOnce(&Leased) -> Result<Exit, Failure>,
) -> Result<Exit, Failure> {
    let leased = match Leased::acquire(session, command, wait).await? {
        Acquired::Held(leased) => leased,
        Acquired::NoTable(error) => return Err(error.into()),
    };
    let result = work(&leased).await;
    conclude(leased, result).await
}

/// Gives the lock back after the work, whatever became of it.
///
/// # Errors
/// If the lock cannot be given back, or the work failed.
pub async fn conclude(leased: Box<Leased>, result: Result<Exit, Failure>) -> Result<Exit, Failure> {
    let interrupted = leased.interrupted();
    let released = leased.release().await;
    let exit = result?;
    released?;
    Ok(interrupted.unwrap_or(exit))
}

/// A state to be written in the place of the one that is there.
pub struct Amendment {
    /// The state, as it is to be.
    pub state: State,
    /// What is there; `None` if nothing is.
    pub token: Option<Token>,
    /// The ARN of the key to encrypt it with, if it is known.
    pub key: Option<String>,
}

impl Amendment {
    /// Writes it. Returns the state as written.
    ///
    /// # Errors
    /// If the run was asked to stop, the lease is lost, or it cannot be written.
    pub async fn write(self, session: &Session, leased: &Leased) -> Result<State, Failure> {
        if leased.permit.standing() != Standing::Good {
            return Err(Failure::new("stopped before anything was written"));
        }
        let store = Arc::new(session.store(self.key.as_deref()).await);
        let over = self.state.operation.is_none();
        let mut book = Book::new(store, self.state, self.token, leased.fencing(), leased.author());
        match over {
            true => {
                book.finish(true).await?;
                sweep(session, &mut book).await;
            }
            false => book.amend().await?,
        }
        Ok(book.into_state())
    }
}

/// Deletes what the state needs no more of its journal. That it stays does no harm.
pub async fn sweep(session: &Session, book: &mut Book) {
    if let Err(error) = book.sweep().await {
        session.printer.note(&format!("{error}; it is not needed any more, and the next run tries again"));
    }
}

/// Asks, unless `yes` was said, while the lock is kept. False: the person said no, or interrupted.
///
/// # Errors
/// If there is nobody to ask.
pub async fn agreed(session: &Session, leased: &Leased, question: &str, yes: bool) -> Result<bool, Failure> {
    let (printer, question) = (session.printer, question.to_owned());
    let asking = tokio::task::spawn_blocking(move || ui::confirm::confirm(&printer, &question, yes));
    let said = tokio::select! {
        answer = asking => answer.map_err(|error| Failure::new(format!("failed to ask: {error}")))??,
        () = leased.permit.withdrawn() => false,
    };
    if !said {
        printer.note("Nothing was done.");
    }
    Ok(said)
}
