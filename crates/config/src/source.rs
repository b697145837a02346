//! Where things stand in the files that were read.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diagnostic::Location;

/// A span of one of the files, small enough to be carried by every value. Ordered by file, then position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place {
    /// Which file, in the order of reading: 0 is the one that was asked for.
    pub file: usize,
    /// The first byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Place {
    /// The very start of the file that was asked for: where to point when something is missing altogether.
    pub const START: Self = Self { file: 0, start: 0, end: 0 };

    /// Whether another place lies within this one.
    pub fn contains(self, other: Self) -> bool {
        self.file == other.file && self.start <= other.start && other.end <= self.end
    }
}

/// The files that were read: the layers, and then the documents as they are met.
#[derive(Debug, Default)]
pub(crate) struct Sources(RefCell<Vec<(PathBuf, Arc<str>)>>);

impl Sources {
    /// Adds a file and returns its number.
    pub fn add(&self, path: PathBuf, text: &str) -> usize {
        let mut files = self.0.borrow_mut();
        files.push((path, Arc::from(text)));
        files.len() - 1
    }

    /// The folder of the file in which a place is: what relative paths there start from.
    pub fn folder(&self, place: Place) -> PathBuf {
        let files = self.0.borrow();
        files.get(place.file).and_then(|(path, _)| path.parent()).unwrap_or(Path::new("")).to_owned()
    }

    /// A place in the public form.
    pub fn location(&self, place: Place) -> Option<Location> {
        let files = self.0.borrow();
        let (path, text) = files.get(place.file)?;
        Some(Location { path: path.clone(), text: Arc::clone(text), span: place.start..place.end })
    }

    /// The place of the `nth` occurrence of `part` inside a string value, or the whole value if the string is written
    /// with escapes in such a way that it cannot be found.
    pub fn narrow(&self, whole: Place, part: &str, nth: usize) -> Place {
        let files = self.0.borrow();
        let text = files.get(whole.file).and_then(|(_, text)| text.get(whole.start..whole.end)).unwrap_or_default();
        let escaped = part.replace('\\', "\\\\").replace('"', "\\\"");
        for form in [part, &escaped] {
            if let Some((offset, found)) = text.match_indices(form).nth(nth) {
                let start = whole.start + offset;
                return Place { start, end: start + found.len(), ..whole };
            }
        }
        whole
    }
}
