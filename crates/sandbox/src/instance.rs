//! Who is running in a sandbox's directory: the file `sandbox.json`.

use std::path::Path;
use std::{fs, io};

use serde::{Deserialize, Serialize};

use crate::{Emulator, Error, Lane};

/// What runs in a sandbox's directory, as it was when it was started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Instance {
    pub(crate) lane: Lane,
    pub(crate) started: jiff::Timestamp,
    pub(crate) servers: Vec<Server>,
}

/// A running emulator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Server {
    pub(crate) emulator: Emulator,
    pub(crate) version: String,
    /// Its packages, programs and patches; another version of this program may have others.
    pub(crate) build: String,
    /// The token that this very process answers, which no other one knows.
    pub(crate) token: String,
    pub(crate) pid: u32,
    pub(crate) port: u16,
}

impl Instance {
    pub(crate) fn server(&self, emulator: Emulator) -> Option<&Server> {
        self.servers.iter().find(|server| server.emulator == emulator)
    }

    /// Reads the file. One that is not there, or that another version wrote, is as good as none: whoever it names is
    /// then started anew.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>, Error> {
        match fs::read(path) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::file("read", path)(error)),
        }
    }

    /// Writes the file in one piece: a reader without the lock sees the old one or the new one.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Error> {
        let new = path.with_extension("json.new");
        let write = || -> io::Result<()> {
            fs::write(&new, serde_json::to_vec_pretty(self)?)?;
            fs::rename(&new, path)
        };
        write().map_err(Error::file("write", path))
    }
}
