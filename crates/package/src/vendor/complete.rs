//! Whether what was installed has all that it needs.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::error::PackageError;
use crate::requirements::{Requirement, normal};

/// What Lambda's Python runtimes bring along.
/// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html>
const IN_RUNTIME: &[&str] = &["boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3"];

/// Pairs of an installed package and one that it needs and that is not among the requirements.
///
/// Only needs without a condition are looked at: conditions are about the platform and about extras, and what they
/// leave open is found by the function's own tests.
pub(super) fn missing(installed: &Path, requirements: &[Requirement]) -> Result<Vec<(String, String)>, PackageError> {
    let known: BTreeSet<&str> =
        requirements.iter().map(|requirement| requirement.name.as_str()).chain(IN_RUNTIME.iter().copied()).collect();
    let mut missing = BTreeSet::new();
    for entry in fs::read_dir(installed).map_err(PackageError::file("read", installed))? {
        let folder = entry.map_err(PackageError::file("read", installed))?.path();
        if folder.extension().is_none_or(|extension| extension != "dist-info") {
            continue;
        }
        let file = folder.join("METADATA");
        // Not every file of this format is UTF-8, and only ASCII matters here.
        let metadata = fs::read(&file).map_err(PackageError::file("read", &file))?;
        let (name, needs) = needs(&String::from_utf8_lossy(&metadata));
        missing
            .extend(needs.into_iter().filter(|need| !known.contains(need.as_str())).map(|need| (name.clone(), need)));
    }
    Ok(missing.into_iter().collect())
}

/// The name of a package and the names of what it needs without condition, from its metadata.
/// <https://packaging.python.org/en/latest/specifications/core-metadata/>
fn needs(metadata: &str) -> (String, BTreeSet<String>) {
    // The headers end at the first empty line; the description follows.
    let headers =
        || metadata.lines().take_while(|line| !line.trim().is_empty()).filter_map(|line| line.split_once(':'));
    let name = headers().find(|(key, _)| *key == "Name").map(|(_, name)| normal(name.trim())).unwrap_or_default();
    let needs = headers()
        .filter(|(key, value)| *key == "Requires-Dist" && !value.contains(';'))
        .map(|(_, value)| {
            let end = |character: char| !(character.is_ascii_alphanumeric() || "-_.".contains(character));
            normal(value.trim().split(end).next().unwrap_or_default())
        })
        .collect();
    (name, needs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needs_with_conditions_and_descriptions_do_not_count() {
        let metadata = "Metadata-Version: 2.1\nName: Requests\nRequires-Dist: idna (<4,>=2.5)\nRequires-Dist: \
                        charset_normalizer<4,>=2\nRequires-Dist: PySocks!=1.5.7 ; extra == 'socks'\n\nRequires-Dist: prose\n";
        let (name, needs) = needs(metadata);
        assert_eq!(name, "requests");
        assert_eq!(needs.into_iter().collect::<Vec<_>>(), ["charset-normalizer", "idna"]);
    }
}
