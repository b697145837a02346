//! What is said of each outcome. None of it contains a quote, a `%` or a `$`: it stands in shell scripts, YAML and
//! Groovy.

use crate::schedule::Job;

/// The words for a job.
pub struct Words {
    /// What is done, as a title.
    pub doing: &'static str,
    /// Exit code 0.
    pub nothing: &'static str,
    /// Exit code 2, in a word or two.
    pub found_title: &'static str,
    /// Exit code 2.
    pub found: &'static str,
    /// Any other exit code, in a word or two.
    pub failed_title: &'static str,
    /// Any other exit code.
    pub failed: &'static str,
}

impl Job {
    pub(crate) fn words(self) -> Words {
        match self {
            Self::Drift => Words {
                doing: "Look for drift",
                nothing: "No drift: AWS is as it was last applied",
                found_title: "Drift found",
                found: "Drift found: AWS is not as it was last applied",
                failed_title: "Drift check failed",
                failed: "Drift check failed: whether AWS is as it was last applied is not known",
            },
            Self::DrCheck => Words {
                doing: "Check disaster recovery",
                nothing: "Disaster recovery works as configured",
                found_title: "Disaster recovery problem found",
                found: "Disaster recovery problem found: it does not work as configured",
                failed_title: "Disaster recovery check failed",
                failed: "Disaster recovery check failed: whether it works as configured is not known",
            },
        }
    }
}
