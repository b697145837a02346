//! Finding and reading the files of a folder.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::PackageError;
use crate::rules::Rules;

/// A file that belongs into the package.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// Its path within the package, with `/`.
    pub(crate) path: String,
    /// Where it is.
    pub(crate) disk: PathBuf,
    /// Its size in bytes, when it was found.
    pub(crate) size: u64,
    /// Whether it is a dependency's.
    pub(crate) vendored: bool,
}

impl Found {
    /// Its content.
    pub(crate) fn read(&self) -> Result<Vec<u8>, PackageError> {
        fs::read(&self.disk).map_err(PackageError::file("read", &self.disk))
    }
}

/// The files of a folder that no rule excludes, sorted by the bytes of their paths.
pub(crate) fn walk(root: &Path, rules: &Rules, vendored: bool) -> Result<Vec<Found>, PackageError> {
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let on_disk = root.join(&folder);
        let entries = fs::read_dir(&on_disk).map_err(PackageError::file("read", &on_disk))?;
        for entry in entries {
            let entry = entry.map_err(PackageError::file("read", &on_disk))?;
            let disk = entry.path();
            let relative = folder.join(entry.file_name());
            let kind = entry.file_type().map_err(PackageError::file("read", &disk))?;
            // A link may stand for a folder or a file; a rule for either of them is meant for it.
            let excluded =
                rules.exclude(&relative, kind.is_dir()) || kind.is_symlink() && rules.exclude(&relative, true);
            if excluded {
                continue;
            }
            if kind.is_symlink() {
                return Err(PackageError::Symlink { path: disk });
            }
            let path = name(&relative, &disk)?;
            if kind.is_dir() {
                folders.push(relative);
            } else if kind.is_file() {
                let size = entry.metadata().map_err(PackageError::file("read", &disk))?.len();
                files.push(Found { path, disk, size, vendored });
            } else {
                return Err(PackageError::Special { path: disk });
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// The path within the package.
fn name(relative: &Path, disk: &Path) -> Result<String, PackageError> {
    let error = |reason| PackageError::Name { path: disk.to_owned(), reason };
    let mut parts = Vec::new();
    for part in relative {
        let part = part.to_str().ok_or_else(|| error("is not UTF-8"))?;
        // Unpackers take a backslash for a separator, or for itself.
        if part.contains('\\') {
            return Err(error("has a backslash"));
        }
        if part.chars().any(char::is_control) {
            return Err(error("has a control character"));
        }
        parts.push(part);
    }
    Ok(parts.join("/"))
}
