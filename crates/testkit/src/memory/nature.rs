//! What AWS does and emulators do not: it takes its time, in several ways. All of it is off unless a test turns it on.

use std::collections::BTreeMap;
use std::time::Duration;

/// How the cloud takes its time.
#[derive(Clone, Debug, Default)]
pub struct Nature {
    /// How long reads do not see what was created.
    pub lag: Duration,
    /// How long objects of a kind are pending after each change; others cannot be hung from them meanwhile.
    pub pending: BTreeMap<&'static str, Duration>,
    /// How long calls that name what was created answer that there is no such thing.
    pub unknown: Duration,
    /// How long a new role cannot be assumed.
    pub propagation: Duration,
    /// How long what was deleted still holds on to what it used, as a network interface to its group and subnet.
    pub lingering: Duration,
    /// How many mutating calls the cloud takes in a second; more are throttled.
    pub per_second: Option<usize>,
    /// How long the kinds try again what passes by itself, and wait for what is pending. Zero: what fails fails at once, and
    /// waits have no end.
    pub patience: Duration,
}
