//! `provision new`.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use crate::arguments::NewArguments;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::load;
use crate::ui::{json, table};

const ENVIRONMENT: &str = include_str!("../templates/environment.toml");
const BASE: &str = include_str!("../templates/base.toml");

/// Runs the command.
pub fn run(arguments: &NewArguments, context: &Context) -> Result<Exit, Failure> {
    let NewArguments { name, account, region, project } = arguments;
    check(arguments)?;
    let folder = Path::new(load::DIRECTORY);
    let (file, base) = (folder.join(format!("{name}.toml")), folder.join("base.toml"));
    fs::create_dir_all(folder).map_err(|error| Failure::io("make", folder, &error))?;
    let mut written = Vec::new();
    write(&file, &environment_file(name, account, region))?;
    written.push(file.clone());
    if !base.exists() {
        write(&base, &base_file(project))?;
        written.push(base);
    }
    let listed: Vec<String> = written.iter().map(|path| format!("Wrote {}\n", path.display())).collect();
    // With a base of one's own, the two may not fit together: the mistakes say what to mend.
    let environment = load::environment(name).inspect_err(|_| context.printer.note(listed.concat().trim_end()))?;
    context.printer.text(&format!("{}\n{}", listed.concat(), next(name, &file, environment.resources.len())));
    context.printer.json(&json::Created::new(&written));
    Ok(Exit::DONE)
}

/// The text of an environment's file.
pub fn environment_file(name: &str, account: &str, region: &str) -> String {
    ENVIRONMENT.replace("{name}", name).replace("{account}", account).replace("{region}", region)
}

/// The text of the layer that environments extend.
pub fn base_file(project: &str) -> String {
    BASE.replace("{project}", project)
}

fn next(name: &str, file: &Path, resources: usize) -> String {
    let steps = [
        (file.display().to_string(), "look at it; it says what can be changed"),
        (format!("provision apply {name} --sandbox"), "make it in the local AWS, no account needed"),
        (format!("provision plan {name}"), "what would be made in the real one"),
    ];
    let width = steps.iter().map(|(step, _)| step.chars().count()).max().unwrap_or_default();
    let steps: String = steps.iter().map(|(step, what)| format!("  {step:width$}  {what}\n")).collect();
    format!(
        "It has {}: the data services, each encrypted with a key of its own, and what keeps the state.\nNext:\n{steps}",
        table::count(resources, "resource", "resources"),
    )
}

/// Writes a file that must not exist yet.
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| Failure::io("write", path, &error))
}

fn check(arguments: &NewArguments) -> Result<(), Failure> {
    let NewArguments { name, account, region, project } = arguments;
    let wrong = |what: String, hint: &str| {
        Err(Failure::new(what).code("arguments").exit_with(Exit::INVALID).hint(hint.to_owned()))
    };
    // They become parts of the names of buckets, which take nothing else and 63 characters in all.
    for (text, what) in [(name, "environment"), (project, "project")] {
        if !is_label(text) || text.len() > 16 {
            let hint = "use up to 16 lower-case letters, digits and single hyphens, beginning with a letter";
            return wrong(format!("`{text}` cannot be the name of an {what}").replace("an project", "a project"), hint);
        }
    }
    if name == "base" {
        return wrong("`base` is the layer that environments extend".to_owned(), "choose another name, as in `dev`");
    }
    if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
        return wrong(format!("`{account}` is no account"), "an account is 12 digits: `aws sts get-caller-identity`");
    }
    if !is_region(region) {
        return wrong(format!("`{region}` is no region"), "a region is called like `eu-central-1`");
    }
    Ok(())
}

fn is_label(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !text.contains("--")
        && !text.ends_with('-')
}

fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let (Some((number, words)), true) = (parts.split_last(), parts.len() >= 3) else { return false };
    let is_word = |word: &&str| word.len() >= 2 && word.bytes().all(|byte| byte.is_ascii_lowercase());
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) && words.iter().all(is_word)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn arguments(name: &str, account: &str, region: &str) -> NewArguments {
        NewArguments {
            name: name.to_owned(),
            account: account.to_owned(),
            region: region.to_owned(),
            project: "acme".to_owned(),
        }
    }

    #[test]
    fn the_templates_are_a_valid_environment() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("dev.toml");
        write(&file, &environment_file("dev", "123456789012", "eu-central-1")).unwrap();
        write(&folder.path().join("base.toml"), &base_file("pipeline")).unwrap();
        let environment = load::environment(file.to_str().unwrap()).unwrap();
        assert_eq!((environment.name.as_str(), environment.region.as_str()), ("dev", "eu-central-1"));
        assert_eq!(environment.state.bucket, "pipeline-dev-state-123456789012");
        assert!(environment.state.lock_resource.is_some() && environment.state.bucket_resource.is_some());
        assert_eq!(environment.resources.len(), 9);
    }

    #[test]
    fn an_existing_file_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("dev.toml");
        write(&file, "mine").unwrap();
        let failure = write(&file, "theirs").unwrap_err();
        assert!(failure.to_string().contains("dev.toml"), "{failure}");
        assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    }

    #[test]
    fn names_accounts_and_regions_are_checked() {
        assert!(check(&arguments("dev-2", "123456789012", "us-gov-west-1")).is_ok());
        for (name, account, region) in [
            ("Dev", "123456789012", "us-east-1"),
            ("-dev", "123456789012", "us-east-1"),
            ("de--v", "123456789012", "us-east-1"),
            ("../dev", "123456789012", "us-east-1"),
            ("base", "123456789012", "us-east-1"),
            ("a-very-long-name-indeed", "123456789012", "us-east-1"),
            ("dev", "12345", "us-east-1"),
            ("dev", "12345678901x", "us-east-1"),
            ("dev", "123456789012", "useast1"),
            ("dev", "123456789012", "us-east-"),
            ("dev", "123456789012", "US-east-1"),
        ] {
            let failure = check(&arguments(name, account, region)).unwrap_err();
            assert_eq!(failure.exit(), Exit::INVALID, "{name} {account} {region}");
        }
    }
}
