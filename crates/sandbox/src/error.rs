//! What can go wrong, and what to do about it.

use std::io;
use std::path::PathBuf;

use crate::{Emulator, Lane};

/// Why the sandbox could not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// `PROVISION_SANDBOX_LANE` names no lane.
    #[error("unknown sandbox lane {found:?}: expected \"pair\" or \"moto\"")]
    UnknownLane {
        /// What was given.
        found: String,
    },
    /// There is no home directory to put a cache into.
    #[error("failed to find the user's cache directory: there is no home directory")]
    NoHome,
    /// The sandbox in this directory runs on another lane.
    #[error("the sandbox in {dir} is running on lane \"{running}\", not \"{asked}\"")]
    OtherLane {
        /// The sandbox's directory.
        dir: PathBuf,
        /// What is running.
        running: Lane,
        /// What was asked for.
        asked: Lane,
    },
    /// No Python that is new enough is on the search path.
    #[error("failed to find Python 3.10 or newer: {found}")]
    NoPython {
        /// What was found instead.
        found: String,
    },
    /// Python cannot make virtual environments.
    #[error("failed to make a virtual environment for {}: {output}", emulator.title())]
    NoVenv {
        /// For whom.
        emulator: Emulator,
        /// The last lines of what Python said.
        output: String,
    },
    /// pip could not install.
    #[error("failed to install {}: {output}", emulator.title())]
    Install {
        /// What was to be installed.
        emulator: Emulator,
        /// The last lines of what pip said.
        output: String,
    },
    /// An emulator stopped or stayed silent while it started.
    #[error("failed to start {}: {reason}", emulator.title())]
    Start {
        /// Which one.
        emulator: Emulator,
        /// What happened, with the last lines of its log.
        reason: String,
        /// Its log.
        log: PathBuf,
    },
    /// An emulator did not stop when told to.
    #[error("failed to stop process {pid} of the sandbox within {seconds} s")]
    Stop {
        /// Its process.
        pid: u32,
        /// How long it was given.
        seconds: u64,
    },
    /// An emulator refused to forget.
    #[error("failed to reset {}: {reason}", emulator.title())]
    Reset {
        /// Which one.
        emulator: Emulator,
        /// What it answered.
        reason: String,
    },
    /// A file could not be read or written.
    #[error("failed to {action} {path}")]
    File {
        /// What was being done.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
}

impl Error {
    /// What to do next.
    pub fn hint(&self) -> String {
        match self {
            Self::UnknownLane { .. } => "unset PROVISION_SANDBOX_LANE, or set it to `pair` or `moto`".into(),
            Self::NoHome => "set HOME, or XDG_CACHE_HOME".into(),
            Self::OtherLane { running, .. } => format!(
                "stop it first (`PROVISION_SANDBOX_LANE={running} provision sandbox stop`), or choose another \
                 directory with PROVISION_SANDBOX_DIR"
            ),
            Self::NoPython { .. } => "install Python 3.10 or newer and put it on PATH as `python3` (Debian, Ubuntu: \
                 `apt install python3 python3-venv`; macOS: `brew install python`)"
                .into(),
            Self::NoVenv { .. } => "install Python's venv and ensurepip (Debian, Ubuntu: `apt install python3-venv`), \
                 and see that the disk is not full"
                .into(),
            Self::Install { output, .. } if output.contains("HASHES") => {
                "the package index has files other than the ones that were pinned: check which index pip is configured \
                 to use (`pip config list`)"
                    .into()
            }
            Self::Install { .. } => {
                "the first start needs the network, to fetch the emulators from the Python package \
                 index: check the connection and pip's proxy settings (`pip config list`), then repeat the command"
                    .into()
            }
            Self::Start { log, .. } => {
                format!("see {}; `provision sandbox stop`, then `start`, begins afresh", log.display())
            }
            Self::Stop { pid, .. } => format!("end it yourself (`kill -9 {pid}`) and repeat the command"),
            Self::Reset { .. } => "`provision sandbox stop`, then `start`, begins afresh".into(),
            Self::File { path, .. } => {
                format!("check that {} is writable, or set PROVISION_SANDBOX_DIR", path.display())
            }
        }
    }

    pub(crate) fn file(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { action, path, source }
    }
}
