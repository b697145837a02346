//! What is to be packaged.

use std::fmt;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::str::FromStr;

use crate::digest::Parts;
use crate::error::PackageError;
use crate::requirements::{self, Requirement};
use crate::rules::Rules;
use crate::tree::{self, Found};

/// Raised whenever the same sources give other bytes than before, so that source hashes tell too.
const FORMAT: &str = "provision-package 1";

/// A function's sources, and where they will run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The folder.
    pub folder: PathBuf,
    /// Lambda's identifier of the runtime, as in `python3.12`.
    pub runtime: String,
    /// What the function runs on.
    pub architecture: Architecture,
}

/// What a function runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Architecture {
    /// 64-bit x86.
    X86_64,
    /// 64-bit ARM: AWS Graviton.
    Arm64,
}

/// A text that names no architecture.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an architecture of Lambda; expected `x86_64` or `arm64`")]
pub struct ArchitectureError(pub String);

impl Architecture {
    /// Lambda's name of it.
    pub fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "arm64",
        }
    }

    /// The name in the platform tags of Python wheels.
    pub(crate) fn wheel_name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "aarch64",
        }
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Architecture {
    type Err = ArchitectureError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "x86_64" => Ok(Self::X86_64),
            "arm64" => Ok(Self::Arm64),
            _ => Err(ArchitectureError(text.to_owned())),
        }
    }
}

impl Source {
    /// A hash that is another one exactly when the package would be: of the files, and of what is to be vendored. It needs
    /// neither the network nor Python, which building may.
    ///
    /// It says nothing about the package index: two builds of an unhashed requirement are equal if the index gives equal
    /// wheels, as it should.
    ///
    /// # Errors
    /// Those of [`Package::build`](crate::Package::build), but for what only an installation or its size can show.
    pub fn hash(&self) -> Result<String, PackageError> {
        let files = self.files()?;
        let contents = files.iter().map(Found::read).collect::<Result<Vec<_>, _>>()?;
        let read = files.iter().zip(&contents).map(|(file, content)| (file.path.as_str(), content.as_slice()));
        Ok(self.hash_of(read, &self.requirements()?))
    }

    /// The hash, of files that have been read.
    pub(crate) fn hash_of<'a>(
        &self,
        files: impl Iterator<Item = (&'a str, &'a [u8])>,
        requirements: &[Requirement],
    ) -> String {
        let mut hash = Parts::default();
        hash.add(FORMAT);
        for (path, content) in files {
            hash.add("file").add(path).add(content);
        }
        // Where nothing is vendored, the same files are the same package on any runtime.
        if !requirements.is_empty() {
            hash.add("runtime").add(&self.runtime).add(self.architecture.name());
        }
        for requirement in requirements {
            hash.add("requirement").add(requirement.to_string());
        }
        hash.hex()
    }

    /// The folder's own files, by path.
    pub(crate) fn files(&self) -> Result<Vec<Found>, PackageError> {
        if !self.folder.is_dir() {
            return Err(PackageError::NoFolder { folder: self.folder.clone() });
        }
        tree::walk(&self.folder, &Rules::of_folder(&self.folder)?, false)
    }

    /// What is to be vendored, by name. Empty where there is no `requirements.txt`.
    pub(crate) fn requirements(&self) -> Result<Vec<Requirement>, PackageError> {
        let file = self.requirements_file();
        let text = match fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(PackageError::file("read", file)(error)),
        };
        if !self.runtime.starts_with("python") {
            return Err(PackageError::NotPython { file, runtime: self.runtime.clone() });
        }
        requirements::parse(&text).map_err(|problems| PackageError::Requirements { file, problems })
    }

    pub(crate) fn requirements_file(&self) -> PathBuf {
        self.folder.join("requirements.txt")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn architectures_are_named_as_lambda_names_them() {
        for name in ["x86_64", "arm64"] {
            assert_eq!(name.parse::<Architecture>().unwrap().to_string(), name);
        }
        let error = "aarch64".parse::<Architecture>().unwrap_err();
        insta::assert_snapshot!(error, @"`aarch64` is not an architecture of Lambda; expected `x86_64` or `arm64`");
    }
}
