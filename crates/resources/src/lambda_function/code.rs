//! The package of a function's code.

use std::collections::HashMap;
use std::error::Error;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use provision_package::{Package, PackageError, Source};
use provision_reconciler::{CloudError, ErrorClass, Problem};

use super::call::Upload;
use super::spec::{Architecture, FunctionSpec};

/// Where a package comes from: the folder, the runtime and the architecture.
type Origin = (PathBuf, String, provision_package::Architecture);

/// The last package of each origin, with the hash of the sources it was made from.
type Packages = HashMap<Origin, (String, Arc<Package>)>;

/// Planning makes a package, and applying sends the very same one.
static PACKAGES: LazyLock<Mutex<Packages>> = LazyLock::new(Mutex::default);

/// The package of a function's code.
///
/// # Errors
/// If the folder cannot be packaged.
pub(super) fn of(spec: &FunctionSpec) -> Result<Arc<Package>, Problem> {
    package(&source(&spec.code.folder, &spec.runtime, &spec.architectures)).map_err(|error| problem(&error))
}

/// Whether the folder can be packaged, as far as that can be said without installing anything.
///
/// # Errors
/// If it cannot.
pub(super) fn check(spec: &FunctionSpec) -> Result<(), Problem> {
    let hash = source(&spec.code.folder, &spec.runtime, &spec.architectures).hash();
    hash.map(drop).map_err(|error| problem(&error))
}

/// The package that a plan named by its hash.
///
/// # Errors
/// If the folder cannot be packaged, or is no longer what it was when the plan was made.
pub(super) async fn planned(action: &'static str, upload: &Upload) -> Result<Arc<Package>, CloudError> {
    let source = source(&upload.folder, &upload.runtime, &upload.architectures);
    let refused = |message: String| CloudError::new(action, ErrorClass::Refused, message);
    // It reads files, and may have to run pip: nothing for the threads that wait for AWS.
    let package = tokio::task::spawn_blocking(move || package(&source)).await;
    let package = match package {
        Ok(package) => package.map_err(|error| refused(chain(&error)).with_hint(error.hint()))?,
        Err(error) => return Err(refused(format!("failed to package {}: {error}", upload.folder))),
    };
    if package.code_sha256 == upload.code_sha256 {
        return Ok(package);
    }
    Err(refused(format!("the code in {} has changed since the plan was made", upload.folder))
        .with_hint("run the same command again: it plans anew, with the code as it is now"))
}

fn source(folder: &str, runtime: &str, architectures: &[Architecture]) -> Source {
    let architecture = match architectures.first() {
        Some(Architecture::Arm64) => provision_package::Architecture::Arm64,
        Some(Architecture::X86_64) | None => provision_package::Architecture::X86_64,
    };
    Source { folder: folder.into(), runtime: runtime.to_owned(), architecture }
}

fn package(source: &Source) -> Result<Arc<Package>, PackageError> {
    let origin = (source.folder.clone(), source.runtime.clone(), source.architecture);
    let hash = source.hash()?;
    let known = packages().get(&origin).filter(|(of, _)| *of == hash).map(|(_, package)| Arc::clone(package));
    if let Some(package) = known {
        return Ok(package);
    }
    let package = Arc::new(Package::build(source)?);
    packages().insert(origin, (package.source_hash.clone(), Arc::clone(&package)));
    Ok(package)
}

fn packages() -> MutexGuard<'static, Packages> {
    PACKAGES.lock().unwrap_or_else(PoisonError::into_inner)
}

fn problem(error: &PackageError) -> Problem {
    Problem::new("/code/folder", chain(error)).help(error.hint())
}

/// An error with its causes.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs;

    use super::*;

    fn upload(folder: &str, code_sha256: &str) -> Upload {
        Upload {
            folder: folder.to_owned(),
            code_sha256: code_sha256.to_owned(),
            runtime: "python3.13".to_owned(),
            architectures: vec![Architecture::X86_64],
        }
    }

    #[tokio::test]
    async fn a_package_is_made_once_and_anew_when_its_folder_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_str().unwrap();
        fs::write(folder.path().join("handler.py"), "one").unwrap();
        let source = source(path, "python3.13", &[Architecture::X86_64]);
        let first = package(&source).unwrap();
        assert!(Arc::ptr_eq(&first, &package(&source).unwrap()));
        let action = "lambda:UpdateFunctionCode";
        let sent = planned(action, &upload(path, &first.code_sha256)).await.unwrap();
        assert!(Arc::ptr_eq(&first, &sent));

        fs::write(folder.path().join("handler.py"), "two").unwrap();
        let error = planned(action, &upload(path, &first.code_sha256)).await.unwrap_err();
        assert_eq!(error.message, format!("the code in {path} has changed since the plan was made"));
        assert_ne!(package(&source).unwrap().code_sha256, first.code_sha256);
    }

    #[tokio::test]
    async fn a_folder_that_is_gone_is_reported() {
        let error = planned("lambda:CreateFunction", &upload("/nowhere/at/all", "")).await.unwrap_err();
        insta::assert_snapshot!(error, @"lambda:CreateFunction failed: failed to package /nowhere/at/all: it is not a folder");
        assert!(error.hint.is_some());
    }
}
