//! What is wrong with an environment file, said so that a person can mend it without asking.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

/// A place in a source file, with the file's text so that the line can be shown.
#[derive(Clone, Debug)]
pub struct Location {
    /// The file, as it was named to us or by `extends`.
    pub path: PathBuf,
    /// The file's whole text.
    pub text: Arc<str>,
    /// The bytes of `text` that are meant.
    pub span: Range<usize>,
}

impl Location {
    /// The line and column of the span's start, both counted from 1, columns in characters.
    pub fn line_column(&self) -> (usize, usize) {
        let before = self.text.get(..self.span.start).unwrap_or(&self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        (line, column)
    }
}

/// One thing that is wrong, where, and what to do about it.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// A stable, documented name for this kind of mistake, as in `config::unknown_field`.
    pub code: &'static str,
    /// What is wrong, in lower case, without a full stop.
    pub message: String,
    /// Where; absent only if no file could be read at all.
    pub location: Option<Location>,
    /// What stands under the marked span.
    pub label: Option<String>,
    /// What to do next.
    pub help: Option<String>,
}

/// Everything that is wrong with an environment, in the order of the file. Never empty.
#[derive(Clone, Debug, thiserror::Error)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            if let Some(location) = &diagnostic.location {
                let (line, column) = location.line_column();
                write!(f, "{}:{line}:{column}: ", location.path.display())?;
            }
            write!(f, "{}", diagnostic.message)?;
        }
        Ok(())
    }
}
