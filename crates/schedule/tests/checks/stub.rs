//! A program that stands in for `provision`: it notes how it was called.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// What it prints on stdout: such as AWS might contain.
pub const SAYS: &str = "s3_bucket.data: ``` # <b>\n::set-output name=code::0\n";

/// What it writes as a summary: Markdown, and not the indented text of what it printed.
pub const SUMMARY: &str = "## By the program\n";

/// What it writes as JUnit XML: a test that passes, fails, or could not be run, and one that always passes.
fn junit(code: u8) -> String {
    let inner = match code {
        0 => "",
        2 => "<failure message=\"changed\"/>",
        _ => "<error message=\"not looked at\"/>",
    };
    let test = format!("<testcase name=\"s3_bucket.data\">{inner}</testcase><testcase name=\"everything else\"/>");
    format!("<testsuites><testsuite name=\"dev\">{test}</testsuite></testsuites>")
}

/// The stand-in, and what it notes.
pub struct Stub {
    program: PathBuf,
    notes: PathBuf,
}

impl Stub {
    /// Puts one at a path, which exits with this code. With 0, 1 and 2 it has written what `--out` asked for, by the
    /// file's ending; what exits with another code did not get that far.
    pub fn at(program: &Path, code: u8) -> Self {
        let notes = program.with_file_name("notes");
        let variables = program.with_file_name("variables");
        let quoted = |path: &Path| format!("'{}'", path.to_str().unwrap().replace('\'', r"'\''"));
        fs::create_dir_all(program.parent().unwrap()).unwrap();
        let does_report = code <= 2;
        // Every argument ends with a zero byte, and every call with a line break after one.
        let script = format!(
            "#!/bin/sh\n\
             printf '%s\\0' \"$@\" >> {notes}\n\
             printf '\\n' >> {notes}\n\
             printf '%s' \"$PROVISION_NOTIFY/$AWS_REGION\" > {variables}\n\
             printf '%s' '{SAYS}'\n\
             echo 'it was read' >&2\n\
             while {does_report} && [ $# -gt 1 ]; do\n\
             case \"$1 $2\" in\n\
             '--out '*.html) echo '<html>' > \"$2\" ;;\n\
             '--out '*.md) printf '%s' '{SUMMARY}' > \"$2\" ;;\n\
             '--out '*.xml) printf '%s' '{junit}' > \"$2\" ;;\n\
             '--out '*) echo \"what is $2?\" >&2; exit 3 ;;\n\
             esac\n\
             shift\n\
             done\n\
             exit {code}\n",
            junit = junit(code),
            notes = quoted(&notes),
            variables = quoted(&variables),
        );
        fs::write(program, script).unwrap();
        fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
        Self { program: program.to_owned(), notes }
    }

    /// Puts one into a folder, under the name `provision`.
    pub fn within(folder: &Path, code: u8) -> Self {
        Self::at(&folder.join("provision"), code)
    }

    /// Its path.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// The arguments of its only call.
    pub fn call(&self) -> Vec<String> {
        let mut calls = self.calls();
        assert_eq!(calls.len(), 1, "{calls:?}");
        calls.remove(0)
    }

    /// The arguments of each call.
    pub fn calls(&self) -> Vec<Vec<String>> {
        let notes = fs::read_to_string(&self.notes).unwrap_or_default();
        let calls = notes.split_terminator("\0\n");
        calls.map(|call| call.split('\0').map(str::to_owned).collect()).collect()
    }

    /// `PROVISION_NOTIFY` and `AWS_REGION` of its last call, with a slash between them.
    pub fn variables(&self) -> String {
        fs::read_to_string(self.program.with_file_name("variables")).unwrap()
    }
}

/// A search path with this folder before everything else.
pub fn search(folder: &Path) -> String {
    format!("{}:{}", folder.display(), std::env::var("PATH").unwrap())
}
