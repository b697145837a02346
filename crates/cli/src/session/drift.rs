//! One environment, looked at for what was changed behind our back.

use std::collections::BTreeSet;

use provision_config::Environment;
use provision_reconciler::diff::Difference;
use provision_reconciler::drift::{Drift, Finding, What, drift};
use provision_reconciler::observe::Observation;
use provision_reconciler::orphan::{Orphan, orphans};
use provision_resources::tagged::tagged;
use provision_state::watch::{Sight, Sights};
use provision_state::{State, Stored};

use super::{Memory, Seen, Session, Sightings, never_applied};
use crate::failure::Failure;
use crate::ui;

/// The name under which it is remembered.
const CHECK: &str = "drift";

/// How to look.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Whether to search for what is in no state.
    pub orphans: bool,
    /// What is remembered of it.
    pub memory: Memory,
}

/// One environment as it was found.
pub struct Looked {
    /// What was changed.
    pub drift: Drift,
    /// What is remembered.
    pub seen: Seen,
}

impl Session {
    /// Looks for what was changed in AWS since the last apply. It reads only.
    ///
    /// # Errors
    /// If nothing was ever applied, or something cannot be read.
    pub async fn drift(self, look: Look) -> Result<Looked, Failure> {
        let ((identity, loaded), sightings, at_home) =
            tokio::join!(self.first_look(), Sightings::load(&self, CHECK, look.memory), self.is_at_home());
        let sightings = sightings?;
        let session = self.identified(identity?)?;
        let Some(Stored { state, kms_key, .. }) = loaded?.stored() else {
            return Err(never_applied(&session.environment.name));
        };
        session.announce(state.operation.as_ref()).await;
        if let Err(failure) = at_home {
            session.printer.warning(&failure.to_string());
        }
        let records = session.reach.records(&state.resources);
        let (observation, orphans) = tokio::join!(session.observe_recorded(&records), session.orphans(&state, look));
        let mut drift = drift(&session.registry, &records, &observation, &session.environment.drift_ignores)?;
        drift.environment.clone_from(&session.environment.name);
        drift.account.clone_from(&session.environment.account);
        drift.add_orphans(orphans?);
        drift.add_broken_rules(|finding| broken_rules(finding, &state, &observation));
        let sights = sights(&drift);
        let since = sightings.since(&state, &sights);
        drift.add_since(|finding, path| since(&key(finding, path)));
        Ok(Looked { drift, seen: Seen { session, state, kms_key, sights, sightings } })
    }

    /// What carries the environment's tags, wherever it may have anything, and is in no state.
    async fn orphans(&self, state: &State, look: Look) -> Result<Vec<Orphan>, Failure> {
        if !look.orphans {
            return Ok(Vec::new());
        }
        let Environment { name, region, dr_region, resources, .. } = &self.environment;
        let own = [Some(region), dr_region.as_ref()].into_iter().flatten();
        let recorded = state.resources.values().map(|record| &record.region);
        let wanted = resources.values().map(|resource| &resource.region);
        let regions = own.chain(recorded).chain(wanted).filter(|region| !self.reach.is_lost(region));
        let regions: BTreeSet<String> = regions.cloned().collect();
        // What is global is remembered as being in the environment's own region, and left alone with it.
        let with_global = !self.reach.is_lost(region);
        let tagged = tagged(&self.aws, &self.account.partition, name, &regions, with_global).await?;
        let operation = state.operation.as_ref().map(|operation| operation.id.as_str());
        Ok(orphans(&self.registry, &self.account, name, &state.resources, operation, &tagged).await?)
    }
}

/// The security rules that a resource kept as it was applied and breaks as it is, by the field that decides each.
fn broken_rules(finding: &Finding, state: &State, observation: &Observation) -> Vec<(&'static str, String)> {
    let expected = state.resources.get(&finding.address).and_then(|record| record.spec.as_ref());
    let live = observation.live.get(&finding.address).map(|live| &live.spec);
    let (Some(expected), Some(live)) = (expected, live) else { return Vec::new() };
    let broken = provision_policy::newly_broken(&finding.address.kind, expected, live);
    let named = broken.map(|rule| match rule.ids.in_benchmarks() {
        ids if ids.is_empty() => (rule.field, rule.name.to_owned()),
        ids => (rule.field, format!("{} ({ids})", rule.name)),
    });
    named.collect()
}

/// What tells a finding from every other one, from run to run.
fn key(finding: &Finding, path: Option<&str>) -> String {
    match (&finding.what, path) {
        (What::Changed(_), Some(path)) => format!("{} {path}", finding.address),
        (What::Changed(_), None) => finding.address.to_string(),
        (What::Deleted { .. }, _) => format!("{} deleted", finding.address),
        (What::Orphan { orphan, .. }, _) => format!("orphan {}", orphan.arn),
    }
}

/// What is to be remembered: each field that differs, and each resource that is gone or in no state.
fn sights(drift: &Drift) -> Sights {
    Sights { seen: drift.findings.iter().flat_map(of_finding).collect(), hidden: BTreeSet::new() }
}

fn of_finding(finding: &Finding) -> Vec<Sight> {
    let whole = |title: String, detail: &str| Sight {
        key: key(finding, None),
        title,
        severity: finding.severity.name().to_owned(),
        detail: detail.to_owned(),
        essence: detail.to_owned(),
    };
    match &finding.what {
        What::Changed(changed) => changed.iter().map(|one| of_field(finding, &one.difference)).collect(),
        What::Deleted { .. } => vec![whole(finding.address.to_string(), "deleted")],
        What::Orphan { orphan, .. } => vec![whole(format!("{} {}", finding.address, orphan.id), "in no state")],
    }
}

fn of_field(finding: &Finding, difference: &Difference) -> Sight {
    let detail = ui::drift::in_words(difference);
    // What is told of a document is only how much of it differs.
    let essence = if difference.sensitive { detail.clone() } else { difference.live.to_string() };
    Sight {
        key: key(finding, Some(&difference.path)),
        title: format!("{} {}", finding.address, difference.path),
        severity: difference.severity.name().to_owned(),
        detail,
        essence,
    }
}
