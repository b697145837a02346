//! A local AWS on this machine, for trying out and for tests.
//!
//! Two emulators do the work, side by side: MiniStack for most services, moto for EC2, IAM and SSM ([`Lane::Pair`]).
//! A second lane has everything on moto ([`Lane::Moto`]), so that nothing is fitted to one of them. Installing them is
//! this crate's own job, and they are left running between commands.
//!
//! ```no_run
//! use provision_sandbox::{Options, Sandbox};
//! # fn main() -> Result<(), provision_sandbox::Error> {
//! let sandbox = Sandbox::open(Options::from_env()?);
//! let running = sandbox.ensure_started(&|line| eprintln!("{line}"))?;
//! let access = running.access("123456789012");
//! # Ok(()) }
//! ```
//!
//! Everything here blocks: a caller on an async runtime starts the sandbox before its runtime, or in
//! `spawn_blocking`.

mod access;
mod error;
mod gaps;
mod install;
mod instance;
mod lane;
mod options;
mod process;
mod programs;
mod python;
mod sandbox;
mod server;
mod status;

pub use access::{Access, DEFAULT_ACCOUNT, Running};
pub use error::Error;
pub use gaps::{Gap, gaps};
pub use lane::{Emulator, Lane};
pub use options::Options;
pub use sandbox::Sandbox;
pub use status::{ServerStatus, Status};
