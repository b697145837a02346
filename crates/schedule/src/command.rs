//! The command line that runs.

use crate::schedule::{Schedule, Which};

/// The variable from which the program reads its targets if its command line says `--notify` and names none.
pub const NOTIFY: &str = "PROVISION_NOTIFY";

impl Schedule {
    /// The words after the program: `-C DIR drift --all --notify TARGET`, or `--notify` alone if no target is named.
    /// What follows them must be an option: another word would be taken for the target.
    pub(crate) fn arguments(&self, directory: Option<&str>) -> Vec<String> {
        let mut words = Vec::new();
        if let Some(directory) = directory {
            words.extend(["-C".to_owned(), directory.to_owned()]);
        }
        words.extend(self.check());
        if self.notify.is_empty() {
            // Without it the program does not look at the variable. If that is not set, or empty, nobody is told, which the
            // program warns of; what is new is told by a later run that names somebody.
            words.push("--notify".to_owned());
        }
        for target in &self.notify {
            words.extend(["--notify".to_owned(), target.clone()]);
        }
        words
    }

    /// What is checked: `drift --all`.
    fn check(&self) -> Vec<String> {
        let mut words: Vec<String> = self.job.subcommand().iter().map(|word| (*word).to_owned()).collect();
        match &self.which {
            Which::All => words.push("--all".to_owned()),
            Which::Named(names) => words.extend(names.iter().cloned()),
        }
        words
    }

    /// The folder that `-C` names where the repository's root is the working directory.
    pub(crate) fn folder_in_repository(&self) -> Option<&str> {
        (self.folder != ".").then_some(self.folder.as_str())
    }

    /// What runs, for a title: `provision drift dev staging`.
    pub(crate) fn title(&self) -> String {
        format!("provision {}", self.check().join(" "))
    }
}
