//! A Lambda function's source folder becomes a zip: the same byte for byte on any machine, at any time, under any umask.
//!
//! ```no_run
//! use provision_package::{Architecture, Package, Source};
//! # fn main() -> Result<(), provision_package::PackageError> {
//! let source = Source {
//!     folder: "lambda-src/pipeline".into(),
//!     runtime: "python3.12".into(),
//!     architecture: Architecture::Arm64,
//! };
//! let package = Package::build(&source)?;
//! println!("{} files, CodeSha256 {}", package.files.len(), package.code_sha256);
//! # Ok(()) }
//! ```
//!
//! # What is in the zip
//!
//! - Regular files only, sorted by the bytes of their paths, with `/` between folders. No entries for folders: an empty
//!   folder leaves no trace, as in git.
//! - Every time is 1980-01-01 00:00:00, the zip format's first. No extra fields, no comments.
//! - The mode is 0o755 for a file that starts with `#!` or is an ELF binary, else 0o644. What a file *is* decides, not its
//!   mode on disk: that one is lost by umasks, file shares, archives and Windows. Lambda needs files that anyone
//!   may read, and execute bits on `bootstrap`, extensions and helper programs; all of these are one of the two.
//! - Files are *stored*, not compressed. Stored bytes can only come out in one way, while every deflate
//!   implementation, version and even CPU (zlib-ng and zlib-rs choose their hash function by it) has its own,
//!   so that an upgrade of a library would show up as changed code in every function. What it costs: an upload takes
//!   longer, and [`ZIP_LIMIT`] is reached earlier. Lambda measures the 250 MB limit unzipped anyway.
//!
//! A test holds the SHA-256 of a small package, and thereby all of this. If it ever has to change, raise the format
//! number in `source.rs`.
//!
//! # What is left out
//!
//! Caches, version control, editors' and operating systems' leftovers, virtual environments, `tests/` and `.env` files
//! ([`EXCLUDED`] is the list). A file `.lambdaignore` in the folder adds rules in the syntax of `.gitignore`; they come after
//! the built-in ones, so `!tests/` takes one of these back.
//!
//! Symbolic links, names that are not UTF-8 and whatever is not a file or folder are errors, unless they are excluded: a
//! link's target is not part of the folder, and would be different on the next machine.
//!
//! # Dependencies
//!
//! A `requirements.txt` in the folder of a Python function is installed beside the sources. Its lines must be pinned
//! (`name==version`, with `--hash`es or without), because a range is another package next week; and complete, because
//! what they depend on would be chosen by the package index of the day. Only wheels for the function's own platform are
//! taken, never something built on this machine. They are kept in the user's cache ([`Vendor`]).

mod archive;
mod digest;
mod error;
mod limits;
mod package;
mod requirements;
mod rules;
mod source;
mod tree;
mod vendor;

pub use error::PackageError;
pub use limits::{UNZIPPED_LIMIT, ZIP_LIMIT};
pub use package::{FileEntry, Package};
pub use requirements::Problem;
pub use rules::EXCLUDED;
pub use source::{Architecture, Source};
pub use vendor::Vendor;
