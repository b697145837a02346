//! The functions in `lambda-src/`: their own tests, and what becomes of them as packages.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use provision_package::{Architecture, Package, Source};
use provision_sandbox::Options;
use provision_testkit::emulator::Emulator;

fn pipeline() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../lambda-src/pipeline")
}

fn succeeds(command: &mut Command) -> String {
    // Nothing of the caller's may decide which modules are found or which AWS is called.
    for name in ["PYTHONPATH", "PYTHONHOME", "AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CA_BUNDLE"] {
        command.env_remove(name);
    }
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    let output = command.output().unwrap_or_else(|error| panic!("failed to run {command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command:?}:\n{}{said}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stdout).unwrap() + &said
}

fn unittest(python: &Path, folder: &str, variables: &[(String, String)]) {
    let mut command = Command::new(python);
    command.args(["-m", "unittest", "discover", "-s", folder, "-t", "."]).current_dir(pipeline());
    let said = succeeds(command.envs(variables.iter().cloned()));
    // `OK (skipped=1)` is none, and before Python 3.12 finding no test at all is a success.
    assert!(said.trim_end().ends_with("\nOK") && !said.contains("Ran 0 tests"), "{said}");
}

/// A Python that has botocore: that of an installed emulator.
fn python_with_botocore() -> PathBuf {
    let installs = Options::from_env().unwrap().installs;
    let mut pythons: Vec<_> = fs::read_dir(&installs)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|install| install.join("complete").exists())
        .map(|install| install.join("bin/python"))
        .filter(|python| python.exists())
        .collect();
    pythons.sort();
    // moto's come last: they are on both lanes.
    pythons.pop().unwrap_or_else(|| panic!("no emulator is installed in {}", installs.display()))
}

#[test]
fn pipeline_unit_tests() {
    unittest(Path::new("python3"), "tests/unit", &[]);
}

#[test]
fn pipeline_integration_tests() {
    let account = Emulator::shared().account();
    unittest(&python_with_botocore(), "tests/integration", &account.environment);
}

#[test]
fn the_pipeline_is_packaged_and_starts_from_its_package() {
    let source = Source { folder: pipeline(), runtime: "python3.12".into(), architecture: Architecture::Arm64 };
    let package = Package::build(&source).unwrap();
    let files: Vec<_> = package.files.iter().map(|file| format!("{:o} {}", file.mode, file.path)).collect();
    insta::assert_snapshot!(files.join("\n"), @"
    644 archive.py
    644 aws.py
    644 batch.py
    644 events.py
    644 handler.py
    644 log.py
    644 records.py
    644 settings.py
    644 signing.py
    644 table.py
    ");

    let folder = tempfile::tempdir().unwrap();
    let zip = folder.path().join("package.zip");
    fs::write(&zip, &package.bytes).unwrap();
    let script =
        "import sys; sys.path.insert(0, sys.argv[1]); import handler; print(handler.handler({'check': True}, None))";
    let answer = succeeds(
        Command::new("python3")
            .args(["-c", script])
            .arg(&zip)
            .current_dir(&folder)
            .env("TABLE_NAME", "acme-dev-records")
            .env("BUCKET_NAME", "acme-dev-data")
            .env("SECRET_ARN", "arn:aws:secretsmanager:us-east-1:123456789012:secret:signing-AbCdEf"),
    );
    assert!(answer.contains("'ok': True"), "{answer}");
}
