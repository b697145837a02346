//! The state in S3 and the lock in DynamoDB, against the local AWS, through the real SDK.
//!
//! `PROVISION_SANDBOX_LANE=moto` runs it on moto.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

#[path = "emulator/aws.rs"]
mod aws;
#[path = "emulator/journal.rs"]
mod journal;
#[path = "emulator/lease.rs"]
mod lease;
#[path = "emulator/store.rs"]
mod store;
