//! What `provision sandbox status` tells.

use std::path::PathBuf;

use serde::Serialize;

use crate::{Emulator, Gap, Lane};

/// What there is in a sandbox's directory.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// The lane that runs, or would.
    pub lane: Lane,
    /// The sandbox's directory.
    pub dir: PathBuf,
    /// Whether every emulator of the lane answers.
    pub running: bool,
    /// When it was started.
    pub started: Option<jiff::Timestamp>,
    /// Each emulator of the lane.
    pub servers: Vec<ServerStatus>,
    /// Where these emulators are known to differ from AWS, mended or not.
    pub gaps: Vec<Gap>,
}

/// One emulator.
#[derive(Clone, Debug, Serialize)]
pub struct ServerStatus {
    /// Which one.
    pub emulator: Emulator,
    /// Its version: the one that runs, else the one that would.
    pub version: String,
    /// Whether the version that this program starts is installed.
    pub installed: bool,
    /// Its process, if it answers.
    pub pid: Option<u32>,
    /// Its address, if it answers.
    pub url: Option<String>,
    /// Its resident memory in bytes, where that can be told.
    pub memory: Option<u64>,
    /// Its log.
    pub log: PathBuf,
    /// Whether what it holds is still there after a stop and a start.
    pub persists: bool,
}
