//! What the documents on several environments share.

use jiff::Timestamp;
use provision_report::{Checked, Outcome};
use serde::Serialize;

/// A report on several environments.
#[derive(Debug, Serialize)]
pub struct Report<L> {
    format: &'static str,
    /// When it was looked.
    checked_at: String,
    /// The environments, in the order in which they were named.
    environments: Vec<Environment<L>>,
}

/// One environment.
#[derive(Debug, Serialize)]
struct Environment<L> {
    environment: String,
    /// Whether it could be looked at. If not, everything but `error` is empty.
    checked: bool,
    /// Why it could not be looked at.
    error: Option<String>,
    /// What to do about that.
    hint: Option<String>,
    /// What was seen of it.
    #[serde(flatten)]
    look: L,
}

impl<L: Default> Report<L> {
    /// The document of this format.
    pub(super) fn of<S>(
        format: &'static str,
        checked_at: Timestamp,
        environments: &[Checked<S>],
        look: impl Fn(&S) -> L,
    ) -> Self {
        let environment = |checked: &Checked<S>| {
            let (is_checked, error, hint, look) = match &checked.outcome {
                Outcome::Looked(seen) => (true, None, None, look(seen)),
                Outcome::Failed { message, hint } => (false, Some(message.clone()), hint.clone(), L::default()),
            };
            Environment { environment: checked.name.clone(), checked: is_checked, error, hint, look }
        };
        let environments = environments.iter().map(environment).collect();
        Self { format, checked_at: checked_at.to_string(), environments }
    }
}
