//! What all trials share: the accounts that are ready for one, and what a run comes to that nothing disturbs.

use std::sync::{Mutex, PoisonError};

use super::accounts::{Accounts, Home};
use super::trial::{Inventory, look};
use super::{Phase, Soak};
use crate::project::{Project, Said};

/// What a file is changed to, so that every kind of resource is changed: its tags, and something of its own for many.
const EDITS: [(&str, &str, &str); 6] = [
    ("base.toml", "Project = \"${vars.project}\"", "Project = \"${vars.project}\"\nOwner = \"platform\""),
    ("staging.toml", "shards = 2", "shards = 4"),
    ("base.toml", "log_retention_days = 365", "log_retention_days = 400"),
    ("base.toml", "function_memory = 256", "function_memory = 320"),
    ("base/instance.toml", "description = \"HTTPS to AWS and to package repositories\"", "description = \"HTTPS\""),
    ("base/pipeline.toml", "batch_size = 100", "batch_size = 50"),
];

/// What a run comes to that nothing disturbs.
pub(super) struct Reference {
    pub calls: usize,
    pub inventory: Inventory,
}

/// What is in an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Contents {
    Nothing,
    /// What the file says.
    Original,
    /// What the changed file says.
    Edited,
}

/// An account in which the last run has brought everything to where it should be.
pub(super) struct Ready {
    pub project: Project,
    contents: Contents,
    /// Whether its files are the changed ones.
    edited: bool,
    home: Home,
}

/// What all trials share.
pub(super) struct Stage<'a> {
    pub soak: &'a Soak,
    accounts: Accounts,
    /// What trials have left behind, and later ones can go on with.
    left: Mutex<Vec<Ready>>,
}

impl<'a> Stage<'a> {
    pub fn new(soak: &'a Soak) -> Self {
        Self { soak, accounts: Accounts::new(soak.accounts_per_emulator), left: Mutex::new(Vec::new()) }
    }

    /// What the runs come to that nothing disturbs, of each phase that is wanted.
    pub fn references(&self) -> Vec<(Phase, Reference)> {
        let mut all = Vec::new();
        for phase in &self.soak.phases {
            let ready = self.ready(*phase).unwrap_or_else(|error| panic!("{error}"));
            let project = &ready.project;
            project.run(&self.command(*phase)).expect_exit(0);
            let calls = project.proxy().mutating_calls().len();
            let (inventory, _) = look(project).unwrap_or_else(|error| panic!("{error}"));
            all.push((*phase, Reference { calls, inventory }));
            self.leave(*phase, ready);
        }
        all
    }

    /// An account in which everything is ready for the command that is disturbed.
    ///
    /// # Errors
    /// If a run fails that nothing disturbs.
    pub fn ready(&self, phase: Phase) -> Result<Ready, String> {
        let from = phase.from();
        let mut ready = self.left(phase).unwrap_or_else(|| {
            let (account, home) = self.accounts.fresh();
            let project = Project::new(&self.soak.binary, &self.soak.sources, account);
            Ready { project, contents: Contents::Nothing, edited: false, home }
        });
        if ready.contents != from {
            ready.write(from);
            let Said { exit, stdout, stderr } = ready.project.run(&["apply", &self.soak.environment, "--yes"]);
            if exit != 0 {
                return Err(format!("a run that nothing disturbed, before the trial, failed:\n{stdout}\n{stderr}"));
            }
            ready.contents = from;
        }
        ready.write(phase.to());
        ready.project.proxy().clear();
        Ok(ready)
    }

    /// The account that fits best of those that are left.
    fn left(&self, phase: Phase) -> Option<Ready> {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        left.retain(|ready| self.accounts.is_current(&ready.home));
        let from = phase.from();
        let fits = left.iter().position(|ready| ready.contents == from);
        let place = fits.or(if from == Contents::Nothing || left.is_empty() { None } else { Some(0) });
        place.map(|place| left.remove(place))
    }

    /// Leaves an account that has passed its trial to the next one that can use it.
    pub fn leave(&self, phase: Phase, ready: Ready) {
        let ready = Ready { contents: phase.to(), ..ready };
        // Some are enough: an account takes part in many trials.
        let enough = 2 * self.soak.jobs.max(1);
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let alike = left.iter().filter(|other| other.contents == ready.contents).count();
        if ready.contents != Contents::Nothing && alike < enough {
            left.push(ready);
        }
    }

    /// The command that is disturbed.
    pub fn command(&self, phase: Phase) -> Vec<&str> {
        match phase {
            Phase::Create | Phase::Update | Phase::Revert => vec!["apply", &self.soak.environment, "--yes"],
            Phase::Destroy => vec!["destroy", &self.soak.environment, "--yes", "--delete-data", "--empty-buckets"],
        }
    }
}

impl Ready {
    /// Makes the files say what the contents are to be.
    fn write(&mut self, contents: Contents) {
        let edited = match contents {
            Contents::Nothing => return,
            Contents::Original => false,
            Contents::Edited => true,
        };
        if edited == self.edited {
            return;
        }
        for (file, original, changed) in EDITS {
            let (from, to) = if edited { (original, changed) } else { (changed, original) };
            self.project.edit(file, from, to);
        }
        self.edited = edited;
    }
}

impl Phase {
    /// What is there before it.
    fn from(self) -> Contents {
        match self {
            Self::Create => Contents::Nothing,
            Self::Update | Self::Destroy => Contents::Original,
            Self::Revert => Contents::Edited,
        }
    }

    /// What is there after it.
    fn to(self) -> Contents {
        match self {
            Self::Create | Self::Revert => Contents::Original,
            Self::Update => Contents::Edited,
            Self::Destroy => Contents::Nothing,
        }
    }
}
