//! One conditional write, as the decisions between its calls; without the calls themselves.
//!
//! The state's objects and the lock's item are written the same way: a write says what must still be there, and an answer
//! that does not tell what became of it is followed by a look. That is decided here and nowhere else, so that the models
//! (`src/model`) check the very code that runs.

/// A write whose condition is that what is stored is still what was seen. It is sent first of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Writing {
    attempt: u32,
    attempts: u32,
}

/// What to do after a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Next {
    /// Send the write again: the same content on the same condition.
    Again,
    /// Nothing: it was carried out.
    Written,
    /// Nothing: it was not carried out, and will not be. Something else is there.
    Moved,
    /// Nothing: it could not be found out.
    Unsettled,
}

/// What a look found, compared with what was seen before and with what was to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Seen {
    /// What was to be written.
    Ours,
    /// What was there before.
    Unchanged,
    /// Neither.
    Other,
    /// Nothing: the look failed.
    Unclear,
}

/// Compares what a look found with what was to be written where there was `expected`.
///
/// Byte for byte what was to be written, serial or sequence number included, is ours: only the answer was lost.
pub(crate) fn compare<C: PartialEq, T: PartialEq>(
    content: C,
    expected: Option<T>,
    found: Option<Option<(C, T)>>,
) -> Seen {
    match found {
        None => Seen::Unclear,
        Some(Some((found, _))) if found == content => Seen::Ours,
        Some(found) if found.as_ref().map(|(_, tag)| tag) == expected.as_ref() => Seen::Unchanged,
        Some(_) => Seen::Other,
    }
}

impl Writing {
    /// A write that is sent at most `attempts` times.
    pub(crate) fn new(attempts: u32) -> Self {
        Self { attempt: 1, attempts }
    }

    /// How often it has been sent.
    pub(crate) fn attempt(self) -> u32 {
        self.attempt
    }

    /// After a look, which follows a write of which it is not plain what became: it had no answer, or its condition did not
    /// hold, which is also the answer to a repetition, made below us, of a write that had worked.
    ///
    /// If what was expected is still there, the write may yet arrive; but then the repetition's condition fails, or its own
    /// does: at most one of the two is carried out, and both say the same.
    pub(crate) fn looked(&mut self, seen: Seen) -> Next {
        match seen {
            Seen::Ours => Next::Written,
            Seen::Other => Next::Moved,
            Seen::Unchanged | Seen::Unclear if self.attempt >= self.attempts => Next::Unsettled,
            Seen::Unchanged | Seen::Unclear => {
                self.attempt += 1;
                Next::Again
            }
        }
    }
}
