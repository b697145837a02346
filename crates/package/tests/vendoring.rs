//! Installing `requirements.txt`, with a pip that needs no network.

#![allow(clippy::unwrap_used)]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use provision_package::{Architecture, Package, PackageError, Source, Vendor};

/// A `python3 -m pip install` that writes down how it was called, and installs a package like pip does: with this
/// machine's paths, times and caches in it.
const PIP: &str = r#"#!/bin/sh
echo "$@" >> "$0.calls"
while [ $# -gt 0 ]; do
    case "$1" in --target) target=$2;; --requirement) requirements=$2;; esac
    shift
done
cp "$requirements" "$0.requirements"
mkdir -p "$target/small/__pycache__" "$target/bin" "$target/small-1.0.dist-info"
cd "$target" || exit 1
echo "VALUE = 1" > small/__init__.py
printf '\177ELF' > small/native.so
echo "$$" > small/__pycache__/__init__.cpython-312.pyc
printf '#!%s\n' "$0" > bin/small
echo "bin/small,sha256=$$" > small-1.0.dist-info/RECORD
echo pip > small-1.0.dist-info/INSTALLER
"#;

/// Where pip is, a cache, and a function that needs `small`.
struct Workshop {
    root: tempfile::TempDir,
}

impl Workshop {
    fn new(after: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        let python = root.path().join("python3");
        fs::write(&python, format!("{PIP}{after}\n")).unwrap();
        fs::set_permissions(&python, Permissions::from_mode(0o755)).unwrap();
        fs::create_dir(root.path().join("source")).unwrap();
        let workshop = Self { root };
        workshop.write("handler.py", "import small\n");
        workshop.write("requirements.txt", "# what it needs\nSmall == 1.0\n");
        workshop
    }

    fn write(&self, path: &str, text: &str) {
        let file = self.root.path().join("source").join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    fn source(&self) -> Source {
        Source {
            folder: self.root.path().join("source"),
            runtime: "python3.12".into(),
            architecture: Architecture::Arm64,
        }
    }

    fn vendor(&self) -> Vendor {
        Vendor { python: self.root.path().join("python3"), cache: self.root.path().join("cache") }
    }

    fn build(&self, source: &Source) -> Result<Package, PackageError> {
        Package::build_with(source, || Ok(self.vendor()))
    }

    fn calls(&self) -> Vec<String> {
        let calls = fs::read_to_string(self.root.path().join("python3.calls")).unwrap_or_default();
        calls.lines().map(ToOwned::to_owned).collect()
    }

    fn shown(&self, error: &PackageError) -> String {
        let root: &Path = self.root.path();
        format!("{error}\nhint: {}", error.hint()).replace(root.to_str().unwrap(), "DIR")
    }
}

const METADATA: &str = "printf 'Name: small\\n\\nprose\\n' > small-1.0.dist-info/METADATA";

#[test]
fn what_is_installed_is_packaged_without_what_differs_by_machine() {
    let workshop = Workshop::new(METADATA);
    let package = workshop.build(&workshop.source()).unwrap();
    let files: Vec<_> =
        package.files.iter().map(|file| format!("{:o} {} {}", file.mode, file.vendored, file.path)).collect();
    insta::assert_snapshot!(files.join("\n"), @"
    644 false handler.py
    644 true small-1.0.dist-info/METADATA
    644 true small/__init__.py
    755 true small/native.so
    ");
    let requirements = fs::read_to_string(workshop.root.path().join("python3.requirements")).unwrap();
    assert_eq!(requirements, "small==1.0\n");
    // Another workshop has other paths, times and process ids.
    let other = Workshop::new(METADATA);
    assert_eq!(other.build(&other.source()).unwrap(), package);
    assert_eq!(workshop.source().hash().unwrap(), package.source_hash);
}

#[test]
fn pip_is_told_the_platform_and_to_build_nothing() {
    let workshop = Workshop::new(METADATA);
    workshop.build(&workshop.source()).unwrap();
    let call = workshop.calls().concat();
    let call = call.split(" --target ").next().unwrap();
    insta::assert_snapshot!(call, @"-m pip install --quiet --no-input --disable-pip-version-check --no-compile --no-deps --only-binary=:all: --implementation cp --python-version 3.12 --platform manylinux_2_34_aarch64 --platform manylinux_2_33_aarch64 --platform manylinux_2_32_aarch64 --platform manylinux_2_31_aarch64 --platform manylinux_2_30_aarch64 --platform manylinux_2_29_aarch64 --platform manylinux_2_28_aarch64 --platform manylinux_2_27_aarch64 --platform manylinux_2_26_aarch64 --platform manylinux_2_25_aarch64 --platform manylinux_2_24_aarch64 --platform manylinux_2_23_aarch64 --platform manylinux_2_22_aarch64 --platform manylinux_2_21_aarch64 --platform manylinux_2_20_aarch64 --platform manylinux_2_19_aarch64 --platform manylinux_2_18_aarch64 --platform manylinux_2_17_aarch64 --platform manylinux2014_aarch64");
}

#[test]
fn it_is_installed_once_for_each_set_of_requirements_runtime_and_architecture() {
    let workshop = Workshop::new(METADATA);
    let arm = workshop.source();
    workshop.build(&arm).unwrap();
    workshop.build(&arm).unwrap();
    workshop.write("requirements.txt", "small==1.0 # said otherwise\n");
    workshop.write("handler.py", "import small # otherwise\n");
    workshop.build(&arm).unwrap();
    assert_eq!(workshop.calls().len(), 1);

    let intel = Source { architecture: Architecture::X86_64, ..arm.clone() };
    let newer = Source { runtime: "python3.13".into(), ..arm.clone() };
    assert_ne!(workshop.build(&intel).unwrap().source_hash, workshop.build(&arm).unwrap().source_hash);
    workshop.build(&newer).unwrap();
    assert_eq!(workshop.calls().len(), 3);

    workshop.write("requirements.txt", "small==1.1\n");
    workshop.build(&arm).unwrap();
    assert_eq!(workshop.calls().len(), 4);
    // Nothing half-made is left.
    let cached = fs::read_dir(workshop.vendor().cache).unwrap();
    assert!(cached.into_iter().all(|entry| !entry.unwrap().file_name().to_string_lossy().starts_with("installing")));
}

#[test]
fn what_a_package_needs_must_be_pinned_too() {
    let workshop = Workshop::new(
        "printf 'Name: small\\nRequires-Dist: Larger_One>=2\\nRequires-Dist: boto3\\nRequires-Dist: tomli; python_version < \"3.11\"\\n' \
         > small-1.0.dist-info/METADATA",
    );
    let error = workshop.build(&workshop.source()).unwrap_err();
    insta::assert_snapshot!(workshop.shown(&error), @"
    DIR/source/requirements.txt is not complete: small needs larger-one
    hint: add larger-one to it, each as `name==version`, or make the whole file with `pip-compile` or `uv pip compile`
    ");
    // It was not kept: the next build says the same.
    assert!(matches!(workshop.build(&workshop.source()), Err(PackageError::Incomplete { .. })));
}

#[test]
fn a_file_of_the_folder_and_of_a_package_do_not_overwrite_each_other() {
    let workshop = Workshop::new(METADATA);
    workshop.write("small/__init__.py", "VALUE = 2\n");
    let error = workshop.build(&workshop.source()).unwrap_err();
    insta::assert_snapshot!(workshop.shown(&error), @"
    failed to package small/__init__.py: a package of requirements.txt has a file of the same name
    hint: rename your own, or remove that package from requirements.txt
    ");
}

#[test]
fn what_pip_says_is_shown() {
    let workshop = Workshop::new(
        "echo 'ERROR: Could not find a version that satisfies the requirement small==1.0 (from versions: 0.9)' >&2
         echo 'ERROR: No matching distribution found for small==1.0' >&2; exit 1",
    );
    let error = workshop.build(&workshop.source()).unwrap_err();
    insta::assert_snapshot!(workshop.shown(&error), @"
    failed to install DIR/source/requirements.txt: ERROR: Could not find a version that satisfies the requirement small==1.0 (from versions: 0.9)
    ERROR: No matching distribution found for small==1.0
    hint: the version must exist and have a wheel for the function's runtime and architecture: choose one that has, or put that package into a layer
    ");
    let workshop = Workshop::new("echo 'WARNING: Retrying after NewConnectionError' >&2; exit 1");
    let error = workshop.build(&workshop.source()).unwrap_err();
    assert!(error.hint().contains("check the network"), "{}", error.hint());
}

#[test]
fn no_python() {
    let workshop = Workshop::new(METADATA);
    let vendor = Vendor { python: workshop.root.path().join("gone"), ..workshop.vendor() };
    let error = Package::build_with(&workshop.source(), || Ok(vendor)).unwrap_err();
    insta::assert_snapshot!(workshop.shown(&error), @"
    failed to run DIR/gone
    hint: install Python 3 with pip, as `python3` on PATH: it fetches the packages of requirements.txt
    ");
}

/// With the real pip and the real index: `cargo test -p provision-package -- --ignored`.
#[test]
#[ignore = "needs the network"]
fn real_wheels_are_those_of_the_platform_and_the_same_every_time() {
    let workshop = Workshop::new("");
    workshop.write("requirements.txt", "idna==3.7\nmarkupsafe==2.1.5\n");
    let build = |architecture, cache: &str| {
        let source = Source { architecture, ..workshop.source() };
        let vendor = Vendor { python: "python3".into(), cache: workshop.root.path().join(cache) };
        Package::build_with(&source, || Ok(vendor)).unwrap_or_else(|error| panic!("{error}\nhint: {}", error.hint()))
    };
    let arm = build(Architecture::Arm64, "one");
    assert_eq!(arm, build(Architecture::Arm64, "two"));
    assert!(arm.files.iter().any(|file| file.path == "idna/core.py" && file.vendored));
    let native = "markupsafe/_speedups.cpython-312-aarch64-linux-gnu.so";
    assert!(arm.files.iter().any(|file| file.path == native && file.mode == 0o755), "{arm:#?}");
    assert!(build(Architecture::X86_64, "one").files.iter().all(|file| file.path != native));
}
