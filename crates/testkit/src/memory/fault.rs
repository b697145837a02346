//! What can go wrong with a call.

use std::time::Duration;

use fastrand::Rng;
use provision_reconciler::{CloudError, ErrorClass};

/// What goes wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is refused, without effect.
    Refused,
    /// Too many calls; without effect.
    Throttled,
    /// Something else is under way; without effect.
    Busy,
    /// The request is lost on the way: no effect, and no answer.
    LostRequest,
    /// It is carried out, and the answer is lost on the way.
    LostAnswer,
    /// The caller dies before the call.
    CrashBefore,
    /// The call is carried out, and the caller dies before the answer.
    CrashAfter,
}

impl Fault {
    /// The error, if the call has no effect.
    pub(super) fn before_effect(self, action: &str) -> Option<CloudError> {
        let error = |class, code: &str| {
            let mut error = CloudError::new(action, class, "a fault of the test");
            error.code = Some(code.to_owned());
            error
        };
        match self {
            Self::Refused => Some(error(ErrorClass::Refused, "ValidationException")),
            Self::Throttled => Some(error(ErrorClass::Throttled, "ThrottlingException")),
            Self::Busy => Some(error(ErrorClass::Busy, "ConflictException")),
            Self::LostRequest => Some(ambiguous(action)),
            Self::LostAnswer | Self::CrashBefore | Self::CrashAfter => None,
        }
    }
}

pub(super) fn ambiguous(action: &str) -> CloudError {
    CloudError::new(action, ErrorClass::Ambiguous, "the connection was lost")
}

/// When the caller dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crash {
    /// How many calls, reads included, are answered before.
    pub after_calls: usize,
    /// Whether the last call is still carried out.
    pub carried_out: bool,
}

/// Faults at random.
#[derive(Clone, Copy, Debug)]
pub struct Chaos {
    /// Where the randomness comes from.
    pub seed: u64,
    /// How many calls out of a thousand go wrong.
    pub per_mille: u32,
    /// How many calls go wrong at most.
    pub budget: usize,
    /// The longest that a call takes.
    pub latency: Duration,
}

pub(super) struct Dice {
    chaos: Chaos,
    rng: Rng,
}

impl Dice {
    pub(super) fn new(chaos: Chaos) -> Self {
        Self { chaos, rng: Rng::with_seed(chaos.seed) }
    }

    fn latency(&mut self) -> Duration {
        let longest = u64::try_from(self.chaos.latency.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(self.rng.u64(0..=longest))
    }

    fn fault(&mut self, mutating: bool) -> Option<Fault> {
        if self.chaos.budget == 0 || self.rng.u32(0..1000) >= self.chaos.per_mille {
            return None;
        }
        self.chaos.budget -= 1;
        let faults: &[Fault] = match mutating {
            true => &[Fault::Refused, Fault::Throttled, Fault::Busy, Fault::LostRequest, Fault::LostAnswer],
            false => &[Fault::Throttled, Fault::LostAnswer],
        };
        self.rng.choice(faults).copied()
    }
}

/// What is to go wrong.
#[derive(Default)]
pub(super) struct Faults {
    pub(super) scripted: Vec<(String, Fault)>,
    pub(super) chaos: Option<Dice>,
    pub(super) crash: Option<Crash>,
    pub(super) latency: Duration,
}

impl Faults {
    /// What happens to the next call.
    pub(super) fn next(&mut self, action: &str, mutating: bool) -> (Option<Fault>, Duration) {
        let latency = self.chaos.as_mut().map_or(self.latency, Dice::latency);
        if let Some(crash) = &mut self.crash {
            match crash.after_calls.checked_sub(1) {
                Some(left) => crash.after_calls = left,
                None if crash.carried_out => return (Some(Fault::CrashAfter), latency),
                None => return (Some(Fault::CrashBefore), latency),
            }
        }
        if let Some(index) = self.scripted.iter().position(|(scripted, _)| scripted == action) {
            return (Some(self.scripted.remove(index).1), latency);
        }
        (self.chaos.as_mut().and_then(|dice| dice.fault(mutating)), latency)
    }
}
