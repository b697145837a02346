//! An account of its own, a folder with the project's environments, and the binary.

use std::ops::Deref;
use std::path::{Path, PathBuf};

use provision_testkit::emulator::{Account, Emulator};
use provision_testkit::project::Project;

/// A world of its own for one test.
pub struct World(Project);

impl World {
    /// An empty account, the project's own environments in a folder, and a proxy that records every call.
    pub fn new() -> Self {
        Self::of(Emulator::shared().account())
    }

    /// The same of an account of another emulator than the shared one.
    pub fn of(account: Account) -> Self {
        Self(Project::new(Path::new(env!("CARGO_BIN_EXE_provision")), &project(), account))
    }

    /// An account in which dev has been applied.
    pub fn applied() -> Self {
        let world = Self::new();
        world.run(&["apply", "dev", "--yes"]).expect_exit(0);
        world.proxy().clear();
        world
    }

    /// The name of one of the environment's buckets.
    pub fn bucket(&self, name: &str) -> String {
        format!("acme-dev-{name}-{}", self.account.id)
    }
}

impl Deref for World {
    type Target = Project;

    fn deref(&self) -> &Project {
        &self.0
    }
}

/// Whether the emulator copies objects into the replicas of their buckets. A test that needs it says so if not, and ends.
pub fn copies_objects() -> bool {
    let copies = std::env::var("PROVISION_SANDBOX_LANE").map_or(true, |lane| lane != "moto");
    if !copies {
        eprintln!("skipped: moto does not copy objects");
    }
    copies
}

/// The project's own folder.
pub fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}
