//! A gate that answers come to and wait at until somebody opens it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

/// A gate that answers come to and wait at until somebody opens it. What waits there at once was asked for without the
/// answer to any of the rest: one round trip.
#[derive(Clone, Debug, Default)]
pub struct Gate(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    count: Mutex<Count>,
    opened: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct Count {
    coming: usize,
    waiting: usize,
}

/// A call on its way to the gate or through it, until it is dropped: when it is through, or its client has gone.
pub(super) struct Visit {
    gate: Gate,
    waits: bool,
}

impl Gate {
    /// How many answers wait, if every call that has arrived has its answer.
    pub fn waiting(&self) -> Option<usize> {
        let count = self.count();
        (count.coming == 0).then_some(count.waiting)
    }

    /// Lets through what waits now. What comes later waits for the next time.
    pub fn open(&self) {
        // Whoever waits has subscribed while holding this.
        let _count = self.count();
        self.0.opened.send_replace(());
    }

    /// A call is on its way.
    pub(super) fn comes(&self) -> Visit {
        self.count().coming += 1;
        Visit { gate: self.clone(), waits: false }
    }

    fn count(&self) -> MutexGuard<'_, Count> {
        self.0.count.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Visit {
    /// Waits until the gate is opened.
    pub(super) async fn wait(mut self) {
        let mut opened = {
            let mut count = self.gate.count();
            count.coming -= 1;
            count.waiting += 1;
            self.waits = true;
            self.gate.0.opened.subscribe()
        };
        // An error would mean that there is no gate left, and with it nothing to wait for.
        let _ = opened.changed().await;
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let mut count = self.gate.count();
        if self.waits { count.waiting -= 1 } else { count.coming -= 1 }
    }
}

impl PartialEq for Gate {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Gate {}
