//! What is reported.

use jiff::Timestamp;
use provision_graph::Graph;
use provision_reconciler::drift::Drift;
use provision_reconciler::recovery::Readiness;

/// What was changed in AWS behind our back, in several environments, as one look.
#[derive(Clone, Debug)]
pub struct DriftReport {
    /// When it was looked.
    pub checked_at: Timestamp,
    /// The version of the engine that looked.
    pub engine: String,
    /// The environments, in the order in which they are told.
    pub environments: Vec<Checked<DriftLook>>,
}

/// Whether replicas would serve, in several environments, as one look.
#[derive(Clone, Debug)]
pub struct RecoveryReport {
    /// When it was looked.
    pub checked_at: Timestamp,
    /// The version of the engine that looked.
    pub engine: String,
    /// The environments, in the order in which they are told.
    pub environments: Vec<Checked<Readiness>>,
}

/// One environment.
#[derive(Clone, Debug)]
pub struct Checked<L> {
    /// Its name.
    pub name: String,
    /// What came of looking.
    pub outcome: Outcome<L>,
}

/// What came of looking at an environment.
#[derive(Clone, Debug)]
pub enum Outcome<L> {
    /// It was looked at, and this was seen.
    Looked(L),
    /// It could not be looked at.
    Failed {
        /// Why.
        message: String,
        /// What to do.
        hint: Option<String>,
    },
}

/// What was seen of one environment.
#[derive(Clone, Debug)]
pub struct DriftLook {
    /// What was changed.
    pub drift: Drift,
    /// What depends on what, to be drawn. What has drifted is marked in the picture; marks that are there already stay.
    pub graph: Option<Graph>,
    /// When it was last applied, if that is known.
    pub applied_at: Option<Timestamp>,
}

impl<L> Checked<L> {
    /// What was seen, if it could be looked at.
    pub fn look(&self) -> Option<&L> {
        match &self.outcome {
            Outcome::Looked(look) => Some(look),
            Outcome::Failed { .. } => None,
        }
    }
}
