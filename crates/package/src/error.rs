//! What can go wrong, and what to do about it.

use std::io;
use std::path::PathBuf;

use crate::limits::{UNZIPPED_LIMIT, ZIP_LIMIT};
use crate::requirements::{Problem, list};

/// Why a folder could not be packaged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackageError {
    /// There is no such folder.
    #[error("failed to package {folder}: it is not a folder")]
    NoFolder {
        /// What was given.
        folder: PathBuf,
    },
    /// Nothing is left of the folder after the exclusions.
    #[error("failed to package {folder}: it has no files to package")]
    Empty {
        /// The folder.
        folder: PathBuf,
    },
    /// A symbolic link.
    #[error("failed to package {path}: it is a symbolic link")]
    Symlink {
        /// The link.
        path: PathBuf,
    },
    /// A socket, a pipe or a device.
    #[error("failed to package {path}: it is neither a file nor a folder")]
    Special {
        /// The thing.
        path: PathBuf,
    },
    /// A name that is not UTF-8, or has a backslash or a control character.
    #[error("failed to package {path:?}: its name {reason}")]
    Name {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A pattern of `.lambdaignore` that is none.
    #[error("{file}:{line}: `{pattern}` is not a pattern: {reason}")]
    Pattern {
        /// The file.
        file: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// The line's text.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// More than Lambda takes in one call.
    #[error("the package has {}, more than the {} that Lambda takes in an upload{}", mb(*size), mb(ZIP_LIMIT), sizes(largest))]
    TooLargeZipped {
        /// The size of the zip, in bytes.
        size: u64,
        /// The largest files, with their sizes in bytes.
        largest: Vec<(String, u64)>,
    },
    /// More than Lambda unpacks.
    #[error("the package has {} unzipped, more than Lambda's limit of {}{}", mb(*size), mb(UNZIPPED_LIMIT), sizes(largest))]
    TooLargeUnzipped {
        /// The size of the files, in bytes.
        size: u64,
        /// The largest files, with their sizes in bytes.
        largest: Vec<(String, u64)>,
    },
    /// Lines of `requirements.txt` that do not name one package of one version. Never empty.
    #[error("{}", list(file, problems))]
    Requirements {
        /// The file.
        file: PathBuf,
        /// What is wrong, by line.
        problems: Vec<Problem>,
    },
    /// `requirements.txt` beside a function of another language.
    #[error("failed to package {file}: the runtime is {runtime}, not Python")]
    NotPython {
        /// The file.
        file: PathBuf,
        /// The function's runtime.
        runtime: String,
    },
    /// What an installed package needs is not in `requirements.txt`.
    #[error("{file} is not complete: {}", missing.iter().map(|(of, name)| format!("{of} needs {name}")).collect::<Vec<_>>().join(", "))]
    Incomplete {
        /// The file.
        file: PathBuf,
        /// Pairs of a package and what it needs.
        missing: Vec<(String, String)>,
    },
    /// A file of the folder and one of a dependency would have the same path.
    #[error("failed to package {path}: a package of requirements.txt has a file of the same name")]
    Conflict {
        /// The path within the package.
        path: String,
    },
    /// There is no cache directory.
    #[error("failed to find the user's cache directory: there is no home directory")]
    NoHome,
    /// Python could not be started.
    #[error("failed to run {python}")]
    NoPython {
        /// What was to be run.
        python: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// pip did not install.
    #[error("failed to install {file}: {output}")]
    Install {
        /// The file.
        file: PathBuf,
        /// The last lines of what pip said.
        output: String,
    },
    /// The zip could not be put together.
    #[error("failed to write the package of {folder}")]
    Archive {
        /// The folder.
        folder: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A file could not be read or written.
    #[error("failed to {action} {path}")]
    File {
        /// What was being done.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
}

impl PackageError {
    /// What to do next.
    pub fn hint(&self) -> String {
        match self {
            Self::NoFolder { .. } => "name the folder that has the function's sources".into(),
            Self::Empty { .. } => "put the function's sources there, or see what its .lambdaignore excludes".into(),
            Self::Symlink { .. } => {
                "replace it by what it points at, or exclude it in .lambdaignore: a link leads to something else on the \
                 next machine"
                    .into()
            }
            Self::Special { .. } => "remove it, or exclude it in .lambdaignore".into(),
            Self::Name { .. } => "rename it, or exclude it in .lambdaignore".into(),
            Self::Pattern { .. } => "write it as in a .gitignore".into(),
            Self::TooLargeZipped { .. } | Self::TooLargeUnzipped { .. } => {
                "exclude what the function does not need at run time in .lambdaignore, move large dependencies into \
                 a layer and data into S3"
                    .into()
            }
            Self::Requirements { problems, .. } => {
                let mut remedies: Vec<_> = problems.iter().map(|problem| problem.remedy.as_str()).collect();
                let mut seen = std::collections::BTreeSet::new();
                remedies.retain(|remedy| seen.insert(*remedy));
                remedies.join("; ")
            }
            Self::NotPython { .. } => "remove it, or correct the function's runtime".into(),
            Self::Incomplete { missing, .. } => {
                let names: std::collections::BTreeSet<_> = missing.iter().map(|(_, name)| name.as_str()).collect();
                format!(
                    "add {} to it, each as `name==version`, or make the whole file with `pip-compile` or `uv pip compile`",
                    names.into_iter().collect::<Vec<_>>().join(", ")
                )
            }
            Self::Conflict { .. } => "rename your own, or remove that package from requirements.txt".into(),
            Self::NoHome => "set HOME, or XDG_CACHE_HOME".into(),
            Self::NoPython { .. } => "install Python 3 with pip, as `python3` on PATH: it fetches the packages of \
                 requirements.txt"
                .into(),
            Self::Install { output, .. } if output.contains("HASH") => {
                "the package index has other files than those whose hashes are given: correct the hashes, or check which \
                 index pip uses (`pip config list`)"
                    .into()
            }
            Self::Install { output, .. } if output.contains("No module named pip") => {
                "install pip for that Python (Debian, Ubuntu: `apt install python3-pip`)".into()
            }
            Self::Install { output, .. } if is_offline(output) => {
                "the first build with these requirements needs the package index: check the network and pip's proxy \
                 settings (`pip config list`)"
                    .into()
            }
            Self::Install { .. } => "the version must exist and have a wheel for the function's runtime and architecture: \
                 choose one that has, or put that package into a layer"
                .into(),
            Self::Archive { .. } => "build it again; if that does not help, this is a bug: please report it".into(),
            Self::File { path, .. } => format!("check that {} is there and may be accessed", path.display()),
        }
    }

    pub(crate) fn file(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { action, path, source }
    }
}

fn is_offline(output: &str) -> bool {
    ["NewConnectionError", "Connection refused", "name resolution", "Network is unreachable", "timed out", "ProxyError"]
        .iter()
        .any(|sign| output.contains(sign))
}

fn mb(bytes: u64) -> String {
    // Rounded up, so that what is over a limit never looks equal to it.
    let tenths = bytes.saturating_mul(10).div_ceil(1024 * 1024);
    match tenths % 10 {
        0 => format!("{} MB", tenths / 10),
        tenth => format!("{}.{tenth} MB", tenths / 10),
    }
}

fn sizes(largest: &[(String, u64)]) -> String {
    let files: Vec<_> = largest.iter().map(|(path, size)| format!("{path} {}", mb(*size))).collect();
    if files.is_empty() { String::new() } else { format!(" (the largest files: {})", files.join(", ")) }
}
