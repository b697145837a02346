//! What all the tests share.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use provision_schedule::{Every, File, Job, Schedule, Target, Which};
use tempfile::TempDir;

use crate::samples::{full, plain};

/// A folder that is gone afterwards. Not below `/tmp`, where no systemd service of ours can be.
pub fn folder() -> TempDir {
    let hidden = |path: &Path| path.starts_with("/tmp") || path.starts_with("/var/tmp");
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let places = [Some(PathBuf::from(env!("CARGO_TARGET_TMPDIR"))), home, Some(PathBuf::from("/dev/shm"))];
    let place = places.into_iter().flatten().find(|place| !hidden(place) && fs::create_dir_all(place).is_ok());
    TempDir::with_prefix_in("schedule-", place.unwrap()).unwrap()
}

/// One of each kind: every period, both jobs, with options and without.
pub fn every_schedule() -> Vec<Schedule> {
    let mut all = Vec::new();
    for (period, _) in Every::ACCEPTED {
        for job in Job::ALL {
            all.push(Schedule::new(job, Which::All, Every::parse(period).unwrap()));
        }
    }
    all.push(full());
    all.push(Schedule { notify: Vec::new(), ..full() });
    all.push(Schedule { aws_credentials: None, notify: Vec::new(), install: String::new(), ..full() });
    all.push(Schedule { every: Every::parse("1d").unwrap().at("00:00").unwrap(), ..plain() });
    let names = ["_", "a", "Prod-EU_1", "yes", "null", "on"];
    all.push(Schedule { which: Which::Named(names.map(str::to_owned).to_vec()), name: "on".to_owned(), ..plain() });
    all
}

/// Writes files below a folder; their paths.
pub fn write(folder: &Path, files: &[File]) -> Vec<PathBuf> {
    let write = |file: &File| {
        let path = folder.join(&file.name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &file.content).unwrap();
        path
    };
    files.iter().map(write).collect()
}

/// The one file of a target that has one.
pub fn content(schedule: &Schedule, target: Target) -> String {
    let mut files = schedule.render(target).unwrap();
    assert_eq!(files.len(), 1);
    files.remove(0).content
}

/// Runs a command; what it said, on either stream, and whether it went well.
pub fn said(command: &mut Command) -> (bool, String) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    (output.status.success(), text(&output))
}

/// Both streams.
pub fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.clone(), output.stderr.clone()].concat()).into_owned()
}

/// All documents of a YAML file.
pub fn yaml(text: &str) -> Vec<serde_json::Value> {
    serde_saphyr::from_multiple(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}
