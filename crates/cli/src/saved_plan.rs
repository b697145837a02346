//! A plan in a file, to be carried out later exactly as it was shown, or not at all.

use std::fs;
use std::path::Path;

use provision_config::Address;
use provision_reconciler::plan::{Intent, Plan};
use provision_state::State;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::arguments::Allowances;
use crate::exit::Exit;
use crate::failure::Failure;

/// The format of the file, bumped with every change.
const FORMAT: &str = "provision.saved-plan/3";

/// A plan in a file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedPlan {
    format: String,
    /// The state that it was made from: its lineage. Chosen by `plan` if there was no state yet.
    pub lineage: Uuid,
    /// The state's serial; 0 if there was none.
    serial: u64,
    /// Whether it destroys.
    destroy: bool,
    delete_data: bool,
    empty_buckets: bool,
    plan: Plan,
}

impl SavedPlan {
    /// A plan, with what it was made from.
    pub fn new(plan: Plan, state: &State, intent: Intent, allowances: Allowances) -> Self {
        Self {
            format: FORMAT.to_owned(),
            lineage: state.lineage,
            serial: state.serial,
            destroy: intent == Intent::Destroy,
            delete_data: allowances.delete_data,
            empty_buckets: allowances.empty_buckets,
            plan,
        }
    }

    /// Writes it. The file is for its owner's eyes: a plan names everything that an environment has.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(self)
            .map_err(|error| Failure::new(format!("failed to save the plan: {error}")))?;
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // Whole or not at all; a temporary file is readable by its owner only.
        let save = || {
            let mut file = tempfile::NamedTempFile::new_in(directory)?;
            std::io::Write::write_all(&mut file, text.as_bytes())?;
            file.persist(path).map_err(|error| error.error)
        };
        save().map(drop).map_err(|error| Failure::io("write", path, &error))
    }

    /// Reads it.
    ///
    /// # Errors
    /// If it cannot be read, or is not a plan of this version.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let text = fs::read_to_string(path).map_err(|error| Failure::io("read", path, &error))?;
        let invalid = |message: String| {
            Failure::new(format!("{} is not a plan that this version can carry out: {message}", path.display()))
                .code("saved_plan")
                .exit_with(Exit::INVALID)
                .hint("make it anew: `provision plan ENV --out FILE`")
        };
        let saved: Self = serde_json::from_str(&text).map_err(|error| invalid(error.to_string()))?;
        if saved.format != FORMAT {
            return Err(invalid(format!("its format is `{}`, not `{FORMAT}`", saved.format)));
        }
        Ok(saved)
    }

    /// What the plan is for.
    pub fn intent(&self) -> Intent {
        if self.destroy { Intent::Destroy } else { Intent::Apply }
    }

    /// What the person allowed when it was made.
    pub fn allowances(&self) -> Allowances {
        Allowances { delete_data: self.delete_data, empty_buckets: self.empty_buckets }
    }

    /// Refuses if anything has moved since: `now` is what would be planned at this moment.
    ///
    /// # Errors
    /// If it is not the same plan.
    pub fn check(&self, now: &Plan, state: &State, lock: Option<&Address>) -> Result<(), Failure> {
        let moved = |what: String| {
            Failure::new(format!("the saved plan no longer fits: {what}"))
                .code("saved_plan")
                .hint("nothing was done; make a new plan, look at it, and apply that")
        };
        if self.plan.environment != now.environment {
            return Err(moved(format!("it is for {}, not for {}", self.plan.environment, now.environment)));
        }
        if self.lineage != state.lineage || self.serial != state.serial {
            return Err(moved(format!(
                "the state is now of serial {}, the plan was made from serial {}",
                state.serial, self.serial
            )));
        }
        // On an account's first run the lock table has been created in the meantime, as the plan's first step.
        let changed: Vec<String> = now
            .changes
            .keys()
            .chain(self.plan.changes.keys())
            .filter(|address| !(self.serial == 0 && Some(*address) == lock))
            .filter(|address| {
                let differ = |plan: &Plan| {
                    plan.changes
                        .get(*address)
                        .map(|change| (change.action, change.steps.clone(), change.differences.clone()))
                };
                differ(now) != differ(&self.plan)
            })
            .map(Address::to_string)
            .collect();
        match changed.first() {
            None => Ok(()),
            Some(first) => Err(moved(format!("{first} has changed since it was made"))),
        }
    }
}
