//! What `provision` remembers between runs, and the lock that makes it the only writer.
//!
//! [`State`] is the document: what was last applied, by address. A [`Store`] keeps it: [`S3Store`] in S3, encrypted
//! with the environment's KMS key and written only over what was read, and beside it the [`journal`] of the operation that is
//! under way. A [`Book`] is what the holder of the lock writes both with. A [`Lease`] is the lock: an item in a
//! [`LockTable`], kept by a heartbeat, with a fencing number that only grows. Both have an in-memory form with the
//! same semantics, for tests.
//!
//! This crate makes no AWS client: they are given to it.

mod book;
mod document;
mod failure;
pub mod journal;
pub mod lease;
#[cfg(test)]
mod model;
pub mod store;
mod takeover;
pub mod watch;
mod writing;

pub use book::Book;
pub use document::{Author, ChangeKind, DocumentError, ENGINE, FORMAT, Intent, Operation, State, decode, encode};
pub use journal::{Entry, Seal};
pub use lease::{
    AcquireOptions, DynamoDbTable, Lease, LeaseWatch, LockError, LockEvent, LockItem, LockTable, MemoryTable,
};
pub use store::{Loaded, MemoryStore, S3Store, StateError, Store, Stored, Token, Version, WatchStored};
pub use takeover::{TakeOverError, take_over};
