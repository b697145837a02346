//! Installing what `requirements.txt` names, for the function's platform.

mod complete;
mod platform;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use etcetera::BaseStrategy;

use crate::digest::Parts;
use crate::error::PackageError;
use crate::requirements::Requirement;
use crate::source::Source;

/// Raised whenever the same requirements are installed in another way.
const FORMAT: &str = "provision-package vendor 1";

/// What of the caller's settings would lead pip elsewhere. Its index, proxy and certificates are respected.
const UNWANTED: &[&str] = &[
    "PIP_CONSTRAINT",
    "PIP_NO_BINARY",
    "PIP_PREFIX",
    "PIP_PRE",
    "PIP_REQUIRE_VIRTUALENV",
    "PIP_REQUIREMENT",
    "PIP_ROOT",
    "PIP_TARGET",
    "PIP_UPGRADE",
    "PIP_USER",
    "PYTHONHOME",
    "PYTHONPATH",
];

/// How dependencies are installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vendor {
    /// The Python whose pip is used. Its version does not matter: pip is told the function's.
    pub python: PathBuf,
    /// Where what was installed is kept: a folder for each set of requirements, runtime and architecture. It may be
    /// removed at any time.
    pub cache: PathBuf,
}

impl Vendor {
    /// `python3` on the search path, and `provision/packages` in the user's cache directory.
    ///
    /// # Errors
    /// If there is no home directory.
    pub fn from_env() -> Result<Self, PackageError> {
        let strategy = etcetera::choose_base_strategy().map_err(|_| PackageError::NoHome)?;
        Ok(Self { python: "python3".into(), cache: strategy.cache_dir().join("provision/packages") })
    }

    /// The folder where the requirements are installed; installs them if they are not.
    pub(crate) fn install(&self, source: &Source, requirements: &[Requirement]) -> Result<PathBuf, PackageError> {
        let file = source.requirements_file();
        let platform = platform::arguments(source);
        let lines: String = requirements.iter().map(|requirement| format!("{requirement}\n")).collect();
        let mut key = Parts::default();
        key.add(FORMAT).add(platform.join(" ")).add(&lines);
        let installed = self.cache.join(key.hex());
        if installed.is_dir() {
            return Ok(installed);
        }
        fs::create_dir_all(&self.cache).map_err(PackageError::file("create", &self.cache))?;
        // Installed beside and then renamed: what has the name is whole, whoever else is at it or was interrupted.
        let work = tempfile::Builder::new()
            .prefix("installing-")
            .tempdir_in(&self.cache)
            .map_err(PackageError::file("write to", &self.cache))?;
        let pins = work.path().join("requirements.txt");
        fs::write(&pins, lines).map_err(PackageError::file("write", &pins))?;
        let target = work.path().join("installed");
        tracing::info!(packages = requirements.len(), file = %file.display(), "installing dependencies");
        self.pip(&platform, &pins, &target, &file)?;
        let missing = complete::missing(&target, requirements)?;
        if !missing.is_empty() {
            return Err(PackageError::Incomplete { file, missing });
        }
        match fs::rename(&target, &installed) {
            // Another process was faster, with the same.
            Err(_) if installed.is_dir() => Ok(installed),
            Err(error) => Err(PackageError::file("create", installed)(error)),
            Ok(()) => Ok(installed),
        }
    }

    fn pip(&self, platform: &[String], pins: &Path, target: &Path, file: &Path) -> Result<(), PackageError> {
        let mut command = Command::new(&self.python);
        command
            .args(["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--no-compile"])
            // What is not in the file would be of any version; what is no wheel would be built for this machine.
            .args(["--no-deps", "--only-binary=:all:"])
            .args(platform)
            .arg("--target")
            .arg(target)
            .arg("--requirement")
            .arg(pins)
            .stdin(Stdio::null());
        for name in UNWANTED {
            command.env_remove(name);
        }
        let output =
            command.output().map_err(|source| PackageError::NoPython { python: self.python.clone(), source })?;
        if output.status.success() {
            // pip makes no folder where it has nothing to install.
            return fs::create_dir_all(target).map_err(PackageError::file("create", target));
        }
        let said = [output.stdout, output.stderr].concat();
        Err(PackageError::Install { file: file.to_owned(), output: tail(&String::from_utf8_lossy(&said)) })
    }
}

/// The last lines, which say what was the matter.
fn tail(output: &str) -> String {
    let lines: Vec<_> = output.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(6)..].join("\n")
}
