//! The package: a zip and what is to be known about it.

use std::fmt;

use crate::error::PackageError;
use crate::rules::Rules;
use crate::source::Source;
use crate::tree::{self, Found};
use crate::vendor::Vendor;
use crate::{archive, digest, limits};

/// A function's code, ready for Lambda.
#[derive(Clone, PartialEq, Eq)]
pub struct Package {
    /// The zip.
    pub bytes: Vec<u8>,
    /// Its SHA-256 in hexadecimal.
    pub sha256: String,
    /// Its SHA-256 in base64: what Lambda's `GetFunctionConfiguration` will give as `CodeSha256`.
    pub code_sha256: String,
    /// The hash of what it was made from: [`Source::hash`].
    pub source_hash: String,
    /// What is in it, sorted by path.
    pub files: Vec<FileEntry>,
    /// The size of all files together, in bytes.
    pub uncompressed: u64,
}

/// A file in a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileEntry {
    /// Its path, with `/`.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its mode: 0o644 or 0o755.
    pub mode: u32,
    /// Whether it comes from `requirements.txt` rather than from the folder.
    pub vendored: bool,
}

impl Package {
    /// Packages a folder, with the `python3` on the search path and the user's cache where there are requirements.
    /// Blocking: it reads every file, and the first time runs pip.
    ///
    /// # Errors
    /// If the folder cannot be packaged, or is more than Lambda would take; [`PackageError::hint`] says what to do.
    pub fn build(source: &Source) -> Result<Self, PackageError> {
        Self::build_with(source, Vendor::from_env)
    }

    /// The same, with another Python or cache, which are asked for only where there are requirements.
    ///
    /// # Errors
    /// Those of [`Package::build`], and whatever `vendor` gives.
    pub fn build_with(
        source: &Source,
        vendor: impl FnOnce() -> Result<Vendor, PackageError>,
    ) -> Result<Self, PackageError> {
        let mut files = source.files()?;
        if files.is_empty() {
            return Err(PackageError::Empty { folder: source.folder.clone() });
        }
        let requirements = source.requirements()?;
        if !requirements.is_empty() {
            let installed = vendor()?.install(source, &requirements)?;
            files.extend(tree::walk(&installed, &Rules::vendored()?, true)?);
            files.sort_by(|a, b| a.path.cmp(&b.path));
            if let Some(two) = files.windows(2).find(|two| two[0].path == two[1].path) {
                return Err(PackageError::Conflict { path: two[0].path.clone() });
            }
        }
        limits::check(&files)?;
        let contents = files.iter().map(Found::read).collect::<Result<Vec<_>, _>>()?;
        let pairs = || files.iter().zip(&contents).map(|(file, content)| (file, content.as_slice()));
        let bytes = archive::write(pairs().map(|(file, content)| (file.path.as_str(), content)))
            .map_err(|error| PackageError::Archive { folder: source.folder.clone(), source: error })?;
        let own = pairs().filter(|(file, _)| !file.vendored).map(|(file, content)| (file.path.as_str(), content));
        let source_hash = source.hash_of(own, &requirements);
        let entries: Vec<_> = pairs().map(|(file, content)| FileEntry::new(file, content)).collect();
        let (sha256, code_sha256) = digest::of(&bytes);
        let uncompressed = entries.iter().map(|file| file.size).sum();
        Ok(Self { bytes, sha256, code_sha256, source_hash, files: entries, uncompressed })
    }
}

impl FileEntry {
    fn new(file: &Found, content: &[u8]) -> Self {
        Self {
            path: file.path.clone(),
            size: content.len() as u64,
            mode: archive::mode(content),
            vendored: file.vendored,
        }
    }
}

/// Without the bytes, which nobody could read.
impl fmt::Debug for Package {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Package")
            .field("bytes", &self.bytes.len())
            .field("sha256", &self.sha256)
            .field("source_hash", &self.source_hash)
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}
