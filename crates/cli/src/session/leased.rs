//! Working under the lock.

use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

use provision_reconciler::execute::{Permit, Standing};
use provision_state::{AcquireOptions, Author, Lease, Loaded, LockError, LockEvent, Store, TakeOverError, take_over};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::Session;
use super::interrupt::Interrupts;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::ui::Printer;

/// How long giving the lock back may take once the run is to stop.
const FAREWELL: Duration = Duration::from_secs(2);

/// The lock of an environment, held for one operation; signals are listened for while it is.
pub struct Leased {
    /// The operation's id.
    pub operation: String,
    /// Who runs it.
    pub owner: String,
    /// The command.
    pub command: &'static str,
    /// Whether to go on.
    pub permit: Permit,
    /// The way to stop everything.
    pub standing: watch::Sender<Standing>,
    lease: Lease,
    interrupts: Interrupts,
    watcher: JoinHandle<()>,
}

/// What the lock was asked for.
pub enum Acquired {
    /// It is held.
    Held(Box<Leased>),
    /// There is no lock table: the account's first run.
    NoTable(LockError),
}

impl Leased {
    /// Takes the lock, waiting for another's as long as `wait`.
    ///
    /// # Errors
    /// If another holds it still, or the lock table cannot be used; also if the environment is being worked on from its other region.
    pub async fn acquire(session: &Session, command: &'static str, wait: Duration) -> Result<Acquired, Failure> {
        let owner = owner();
        let operation = Uuid::new_v4().to_string();
        let options = AcquireOptions { wait, ..AcquireOptions::new(&owner, &operation, command) };
        let table = Arc::new(session.lock_table().await);
        let printer = session.printer;
        let tell = move |event: LockEvent<'_>| printer.note(&event.to_string());
        let lease = match Lease::acquire(table, &session.environment.name, &options, &tell).await {
            Ok(lease) => lease,
            Err(error @ LockError::NoTable { .. }) => {
                // Before a table is made in the place of one that was lost with its region.
                session.is_at_home().await?;
                return Ok(Acquired::NoTable(error));
            }
            Err(error) => return Err(error.into()),
        };
        let (standing, permit) = Permit::new();
        let watch = lease.watch();
        let permit = permit.while_leased(move || watch.is_valid());
        let (watch, lost) = (lease.watch(), standing.clone());
        let watcher = tokio::spawn(async move {
            let error = watch.lost().await;
            if lost.send_replace(Standing::LeaseLost) != Standing::LeaseLost {
                printer.warning(&format!("stopping: {error}"));
            }
        });
        let interrupts = Interrupts::listen(standing.clone(), printer);
        Ok(Acquired::Held(Box::new(Self { operation, owner, command, permit, standing, lease, interrupts, watcher })))
    }

    /// The fencing number.
    pub fn fencing(&self) -> u64 {
        self.lease.fencing()
    }

    /// Whom the state names as its author.
    pub fn author(&self) -> Author {
        Author { operation: self.operation.clone(), command: self.command.to_owned(), owner: self.owner.clone() }
    }

    /// The state as it now is, to go by and to write over under this lock. See [`provision_state::take_over`].
    ///
    /// # Errors
    /// As for that.
    pub async fn take_over(&self, store: &dyn Store, printer: Printer) -> Result<Loaded, TakeOverError> {
        take_over(store, &self.lease, &self.author(), &|event: LockEvent<'_>| printer.note(&event.to_string())).await
    }

    /// Raises the fencing number above that of a state that was written under the lock of another table, and waits until whoever held
    /// that has noticed that it is lost. See [`provision_state::Lease::outwait`].
    ///
    /// # Errors
    /// If the lease is lost meanwhile.
    pub async fn outwait(&self, number: u64) -> Result<(), Failure> {
        Ok(self.lease.outwait(number).await?)
    }

    /// How the program should end, if it was asked to stop.
    pub fn interrupted(&self) -> Option<Exit> {
        self.interrupts.exit()
    }

    /// Gives the lock back.
    ///
    /// # Errors
    /// If it was lost, or could not be given back: it then runs out by itself.
    pub async fn release(self) -> Result<(), Failure> {
        self.watcher.abort();
        if self.interrupts.exit().is_none() {
            return Ok(self.lease.release().await?);
        }
        // There is little time left; a lock that cannot be given back now runs out by itself.
        match tokio::time::timeout(FAREWELL, self.lease.release()).await {
            Ok(released) => Ok(released?),
            Err(_) => Ok(()),
        }
    }

    /// Gives the lock up because its table is about to go, or has gone.
    pub fn abandon(self) {
        self.watcher.abort();
    }
}

/// Who runs this: for the person who meets the lock.
fn owner() -> String {
    let user =
        ["USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok()).unwrap_or_else(|| "somebody".to_owned());
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let terminal = if std::io::stdin().is_terminal() { "" } else { ", no terminal" };
    format!("{user}@{host} pid {}{terminal}", std::process::id())
}
