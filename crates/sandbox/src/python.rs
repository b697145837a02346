//! Finding a Python that is new enough.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Error;

/// What both emulators need.
const OLDEST: (u32, u32) = (3, 10);

const NAMES: &[&str] = &["python3", "python3.13", "python3.12", "python3.11", "python3.10", "python"];

/// The first Python on the search path that is new enough.
pub(crate) fn find(path: &OsStr) -> Result<PathBuf, Error> {
    let mut found = Vec::new();
    for name in NAMES {
        for folder in env::split_paths(path) {
            let program = folder.join(name);
            if !program.is_file() {
                continue;
            }
            match version(&program, path) {
                Some(version) if version >= OLDEST => return Ok(program),
                Some((major, minor)) => found.push(format!("{} is {major}.{minor}", program.display())),
                None => found.push(format!("{} does not run", program.display())),
            }
        }
    }
    let found = if found.is_empty() { "there is no python3 on PATH".to_owned() } else { found.join(", ") };
    Err(Error::NoPython { found })
}

fn version(program: &Path, path: &OsStr) -> Option<(u32, u32)> {
    let output = Command::new(program)
        .args(["-c", "import sys; print(*sys.version_info[:2])"])
        .env("PATH", path)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let (major, minor) = text.trim().split_once(' ')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn script(folder: &Path, name: &str, text: &str) {
        let path = folder.join(name);
        fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn none_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let error = find(folder.path().as_os_str()).unwrap_err();
        assert_eq!(error.to_string(), "failed to find Python 3.10 or newer: there is no python3 on PATH");
        assert!(error.hint().starts_with("install Python 3.10 or newer"));
    }

    #[test]
    fn an_old_one_and_a_broken_one_are_named() {
        let folder = tempfile::tempdir().unwrap();
        script(folder.path(), "python3", "echo 3 9");
        script(folder.path(), "python3.12", "exit 1");
        let error =
            find(folder.path().as_os_str()).unwrap_err().to_string().replace(folder.path().to_str().unwrap(), "DIR");
        assert_eq!(error, "failed to find Python 3.10 or newer: DIR/python3 is 3.9, DIR/python3.12 does not run");
    }

    #[test]
    fn a_newer_one_beside_an_old_one_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        script(folder.path(), "python3", "echo 3 9");
        script(folder.path(), "python3.11", "echo 3 11");
        assert_eq!(find(folder.path().as_os_str()).unwrap(), folder.path().join("python3.11"));
    }
}
