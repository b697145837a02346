//! The AWS kinds, one file per kind, and the plumbing that all of them share.
//!
//! This is the only crate that calls the SDKs' create, read, update and delete operations.

pub mod aws;

pub use aws::{Aws, Connection};
