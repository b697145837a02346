//! One environment, looked at for what was changed behind our back.

use std::collections::{BTreeMap, BTreeSet};

use provision_config::{Address, Environment};
use provision_reconciler::Remark;
use provision_reconciler::diff::Difference;
use provision_reconciler::drift::{Drift, Finding, What, drift};
use provision_reconciler::observe::Observation;
use provision_reconciler::orphan::{Orphan, orphans};
use provision_report::{DriftReport, Report};
use provision_resources::tagged::tagged;
use provision_state::watch::{Sight, Sights};
use provision_state::{Operation, State, Stored, lease};

use super::{MENDING, Memory, Seen, Session, Sightings, never_applied};
use crate::failure::Failure;
use crate::ui;

/// How the keys of orphans begin.
const ORPHAN: &str = "orphan ";
/// How often it is looked, if something is found and the state is another one by then.
const LOOKS: usize = 3;

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
            tokio::join!(self.first_look(), Sightings::load(&self, DriftReport::CHECK, look.memory), self.is_at_home());
        let sightings = sightings?;
        let session = self.identified(identity?)?;
        if let Err(failure) = at_home {
            session.printer.warning(&failure.to_string());
        }
        let mut stored = loaded?.stored();
        let mut looks = 0;
        let (Stored { state, kms_key, .. }, drift, being_changed) = loop {
            let now = stored.ok_or_else(|| never_applied(&session.environment.name))?;
            let (drift, being_changed) = session.compared(&now.state, look).await?;
            looks += 1;
            if drift.is_none() || looks == LOOKS {
                break (now, drift, being_changed);
            }
            // What was applied while it was looked is no drift.
            let again = session.load().await?.stored();
            if again.as_ref().is_some_and(|again| again.token == now.token) {
                break (now, drift, being_changed);
            }
            stored = again;
        };
        let hidden =
            sightings.keys(&state).into_iter().filter(|key| is_hidden(key, &drift, &being_changed, look)).collect();
        let sights = Sights { seen: drift.findings.iter().flat_map(of_finding).collect(), hidden };
        let since = sightings.since(&state, &sights);
        let mut drift = drift;
        drift.add_since(|finding, path| since(&key(finding, path)));
        Ok(Looked { drift, seen: Seen { session, state, kms_key, sights, sightings } })
    }

    /// What differs from what a state remembers. Also what cannot be compared, since another run is changing it.
    async fn compared(&self, state: &State, look: Look) -> Result<(Drift, BTreeSet<Address>), Failure> {
        // One that has died has the lock in its hand still.
        let under_way = match self.announce(state.operation.as_ref()).await? {
            Some(held) => lease::is_renewed(&self.lock_table().await, &held).await?,
            None => false,
        };
        // What mending was to set back is still to be as it was applied; what anything else was to do to it, nobody knows.
        let is_unknown = |operation: &&Operation| under_way || operation.command != MENDING;
        let intents = state.operation.iter().filter(is_unknown).flat_map(|operation| &operation.intents);
        let changing: BTreeSet<&Address> =
            intents.filter(|(_, intent)| !intent.done).map(|(address, _)| address).collect();
        let (changing, records): (BTreeMap<_, _>, BTreeMap<_, _>) =
            self.reach.records(&state.resources).into_iter().partition(|(address, _)| changing.contains(address));
        let (observation, orphans) = tokio::join!(self.observe_recorded(&records), self.orphans(state, look));
        let mut drift = drift(&self.registry, &records, &observation, &self.environment.drift_ignores)?;
        drift.environment.clone_from(&self.environment.name);
        drift.account.clone_from(&self.environment.account);
        drift.add_orphans(orphans?);
        drift.add_broken_rules(|finding| broken_rules(finding, state, &observation));
        if !under_way {
            drift.add_unfinished(&changing);
            return Ok((drift, BTreeSet::new()));
        }
        let text = "was not compared: it is being changed by a run that is under way";
        drift.remarks.extend(changing.keys().map(|address| Remark { address: address.clone(), text: text.to_owned() }));
        Ok((drift, changing.into_keys().collect()))
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
        (What::Unfinished { .. }, _) => format!("{} unfinished", finding.address),
        (What::Orphan { orphan, .. }, _) => format!("{ORPHAN}{}", orphan.arn),
    }
}

/// Whether what was seen before can be told neither to be there nor to be gone.
fn is_hidden(key: &str, drift: &Drift, being_changed: &BTreeSet<Address>, look: Look) -> bool {
    let is_of = |address: &Address| key.strip_prefix(&address.to_string()).is_some_and(|rest| rest.starts_with(' '));
    // Its fields have gone with it, which is no good news.
    let is_gone =
        |finding: &Finding| !matches!(finding.what, What::Changed(_) | What::Orphan { .. }) && is_of(&finding.address);
    being_changed.iter().any(is_of) || drift.findings.iter().any(is_gone) || (!look.orphans && key.starts_with(ORPHAN))
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
        What::Unfinished { .. } => vec![whole(finding.address.to_string(), "never finished")],
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
