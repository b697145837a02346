//! What came of which trial, in a file: a soak that was interrupted goes on where it was.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::Path;

use super::{Disturbance, Outcome, Phase};

/// A line for each trial: `create kill 17 converged`.
pub(super) struct Record {
    file: Option<File>,
    converged: BTreeSet<String>,
}

impl Record {
    pub fn open(path: Option<&Path>) -> Self {
        let Some(path) = path else { return Self { file: None, converged: BTreeSet::new() } };
        let fail = |error: std::io::Error| -> ! { panic!("{}: {error}", path.display()) };
        let before = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            Err(error) => fail(error),
        };
        let file = OpenOptions::new().create(true).append(true).open(path).unwrap_or_else(|error| fail(error));
        let converged = before.lines().filter_map(|line| line.strip_suffix(" converged")).map(str::to_owned).collect();
        Self { file: Some(file), converged }
    }

    /// Whether it converged before.
    pub fn has(&self, phase: Phase, disturbance: Disturbance, position: usize) -> bool {
        self.converged.contains(&format!("{phase} {disturbance} {position}"))
    }

    pub fn write(&self, phase: Phase, disturbance: Disturbance, position: usize, outcome: &Outcome) {
        let outcome = match outcome {
            Outcome::Converged { reached: true } => "converged",
            Outcome::Converged { reached: false } => "unreached",
            Outcome::Failed { .. } => "failed",
        };
        // One piece, which a later run reads whole or not at all.
        let line = format!("{phase} {disturbance} {position} {outcome}\n");
        if let Some(mut file) = self.file.as_ref() {
            file.write_all(line.as_bytes()).unwrap_or_else(|error| panic!("failed to write the record: {error}"));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_converged_is_not_tried_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("record");
        let record = Record::open(Some(&path));
        record.write(Phase::Create, Disturbance::Kill, 1, &Outcome::Converged { reached: true });
        record.write(Phase::Create, Disturbance::Kill, 2, &Outcome::Converged { reached: false });
        let failed = Outcome::Failed { what: String::new(), orphans: 0, duplicates: 0 };
        record.write(Phase::Destroy, Disturbance::LoseAnswer, 3, &failed);
        let record = Record::open(Some(&path));
        assert!(record.has(Phase::Create, Disturbance::Kill, 1));
        assert!(!record.has(Phase::Create, Disturbance::Kill, 2));
        assert!(!record.has(Phase::Destroy, Disturbance::LoseAnswer, 3));
        assert!(!record.has(Phase::Update, Disturbance::Kill, 1));
    }
}
