//! Where a sandbox lives and how it runs.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use etcetera::BaseStrategy;

use crate::{Error, Lane};

/// Where a sandbox lives and how it runs.
#[derive(Clone, Debug)]
pub struct Options {
    /// The sandbox's own directory: its data, its logs and who is running. One directory, one local AWS.
    pub dir: PathBuf,
    /// Where the emulators are installed, shared by all sandboxes of this user.
    pub installs: PathBuf,
    /// Which emulators.
    pub lane: Lane,
    /// Keep what MiniStack holds over a stop. moto cannot.
    pub persist: bool,
    /// Stop by itself after this long without a request; `None` runs until `stop`.
    pub idle: Option<Duration>,
    /// The search path (as in `PATH`) on which Python is looked for.
    pub path: OsString,
}

impl Options {
    /// From the environment: `PROVISION_SANDBOX_DIR` (default: `provision/sandbox/default` in the user's cache directory,
    /// `…/default-moto` for the moto lane), `PROVISION_SANDBOX_LANE` (`pair` or `moto`), `PATH`.
    ///
    /// # Errors
    /// If the lane is unknown, or there is no home directory.
    pub fn from_env() -> Result<Self, Error> {
        let lane = match env::var("PROVISION_SANDBOX_LANE") {
            Ok(name) if !name.is_empty() => name.parse()?,
            _ => Lane::default(),
        };
        let cache = etcetera::choose_base_strategy().map_err(|_| Error::NoHome)?.cache_dir().join("provision/sandbox");
        let dir = match env::var_os("PROVISION_SANDBOX_DIR") {
            Some(dir) if !dir.is_empty() => PathBuf::from(dir),
            _ => cache.join(match lane {
                Lane::Pair => "default",
                Lane::Moto => "default-moto",
            }),
        };
        let path = env::var_os("PATH").unwrap_or_default();
        Ok(Self { dir, installs: cache.join("installed"), lane, persist: true, idle: None, path })
    }

    /// The same in another directory.
    #[must_use]
    pub fn in_dir(self, dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into(), ..self }
    }
}
