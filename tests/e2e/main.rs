//! The real binary, end to end, as a person would use it: against the emulators, read back through boto3 rather than
//! through ourselves.
//!
//! Compiled as the test target `e2e` of `crates/cli`, because only a package's own tests are given the path of its
//! binary, freshly built.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod baseline;
mod boto;
mod calls;
mod census;
mod chain;
mod commands;
mod data_stack;
mod destroy;
mod drift;
mod drift_by_hand;
mod drift_fix;
mod drift_reports;
mod faults;
mod first_run;
mod graph;
mod interruption;
mod latency;
mod least_privilege;
mod lock;
mod lost_region;
mod queue;
mod recovery;
mod saved_plan;
mod schedule;
mod soak;
mod state_commands;
mod stopped;
mod termination;
mod verify;
mod world;
