//! Lambda's limits on the size of a package.
//! <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>

use crate::error::PackageError;
use crate::tree::Found;

/// The largest zip that Lambda takes in a call to its API, in bytes (50 MB).
pub const ZIP_LIMIT: u64 = 50 * 1024 * 1024;

/// The most that a package may contain unzipped, layers included, in bytes (250 MB).
pub const UNZIPPED_LIMIT: u64 = 250 * 1024 * 1024;

/// Refuses what Lambda would refuse, before any file is read.
pub(crate) fn check(files: &[Found]) -> Result<(), PackageError> {
    let unzipped = files.iter().map(|file| file.size).sum();
    if unzipped > UNZIPPED_LIMIT {
        return Err(PackageError::TooLargeUnzipped { size: unzipped, largest: largest(files) });
    }
    // Stored files: a local header of 30 bytes and a central one of 46, each with the name, and 22 bytes at the end.
    let headers: u64 = files.iter().map(|file| 76 + 2 * file.path.len() as u64).sum();
    let zipped = unzipped + headers + 22;
    if zipped > ZIP_LIMIT {
        return Err(PackageError::TooLargeZipped { size: zipped, largest: largest(files) });
    }
    Ok(())
}

/// The three largest files, if they are large, for the error: it is nearly always a data file or one dependency.
fn largest(files: &[Found]) -> Vec<(String, u64)> {
    let mut files: Vec<_> = files.iter().map(|file| (file.path.clone(), file.size)).collect();
    files.sort_by(|(a, size_a), (b, size_b)| size_b.cmp(size_a).then_with(|| a.cmp(b)));
    files.truncate(3);
    files.retain(|(_, size)| *size >= 1024 * 1024);
    files
}
