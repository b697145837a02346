//! One line of `requirements.txt`.

use super::Requirement;

/// What is wrong with a line, and what to do about it.
pub(super) type Refusal = (String, String);

/// `name[extra]==version --hash=sha256:…`, and nothing else.
pub(super) fn parse(text: &str) -> Result<Requirement, Refusal> {
    refuse_other_forms(text)?;
    let mut words = text.split(" --hash");
    let specifier: String = words.next().unwrap_or_default().split_whitespace().collect();
    let mut hashes = words.map(hash).collect::<Result<Vec<_>, _>>()?;
    hashes.sort();
    hashes.dedup();
    let Some((package, version)) = specifier.split_once("==") else {
        let name = specifier.split(['<', '>', '=', '!', '~', '[']).next().unwrap_or_default();
        return Err(unpinned(if is_name(name) { name } else { "name" }));
    };
    let (name, extras) = match package.split_once('[') {
        None => (package, Vec::new()),
        Some((name, extras)) => (name, extras.trim_end_matches(']').split(',').map(normal).collect()),
    };
    if !is_name(name) || extras.iter().any(|extra| !is_name(extra)) {
        return Err(("names no package".into(), "write each line as `name==version`".into()));
    }
    if !is_version(version) {
        return Err(unpinned(name));
    }
    let mut extras = extras;
    extras.sort();
    extras.dedup();
    Ok(Requirement { name: normal(name), extras, version: version.to_owned(), hashes })
}

/// The normal form of a name, under which the package index knows it.
/// <https://packaging.python.org/en/latest/specifications/name-normalization/>
pub(crate) fn normal(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    for character in name.chars() {
        if !matches!(character, '-' | '_' | '.') {
            normal.push(character.to_ascii_lowercase());
        } else if !normal.ends_with('-') {
            normal.push('-');
        }
    }
    normal
}

/// What pip also understands, and is not one version of a package of the index.
fn refuse_other_forms(text: &str) -> Result<(), Refusal> {
    let refuse = |reason: &str, remedy: &str| Err((reason.to_owned(), remedy.to_owned()));
    let first = text.split([' ', '=']).next().unwrap_or_default();
    if first == "-e" || first == "--editable" {
        return refuse(
            "is an editable install",
            "copy that code into the function's folder, or publish it and pin its version",
        );
    }
    if ["-r", "--requirement", "-c", "--constraint"].contains(&first) {
        return refuse("reads another file", "write all pinned lines into this one (`pip-compile` makes it)");
    }
    if first.starts_with('-') {
        return refuse(
            "is an option of pip",
            "remove it: the index and the like are pip's own configuration (`pip config list`)",
        );
    }
    if text.contains("://") || text.contains('@') {
        return refuse(
            "is fetched from an address, where something else may be tomorrow",
            "publish it to a package index and pin its version",
        );
    }
    if text.contains('/') || text.ends_with(".whl") || text.ends_with(".tar.gz") {
        return refuse(
            "is a file of this machine",
            "copy that code into the function's folder, or publish it and pin its version",
        );
    }
    if text.contains(';') {
        return refuse(
            "has a condition, which pip would evaluate for this machine instead of the function's",
            "remove the condition where it holds for the function's runtime, and the line where it does not",
        );
    }
    Ok(())
}

fn unpinned(name: &str) -> Refusal {
    ("is not pinned to one version".into(), format!("pin it: `{name}==<version>`"))
}

/// What follows `--hash`.
fn hash(text: &str) -> Result<String, Refusal> {
    let hash = text.trim_start_matches('=').trim();
    let valid = hash.split_once(':').is_some_and(|(algorithm, digest)| {
        let length = match algorithm {
            "sha256" => 64,
            "sha384" => 96,
            "sha512" => 128,
            _ => 0,
        };
        digest.len() == length && digest.chars().all(|digit| digit.is_ascii_hexdigit())
    });
    if valid {
        Ok(hash.to_ascii_lowercase())
    } else {
        Err(("has a hash that is none".into(), "write hashes as `--hash=sha256:` and 64 hexadecimal digits".into()))
    }
}

fn is_name(name: &str) -> bool {
    let inner = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.');
    name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.ends_with(|last: char| last.is_ascii_alphanumeric())
        && name.chars().all(inner)
}

/// One version: no wildcard, no second clause.
fn is_version(version: &str) -> bool {
    version.starts_with(|first: char| first.is_ascii_digit())
        && version.chars().all(|next| next.is_ascii_alphanumeric() || matches!(next, '.' | '!' | '+' | '-' | '_'))
}
