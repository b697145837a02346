//! Reports with a little of everything, for the tests and to be looked at (`examples/samples.rs`).

#![allow(clippy::unwrap_used, dead_code)]

mod build;
mod drift;
mod recovery;

pub use drift::{drift, no_drift};
pub use recovery::{recovery, recovery_ready};
