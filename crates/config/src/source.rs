//! Where things stand in the files that were read.

use std::path::PathBuf;
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
}

/// The files that were read.
#[derive(Debug, Default)]
pub(crate) struct Sources(Vec<(PathBuf, Arc<str>)>);

impl Sources {
    /// Adds a file and returns its number.
    pub fn add(&mut self, path: PathBuf, text: &str) -> usize {
        self.0.push((path, Arc::from(text)));
        self.0.len() - 1
    }

    /// A place in the public form.
    pub fn location(&self, place: Place) -> Option<Location> {
        let (path, text) = self.0.get(place.file)?;
        Some(Location { path: path.clone(), text: Arc::clone(text), span: place.start..place.end })
    }

    /// What stands at a place.
    pub fn slice(&self, place: Place) -> &str {
        self.0.get(place.file).and_then(|(_, text)| text.get(place.start..place.end)).unwrap_or_default()
    }

    /// The place of the `nth` occurrence of `part` inside a string value, or the whole value if the string is written
    /// with escapes in such a way that it cannot be found.
    pub fn narrow(&self, whole: Place, part: &str, nth: usize) -> Place {
        let text = self.slice(whole);
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
