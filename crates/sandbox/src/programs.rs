//! The Python programs and pinned requirements that are part of this binary.

use std::path::Path;
use std::{fs, io};

use sha2::{Digest, Sha256};

use crate::{Emulator, Error};

macro_rules! python {
    ($folder:literal: $($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../python/", $folder, $name)))),*]
    };
}

/// The programs that start an emulator.
const SERVERS: &[(&str, &str)] = python!["": "daemon.py", "ministack_server.py", "moto_server.py"];

/// What mends the emulators: one file for each emulator and service.
pub(crate) const PATCHES: &[(&str, &str)] = python![
    "patches/":
    "__init__.py",
    "ministack_core.py",
    "ministack_dynamodb.py",
    "ministack_kinesis.py",
    "ministack_kms.py",
    "ministack_lambda.py",
    "ministack_logs.py",
    "ministack_s3.py",
    "ministack_secretsmanager.py",
    "ministack_tagging.py",
    "moto_core.py",
    "moto_dynamodb.py",
    "moto_ec2_groups.py",
    "moto_ec2_instance.py",
    "moto_ec2_routing.py",
    "moto_ec2_vpc.py",
    "moto_iam.py",
    "moto_kinesis.py",
    "moto_kms.py",
    "moto_lambda.py",
    "moto_logs.py",
    "moto_s3.py",
    "moto_secretsmanager.py",
    "moto_ssm.py",
    "moto_tagging.py",
];

/// The pinned packages of an emulator, with their hashes.
pub(crate) fn requirements(emulator: Emulator) -> &'static str {
    match emulator {
        Emulator::Ministack => include_str!("../requirements/ministack.txt"),
        Emulator::Moto => include_str!("../requirements/moto.txt"),
    }
}

/// The pinned version of an emulator.
pub(crate) fn version(emulator: Emulator) -> &'static str {
    requirements(emulator)
        .lines()
        .find_map(|line| line.strip_prefix(emulator.name())?.strip_prefix("=="))
        .and_then(|rest| rest.split([' ', ';', '\\']).next())
        .unwrap_or("unknown")
}

/// What an emulator is made of, packages, programs and patches, in short: equal builds behave alike.
pub(crate) fn build(emulator: Emulator) -> String {
    let ours = |name: &str| name.starts_with(emulator.name()) || matches!(name, "daemon.py" | "__init__.py");
    let sources = SERVERS.iter().chain(PATCHES).filter(|(name, _)| ours(name)).map(|(_, source)| *source);
    let parts: Vec<_> = std::iter::once(requirements(emulator)).chain(sources).collect();
    digest(&parts)[..12].to_owned()
}

/// The SHA-256 of texts in hexadecimal.
pub(crate) fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes the programs to a folder, where Python finds them.
pub(crate) fn write(folder: &Path) -> Result<(), Error> {
    let patches = folder.join("patches");
    fs::create_dir_all(&patches).map_err(Error::file("create", &patches))?;
    let all = SERVERS.iter().map(|file| (folder, file)).chain(PATCHES.iter().map(|file| (patches.as_path(), file)));
    for (folder, (name, source)) in all {
        let path = folder.join(name);
        fs::write(&path, source).map_err(Error::file("write", &path))?;
    }
    remove_strangers(&patches).map_err(Error::file("clean", &patches))
}

/// A patch of another version of this program would be applied too.
fn remove_strangers(patches: &Path) -> io::Result<()> {
    for entry in fs::read_dir(patches)? {
        let entry = entry?;
        let name = entry.file_name();
        if name.to_string_lossy().ends_with(".py") && PATCHES.iter().all(|(known, _)| name != *known) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn versions_are_read_from_the_requirements() {
        assert_eq!(version(Emulator::Ministack), "1.5.33");
        assert_eq!(version(Emulator::Moto), "5.2.5");
    }

    #[test]
    fn a_patch_of_another_version_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("patches")).unwrap();
        let stranger = folder.path().join("patches/moto_gone.py");
        fs::write(&stranger, "").unwrap();
        write(folder.path()).unwrap();
        assert!(!stranger.exists());
        assert!(folder.path().join("patches/moto_s3.py").exists());
    }
}
