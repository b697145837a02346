//! The engine against the cloud in memory: observe, plan, execute, record, and plan again.

#![allow(clippy::unwrap_used)]

mod bench;
mod bootstrap;
mod completion;
mod differences;
mod drift;
mod executor;
mod file;
mod grants;
mod lifecycle;
mod nature;
mod ownership;
mod plans;
mod recovery;
mod removal;
mod replacement;
mod replicas;
mod storm;
mod succession;
mod verify;
