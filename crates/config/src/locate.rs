//! From what a person types to an environment's file.

use std::fs;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use crate::diagnostic::Diagnostics;
use crate::layer::toml_files;
use crate::nearest::suggestion;
use crate::report::Problem;

/// Where environments are kept, below the root.
const FOLDER: &str = "environments";

/// The file of an environment: `staging` is `environments/staging.toml` below the root; anything that has a slash or
/// ends in `.toml` is a path already, relative to the root.
///
/// # Errors
/// If there is no such file; says which environments there are, and which is nearest.
pub fn locate(name_or_path: &str, root: &Path) -> Result<PathBuf, Diagnostics> {
    let is_path = name_or_path.contains(['/', '\\']) || name_or_path.ends_with(".toml");
    let below =
        if is_path { PathBuf::from(name_or_path) } else { Path::new(FOLDER).join(format!("{name_or_path}.toml")) };
    let path = if root == Path::new(".") { below } else { root.join(below) };
    if path.is_file() {
        return Ok(path);
    }
    let environments = environments(root);
    let problem = if is_path {
        Problem::new("config::missing_file", format!("there is no file {}", path.display()))
    } else {
        let message = format!("there is no environment `{name_or_path}`: {} does not exist", path.display());
        Problem::new("config::missing_file", message)
    };
    let help = if environments.is_empty() {
        "`provision new` makes one".to_owned()
    } else {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let nearest = suggestion(&name, "there are", environments.iter().map(String::as_str));
        let all: Vec<String> = environments.iter().map(|name| format!("`{name}`")).collect();
        match nearest.strip_prefix("did you mean ") {
            Some(_) if environments.len() > 1 => format!("{nearest} There are {}", all.join(", ")),
            _ => nearest,
        }
    };
    Err(problem.help(help).without_place())
}

/// The names of the environments below a root, in order. A file without a name of its own under `[environment]` is a
/// layer, and not among them.
pub fn environments(root: &Path) -> Vec<String> {
    let folder = root.join(FOLDER);
    let names = toml_files(&folder).into_iter().filter(|file| has_name(&folder.join(file)));
    names.filter_map(|file| file.strip_suffix(".toml").map(str::to_owned)).collect()
}

fn has_name(path: &Path) -> bool {
    let Ok(text) = fs::read_to_string(path) else { return false };
    // A file with a mistake in it is still an environment.
    let (table, _) = DeTable::parse_recoverable(&text);
    match table.get_ref().get("environment").map(|section| section.get_ref()) {
        Some(DeValue::Table(section)) => section.contains_key("name"),
        _ => false,
    }
}
