//! What cannot be written safely.

use std::fmt;

use crate::crontab;
use crate::schedule::{Schedule, Which};
use crate::target::Target;

/// Something about a schedule that a target cannot be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The field of [`Schedule`].
    pub field: &'static str,
    /// What is wrong with it, and what would be right.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.message)
    }
}

/// All that is wrong with a schedule; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(
    /// Each of them.
    pub Vec<Problem>,
);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(Problem::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for Problems {}

impl Schedule {
    /// All that keeps a schedule from being written for a target; nothing if [`Schedule::render`] will succeed. Fields
    /// that the target does not use are not looked at.
    pub fn problems(&self, target: Target) -> Vec<Problem> {
        let mut found = Found(Vec::new());
        found.name(&self.name);
        found.environments(&self.which);
        for (index, target) in self.notify.iter().enumerate() {
            found.notify(index + 1, target);
        }
        found.region(&self.region);
        match target {
            Target::Systemd => self.systemd(&mut found),
            Target::Crontab => self.crontab(&mut found),
            Target::Github => {
                found.folder(&self.folder);
                found.install(&self.install);
                found.label("runs_on", &self.runs_on);
                found.role(self.role_arn.as_deref());
            }
            Target::Jenkins => {
                found.folder(&self.folder);
                found.install(&self.install);
                if let Some(agent) = &self.agent {
                    found.text("agent", agent);
                }
                found.credentials("notify_credentials", self.notify_credentials.as_deref());
                found.credentials("aws_credentials", self.aws_credentials.as_deref());
            }
            Target::Kubernetes => {
                found.absolute("program", &self.program);
                found.absolute("directory", &self.directory);
                found.image(&self.image);
                found.role(self.role_arn.as_deref());
            }
        }
        found.0
    }

    fn systemd(&self, found: &mut Found) {
        found.absolute("program", &self.program);
        found.absolute("directory", &self.directory);
        found.user(self.user.as_deref());
        if self.program.contains(['"', '\'', '\\', '$']) {
            found.add(
                "program",
                format!("systemd takes no program whose path contains a quote, \\ or $, as {:?}", self.program),
            );
        }
        for (field, path) in [("program", &self.program), ("directory", &self.directory)] {
            if ["/tmp", "/var/tmp"].iter().any(|hidden| within(path, hidden)) {
                found.add(field, format!("the service has a /tmp of its own and does not see {path:?}"));
            }
        }
    }

    fn crontab(&self, found: &mut Found) {
        found.absolute("program", &self.program);
        found.absolute("directory", &self.directory);
        found.user(self.user.as_deref());
        for (field, path) in [("program", &self.program), ("directory", &self.directory)] {
            if path.contains('\\') {
                found.add(field, format!("crons differ in how they read \\, which is in {path:?}"));
            }
        }
        for (index, _) in self.notify.iter().enumerate().filter(|(_, target)| target.contains('\\')) {
            found.add("notify", format!("crons differ in how they read \\, which is in target {}", index + 1));
        }
        let length = crontab::command(self).len();
        if length > CRONTAB_LIMIT {
            found.add(
                "which",
                format!(
                    "the command would have {length} bytes, and some crons cut one after {CRONTAB_LIMIT}: name fewer \
                     environments, or give the targets in PROVISION_NOTIFY"
                ),
            );
        }
    }
}

/// Vixie cron's `MAX_COMMAND` is 1000, with what ends a text in C. What is longer is cut without a word.
const CRONTAB_LIMIT: usize = 998;

fn within(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

const HIDDEN: &str = "a line break or another character that cannot be seen";

/// What would be invisible to whoever reads the file, or change what they see: control characters, line separators, the
/// byte order mark, and the marks that turn the direction of a text.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        || matches!(character, '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

struct Found(Vec<Problem>);

impl Found {
    fn add(&mut self, field: &'static str, message: impl Into<String>) {
        self.0.push(Problem { field, message: message.into() });
    }

    /// Whether a text is one that a person can see all of.
    fn text(&mut self, field: &'static str, text: &str) -> bool {
        if text.trim().is_empty() {
            self.add(field, "is empty");
        } else if text.chars().any(is_hidden) {
            self.add(field, format!("{text:?} contains {HIDDEN}"));
        } else {
            return true;
        }
        false
    }

    fn only(&mut self, field: &'static str, text: &str, allowed: impl Fn(char) -> bool, what: &str) {
        if text.is_empty() || !text.chars().all(allowed) {
            self.add(field, format!("{text:?} is not {what}"));
        }
    }

    fn name(&mut self, name: &str) {
        let allowed =
            |character: char| character.is_ascii_lowercase() || character.is_ascii_digit() || character == '-';
        let edges = !name.starts_with(['-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']) && !name.ends_with('-');
        let right = !name.is_empty() && name.len() <= 52 && name.chars().all(allowed) && edges;
        if !right {
            self.add(
                "name",
                format!(
                    "{name:?} must be small letters, digits and -, begin with a letter, not end with -, and have at most \
                     52 characters"
                ),
            );
        }
    }

    fn environments(&mut self, which: &Which) {
        let Which::Named(names) = which else { return };
        if names.is_empty() {
            self.add("which", "no environment is named");
        }
        for name in names {
            let allowed = |character: char| character.is_ascii_alphanumeric() || character == '_' || character == '-';
            let first = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
            if !first || name.len() > 64 || !name.chars().all(allowed) {
                self.add("which", format!("{name:?} is not an environment's name"));
            }
        }
    }

    /// A target may be a secret: so it is not shown, but counted.
    fn notify(&mut self, number: usize, target: &str) {
        if target.trim().is_empty() {
            self.add("notify", format!("target {number} is empty"));
        } else if target.chars().any(is_hidden) {
            self.add("notify", format!("target {number} contains {HIDDEN}"));
        } else if target.starts_with('-') {
            self.add("notify", format!("target {number} looks like an option"));
        }
    }

    fn region(&mut self, region: &str) {
        let allowed =
            |character: char| character.is_ascii_lowercase() || character.is_ascii_digit() || character == '-';
        self.only("region", region, allowed, "an AWS region, as eu-central-1 is");
    }

    fn role(&mut self, role: Option<&str>) {
        let Some(role) = role else { return };
        let mut parts = role.splitn(6, ':');
        let right = parts.next() == Some("arn")
            && parts.next().is_some_and(|partition| {
                partition.starts_with("aws") && partition.chars().all(|one| one.is_ascii_lowercase() || one == '-')
            })
            && parts.next() == Some("iam")
            && parts.next() == Some("")
            && parts
                .next()
                .is_some_and(|account| account.len() == 12 && account.bytes().all(|one| one.is_ascii_digit()))
            && parts.next().and_then(|name| name.strip_prefix("role/")).is_some_and(|name| {
                !name.is_empty() && name.chars().all(|one| one.is_ascii_alphanumeric() || "_+=,.@-/".contains(one))
            });
        if !right {
            self.add(
                "role_arn",
                format!("{role:?} is not the ARN of a role, as arn:aws:iam::123456789012:role/drift is"),
            );
        }
    }

    fn absolute(&mut self, field: &'static str, path: &str) {
        if !self.text(field, path) {
            return;
        }
        if !path.starts_with('/') {
            self.add(field, format!("{path:?} must be absolute: a scheduler starts in a folder of its own"));
        } else if field == "program" && path.ends_with('/') {
            self.add(field, format!("{path:?} is a folder"));
        }
    }

    fn folder(&mut self, folder: &str) {
        if self.text("folder", folder) && (folder.starts_with(['/', '-']) || folder.split('/').any(|part| part == ".."))
        {
            self.add("folder", format!("{folder:?} must be a folder within the repository, relative to its root"));
        }
    }

    fn install(&mut self, install: &str) {
        if install.chars().any(|character| is_hidden(character) && !matches!(character, '\n' | '\t')) {
            self.add("install", "contains a character that cannot be seen, other than line breaks and tabs");
        }
        if install.starts_with([' ', '\t', '\n']) {
            self.add("install", "begins with a blank");
        }
    }

    fn label(&mut self, field: &'static str, label: &str) {
        let allowed = |character: char| character.is_ascii_alphanumeric() || "_-.".contains(character);
        self.only(field, label, allowed, "a runner's label: letters, digits, _, - and .");
    }

    fn credentials(&mut self, field: &'static str, id: Option<&str>) {
        let allowed = |character: char| character.is_ascii_alphanumeric() || "_-.".contains(character);
        if let Some(id) = id {
            self.only(field, id, allowed, "the id of credentials: letters, digits, _, - and .");
        }
    }

    fn image(&mut self, image: &str) {
        let allowed = |character: char| character.is_ascii_alphanumeric() || "_-./:@".contains(character);
        if image.starts_with(|first: char| !first.is_ascii_alphanumeric()) {
            self.add("image", format!("{image:?} is not the name of an image"));
        } else {
            self.only("image", image, allowed, "the name of an image");
        }
    }

    fn user(&mut self, user: Option<&str>) {
        let Some(user) = user else { return };
        let allowed = |character: char| character.is_ascii_alphanumeric() || "_-.".contains(character);
        if user.len() > 32 || user.starts_with(['-', '.']) {
            self.add("user", format!("{user:?} is not a user's name"));
        } else {
            self.only("user", user, allowed, "a user's name");
        }
    }
}
