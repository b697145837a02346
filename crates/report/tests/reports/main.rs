//! The reports as they come out.

#![allow(clippy::unwrap_used)]

mod hostile;
mod markdown;
mod names;
mod page;
mod plant;
#[path = "../samples/mod.rs"]
mod samples;
mod snapshots;
