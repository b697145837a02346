//! Ends the binary at every call of a run, in every way, and looks at what the next run makes of it.
//!
//! In a trial a run is ended at its Nth changing call; the lock is taken from the dead (which the next run would do by itself after
//! one lease); the same command is run again, to its end. Then the account must hold exactly what it holds after a run that nothing
//! disturbed, counted by [`mod@crate::inventory`]: nothing more (an orphan), nothing twice (a duplicate), nothing less, and with the
//! tags that it should have.
//!
//! No two trials share an account at the same time. But an account that has passed a trial is as good as one in which nothing was
//! ever disturbed, and harder to please: what one trial made, the next one updates or destroys. Of a trial that failed nothing is
//! used again.

mod accounts;
mod fate;
mod record;
mod report;
mod stage;
mod trial;

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

pub use report::{Outcome, Report};

use fate::Fate;
use record::Record;
use stage::{Reference, Stage};

/// How often it is said how far it has come.
const NEWS: Duration = Duration::from_secs(60);

/// What is tried.
#[derive(Clone, Debug)]
pub struct Soak {
    /// The binary.
    pub binary: PathBuf,
    /// The folder with `environments` and `lambda-src`.
    pub sources: PathBuf,
    /// The environment's name.
    pub environment: String,
    /// The commands that are disturbed.
    pub phases: Vec<Phase>,
    /// What happens to each of them.
    pub disturbances: Vec<Disturbance>,
    /// Which positions are tried of each phase and disturbance.
    pub selection: Selection,
    /// How many trials go on at once.
    pub jobs: usize,
    /// Emulators of its own, and new ones after so many accounts: they never forget one. `None`: those that all tests share.
    pub accounts_per_emulator: Option<usize>,
    /// Where each trial's outcome is written down as it comes. What converged according to this file is not tried again.
    pub record: Option<PathBuf>,
}

/// The command that is disturbed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// `apply` on an empty account.
    Create,
    /// `apply` of a file that was changed for every kind of resource.
    Update,
    /// `apply` of the file as it was before that change.
    Revert,
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

/// Which positions are tried. There are three to a call (the moments) where the binary is killed, one where it loses an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// Each so-manieth: 1 is all of them.
    Every {
        /// How far it is from one to the next.
        step: usize,
        /// The first one.
        offset: usize,
    },
    /// So many calls, from all parts of the run, and the moments in turn.
    Sample {
        /// How many.
        count: usize,
        /// Which: the same seed chooses the same ones of as many.
        seed: u64,
    },
    /// These.
    Only(BTreeSet<usize>),
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Revert => "revert",
            Self::Destroy => "destroy",
        })
    }
}

impl fmt::Display for Disturbance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kill => "kill",
            Self::LoseAnswer => "lose-answer",
            Self::LoseEveryAnswer => "lose-every-answer",
        })
    }
}

/// A trial that is to be made: the number of its report, its position, what happens.
struct Planned {
    report: usize,
    phase: Phase,
    fate: Fate,
    /// When its turn is.
    turn: f64,
}

impl Soak {
    /// Tries all that is chosen, and reports for each phase and disturbance. `say` is told what happens.
    ///
    /// # Panics
    /// If a run that nothing disturbs fails, or the record cannot be written.
    pub fn run(&self, say: &(dyn Fn(&str) + Sync)) -> Vec<Report> {
        let begun = Instant::now();
        let stage = Stage::new(self);
        let references = stage.references();
        for (phase, reference) in &references {
            let (calls, things) = (reference.calls, reference.inventory.values().sum::<usize>());
            say(&format!("{phase} of {}: {calls} changing calls, {things} things there afterwards", self.environment));
        }
        let record = Record::open(self.record.as_deref());
        let (planned, mut reports) = self.planned(&references);
        let (mut left, mut before) = (Vec::new(), 0);
        for trial in planned {
            let report: &mut Report = &mut reports[trial.report];
            if record.has(trial.phase, report.disturbance, trial.fate.position()) {
                report.add(Outcome::Converged { reached: true }, "");
                before += 1;
            } else {
                left.push(trial);
            }
        }
        let total = left.len();
        say(&format!("{total} trials; {before} were made before"));
        let (next, ended, reports) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new((reports, Instant::now())));
        thread::scope(|scope| {
            for _ in 0..self.jobs.max(1) {
                scope.spawn(|| {
                    while let Some(trial) = left.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let Some((_, reference)) = references.iter().find(|(phase, _)| *phase == trial.phase) else {
                            continue;
                        };
                        let outcome = stage.trial(trial.phase, trial.fate, reference);
                        let ended = ended.fetch_add(1, Ordering::Relaxed) + 1;
                        let mut guard = reports.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                        let (reports, said) = &mut *guard;
                        let report = &mut reports[trial.report];
                        record.write(trial.phase, report.disturbance, trial.fate.position(), &outcome);
                        let name = trial.fate.name(trial.phase, report.disturbance);
                        if let Outcome::Failed { what, .. } = &outcome {
                            say(&format!("FAILED: {name}\n{what}"));
                        }
                        report.add(outcome, &name);
                        if said.elapsed() > NEWS {
                            *said = Instant::now();
                            say(&format!("{ended} of {total} trials after {} s", begun.elapsed().as_secs()));
                            reports.iter().for_each(|report| say(&format!("  {report}")));
                        }
                    }
                });
            }
        });
        reports.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner()).0
    }

    /// The trials in the order in which they are made, and an empty report for each phase and disturbance.
    fn planned(&self, references: &[(Phase, Reference)]) -> (Vec<Planned>, Vec<Report>) {
        let (mut all, mut reports) = (Vec::new(), Vec::new());
        // The phases go side by side, for what one makes another uses up; creation a little ahead.
        let mut ahead = 0.0;
        for (phase, reference) in references {
            let mut of_phase = Vec::new();
            for disturbance in &self.disturbances {
                let positions = self.selection.positions(disturbance.moments(), disturbance.calls(reference.calls));
                of_phase.extend(positions.iter().map(|position| (reports.len(), Fate::new(*disturbance, *position))));
                reports.push(Report::new(*phase, *disturbance, reference.calls, positions.len()));
            }
            #[allow(clippy::cast_precision_loss)] // Some hundreds.
            let share = |trials: usize| trials as f64 / of_phase.len() as f64;
            let begin = if *phase == Phase::Create { 0.0 } else { ahead };
            if *phase == Phase::Create {
                ahead = share(2 * self.jobs).min(1.0);
            }
            let turns: Vec<_> = (0..of_phase.len()).map(|place| begin + share(place)).collect();
            let trials = of_phase.into_iter().zip(turns);
            all.extend(trials.map(|((report, fate), turn)| Planned { report, phase: *phase, fate, turn }));
        }
        all.sort_by(|one, other| one.turn.total_cmp(&other.turn));
        (all, reports)
    }
}

impl Disturbance {
    /// How many positions there are to a call.
    fn moments(self) -> usize {
        if self == Self::Kill { fate::MOMENTS.len() } else { 1 }
    }

    /// At how many calls of a run of so many it happens.
    fn calls(self, calls: usize) -> usize {
        if self == Self::LoseEveryAnswer { calls.min(1) } else { calls }
    }
}

impl Selection {
    fn positions(&self, moments: usize, calls: usize) -> Vec<usize> {
        match self {
            Self::Every { step, offset } => (*offset..calls * moments).step_by((*step).max(1)).collect(),
            Self::Sample { count, seed } => {
                let mut random = fastrand::Rng::with_seed(*seed);
                let count = (*count).min(calls);
                let first = random.usize(0..moments);
                (0..count)
                    .map(|place| {
                        let call = random.usize(place * calls / count..(place + 1) * calls / count);
                        call * moments + (first + place) % moments
                    })
                    .collect()
            }
            Self::Only(these) => these.range(..calls * moments).copied().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_position_and_each_so_manieth() {
        let every = |step, offset| Selection::Every { step, offset }.positions(3, 4);
        assert_eq!(every(1, 0), (0..12).collect::<Vec<_>>());
        assert_eq!(every(5, 1), [1, 6, 11]);
        assert_eq!(every(5, 12), [0; 0]);
    }

    #[test]
    fn a_sample_has_all_moments_and_is_from_all_parts() {
        for seed in 0..100 {
            let sample = Selection::Sample { count: 6, seed }.positions(3, 60);
            let moments: BTreeSet<_> = sample.iter().map(|position| position % 3).collect();
            assert_eq!(moments.len(), 3);
            let parts: Vec<_> = sample.iter().map(|position| position / 30).collect();
            assert_eq!(parts, [0, 1, 2, 3, 4, 5]);
            assert_eq!(sample, Selection::Sample { count: 6, seed }.positions(3, 60));
        }
        assert_eq!(Selection::Sample { count: 9, seed: 1 }.positions(1, 2), [0, 1]);
        assert_eq!(Selection::Sample { count: 9, seed: 1 }.positions(1, 0), [0; 0]);
    }
}
