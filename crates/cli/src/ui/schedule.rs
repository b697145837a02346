//! The files of a scheduler.

use std::path::PathBuf;

use provision_schedule::File;

/// One file as it is, several each under its name.
pub fn contents(files: &[File]) -> String {
    match files {
        [file] => file.content.clone(),
        several => {
            let texts = several.iter().map(|file| format!("# ──── {}\n{}", file.name, file.content));
            texts.collect::<Vec<_>>().join("\n")
        }
    }
}

/// What was written where, and what is to be done with it.
pub fn written(files: &[File], paths: &[PathBuf]) -> String {
    let lines =
        files.iter().zip(paths).map(|(file, path)| format!("Wrote {}\n  {}\n", path.display(), file.what_to_do));
    lines.collect()
}
