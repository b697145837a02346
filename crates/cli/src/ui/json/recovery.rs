//! `provision.dr_check/1`: whether replicas would serve. `provision.dr_restored/1`: what was restored.

use std::time::Duration;

use provision_reconciler::plan::Plan as Planned;
use provision_reconciler::recovery::{self, Verdict};
use provision_report::RecoveryReport;
use provision_state::State;
use serde::Serialize;

use super::{Plan, checked};

/// Whether replicas would serve.
pub type Recovery = checked::Report<Look>;

/// What was seen of one environment.
#[derive(Debug, Default, Serialize)]
pub struct Look {
    account: String,
    /// The region whose loss is prepared for.
    region: String,
    /// Whether every replica would serve, as far as it could be looked at.
    ready: bool,
    /// Whether everything about every replica could be looked at.
    tested: bool,
    /// The recovery point objective, in seconds.
    rpo_seconds: f64,
    /// For how long something to arrive was waited for, in seconds.
    waited_seconds: f64,
    replicas: Vec<Replica>,
    /// What holds data and has no replica, by address.
    unreplicated: Vec<String>,
}

/// One replica.
#[derive(Debug, Serialize)]
struct Replica {
    primary: Party,
    replica: Party,
    /// Whether it would serve, as far as it could be looked at.
    ready: bool,
    /// Whether everything about it could be looked at.
    tested: bool,
    aspects: Vec<Aspect>,
}

/// One side of a replication.
#[derive(Debug, Serialize)]
struct Party {
    /// Its address; `state` for the environment's own state; null if the file does not have it.
    name: Option<String>,
    id: String,
    region: String,
}

/// Something that was looked at.
#[derive(Debug, Serialize)]
struct Aspect {
    name: String,
    declared: String,
    found: String,
    /// `good`, `note`, `finding` or `untested`.
    verdict: &'static str,
    /// Of a finding: what kind it is, as in `rule-disabled`.
    code: Option<&'static str>,
    /// Of all but what is good: what is to be known of it.
    message: Option<String>,
    /// Of a finding: what to do.
    hint: Option<String>,
}

impl Recovery {
    /// The machine form of a report on replicas.
    pub fn new(report: &RecoveryReport) -> Self {
        Self::of("provision.dr_check/1", report.checked_at, &report.environments, Look::new)
    }
}

impl Look {
    fn new(readiness: &recovery::Readiness) -> Self {
        Self {
            account: readiness.account.clone(),
            region: readiness.region.clone(),
            ready: readiness.is_ready(),
            tested: readiness.is_tested(),
            rpo_seconds: seconds(readiness.objective.rpo),
            waited_seconds: seconds(readiness.objective.patience),
            replicas: readiness.replicas.iter().map(Replica::new).collect(),
            unreplicated: readiness.unreplicated.iter().map(ToString::to_string).collect(),
        }
    }
}

fn seconds(span: Duration) -> f64 {
    span.as_secs_f64()
}

impl Replica {
    fn new(replica: &recovery::Replica) -> Self {
        Self {
            primary: Party::new(&replica.primary),
            replica: Party::new(&replica.replica),
            ready: replica.findings().next().is_none(),
            tested: replica.is_tested(),
            aspects: replica.aspects.iter().map(Aspect::new).collect(),
        }
    }
}

impl Party {
    fn new(party: &recovery::Party) -> Self {
        let name = Some(party.name.clone()).filter(|name| !name.is_empty());
        Self { name, id: party.id.clone(), region: party.region.clone() }
    }
}

impl Aspect {
    fn new(aspect: &recovery::Aspect) -> Self {
        let (verdict, code, message, hint) = match &aspect.verdict {
            Verdict::Good => ("good", None, None, None),
            Verdict::Note(note) => ("note", None, Some(note.clone()), None),
            Verdict::Untested(why) => ("untested", None, Some(why.clone()), None),
            Verdict::Finding(finding) => {
                ("finding", Some(finding.code), Some(finding.message.clone()), Some(finding.hint.clone()))
            }
        };
        let (name, declared, found) = (aspect.name.clone(), aspect.declared.clone(), aspect.found.clone());
        Self { name, declared, found, verdict, code, message, hint }
    }
}

/// What was restored in the other region, and what an apply would do there.
#[derive(Debug, Serialize)]
pub struct Restored {
    format: &'static str,
    environment: String,
    /// The copy that it was read from: `s3://BUCKET/KEY`.
    from: String,
    /// Where it is now.
    to: String,
    serial: u64,
    /// How many resources it remembers.
    resources: usize,
    /// Those of them that are in the lost region, by address.
    left_alone: Vec<String>,
    /// What an apply with `--dr` would do.
    plan: Plan,
}

impl Restored {
    /// What was restored from where to where.
    pub fn new(state: &State, (from, to): (&str, &str), left_alone: &[String], plan: &Planned) -> Self {
        Self {
            format: "provision.dr_restored/1",
            environment: state.environment.clone(),
            from: from.to_owned(),
            to: to.to_owned(),
            serial: state.serial,
            resources: state.resources.len(),
            left_alone: left_alone.to_vec(),
            plan: Plan::new(plan),
        }
    }
}
