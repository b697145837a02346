//! Which files of a folder do not belong into its package.

use std::fs;
use std::io;
use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::error::PackageError;

/// The file in a source folder with rules of its own.
pub(crate) const FILE: &str = ".lambdaignore";

/// What is left out of every package, in the syntax of `.gitignore`. A folder's `.lambdaignore` comes after these.
pub const EXCLUDED: &str = r"# only for building the package
/.lambdaignore
/requirements.txt
# tests
tests/
.coverage
.hypothesis/
.mypy_cache/
.pytest_cache/
.ruff_cache/
.tox/
# what Python makes by itself; it depends on its version and on times
__pycache__/
*.pyc
*.pyo
*.egg-info/
.venv/
venv/
# version control
.git
.gitattributes
.gitignore
.gitmodules
.hg/
.jj/
.svn/
# settings of this machine, which may well be secrets
.env
.env.*
# editors and operating systems
.idea/
.vscode/
*.swp
*.swo
*~
.#*
\#*#
.DS_Store
._*
Thumbs.db
desktop.ini
";

/// What pip installs and is not needed at run time, or is different on every machine: programs name the interpreter that
/// installed them, and `RECORD` has their hashes.
const EXCLUDED_VENDORED: &str = r"__pycache__/
*.pyc
/bin/
/*.dist-info/RECORD
/*.dist-info/INSTALLER
/*.dist-info/REQUESTED
/*.dist-info/direct_url.json
";

/// Rules about paths.
#[derive(Debug)]
pub(crate) struct Rules(Gitignore);

impl Rules {
    /// Those of a source folder: the built-in ones and its `.lambdaignore`.
    pub(crate) fn of_folder(folder: &Path) -> Result<Self, PackageError> {
        let file = folder.join(FILE);
        let own = match fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(PackageError::file("read", file)(error)),
        };
        Self::parse(&[(Path::new("(built-in)"), EXCLUDED), (&file, &own)])
    }

    /// Those of what pip has installed.
    pub(crate) fn vendored() -> Result<Self, PackageError> {
        Self::parse(&[(Path::new("(built-in)"), EXCLUDED_VENDORED)])
    }

    fn parse(files: &[(&Path, &str)]) -> Result<Self, PackageError> {
        // Paths are given relative to the folder, so there is no root to be stripped.
        let mut builder = GitignoreBuilder::new(".");
        // A slip is to be told, not taken for a name with a bracket.
        builder.allow_unclosed_class(false);
        for (file, text) in files {
            for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
                let pattern = |error: ignore::Error| PackageError::Pattern {
                    file: file.to_path_buf(),
                    line: index + 1,
                    pattern: line.to_owned(),
                    reason: reason(error),
                };
                builder.add_line(None, line).map_err(pattern)?;
            }
        }
        let whole = |error: ignore::Error| PackageError::Pattern {
            file: files.last().map(|(file, _)| file.to_path_buf()).unwrap_or_default(),
            line: 1,
            pattern: String::new(),
            reason: reason(error),
        };
        builder.build().map(Self).map_err(whole)
    }

    /// Whether a path, relative to the folder, is left out. The folders above it are not looked at.
    pub(crate) fn exclude(&self, relative: &Path, is_folder: bool) -> bool {
        self.0.matched(relative, is_folder).is_ignore()
    }
}

/// The reason without the pattern, which is shown anyway.
fn reason(error: ignore::Error) -> String {
    match error {
        ignore::Error::Glob { err, .. } => err,
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn every_built_in_rule_holds_where_it_should() {
        let folder = tempfile::tempdir().unwrap();
        let rules = Rules::of_folder(folder.path()).unwrap();
        for path in [
            ".lambdaignore",
            "requirements.txt",
            "a/b.pyc",
            ".git",
            "a/.git",
            ".env",
            ".env.local",
            "a/b.py~",
            "a/.#b.py",
        ] {
            assert!(rules.exclude(Path::new(path), false), "{path}");
        }
        for path in ["#handler.py#", ".DS_Store", "a/._b", ".handler.py.swp", "Thumbs.db", ".gitignore"] {
            assert!(rules.exclude(Path::new(path), false), "{path}");
        }
        for path in ["tests", "a/tests", "__pycache__", ".venv", ".idea", "x.egg-info", ".git"] {
            assert!(rules.exclude(Path::new(path), true), "{path}");
        }
        // A name that is only like one of them stays in.
        for path in ["handler.py", "a/requirements.txt", "tests", "environment.py", "a/venv", "#x", "pyc"] {
            assert!(!rules.exclude(Path::new(path), false), "{path}");
        }
    }

    #[test]
    fn a_folder_adds_rules_and_takes_built_in_ones_back() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), "# prose\n*.md\n!tests/\n/data/*.csv\n").unwrap();
        let rules = Rules::of_folder(folder.path()).unwrap();
        assert!(rules.exclude(Path::new("docs/README.md"), false));
        assert!(rules.exclude(Path::new("data/a.csv"), false));
        assert!(!rules.exclude(Path::new("more/data/a.csv"), false));
        assert!(!rules.exclude(Path::new("tests"), true));
    }

    #[test]
    fn a_pattern_that_is_none_is_named_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), "*.md\n\ndata/[a\n").unwrap();
        let error = Rules::of_folder(folder.path()).unwrap_err();
        let shown = error.to_string().replace(folder.path().to_str().unwrap(), "DIR");
        insta::assert_snapshot!(shown, @"DIR/.lambdaignore:3: `data/[a` is not a pattern: unclosed character class; missing ']'");
    }
}
