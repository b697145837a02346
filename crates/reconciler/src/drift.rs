//! What was changed in AWS behind our back: live compared with what was last applied.

mod mend;
mod restore;

pub use mend::{Mend, MendingCall};
pub use restore::as_applied;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::Timestamp;
use provision_config::{Address, DriftIgnore, Severity};

use crate::diff::{Difference, diff};
use crate::error::CloudError;
use crate::observe::Observation;
use crate::orphan::Orphan;
use crate::record::Record;
use crate::registry::Registry;
use crate::remark::{Remark, remarks};

/// What was changed in one environment since it was last applied.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drift {
    /// The environment's name.
    pub environment: String,
    /// The account that it lives in.
    pub account: String,
    /// How many resources were looked at.
    pub resources: usize,
    /// What is not as it was left, the gravest first, then by address.
    pub findings: Vec<Finding>,
    /// What is not as it was left and is nobody's concern.
    pub ignored: Vec<Ignored>,
    /// What should be known of resources, whether or not they drifted.
    pub remarks: Vec<Remark>,
}

/// A resource that is not as it was left.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The resource.
    pub address: Address,
    /// What AWS calls it.
    pub id: String,
    /// The region.
    pub region: String,
    /// How grave it is: as the gravest of its fields.
    pub severity: Severity,
    /// What happened.
    pub what: What,
}

/// What happened to a resource.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// Fields differ. Never empty; the gravest first, then by path.
    Changed(Vec<Changed>),
    /// It is gone.
    Deleted {
        /// What makes it anew.
        mend: Mend,
        /// Since when, if that is known.
        since: Option<Since>,
    },
    /// It was made, and never finished: what it should be like nobody knows but the file.
    Unfinished {
        /// Since when, if that is known.
        since: Option<Since>,
    },
    /// It carries the environment's tags and is in no state.
    Orphan {
        /// What it is.
        orphan: Orphan,
        /// Since when, if that is known.
        since: Option<Since>,
    },
}

/// A field that differs from what was last applied.
#[derive(Clone, Debug, PartialEq)]
pub struct Changed {
    /// The field: `live` is what AWS has, `desired` what was last applied.
    pub difference: Difference,
    /// The security rules that held and hold no more, each with what others call it: `s3-bucket-versioning (S3.14)`.
    pub rules: Vec<String>,
    /// What sets it back.
    pub mend: Mend,
    /// Since when, if that is known.
    pub since: Option<Since>,
}

/// Since when something is so, as far as it was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Since {
    /// When it was first seen.
    pub first_seen: Timestamp,
    /// When it was last seen to be otherwise: the change was made between the two. `None`: nobody had looked before.
    pub after: Option<Timestamp>,
}

/// A field that differs and is nobody's concern.
#[derive(Clone, Debug, PartialEq)]
pub struct Ignored {
    /// The resource.
    pub address: Address,
    /// The field.
    pub path: String,
    /// Why, as the file says.
    pub reason: String,
}

/// What was changed in AWS since it was last applied. Orphans are to be added ([`Drift::add_orphans`]).
///
/// # Errors
/// If something could not be read: a drift report that leaves things out would be believed.
pub fn drift(
    registry: &Registry,
    records: &BTreeMap<Address, Record>,
    observation: &Observation,
    ignores: &[DriftIgnore],
) -> Result<Drift, CloudError> {
    if let Some(error) = observation.failures.values().next() {
        return Err(error.clone());
    }
    let mut drift = Drift { resources: records.len(), remarks: remarks(observation), ..Drift::default() };
    for (address, record) in records {
        let kind = registry.kind(address)?;
        let Some(expected) = &record.spec else {
            let what = What::Unfinished { since: None };
            drift.findings.push(Finding::of(address, record, Severity::Medium, what));
            continue;
        };
        let what = match observation.live.get(address) {
            None => Some((Severity::High, What::Deleted { mend: mend::anew(kind.as_ref(), expected)?, since: None })),
            Some(live) => {
                let differences = diff(&kind.schema().fields, &live.spec, expected, Some(expected));
                let (ignored, differences) = ignored(ignores, address, differences);
                drift.ignored.extend(ignored);
                let changed = differences.into_iter().map(|difference| {
                    let mend = mend::back(kind.as_ref(), &live.spec, expected, &difference)?;
                    Ok(Changed { difference, rules: Vec::new(), mend, since: None })
                });
                let changed = changed.collect::<Result<Vec<_>, CloudError>>()?;
                let gravest = changed.iter().map(|one| one.difference.severity).max();
                gravest.map(|severity| (severity, What::Changed(changed)))
            }
        };
        drift.findings.extend(what.map(|(severity, what)| Finding::of(address, record, severity, what)));
    }
    drift.arrange();
    Ok(drift)
}

/// Takes out what the file says is nobody's concern.
fn ignored(
    ignores: &[DriftIgnore],
    address: &Address,
    differences: Vec<Difference>,
) -> (Vec<Ignored>, Vec<Difference>) {
    let mut ignored = Vec::new();
    let mut kept = Vec::new();
    for difference in differences {
        match ignores.iter().find(|ignore| ignore.covers(address, &difference.path)) {
            Some(ignore) => {
                ignored.push(Ignored { address: address.clone(), path: difference.path, reason: ignore.reason.clone() })
            }
            None => kept.push(difference),
        }
    }
    (ignored, kept)
}

impl Drift {
    /// Whether everything is as it was left.
    pub fn is_none(&self) -> bool {
        self.findings.is_empty()
    }

    /// How many findings are as grave as this.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// Adds what is in no state.
    pub fn add_orphans(&mut self, orphans: Vec<Orphan>) {
        self.findings.extend(orphans.into_iter().map(|orphan| Finding {
            address: orphan.address.clone(),
            id: orphan.id.clone(),
            region: orphan.region.clone(),
            severity: Severity::Medium,
            what: What::Orphan { orphan, since: None },
        }));
        self.arrange();
    }

    /// Adds what a run that was interrupted meant to change.
    pub fn add_unfinished(&mut self, records: &BTreeMap<Address, Record>) {
        let unfinished = records
            .iter()
            .map(|(address, record)| Finding::of(address, record, Severity::Medium, What::Unfinished { since: None }));
        self.findings.extend(unfinished);
        self.arrange();
    }

    /// Notes the security rules that a resource broke by changing, by the field that decides each; one that breaks a rule is grave.
    pub fn add_broken_rules(&mut self, broken: impl Fn(&Finding) -> Vec<(&'static str, String)>) {
        for finding in &mut self.findings {
            let broken = broken(finding);
            let What::Changed(changed) = &mut finding.what else { continue };
            for (field, rule) in broken {
                let is_within = |path: &str| {
                    path.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
                };
                for one in changed.iter_mut().filter(|one| is_within(&one.difference.path)) {
                    one.rules.push(rule.clone());
                    one.difference.severity = Severity::High;
                    finding.severity = Severity::High;
                }
            }
        }
        self.arrange();
    }

    /// Notes since when each finding is there: of a field by its path, else of the resource as a whole.
    pub fn add_since(&mut self, since: impl Fn(&Finding, Option<&str>) -> Option<Since>) {
        for finding in &mut self.findings {
            let whole = since(finding, None);
            let of_field = match &finding.what {
                What::Changed(changed) => {
                    changed.iter().map(|one| since(finding, Some(&one.difference.path))).collect()
                }
                What::Deleted { .. } | What::Unfinished { .. } | What::Orphan { .. } => Vec::new(),
            };
            match &mut finding.what {
                What::Changed(changed) => {
                    for (one, since) in changed.iter_mut().zip(of_field) {
                        one.since = since;
                    }
                }
                What::Deleted { since, .. } | What::Unfinished { since } | What::Orphan { since, .. } => *since = whole,
            }
        }
    }

    fn arrange(&mut self) {
        for finding in &mut self.findings {
            if let What::Changed(changed) = &mut finding.what {
                changed.sort_by_key(|one| Reverse(one.difference.severity));
            }
        }
        self.findings.sort_by(|one, other| {
            let key = |finding: &Finding| (Reverse(finding.severity), finding.address.clone(), finding.id.clone());
            key(one).cmp(&key(other))
        });
    }
}

impl Finding {
    fn of(address: &Address, record: &Record, severity: Severity, what: What) -> Self {
        Self { address: address.clone(), id: record.id.clone(), region: record.region.clone(), severity, what }
    }

    /// The fields that differ; none if it is more than fields.
    pub fn changed(&self) -> &[Changed] {
        match &self.what {
            What::Changed(changed) => changed,
            What::Deleted { .. } | What::Unfinished { .. } | What::Orphan { .. } => &[],
        }
    }

    /// Whether `drift --fix` sets it back, as far as AWS lets it.
    pub fn is_mendable(&self) -> bool {
        matches!(self.what, What::Changed(_) | What::Deleted { .. })
    }

    /// What happened to it, in a word: `changed`, `deleted`, `unfinished`, `orphan`.
    pub fn word(&self) -> &'static str {
        match &self.what {
            What::Changed(_) => "changed",
            What::Deleted { .. } => "deleted",
            What::Unfinished { .. } => "unfinished",
            What::Orphan { .. } => "orphan",
        }
    }
}
