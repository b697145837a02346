//! Where the accounts come from.

use std::sync::{Arc, Mutex, PoisonError};

use crate::emulator::{Account, Emulator};

/// Where the accounts come from: the emulators that all tests share, or some of the soak's own. Those are given up after so many
/// accounts, for they keep every account that there ever was in memory.
pub(super) struct Accounts {
    each: Option<usize>,
    current: Mutex<Option<(Arc<Emulator>, usize)>>,
}

/// Keeps an account's emulator running.
#[derive(Clone, Debug)]
pub(super) struct Home(Option<Arc<Emulator>>);

impl Accounts {
    pub fn new(each: Option<usize>) -> Self {
        Self { each, current: Mutex::new(None) }
    }

    /// A fresh account, and its emulator.
    pub fn fresh(&self) -> (Account, Home) {
        let Some(each) = self.each else { return (Emulator::shared().account(), Home(None)) };
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let (emulator, given) = match current.take() {
            Some((emulator, given)) if given < each => (emulator, given),
            _ => (Arc::new(Emulator::own()), 0),
        };
        *current = Some((Arc::clone(&emulator), given + 1));
        (emulator.account(), Home(Some(emulator)))
    }

    /// Whether an account's emulator is still the one that new accounts are in; one that is not should soon be able to end.
    pub fn is_current(&self, home: &Home) -> bool {
        let Some(home) = &home.0 else { return true };
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        current.as_ref().is_some_and(|(emulator, _)| Arc::ptr_eq(emulator, home))
    }
}
