//! The platform on which a function's dependencies must run, as pip is told.

use crate::source::Source;

/// The arguments of `pip install` for a function's runtime and architecture.
///
/// Every `manylinux` that the runtime's C library satisfies is named, the newest first: pip does not infer the older
/// ones. <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html>,
/// <https://peps.python.org/pep-0600/>
pub(super) fn arguments(source: &Source) -> Vec<String> {
    let version = source.runtime.strip_prefix("python").unwrap_or(&source.runtime);
    let machine = source.architecture.wheel_name();
    let mut arguments: Vec<String> = ["--implementation", "cp", "--python-version", version].map(str::to_owned).into();
    let mut platform = |tag: String| arguments.extend(["--platform".to_owned(), tag]);
    for minor in (17..=glibc_minor(version)).rev() {
        platform(format!("manylinux_2_{minor}_{machine}"));
    }
    // The older names of glibc 2.17, 2.12 and 2.5; pip adds the latter two by itself.
    platform(format!("manylinux2014_{machine}"));
    arguments
}

/// The minor version of glibc 2 in a Python runtime: up to 3.11 on Amazon Linux 2, from 3.12 on Amazon Linux 2023.
fn glibc_minor(version: &str) -> u32 {
    let minor = version.strip_prefix("3.").and_then(|minor| minor.parse::<u32>().ok());
    if minor.is_some_and(|minor| minor <= 11) { 26 } else { 34 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Architecture;

    #[test]
    fn each_runtime_has_its_c_library() {
        let arguments = |runtime: &str, architecture| {
            arguments(&Source { folder: ".".into(), runtime: runtime.into(), architecture }).join(" ")
        };
        let new = arguments("python3.12", Architecture::Arm64);
        assert!(
            new.starts_with("--implementation cp --python-version 3.12 --platform manylinux_2_34_aarch64"),
            "{new}"
        );
        assert!(new.ends_with("manylinux_2_17_aarch64 --platform manylinux2014_aarch64"), "{new}");
        let old = arguments("python3.11", Architecture::X86_64);
        assert!(old.contains("--platform manylinux_2_26_x86_64"), "{old}");
        assert!(!old.contains("manylinux_2_27"), "{old}");
    }
}
