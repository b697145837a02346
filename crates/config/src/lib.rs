//! Environment files: TOML layers in, one validated [`Environment`] with source spans out.
//!
//! This crate is pure: it reads the environment's file, its layers and the documents that they name, looks whether the
//! other paths that they name are there, and does nothing else. What kinds of resource there are, and what fields they
//! have, it is told by a [`Catalog`], so that it can check every field, every reference and every type before anything
//! touches the network, and report all that is wrong at once.

mod address;
mod check;
mod cycle;
mod diagnostic;
mod environment;
mod expression;
mod files;
mod inventory;
mod json;
mod layer;
mod load;
mod locate;
mod nearest;
mod report;
mod resolve;
pub mod schema;
mod section;
mod settings;
pub mod shown;
mod source;
mod syntax;
mod tree;
pub mod unknown;

pub use address::{Address, AddressError};
pub use diagnostic::{Diagnostic, Diagnostics, Location};
pub use environment::{
    DrSettings, DriftIgnore, Environment, Lifecycle, Origin, PolicyException, Resource, StateReplica, StateSettings,
};
pub use load::load;
pub use locate::{environments, locate};
pub use nearest::suggestion;
pub use schema::{Catalog, Field, Fields, KindSchema, Severity, Shape};
