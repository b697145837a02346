//! The local AWS that all tests of the workspace share.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use provision_sandbox::{Access, Emulator as Program, Options, Running, Sandbox};
use tempfile::TempDir;

use crate::enforcing::Enforcing;

/// The local AWS that all tests share: one for each lane and user, started by whoever comes first and left running for
/// the next ones, until nobody has asked it anything for twenty minutes.
#[derive(Debug)]
pub struct Emulator {
    running: Running,
    sandbox: Sandbox,
    python: PathBuf,
    /// Of one that is nobody else's: it ends with this.
    folder: Option<TempDir>,
}

/// An account of its own for a test: nothing that other tests make is seen in it. Only the names of S3 buckets are
/// shared between all accounts, as they are on AWS.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its 12 digits, which nobody else uses.
    pub id: String,
    /// How to reach it.
    pub access: Access,
    /// The variables with which the AWS CLI, boto3 and `provision` reach it, region us-east-1.
    pub environment: Vec<(String, String)>,
}

impl Emulator {
    /// The emulators of the lane that `PROVISION_SANDBOX_LANE` names (default: the pair).
    ///
    /// # Panics
    /// If they do not start; the message says why and what to do.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Emulator> = OnceLock::new();
        SHARED.get_or_init(|| {
            let options = options();
            // By build: two checkouts with different patches must not stop each other's.
            // Not where PROVISION_SANDBOX_DIR says: tests must not write into the sandbox of a person.
            let dir = directory().join(format!("{}-{}", options.lane, options.lane.build()));
            Self::start(options.in_dir(dir), None)
        })
    }

    /// Emulators of the caller's own, of the same lane. They end when this is dropped.
    ///
    /// # Panics
    /// If they do not start; the message says why and what to do.
    pub fn own() -> Self {
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("failed to make a folder: {error}"));
        Self::start(options().in_dir(folder.path()), Some(folder))
    }

    fn start(mut options: Options, folder: Option<TempDir>) -> Self {
        // The accounts of earlier runs would only pile up.
        options.persist = false;
        options.idle = Some(Duration::from_secs(20 * 60));
        let sandbox = Sandbox::open(options);
        let running = sandbox
            .ensure_started(&|line| eprintln!("{line}"))
            .unwrap_or_else(|error| panic!("{error}\nhint: {}", error.hint()));
        let python = sandbox.python(Program::Moto);
        Self { running, sandbox, python, folder }
    }

    /// A Python that has boto3, for looking at an account with other eyes than our own. (Both lanes install moto.)
    pub fn python(&self) -> &Path {
        &self.python
    }

    /// A MiniStack of the caller's own that enforces IAM. Of the pair's lane only: moto's enforcement is unusable.
    ///
    /// # Panics
    /// If it does not start; the message says why.
    pub fn enforcing(&self) -> Enforcing {
        // What the shared one was started from is installed and written there.
        let programs = self.sandbox.options().dir.join("python");
        Enforcing::start(&self.sandbox.python(Program::Ministack), &programs)
    }

    /// A fresh account.
    pub fn account(&self) -> Account {
        let id = fresh_id();
        let access = self.running.access(&id);
        Account::new(id, access)
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // Should it not end now, it will when nobody asks it anything.
        if self.folder.is_some() {
            let _ = self.sandbox.stop();
        }
    }
}

/// A Python that has boto3: installed for the emulators, without which nobody has an account to look at.
pub(crate) fn python() -> PathBuf {
    Sandbox::open(options()).python(Program::Moto)
}

fn options() -> Options {
    Options::from_env().unwrap_or_else(|error| panic!("{error}\nhint: {}", error.hint()))
}

impl Account {
    pub(crate) fn new(id: String, access: Access) -> Self {
        let environment = access.environment("us-east-1");
        Self { id, access, environment }
    }
}

/// An account id that nobody else uses.
pub(crate) fn fresh_id() -> String {
    // 11 random digits after a 7: no account of the examples, and no leading zero.
    format!("7{:011}", uuid::Uuid::new_v4().as_u128() % 100_000_000_000)
}

/// One folder for all test processes of this user, whichever checkout they are from: the sandbox takes care of who comes
/// first.
fn directory() -> PathBuf {
    let user = env::var("USER").or_else(|_| env::var("LOGNAME")).unwrap_or_else(|_| "user".to_owned());
    env::temp_dir().join(format!("provision-tests-{user}"))
}
