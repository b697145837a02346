//! What cannot be packaged is refused, with a message that names it and a hint.

#![allow(clippy::unwrap_used)]

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::Command;

use provision_package::{Architecture, Package, PackageError, Source};

fn refused(folder: &Path) -> String {
    refused_for(folder, "python3.12")
}

fn refused_for(folder: &Path, runtime: &str) -> String {
    let source = Source { folder: folder.to_owned(), runtime: runtime.into(), architecture: Architecture::X86_64 };
    let error = Package::build_with(&source, || panic!("refused before anything is installed")).unwrap_err();
    shown(&error, folder)
}

fn shown(error: &PackageError, folder: &Path) -> String {
    format!("{error}\nhint: {}", error.hint()).replace(folder.to_str().unwrap(), "DIR")
}

fn folder_with(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, content) in files {
        fs::write(folder.path().join(path), content).unwrap();
    }
    folder
}

#[test]
fn no_folder() {
    let folder = tempfile::tempdir().unwrap();
    insta::assert_snapshot!(refused(&folder.path().join("gone")).replace(folder.path().to_str().unwrap(), "DIR"), @"
    failed to package DIR: it is not a folder
    hint: name the folder that has the function's sources
    ");
}

#[test]
fn nothing_to_package() {
    let folder = folder_with(&[("a.pyc", ""), ("requirements.txt", "")]);
    insta::assert_snapshot!(refused(folder.path()), @"
    failed to package DIR: it has no files to package
    hint: put the function's sources there, or see what its .lambdaignore excludes
    ");
}

#[test]
fn a_symbolic_link() {
    let folder = folder_with(&[("handler.py", "")]);
    fs::create_dir(folder.path().join("lib")).unwrap();
    std::os::unix::fs::symlink("../handler.py", folder.path().join("lib/again.py")).unwrap();
    insta::assert_snapshot!(refused(folder.path()), @"
    failed to package DIR/lib/again.py: it is a symbolic link
    hint: replace it by what it points at, or exclude it in .lambdaignore: a link leads to something else on the next machine
    ");
    // Excluded, it is none of our business.
    fs::write(folder.path().join(".lambdaignore"), "again.py\n").unwrap();
    let source =
        Source { folder: folder.path().into(), runtime: "python3.12".into(), architecture: Architecture::Arm64 };
    assert_eq!(Package::build(&source).unwrap().files.len(), 1);
}

#[test]
fn a_pipe() {
    let folder = folder_with(&[("handler.py", "")]);
    assert!(Command::new("mkfifo").arg(folder.path().join("pipe")).status().unwrap().success());
    insta::assert_snapshot!(refused(folder.path()), @"
    failed to package DIR/pipe: it is neither a file nor a folder
    hint: remove it, or exclude it in .lambdaignore
    ");
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_not_utf8() {
    let folder = folder_with(&[("handler.py", "")]);
    fs::write(folder.path().join(OsStr::from_bytes(b"caf\xe9.txt")), "").unwrap();
    insta::assert_snapshot!(refused(folder.path()), @r#"
    failed to package "DIR/caf\xE9.txt": its name is not UTF-8
    hint: rename it, or exclude it in .lambdaignore
    "#);
}

#[test]
fn names_that_unpack_differently() {
    let folder = folder_with(&[("handler.py", ""), ("a\\b.py", "")]);
    insta::assert_snapshot!(refused(folder.path()), @r#"
    failed to package "DIR/a\\b.py": its name has a backslash
    hint: rename it, or exclude it in .lambdaignore
    "#);
    let folder = folder_with(&[("handler.py", ""), ("a\nb.py", "")]);
    insta::assert_snapshot!(refused(folder.path()), @r#"
    failed to package "DIR/a\nb.py": its name has a control character
    hint: rename it, or exclude it in .lambdaignore
    "#);
}

#[test]
fn more_than_lambda_takes() {
    let folder = folder_with(&[("handler.py", "pass\n"), ("small.bin", "1234")]);
    let large = |name: &str, megabytes: u64| {
        // A hole: nothing is written to the disk.
        File::create(folder.path().join(name)).unwrap().set_len(megabytes * 1024 * 1024).unwrap();
    };
    large("model.bin", 50);
    insta::assert_snapshot!(refused(folder.path()), @"
    the package has 50.1 MB, more than the 50 MB that Lambda takes in an upload (the largest files: model.bin 50 MB)
    hint: exclude what the function does not need at run time in .lambdaignore, move large dependencies into a layer and data into S3
    ");
    large("more.bin", 201);
    insta::assert_snapshot!(refused(folder.path()), @"
    the package has 251.1 MB unzipped, more than Lambda's limit of 250 MB (the largest files: more.bin 201 MB, model.bin 50 MB)
    hint: exclude what the function does not need at run time in .lambdaignore, move large dependencies into a layer and data into S3
    ");
    large("model.bin", 49);
    large("more.bin", 0);
    let source =
        Source { folder: folder.path().into(), runtime: "python3.12".into(), architecture: Architecture::X86_64 };
    assert!(Package::build(&source).is_ok());
}

#[test]
fn unpinned_requirements() {
    let folder = folder_with(&[
        ("handler.py", ""),
        (
            "requirements.txt",
            "# for signing\ncryptography>=42\nattrs==24.2.0\ngit+https://git.example/a.git\nrequests\n",
        ),
    ]);
    insta::assert_snapshot!(refused(folder.path()), @"
    DIR/requirements.txt:2: `cryptography>=42` is not pinned to one version
    DIR/requirements.txt:4: `git+https://git.example/a.git` is fetched from an address, where something else may be tomorrow
    DIR/requirements.txt:5: `requests` is not pinned to one version
    hint: pin it: `cryptography==<version>`; publish it to a package index and pin its version; pin it: `requests==<version>`
    ");
}

#[test]
fn requirements_of_another_language() {
    let folder = folder_with(&[("index.js", ""), ("requirements.txt", "attrs==24.2.0\n")]);
    insta::assert_snapshot!(refused_for(folder.path(), "nodejs22.x"), @"
    failed to package DIR/requirements.txt: the runtime is nodejs22.x, not Python
    hint: remove it, or correct the function's runtime
    ");
}
