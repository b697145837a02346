//! `provision.schedule/1`: the files of a scheduler.

use std::path::PathBuf;

use provision_schedule::File;
use serde::Serialize;

/// The files of a scheduler.
#[derive(Debug, Serialize)]
pub struct Scheduled {
    format: &'static str,
    files: Vec<Written>,
}

/// One file.
#[derive(Debug, Serialize)]
struct Written {
    /// Its name, with the folders that matter to the scheduler.
    name: String,
    /// Where it was written; null if it was not.
    path: Option<String>,
    content: String,
    /// Where it goes and how it is switched on.
    what_to_do: String,
}

impl Scheduled {
    /// These files, and where they were written if they were.
    pub fn new(files: &[File], paths: Option<&[PathBuf]>) -> Self {
        let written = files.iter().enumerate().map(|(index, file)| Written {
            name: file.name.clone(),
            path: paths.and_then(|paths| paths.get(index)).map(|path| path.display().to_string()),
            content: file.content.clone(),
            what_to_do: file.what_to_do.clone(),
        });
        Self { format: "provision.schedule/1", files: written.collect() }
    }
}
