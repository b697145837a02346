//! Ctrl-C and SIGTERM: the first asks the run to stop, the second stops the program.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use provision_reconciler::execute::Standing;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::exit::Exit;
use crate::ui::Printer;

/// Listens for signals while a run is under way.
pub struct Interrupts {
    received: Arc<AtomicU8>,
    listener: JoinHandle<()>,
}

impl Interrupts {
    /// Withdraws the permit at the first signal; ends the program at the second.
    pub fn listen(permit: watch::Sender<Standing>, printer: Printer) -> Self {
        let received = Arc::new(AtomicU8::new(0));
        let seen = Arc::clone(&received);
        // At once, not when the task is first run: a signal that comes before that would end the program.
        let signals = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
        let listener = tokio::spawn(async move {
            let (Ok(mut interrupt), Ok(mut terminate)) = signals else { return };
            loop {
                let exit = tokio::select! {
                    _ = interrupt.recv() => Exit::INTERRUPTED,
                    _ = terminate.recv() => Exit::TERMINATED,
                };
                if seen.swap(exit.code(), Ordering::Relaxed) != 0 {
                    // The lease frees itself; the next run recovers.
                    std::process::exit(exit.code().into());
                }
                printer
                    .note("stopping: nothing new is begun, what is under way is finished (once more to stop at once)");
                permit.send_if_modified(|standing| {
                    let good = *standing == Standing::Good;
                    if good {
                        *standing = Standing::Interrupted;
                    }
                    good
                });
            }
        });
        Self { received, listener }
    }

    /// How the program should end, if it was asked to stop.
    pub fn exit(&self) -> Option<Exit> {
        match self.received.load(Ordering::Relaxed) {
            0 => None,
            code if code == Exit::TERMINATED.code() => Some(Exit::TERMINATED),
            _ => Some(Exit::INTERRUPTED),
        }
    }
}

impl Drop for Interrupts {
    fn drop(&mut self) {
        self.listener.abort();
    }
}
