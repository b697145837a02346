//! What becomes of a run.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Disturbance, Phase};
use crate::project::Project;
use crate::proxy::{Fault, Moment, Victim};

/// The moments of a call at which its client can be ended.
pub(super) const MOMENTS: [Moment; 3] = [Moment::BeforeForwarding, Moment::BeforeAnswering, Moment::AfterAnswering];

/// What becomes of a run.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fate {
    /// It is ended at this changing call, counted from 0.
    Killed { call: usize, moment: usize },
    /// It loses the answer of this changing call.
    AnswerLost { call: usize },
    /// It loses the first answer about everything that it changes.
    EveryAnswerLost,
}

impl Fate {
    pub fn new(disturbance: Disturbance, position: usize) -> Self {
        match disturbance {
            Disturbance::Kill => Self::Killed { call: position / MOMENTS.len(), moment: position % MOMENTS.len() },
            Disturbance::LoseAnswer => Self::AnswerLost { call: position },
            Disturbance::LoseEveryAnswer => Self::EveryAnswerLost,
        }
    }

    pub fn position(self) -> usize {
        match self {
            Self::Killed { call, moment } => call * MOMENTS.len() + moment,
            Self::AnswerLost { call } => call,
            Self::EveryAnswerLost => 0,
        }
    }

    /// How it is called up again, and what it means.
    pub fn name(self, phase: Phase, disturbance: Disturbance) -> String {
        let meaning = match self {
            Self::Killed { call, moment } => format!("killed at call {call}, {:?}", MOMENTS[moment]),
            Self::AnswerLost { call } => format!("the answer of call {call} lost"),
            Self::EveryAnswerLost => "every answer lost once".to_owned(),
        };
        format!("--phase {phase} --disturbance {disturbance} --only {} ({meaning})", self.position())
    }
}

/// What a proxy was told to do to a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Disturbed {
    pub victim: Victim,
    /// Nothing happens to later runs.
    over: Arc<AtomicBool>,
    /// The number of the call at which it happened.
    reached: Arc<AtomicUsize>,
}

impl Disturbed {
    /// Makes the proxy do what is to happen, to the changing calls from now on.
    pub fn by(fate: Fate, project: &Project) -> Self {
        let this = Self { reached: Arc::new(AtomicUsize::new(usize::MAX)), ..Self::default() };
        let Self { victim, over, reached } = this.clone();
        let (count, lost) = (AtomicUsize::new(0), Mutex::new(BTreeSet::new()));
        project.proxy().forget_rules().with(move |call| {
            if over.load(Ordering::SeqCst) || !call.mutating {
                return None;
            }
            let number = count.fetch_add(1, Ordering::SeqCst);
            let is_it = |call: usize| {
                let is_it = number == call;
                if is_it {
                    reached.store(number, Ordering::SeqCst);
                }
                is_it
            };
            match fate {
                Fate::Killed { call, moment } => is_it(call).then(|| Fault::Kill(victim.clone(), MOMENTS[moment])),
                Fate::AnswerLost { call } => is_it(call).then_some(Fault::DropAnswer),
                Fate::EveryAnswerLost => {
                    reached.store(number, Ordering::SeqCst);
                    let about = (call.action.clone(), call.resource.clone(), call.region.clone());
                    let first = lost.lock().unwrap_or_else(PoisonError::into_inner).insert(about);
                    first.then_some(Fault::DropAnswer)
                }
            }
        });
        this
    }

    /// Nothing happens from now on.
    pub fn end(&self) {
        self.over.store(true, Ordering::SeqCst);
    }

    /// The number of the call at which it happened, if the run came to it.
    pub fn reached(&self) -> Option<usize> {
        Some(self.reached.load(Ordering::SeqCst)).filter(|number| *number != usize::MAX)
    }
}
