//! The files and folders that values name: where they are, and what to say if they are not there.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Component, Path, PathBuf};

use crate::nearest::{list, nearest};
use crate::report::Problem;

/// A path as it is written in a file of that folder, without `.` and `..` as far as that can be said without looking at
/// links: absolute if either is, else relative to the working directory.
pub(crate) fn rooted(folder: &Path, written: &str) -> PathBuf {
    let mut path = PathBuf::new();
    for component in folder.join(written).components() {
        match (component, path.components().next_back()) {
            (Component::CurDir, _) | (Component::ParentDir, Some(Component::RootDir)) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => {
                path.pop();
            }
            _ => path.push(component),
        }
    }
    if path.as_os_str().is_empty() { PathBuf::from(".") } else { path }
}

/// What is wrong if nothing can be found at a path, which is [`rooted`] in that folder.
pub(crate) fn missing(path: &Path, folder: &Path, written: &str) -> Option<Problem> {
    match fs::metadata(path) {
        Ok(_) => None,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            let message = format!("there is no file or folder {}", path.display());
            let problem = Problem::new("config::missing_file", message).label("not found");
            Some(problem.help(hint(path, folder, written)))
        }
        Err(error) => Some(unreadable(path, &error)),
    }
}

/// What is wrong if something is there but cannot be read.
pub(crate) fn unreadable(path: &Path, error: &io::Error) -> Problem {
    let message = format!("failed to read {}: {}", path.display(), error.kind());
    Problem::new("config::unreadable", message).label("cannot be read").help("let the file be read by whoever plans")
}

fn hint(path: &Path, folder: &Path, written: &str) -> String {
    if written.starts_with('~') {
        return "`~` is not expanded; write the whole path".to_owned();
    }
    if let Some(meant) = farther_up(folder, written) {
        return format!("relative paths start from the folder of this file: did you mean `{meant}`?");
    }
    let Some((within, name)) = first_missing(path) else { return String::new() };
    let there = within.join(&name);
    if let Ok(metadata) = fs::symlink_metadata(&there) {
        let what = if metadata.is_symlink() { "a link to what does not exist" } else { "a file, not a folder" };
        return format!("{} is {what}", there.display());
    }
    let either = if there == path { String::new() } else { format!("there is no {} either; ", there.display()) };
    let entries = entries(&within, name.starts_with('.'));
    let entries: Vec<&str> = entries.iter().map(String::as_str).collect();
    match nearest(&name, entries.iter().copied()) {
        Some(nearest) => format!("{either}did you mean `{nearest}`?"),
        None if entries.is_empty() || entries.len() > 12 => either.trim_end_matches("; ").to_owned(),
        None => format!("{either}{}", list(&format!("in {} there are", shown(&within).display()), &entries)),
    }
}

/// The commonest slip: a path that starts from a folder around the file's own, the root of the repository perhaps.
fn farther_up(folder: &Path, written: &str) -> Option<String> {
    (1..=3).map(|levels| format!("{}{written}", "../".repeat(levels))).find(|meant| rooted(folder, meant).exists())
}

/// The innermost folder of a path that is there, and the name that is missing in it.
fn first_missing(path: &Path) -> Option<(PathBuf, String)> {
    let within = path.ancestors().skip(1).find(|folder| shown(folder).is_dir())?;
    let name = path.strip_prefix(within).ok()?.components().next()?;
    Some((within.to_owned(), name.as_os_str().to_string_lossy().into_owned()))
}

/// The names in a folder, in order.
fn entries(folder: &Path, hidden: bool) -> Vec<String> {
    let entries = fs::read_dir(shown(folder)).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter(|name| hidden || !name.starts_with('.')).collect();
    names.sort();
    names
}

/// The working directory has an empty name as the parent of `a`, but `.` where it is opened or shown.
fn shown(folder: &Path) -> &Path {
    if folder.as_os_str().is_empty() { Path::new(".") } else { folder }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_start_from_the_folder_and_are_put_in_order() {
        for (folder, written, expected) in [
            ("environments", "../lambda-src/pipeline", "lambda-src/pipeline"),
            ("environments", "policies/bucket.json", "environments/policies/bucket.json"),
            ("environments/../layers", "./a/./b/../c/", "layers/a/c"),
            ("", "a", "a"),
            ("", "../a", "../a"),
            ("../x", "../../a", "../../a"),
            ("environments", "..", "."),
            ("environments", "/srv/../opt/a", "/opt/a"),
            ("/work", "../../../a", "/a"),
            ("/work/environments", "../lambda-src", "/work/lambda-src"),
            ("environments", "~/a", "environments/~/a"),
        ] {
            assert_eq!(rooted(Path::new(folder), written), Path::new(expected), "{folder} {written}");
        }
    }
}
