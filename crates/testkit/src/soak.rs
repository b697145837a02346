//! Ends the binary at every call of a run, in every way, and looks at what the next run makes of it.
//!
//! A trial is an account of its own. A run is ended at its Nth changing call; the lock is taken from the dead (which the next run
//! would do by itself after one lease); the same command is run again, to its end. Then the account must hold exactly what it holds
//! after a run that nothing disturbed, counted by [`mod@crate::inventory`]: nothing more (an orphan), nothing twice (a duplicate),
//! nothing less.

mod report;
mod trial;

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

pub use report::{Outcome, Report};
use trial::{Fate, Stage};

use crate::proxy::Moment;

/// What is tried.
#[derive(Clone, Debug)]
pub struct Soak {
    /// The binary.
    pub binary: PathBuf,
    /// The folder with `environments` and `lambda-src`.
    pub sources: PathBuf,
    /// The environment's name.
    pub environment: String,
    /// The command that is disturbed.
    pub phase: Phase,
    /// What happens to it.
    pub disturbance: Disturbance,
    /// Of all positions only each so-manieth, beginning with `offset`: 1 is all of them.
    pub every: usize,
    /// See `every`.
    pub offset: usize,
    /// How many trials go on at once.
    pub jobs: usize,
}

/// The command that is disturbed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// `apply` on an empty account.
    Create,
    /// `apply` of a file that was changed for every kind of resource.
    Update,
    /// `destroy`.
    Destroy,
}

/// What happens to it, at each position by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disturbance {
    /// It is ended with SIGKILL, at each of the three moments of each changing call.
    Kill,
    /// The answer of one changing call is lost.
    LoseAnswer,
    /// The answer of every changing call is lost once: one trial.
    LoseEveryAnswer,
}

impl Soak {
    /// Tries every position. `say` is told what happens.
    ///
    /// # Panics
    /// If the run that nothing disturbs fails.
    pub fn run(&self, say: &(dyn Fn(&str) + Sync)) -> Report {
        let stage = Stage::new(self);
        let reference = stage.reference();
        say(&format!(
            "{:?} of {}: {} changing calls, {} things there afterwards",
            self.phase,
            self.environment,
            reference.calls,
            reference.inventory.len()
        ));
        let fates = self.fates(reference.calls);
        let (next, report) = (AtomicUsize::new(0), Mutex::new(Report::new(reference.calls, fates.len())));
        thread::scope(|scope| {
            for _ in 0..self.jobs.max(1) {
                scope.spawn(|| {
                    while let Some(fate) = fates.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let outcome = stage.trial(*fate, &reference);
                        if let Outcome::Failed { what, .. } = &outcome {
                            say(&format!("{fate}: {what}"));
                        }
                        let mut report = report.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                        report.add(outcome);
                        if report.tried() % 50 == 0 {
                            say(&report.to_string());
                        }
                    }
                });
            }
        });
        report.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn fates(&self, calls: usize) -> Vec<Fate> {
        let all: Vec<Fate> = match self.disturbance {
            Disturbance::Kill => (0..calls)
                .flat_map(|call| {
                    let moments = [Moment::BeforeForwarding, Moment::BeforeAnswering, Moment::AfterAnswering];
                    moments.map(|moment| Fate::Killed { call, moment })
                })
                .collect(),
            Disturbance::LoseAnswer => (0..calls).map(|call| Fate::AnswerLost { call }).collect(),
            Disturbance::LoseEveryAnswer => vec![Fate::EveryAnswerLost],
        };
        all.into_iter().skip(self.offset).step_by(self.every.max(1)).collect()
    }
}
