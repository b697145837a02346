//! The schedulers, and the files that each of them gets.

use crate::problem::Problems;
use crate::schedule::Schedule;
use crate::{crontab, github, jenkins, kubernetes, systemd};

/// A scheduler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// A service and a timer of systemd.
    Systemd,
    /// A line of a user's crontab.
    Crontab,
    /// A workflow of GitHub Actions.
    Github,
    /// A declarative pipeline of Jenkins.
    Jenkins,
    /// A CronJob of Kubernetes, with its service account.
    Kubernetes,
}

impl Target {
    /// Every scheduler.
    pub const ALL: [Self; 5] = [Self::Systemd, Self::Crontab, Self::Github, Self::Jenkins, Self::Kubernetes];

    /// Its name on a command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Systemd => "systemd",
            Self::Crontab => "crontab",
            Self::Github => "github",
            Self::Jenkins => "jenkins",
            Self::Kubernetes => "kubernetes",
        }
    }
}

/// A file that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Where it could be put: a relative path, whose folders matter to the platform.
    pub name: String,
    /// What is in it. It ends with a newline.
    pub content: String,
    /// Where it goes and how it is switched on: one line, for a person.
    pub what_to_do: String,
}

impl Schedule {
    /// The files for a scheduler.
    ///
    /// # Errors
    /// What cannot be written safely, all of it.
    pub fn render(&self, target: Target) -> Result<Vec<File>, Problems> {
        let problems = self.problems(target);
        if !problems.is_empty() {
            return Err(Problems(problems));
        }
        Ok(match target {
            Target::Systemd => systemd::render(self),
            Target::Crontab => vec![crontab::render(self)],
            Target::Github => vec![github::render(self)],
            Target::Jenkins => vec![jenkins::render(self)],
            Target::Kubernetes => vec![kubernetes::render(self)],
        })
    }
}
