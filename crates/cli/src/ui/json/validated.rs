//! `provision.validate/1` and `provision.new/1`: files that are well, and files that were written.

use std::path::PathBuf;

use provision_config::Environment;
use serde::Serialize;

/// Environment files that are valid.
#[derive(Debug, Serialize)]
pub struct Validated {
    format: &'static str,
    environments: Vec<Valid>,
}

/// An environment file that is valid.
#[derive(Debug, Serialize)]
struct Valid {
    file: String,
    name: String,
    account: String,
    region: String,
    /// How many resources it has, `for_each` expanded.
    resources: usize,
}

/// Files that were written.
#[derive(Debug, Serialize)]
pub struct Created {
    format: &'static str,
    files: Vec<String>,
}

impl Validated {
    /// The machine form of valid files.
    pub fn new(environments: &[(PathBuf, Environment)]) -> Self {
        let environments = environments.iter().map(|(file, environment)| Valid {
            file: file.display().to_string(),
            name: environment.name.clone(),
            account: environment.account.clone(),
            region: environment.region.clone(),
            resources: environment.resources.len(),
        });
        Self { format: "provision.validate/1", environments: environments.collect() }
    }
}

impl Created {
    /// The machine form of files that were written.
    pub fn new(files: &[PathBuf]) -> Self {
        Self { format: "provision.new/1", files: files.iter().map(|file| file.display().to_string()).collect() }
    }
}
