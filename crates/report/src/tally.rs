//! What a report comes to, in numbers.

use std::ops::AddAssign;

use provision_config::Severity;
use provision_reconciler::drift::{Drift, What};
use provision_reconciler::recovery::{Readiness, Verdict};

use crate::model::{DriftReport, RecoveryReport};

/// What drift comes to, in one environment or in all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DriftTally {
    /// The environments.
    pub environments: usize,
    /// Those that could not be looked at.
    pub failed: usize,
    /// Those that have drifted.
    pub drifted: usize,
    /// The resources that were looked at.
    pub resources: usize,
    /// The findings by severity, the gravest first, as in [`Severity::ALL`].
    pub by_severity: [usize; 3],
    /// The resources that are gone.
    pub deleted: usize,
    /// What is in no state.
    pub orphans: usize,
    /// The fields that differ and are nobody's concern.
    pub ignored: usize,
    /// What should be known all the same.
    pub remarks: usize,
}

impl DriftTally {
    /// What one environment comes to.
    pub fn of(drift: &Drift) -> Self {
        let count = |is: fn(&What) -> bool| drift.findings.iter().filter(|finding| is(&finding.what)).count();
        Self {
            environments: 1,
            failed: 0,
            drifted: usize::from(!drift.is_none()),
            resources: drift.resources,
            by_severity: Severity::ALL.map(|severity| drift.count(severity)),
            deleted: count(|what| matches!(what, What::Deleted { .. })),
            orphans: count(|what| matches!(what, What::Orphan { .. })),
            ignored: drift.ignored.len(),
            remarks: drift.remarks.len(),
        }
    }

    /// What all of them come to.
    pub fn all(report: &DriftReport) -> Self {
        let mut all = Self::default();
        for environment in &report.environments {
            match environment.look() {
                Some(look) => all += Self::of(&look.drift),
                None => all += Self { environments: 1, failed: 1, ..Self::default() },
            }
        }
        all
    }

    /// All findings.
    pub fn findings(&self) -> usize {
        self.by_severity.iter().sum()
    }
}

impl AddAssign for DriftTally {
    fn add_assign(&mut self, other: Self) {
        self.environments += other.environments;
        self.failed += other.failed;
        self.drifted += other.drifted;
        self.resources += other.resources;
        for (sum, number) in self.by_severity.iter_mut().zip(other.by_severity) {
            *sum += number;
        }
        self.deleted += other.deleted;
        self.orphans += other.orphans;
        self.ignored += other.ignored;
        self.remarks += other.remarks;
    }
}

/// What a check of replicas comes to, in one environment or in all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecoveryTally {
    /// The environments.
    pub environments: usize,
    /// Those that could not be looked at.
    pub failed: usize,
    /// Those of which a replica would not serve.
    pub unready: usize,
    /// The replicas that were looked at.
    pub replicas: usize,
    /// Those of them that would not serve.
    pub broken: usize,
    /// Everything that was looked at about them.
    pub aspects: usize,
    /// What is wrong.
    pub findings: usize,
    /// What should be known.
    pub notes: usize,
    /// What could not be looked at.
    pub untested: usize,
    /// What holds data and has no replica.
    pub unreplicated: usize,
}

impl RecoveryTally {
    /// What one environment comes to.
    pub fn of(readiness: &Readiness) -> Self {
        let aspects = || readiness.replicas.iter().flat_map(|replica| &replica.aspects);
        let count = |is: fn(&Verdict) -> bool| aspects().filter(|aspect| is(&aspect.verdict)).count();
        Self {
            environments: 1,
            failed: 0,
            unready: usize::from(!readiness.is_ready()),
            replicas: readiness.replicas.len(),
            broken: readiness.replicas.iter().filter(|replica| replica.findings().next().is_some()).count(),
            aspects: aspects().count(),
            findings: readiness.findings(),
            notes: count(|verdict| matches!(verdict, Verdict::Note(_))),
            untested: count(|verdict| matches!(verdict, Verdict::Untested(_))),
            unreplicated: readiness.unreplicated.len(),
        }
    }

    /// What all of them come to.
    pub fn all(report: &RecoveryReport) -> Self {
        let mut all = Self::default();
        for environment in &report.environments {
            match environment.look() {
                Some(readiness) => all += Self::of(readiness),
                None => all += Self { environments: 1, failed: 1, ..Self::default() },
            }
        }
        all
    }
}

impl AddAssign for RecoveryTally {
    fn add_assign(&mut self, other: Self) {
        self.environments += other.environments;
        self.failed += other.failed;
        self.unready += other.unready;
        self.replicas += other.replicas;
        self.broken += other.broken;
        self.aspects += other.aspects;
        self.findings += other.findings;
        self.notes += other.notes;
        self.untested += other.untested;
        self.unreplicated += other.unreplicated;
    }
}
