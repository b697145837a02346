//! Files that are wrong, each in its own way, and what is said about them.

#![allow(clippy::unwrap_used)]

#[path = "malformed/addresses.rs"]
mod addresses;
#[path = "malformed/cycles.rs"]
mod cycles;
#[path = "malformed/files.rs"]
mod files;
#[path = "malformed/layers.rs"]
mod layers;
#[path = "malformed/references.rs"]
mod references;
#[path = "malformed/resources.rs"]
mod resources;
#[path = "malformed/sections.rs"]
mod sections;
#[path = "malformed/values.rs"]
mod values;
#[path = "support/world.rs"]
mod world;
