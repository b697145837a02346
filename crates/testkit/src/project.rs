//! The project's own environments in an account of their own, and the binary that is tried on them.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::{env, fs};

use serde_json::Value;
use tempfile::TempDir;

use crate::emulator::Account;
use crate::proxy::{Call, Proxy};

/// The account in the environments of the repository, which each trial replaces by its own.
const EXAMPLE_ACCOUNT: &str = "123456789012";

/// A copy of the project's environments, a fresh account, and a proxy that records every call to it.
#[derive(Debug)]
pub struct Project {
    /// The account.
    pub account: Account,
    binary: PathBuf,
    folder: TempDir,
    proxy: Proxy,
    variables: Vec<(String, String)>,
}

/// What a command said.
#[derive(Debug)]
pub struct Said {
    /// The exit code; -1 if a signal ended it.
    pub exit: i32,
    /// What it printed for others.
    pub stdout: String,
    /// What it told the person.
    pub stderr: String,
}

impl Project {
    /// The project whose sources are in `sources`, tried by `binary` in `account`.
    ///
    /// # Panics
    /// If its files cannot be copied.
    pub fn new(binary: &Path, sources: &Path, account: Account) -> Self {
        let (proxy, access) = Proxy::in_front_of(&account.access);
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("failed to make a folder: {error}"));
        for name in ["environments", "lambda-src"] {
            copy(&sources.join(name), &folder.path().join(name), &account.id);
        }
        Self { account, binary: binary.to_owned(), folder, proxy, variables: access.environment("us-east-1") }
    }

    /// Runs the binary to its end.
    pub fn run<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Said {
        said(self.command(arguments).output().unwrap_or_else(|error| self.panic(&error)))
    }

    /// Runs it with `--json`; the document it prints.
    ///
    /// # Panics
    /// If it exits with another code, or prints no document.
    pub fn json(&self, arguments: &[&str], exit: i32) -> Value {
        let mut all = vec!["--json"];
        all.extend(arguments);
        let said = self.run(&all).expect_exit(exit);
        serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{error}: {}", said.stdout))
    }

    /// Starts the binary.
    pub fn start<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Child {
        let mut command = self.command(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap_or_else(|error| self.panic(&error))
    }

    /// The binary with all that it needs to reach the account.
    pub fn command<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        // Nothing of the person's own: neither credentials nor settings.
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("AWS_") || name.to_string_lossy().starts_with("PROVISION_") {
                command.env_remove(name);
            }
        }
        command.envs(self.variables.iter().cloned());
        command
    }

    fn panic(&self, error: &std::io::Error) -> ! {
        panic!("failed to run {}: {error}", self.binary.display())
    }

    /// Every call so far that reached the emulator and was to change something, but for those that keep the state and
    /// the lock.
    pub fn changes(&self) -> Vec<Call> {
        self.proxy.mutating_calls().into_iter().filter(|call| !is_bookkeeping(call)).collect()
    }

    /// What stands between the binary and the account.
    pub fn proxy(&self) -> &Proxy {
        &self.proxy
    }

    /// Changes a line of an environment file.
    ///
    /// # Panics
    /// If the file has no such line.
    pub fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.folder.path().join("environments").join(file);
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(text.contains(from), "{file} does not contain {from:?}");
        fs::write(&path, text.replacen(from, to, 1)).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    /// Where the environments and the functions' sources are.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Said {
    /// Itself, if it exited with this code.
    ///
    /// # Panics
    /// If it did not, with all that it said.
    pub fn expect_exit(self, exit: i32) -> Self {
        assert_eq!(self.exit, exit, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }
}

/// What a command that has ended said.
pub fn said(output: Output) -> Said {
    Said {
        exit: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The state object, its journal and the lock item: not part of what a plan lists.
pub fn is_bookkeeping(call: &Call) -> bool {
    // The environments keep their states in buckets of this name.
    let in_state = || call.resource.as_deref().is_some_and(|resource| resource.contains("-state-"));
    match call.operation.as_str() {
        "PutObject" => call.service == "s3",
        "DeleteObject" | "DeleteObjects" => call.service == "s3" && in_state(),
        "PutItem" | "UpdateItem" => call.service == "dynamodb",
        _ => false,
    }
}

/// Copies a folder with all that is in it; the example account becomes `account`.
fn copy(from: &Path, to: &Path, account: &str) {
    let fail = |error: std::io::Error| -> ! { panic!("failed to copy {}: {error}", from.display()) };
    fs::create_dir(to).unwrap_or_else(|error| fail(error));
    for entry in fs::read_dir(from).unwrap_or_else(|error| fail(error)) {
        let entry = entry.unwrap_or_else(|error| fail(error));
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &to, account);
            continue;
        }
        let bytes = fs::read(&path).unwrap_or_else(|error| fail(error));
        let bytes = match String::from_utf8(bytes) {
            Ok(text) => text.replace(EXAMPLE_ACCOUNT, account).into_bytes(),
            Err(error) => error.into_bytes(),
        };
        fs::write(&to, bytes).unwrap_or_else(|error| fail(error));
    }
}
