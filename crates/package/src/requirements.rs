//! Reading `requirements.txt`: a small, strict part of what pip understands.
//! <https://pip.pypa.io/en/stable/reference/requirements-file-format/>

mod line;

pub(crate) use line::normal;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

/// One package of one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Requirement {
    /// Its normalised name, as in `python-dateutil`.
    pub(crate) name: String,
    /// The extras asked for, sorted. They only matter for what it depends on, and are kept for the reader of errors.
    pub(crate) extras: Vec<String>,
    /// Its version.
    pub(crate) version: String,
    /// The hashes its files may have, as in `sha256:…`, sorted.
    pub(crate) hashes: Vec<String>,
}

/// A line of `requirements.txt` that does not name one package of one version.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// The line, counted from 1.
    pub line: usize,
    /// Its text.
    pub text: String,
    /// What is wrong with it.
    pub reason: String,
    /// What to do about it.
    pub remedy: String,
}

/// As pip reads it.
impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if !self.extras.is_empty() {
            write!(f, "[{}]", self.extras.join(","))?;
        }
        write!(f, "=={}", self.version)?;
        self.hashes.iter().try_for_each(|hash| write!(f, " --hash={hash}"))
    }
}

/// The requirements of a file, by name; or everything that is wrong with it.
pub(crate) fn parse(text: &str) -> Result<Vec<Requirement>, Vec<Problem>> {
    let mut found: BTreeMap<String, (Requirement, usize, String)> = BTreeMap::new();
    let mut problems = Vec::new();
    for (line, text) in logical_lines(text) {
        let problem = |(reason, remedy): line::Refusal| Problem { line, text: shorten(&text), reason, remedy };
        match line::parse(&text) {
            Err(refusal) => problems.push(problem(refusal)),
            Ok(requirement) => {
                if let Some((_, first, _)) = found.get(&requirement.name) {
                    problems.push(problem((
                        format!("names a package that line {first} has named already"),
                        "keep one line for each package".into(),
                    )));
                } else {
                    found.insert(requirement.name.clone(), (requirement, line, text));
                }
            }
        }
    }
    // pip demands all hashes as soon as there is one.
    if found.values().any(|(requirement, ..)| !requirement.hashes.is_empty()) {
        let unhashed = found.values().filter(|(requirement, ..)| requirement.hashes.is_empty());
        problems.extend(unhashed.map(|(_, line, text)| Problem {
            line: *line,
            text: shorten(text),
            reason: "has no hash, but other lines have".into(),
            remedy: "give every line its hashes (`pip-compile --generate-hashes`), or none".into(),
        }));
    }
    if problems.is_empty() {
        return Ok(found.into_values().map(|(requirement, ..)| requirement).collect());
    }
    problems.sort_by_key(|problem| problem.line);
    Err(problems)
}

/// All problems of a file, one a line.
pub(crate) fn list(file: &Path, problems: &[Problem]) -> String {
    let lines: Vec<_> = problems
        .iter()
        .map(|problem| format!("{}:{}: `{}` {}", file.display(), problem.line, problem.text, problem.reason))
        .collect();
    lines.join("\n")
}

/// The lines without comments, continued ones joined, each with the number of its first.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    let mut continues = false;
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let comment = line.trim_start().starts_with('#');
        let (part, more) = match line.strip_suffix('\\') {
            Some(part) if !comment => (part, true),
            _ => (line, false),
        };
        let part = without_comment(part);
        match lines.last_mut() {
            Some((_, before)) if continues => {
                before.push(' ');
                before.push_str(part);
            }
            _ => lines.push((index + 1, part.to_owned())),
        }
        continues = more;
    }
    lines.retain_mut(|(_, line)| {
        *line = line.trim().to_owned();
        !line.is_empty()
    });
    lines
}

/// A comment begins the line, or follows white space: `#` may be part of a URL.
fn without_comment(line: &str) -> &str {
    let mut before = ' ';
    for (index, character) in line.char_indices() {
        if character == '#' && before.is_whitespace() {
            return &line[..index];
        }
        before = character;
    }
    line
}

/// Hashes make a line unreadable, and are never what is wrong.
fn shorten(text: &str) -> String {
    match text.split_once(" --hash") {
        Some((before, _)) => format!("{} …", before.trim_end()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn names(text: &str) -> Vec<String> {
        parse(text).unwrap().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn pinned_lines_are_read_and_sorted() {
        let text = "# what it needs\nrequests[socks , security] == 2.32.3  # as the docs say\n\nPython_DateUtil==2.9.0.post0\n";
        assert_eq!(names(text), ["python-dateutil==2.9.0.post0", "requests[security,socks]==2.32.3"]);
        assert_eq!(names(""), Vec::<String>::new());
        assert_eq!(names("\u{feff}six==1.17.0\r\n"), ["six==1.17.0"]);
    }

    #[test]
    fn hashes_may_continue_over_lines() {
        let hash = "sha256:".to_owned() + &"a1".repeat(32);
        let text = format!("six==1.17.0 \\\n    --hash={hash} \\\n    --hash={}\n", hash.replace("a1", "00"));
        let zero = hash.replace("a1", "00");
        assert_eq!(names(&text), [format!("six==1.17.0 --hash={zero} --hash={hash}")]);
    }

    #[test]
    fn every_other_line_is_refused_with_a_remedy() {
        let text = "\
requests
boto3>=1.30
idna==3.*
urllib3===2.0
six==1.16,!=1.17
-r more.txt
-e ../library
--index-url https://packages.example/simple
git+https://git.example/a.git@main
thing @ https://files.example/thing-1.0-py3-none-any.whl
./wheels/thing-1.0-py3-none-any.whl
tomli==2.0.1; python_version < \"3.11\"
attrs==24.2.0
Attrs==24.2.0
idna==3.7 --hash=sha256:beef
?==1
";
        let problems = parse(text).unwrap_err();
        insta::assert_snapshot!(list(Path::new("requirements.txt"), &problems), @r#"
        requirements.txt:1: `requests` is not pinned to one version
        requirements.txt:2: `boto3>=1.30` is not pinned to one version
        requirements.txt:3: `idna==3.*` is not pinned to one version
        requirements.txt:4: `urllib3===2.0` is not pinned to one version
        requirements.txt:5: `six==1.16,!=1.17` is not pinned to one version
        requirements.txt:6: `-r more.txt` reads another file
        requirements.txt:7: `-e ../library` is an editable install
        requirements.txt:8: `--index-url https://packages.example/simple` is an option of pip
        requirements.txt:9: `git+https://git.example/a.git@main` is fetched from an address, where something else may be tomorrow
        requirements.txt:10: `thing @ https://files.example/thing-1.0-py3-none-any.whl` is fetched from an address, where something else may be tomorrow
        requirements.txt:11: `./wheels/thing-1.0-py3-none-any.whl` is a file of this machine
        requirements.txt:12: `tomli==2.0.1; python_version < "3.11"` has a condition, which pip would evaluate for this machine instead of the function's
        requirements.txt:14: `Attrs==24.2.0` names a package that line 13 has named already
        requirements.txt:15: `idna==3.7 …` has a hash that is none
        requirements.txt:16: `?==1` names no package
        "#);
        let remedies: Vec<_> = problems.iter().map(|problem| format!("{}: {}", problem.line, problem.remedy)).collect();
        insta::assert_snapshot!(remedies.join("\n"), @"
        1: pin it: `requests==<version>`
        2: pin it: `boto3==<version>`
        3: pin it: `idna==<version>`
        4: pin it: `urllib3==<version>`
        5: pin it: `six==<version>`
        6: write all pinned lines into this one (`pip-compile` makes it)
        7: copy that code into the function's folder, or publish it and pin its version
        8: remove it: the index and the like are pip's own configuration (`pip config list`)
        9: publish it to a package index and pin its version
        10: publish it to a package index and pin its version
        11: copy that code into the function's folder, or publish it and pin its version
        12: remove the condition where it holds for the function's runtime, and the line where it does not
        14: keep one line for each package
        15: write hashes as `--hash=sha256:` and 64 hexadecimal digits
        16: write each line as `name==version`
        ");
    }

    #[test]
    fn hashes_on_some_lines_only_are_refused() {
        let text = format!("six==1.17.0\nidna==3.7 --hash=sha256:{}\n", "0".repeat(64));
        insta::assert_snapshot!(list(Path::new("requirements.txt"), &parse(&text).unwrap_err()), @"requirements.txt:1: `six==1.17.0` has no hash, but other lines have");
    }
}
