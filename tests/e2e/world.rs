//! An account of its own, a folder with the project's environments, and the binary.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::{env, fs};

use provision_testkit::emulator::{Account, Emulator};
use provision_testkit::proxy::{Call, Proxy};
use serde_json::Value;
use tempfile::TempDir;

/// A world of its own for one test.
pub struct World {
    pub account: Account,
    folder: TempDir,
    proxy: Proxy,
    variables: Vec<(String, String)>,
}

/// What a command said.
#[derive(Debug)]
pub struct Said {
    pub exit: i32,
    pub stdout: String,
    pub stderr: String,
}

impl World {
    /// An empty account, the project's own environments in a folder, and a proxy that records every call.
    pub fn new() -> Self {
        Self::of(Emulator::shared().account())
    }

    /// The same of an account of another emulator than the shared one.
    pub fn of(account: Account) -> Self {
        let (proxy, access) = Proxy::in_front_of(&account.access);
        let folder = tempfile::tempdir().unwrap();
        let environments = folder.path().join("environments");
        fs::create_dir(&environments).unwrap();
        for entry in fs::read_dir(project().join("environments")).unwrap() {
            let path = entry.unwrap().path();
            let text = fs::read_to_string(&path).unwrap().replace("123456789012", &account.id);
            fs::write(environments.join(path.file_name().unwrap()), text).unwrap();
        }
        copy(&project().join("lambda-src"), &folder.path().join("lambda-src"));
        Self { account, folder, proxy, variables: access.environment("us-east-1") }
    }

    /// An account in which dev has been applied.
    pub fn applied() -> Self {
        let world = Self::new();
        world.run(&["apply", "dev", "--yes"]).expect_exit(0);
        world.proxy.clear();
        world
    }

    /// Runs the binary to its end.
    pub fn run<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Said {
        said(self.command(arguments).output().unwrap())
    }

    /// Runs it with `--json`; the document it prints.
    pub fn json(&self, arguments: &[&str], exit: i32) -> Value {
        let mut all = vec!["--json"];
        all.extend(arguments);
        let said = self.run(&all).expect_exit(exit);
        serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{error}: {}", said.stdout))
    }

    /// Starts the binary.
    pub fn start<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Child {
        self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    fn command<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_provision"));
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

    /// Every call so far that reached the emulator and was to change something, but for those that keep the state and
    /// the lock.
    pub fn changes(&self) -> Vec<Call> {
        self.proxy.mutating_calls().into_iter().filter(|call| !is_bookkeeping(call)).collect()
    }

    pub fn proxy(&self) -> &Proxy {
        &self.proxy
    }

    /// Changes a line of an environment file.
    pub fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.folder.path().join("environments").join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} does not contain {from:?}");
        fs::write(path, text.replacen(from, to, 1)).unwrap();
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The name of one of the environment's buckets.
    pub fn bucket(&self, name: &str) -> String {
        format!("acme-dev-{name}-{}", self.account.id)
    }
}

impl Said {
    /// Itself, if it exited with this code.
    pub fn expect_exit(self, exit: i32) -> Self {
        assert_eq!(self.exit, exit, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }
}

/// What a command that has ended said.
pub fn said(output: Output) -> Said {
    Said {
        // A shell's way of telling that a signal ended it.
        exit: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The state object and the lock item: not part of what a plan lists.
fn is_bookkeeping(call: &Call) -> bool {
    match call.operation.as_str() {
        "PutObject" => call.service == "s3",
        "PutItem" | "UpdateItem" => call.service == "dynamodb",
        _ => false,
    }
}

/// Copies a folder with all that is in it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (path, to) = entry.map(|entry| (entry.path(), to.join(entry.file_name()))).unwrap();
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(&path, &to).unwrap();
        }
    }
}

/// The project's own folder.
pub fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}
