//! Installing the emulators, each into a private virtual environment, pinned with hashes.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use crate::lane::Emulator;
use crate::process::{Lock, tail};
use crate::{Error, Options, programs, python};

/// The virtual environment of an emulator. A new set of pinned packages gets a new folder: what runs from the old one
/// goes on running.
pub(crate) fn folder(installs: &Path, emulator: Emulator) -> PathBuf {
    let pins = programs::digest(&[programs::requirements(emulator)]);
    installs.join(format!("{}-{}-{}", emulator.name(), programs::version(emulator), &pins[..12]))
}

/// Its Python.
pub(crate) fn interpreter(installs: &Path, emulator: Emulator) -> PathBuf {
    folder(installs, emulator).join("bin/python")
}

/// Whether it is there, whole. (Its Python is a link to the system's, which may have gone.)
pub(crate) fn complete(installs: &Path, emulator: Emulator) -> bool {
    folder(installs, emulator).join("complete").exists() && interpreter(installs, emulator).exists()
}

/// Installs what is missing of these, all at once.
pub(crate) fn ensure(options: &Options, emulators: &[Emulator], progress: &(dyn Fn(&str) + Sync)) -> Result<(), Error> {
    let missing: Vec<_> = emulators.iter().filter(|emulator| !complete(&options.installs, **emulator)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let python = python::find(&options.path)?;
    fs::create_dir_all(&options.installs).map_err(Error::file("create", &options.installs))?;
    thread::scope(|scope| {
        let python = &python;
        let installing: Vec<_> = missing
            .into_iter()
            .map(|emulator| scope.spawn(move || install(options, *emulator, python, progress)))
            .collect();
        // Every one is waited for before the first error is told: none is left half-way by our exit.
        let results: Vec<_> = installing.into_iter().map(|thread| thread.join()).collect();
        results.into_iter().try_for_each(|result| result.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

fn install(
    options: &Options,
    emulator: Emulator,
    python: &Path,
    progress: &(dyn Fn(&str) + Sync),
) -> Result<(), Error> {
    let folder = folder(&options.installs, emulator);
    let title = format!("{} {}", emulator.title(), programs::version(emulator));
    let lock = options.installs.join(format!("{}.lock", emulator.name()));
    let _lock = Lock::acquire(&lock, || {
        progress(&format!("waiting for another process that is installing {title}"));
    })?;
    if complete(&options.installs, emulator) {
        return Ok(());
    }
    progress(&format!("installing {title} (once, into {})", folder.display()));
    // A virtual environment cannot be moved, so it is made where it stays, and a file made last says that it is whole.
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(Error::file("remove", &folder)(error)),
        _ => {}
    }
    run(Command::new(python).args(["-m", "venv"]).arg(&folder), &options.path)
        .map_err(|output| Error::NoVenv { emulator, output })?;
    let pins = folder.join("requirements.txt");
    fs::write(&pins, programs::requirements(emulator)).map_err(Error::file("write", &pins))?;
    let mut pip = Command::new(interpreter(&options.installs, emulator));
    pip.args([
        "-m",
        "pip",
        "install",
        "--require-hashes",
        "--no-input",
        "--quiet",
        "--disable-pip-version-check",
        "--progress-bar=off",
    ]);
    run(pip.arg("--requirement").arg(&pins), &options.path).map_err(|output| Error::Install { emulator, output })?;
    let marker = folder.join("complete");
    File::create(&marker).map_err(Error::file("write", &marker))?;
    progress(&format!("installed {title}"));
    Ok(())
}

/// Runs a command quietly; if it fails, the last lines of what it said.
fn run(command: &mut Command, path: &OsStr) -> Result<(), String> {
    // A virtual environment or settings of the caller's own must not leak into ours.
    let command = command.env("PATH", path).env_remove("PYTHONHOME").env_remove("PYTHONPATH").env_remove("VIRTUAL_ENV");
    match command.stdin(Stdio::null()).output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            let said = [output.stdout, output.stderr].concat();
            Err(tail(&String::from_utf8_lossy(&said), 8))
        }
        Err(error) => Err(error.to_string()),
    }
}
