//! Where a secret's value comes from, and reading it from there.

use std::env::{self, VarError};
use std::fs::File;
use std::io::{self, Read};

use provision_config::unknown;
use provision_reconciler::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use super::password::Generate;

/// The most bytes that Secrets Manager keeps in one value.
/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html>
const LARGEST: usize = 65_536;

/// Where the value comes from: exactly one of these. The value itself is never in a file of the environment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The name of an environment variable of the process that plans and applies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = "^[A-Za-z_][A-Za-z0-9_]*$"))]
    pub environment_variable: Option<String>,
    /// A file, whose whole text is the value, a line end at its end included; relative to the environment's file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "path"))]
    pub file: Option<String>,
    /// A random password, generated once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generate: Option<Generate>,
}

/// A value. Wiped from memory when it is dropped; deliberately without `Debug`.
pub(super) type Secret = Zeroizing<String>;

impl Source {
    /// What it is, for a person: `the environment variable DB_PASSWORD`.
    pub(super) fn noun(&self) -> String {
        match self {
            Self { environment_variable: Some(name), .. } => format!("the environment variable {name}"),
            Self { file: Some(path), .. } => format!("the file {path}"),
            _ => "a generated password".to_owned(),
        }
    }

    /// The value, for a person: `the value of the environment variable DB_PASSWORD`.
    pub(super) fn phrase(&self) -> String {
        match self {
            Self { environment_variable: Some(_), .. } => format!("the value of {}", self.noun()),
            Self { file: Some(_), .. } => format!("the text of {}", self.noun()),
            _ => self.noun(),
        }
    }

    /// Whether the value can be read again: then it is compared on every plan.
    pub(super) fn is_lasting(&self) -> bool {
        self.generate.is_none()
    }

    pub(super) fn problems(&self) -> Vec<Problem> {
        let given =
            [self.environment_variable.is_some(), self.file.is_some(), self.generate.is_some()].map(usize::from);
        let mut problems: Vec<Problem> = self.generate.iter().filter_map(Generate::problem).collect();
        if given.iter().sum::<usize>() != 1 {
            let message = "the value needs exactly one of `environment_variable`, `file` and `generate`";
            let help = "keep one of them; a secret whose value is set elsewhere has no `value` at all";
            problems.push(Problem::new("/value", message).help(help));
        }
        for (field, text) in [("environment_variable", &self.environment_variable), ("file", &self.file)] {
            if text.as_deref().is_some_and(unknown::is_unknown) {
                let message = format!("`value.{field}` must be known before anything exists");
                problems.push(Problem::new(format!("/value/{field}"), message).help("write it out"));
            }
        }
        problems
    }

    /// The value. `None` for one that is generated.
    ///
    /// # Errors
    /// If it is not there, or cannot be a secret's value. Tells where it should be, never what was found.
    pub(super) fn read(&self) -> Result<Option<Secret>, Problem> {
        let (field, value) = match self {
            Self { environment_variable: Some(name), .. } => ("environment_variable", self.variable(name)?),
            Self { file: Some(path), .. } => ("file", self.text(path)?),
            _ => return Ok(None),
        };
        let message = match value.len() {
            0 => format!("{} is empty", self.noun()),
            length if length > LARGEST => {
                format!("{} has more than {LARGEST} bytes, the most that a secret's value can have", self.noun())
            }
            _ => return Ok(Some(value)),
        };
        Err(Problem::new(format!("/value/{field}"), message)
            .help(format!("the secret's value comes from {}", self.noun())))
    }

    fn variable(&self, name: &str) -> Result<Secret, Problem> {
        let problem = |what: &str| Problem::new("/value/environment_variable", format!("{} {what}", self.noun()));
        match env::var(name) {
            Ok(value) => Ok(Secret::new(value)),
            Err(VarError::NotPresent) => Err(problem("is not set, and the secret's value comes from there")
                .help(format!("set it (`read -rs {name} && export {name}`) and run the same command again"))),
            // What was found is dropped unseen: the variant carries it.
            Err(VarError::NotUnicode(_)) => Err(problem("is not UTF-8").help("take a binary value in Base64")),
        }
    }

    fn text(&self, path: &str) -> Result<Secret, Problem> {
        let problem = |what: &str| Problem::new("/value/file", format!("{} {what}", self.noun()));
        let unreadable = |error: io::Error| {
            problem(&format!("cannot be read, and the secret's value comes from there: {}", error.kind()))
                .help("put the file there, or let whoever plans and applies read it")
        };
        let file = File::open(path).map_err(unreadable)?;
        let mut bytes = Zeroizing::new(Vec::new());
        // One more than allowed, so that a file that is too large is seen to be.
        let most = u64::try_from(LARGEST).unwrap_or(u64::MAX).saturating_add(1);
        file.take(most).read_to_end(&mut bytes).map_err(unreadable)?;
        let text = String::from_utf8(std::mem::take(&mut *bytes)).map_err(|error| {
            error.into_bytes().zeroize();
            problem("is not UTF-8").help("take a binary value in Base64")
        })?;
        Ok(Secret::new(text))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs;

    use serde_json::json;

    use super::*;

    fn source(table: serde_json::Value) -> Source {
        serde_json::from_value(table).unwrap()
    }

    fn refusal(source: &Source) -> String {
        let problem = source.read().err().unwrap();
        format!("{}: {}\nhelp: {}", problem.pointer, problem.message, problem.help.unwrap_or_default())
    }

    #[test]
    fn there_is_exactly_one_source() {
        let problems = |table| source(table).problems().into_iter().map(|one| one.pointer).collect::<Vec<_>>();
        assert_eq!(problems(json!({ "file": "a" })), [""; 0]);
        assert_eq!(problems(json!({ "environment_variable": "A" })), [""; 0]);
        assert_eq!(problems(json!({ "generate": {} })), [""; 0]);
        assert_eq!(problems(json!({})), ["/value"]);
        assert_eq!(problems(json!({ "file": "a", "generate": {} })), ["/value"]);
        let unknown = format!("{}kms_key.a.arn{}", unknown::OPEN, unknown::CLOSE);
        assert_eq!(problems(json!({ "file": unknown })), ["/value/file"]);
    }

    #[test]
    fn a_source_that_is_not_there_is_named() {
        insta::assert_snapshot!(refusal(&source(json!({ "environment_variable": "PROVISION_TEST_UNSET" }))), @r"
        /value/environment_variable: the environment variable PROVISION_TEST_UNSET is not set, and the secret's value comes from there
        help: set it (`read -rs PROVISION_TEST_UNSET && export PROVISION_TEST_UNSET`) and run the same command again
        ");
        insta::assert_snapshot!(refusal(&source(json!({ "file": "/nowhere/password" }))), @r"
        /value/file: the file /nowhere/password cannot be read, and the secret's value comes from there: entity not found
        help: put the file there, or let whoever plans and applies read it
        ");
    }

    #[test]
    fn a_file_is_taken_as_it_is_and_what_cannot_be_a_value_is_refused_without_showing_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        let file = source(json!({ "file": path }));
        let shown = |file: &Source| refusal(file).replace(path.to_str().unwrap(), "PATH");
        fs::write(&path, "hunter2\n").unwrap();
        assert_eq!(*file.read().unwrap().unwrap(), "hunter2\n");
        fs::write(&path, "").unwrap();
        insta::assert_snapshot!(shown(&file), @r"
        /value/file: the file PATH is empty
        help: the secret's value comes from the file PATH
        ");
        fs::write(&path, [b"hunter2".as_slice(), &[0xff]].concat()).unwrap();
        insta::assert_snapshot!(shown(&file), @r"
        /value/file: the file PATH is not UTF-8
        help: take a binary value in Base64
        ");
        fs::write(&path, "x".repeat(LARGEST + 7)).unwrap();
        insta::assert_snapshot!(shown(&file), @r"
        /value/file: the file PATH has more than 65536 bytes, the most that a secret's value can have
        help: the secret's value comes from the file PATH
        ");
        fs::write(&path, "x".repeat(LARGEST)).unwrap();
        assert!(file.read().is_ok());
    }
}
