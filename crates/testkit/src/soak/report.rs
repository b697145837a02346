//! What came of the trials.

use std::fmt;

use super::{Disturbance, Phase};

/// What came of one trial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The next run brought everything to what it should be.
    Converged {
        /// Whether the run came to the call at which it was to be disturbed: runs differ a little in how many they make.
        reached: bool,
    },
    /// It did not.
    Failed {
        /// What was wrong.
        what: String,
        /// Things that should not be there at all.
        orphans: usize,
        /// Things that are there more than once.
        duplicates: usize,
    },
}

/// What came of the trials so far of a phase and a disturbance.
#[derive(Clone, Debug)]
pub struct Report {
    /// The command that was disturbed.
    pub phase: Phase,
    /// What happened to it.
    pub disturbance: Disturbance,
    /// How many changing calls the undisturbed run made.
    pub calls: usize,
    /// How many trials there are to be.
    pub planned: usize,
    /// How many trials converged.
    pub converged: usize,
    /// How many of those did not come to their call.
    pub unreached: usize,
    /// Things left behind, over all trials.
    pub orphans: usize,
    /// Things made twice, over all trials.
    pub duplicates: usize,
    /// What went wrong: how each failed trial is called up again, and what was wrong.
    pub failures: Vec<String>,
}

impl Report {
    pub(super) fn new(phase: Phase, disturbance: Disturbance, calls: usize, planned: usize) -> Self {
        let (converged, unreached, orphans, duplicates, failures) = (0, 0, 0, 0, Vec::new());
        Self { phase, disturbance, calls, planned, converged, unreached, orphans, duplicates, failures }
    }

    /// How many trials have ended.
    pub fn tried(&self) -> usize {
        self.converged + self.failures.len()
    }

    /// Whether all of them converged.
    pub fn is_good(&self) -> bool {
        self.failures.is_empty() && self.converged == self.planned && self.planned > 0
    }

    pub(super) fn add(&mut self, outcome: Outcome, name: &str) {
        match outcome {
            Outcome::Converged { reached } => {
                self.converged += 1;
                self.unreached += usize::from(!reached);
            }
            Outcome::Failed { what, orphans, duplicates } => {
                self.orphans += orphans;
                self.duplicates += duplicates;
                self.failures.push(format!("{name}: {what}"));
            }
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { phase, disturbance, converged, planned, orphans, duplicates, unreached, .. } = self;
        write!(
            f,
            "{phase}, {disturbance}: {converged} of {planned} converge, {orphans} orphans, {duplicates} duplicates"
        )?;
        if self.tried() < *planned {
            write!(f, " ({} tried so far)", self.tried())?;
        }
        if *unreached > 0 {
            write!(f, " ({unreached} ended before they came to their call)")?;
        }
        Ok(())
    }
}
