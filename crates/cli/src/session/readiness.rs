//! Whether an environment could be run on from its other region: the replicas of what it has made, and that of its state.

mod state;

use std::collections::BTreeSet;
use std::time::Duration;

use futures::future::join_all;
use provision_reconciler::execute::Permit;
use provision_reconciler::recovery::{Aspect, Objective, Readiness, Replica, Verdict, recovery, unreplicated};
use provision_report::{RecoveryReport, Report};
use provision_state::Stored;
use provision_state::watch::{Sight, Sights};

use super::{Memory, Seen, Session, Sightings, never_applied};
use crate::failure::Failure;

/// How grave it is that a replica would not serve.
const SEVERITY: &str = "high";

/// How to look.
#[derive(Clone)]
pub struct Trial {
    /// How long to wait for something to arrive; as long as the file allows if `None`.
    pub wait: Option<Duration>,
    /// Whether to go on waiting.
    pub permit: Permit,
    /// What is remembered of it.
    pub memory: Memory,
}

/// One environment as it was found.
pub struct Tried {
    /// Whether it could be run on.
    pub readiness: Readiness,
    /// What is remembered.
    pub seen: Seen,
}

impl Session {
    /// Looks at every replica, and uses it. What that makes it takes away again.
    ///
    /// # Errors
    /// If nothing was ever applied, or the state cannot be read. What else cannot be read is a finding: nobody knows then whether
    /// that replica would serve.
    pub async fn readiness(self, trial: &Trial) -> Result<Tried, Failure> {
        let ((identity, loaded), sightings) =
            tokio::join!(self.first_look(), Sightings::load(&self, RecoveryReport::CHECK, trial.memory));
        let session = self.identified(identity?)?;
        let Some(stored) = loaded?.stored() else { return Err(never_applied(&session.environment.name)) };
        session.announce(stored.state.operation.as_ref()).await.ok();
        let (records, environment) = (&stored.state.resources, &session.environment);
        let rpo = environment.dr.rpo;
        let objective = Objective { rpo, patience: trial.wait.unwrap_or(rpo) };
        let (registry, name) = (&session.registry, environment.name.as_str());
        let (own, others) = tokio::join!(
            session.state_replicas(&stored, rpo),
            recovery(registry, name, &session.account, records, objective, &trial.permit)
        );
        let replicas: Vec<Replica> = own.into_iter().chain(others?).collect();
        let unreplicated = unreplicated(registry, records, &replicas)?;
        let readiness = Readiness {
            environment: name.to_owned(),
            account: environment.account.clone(),
            region: environment.region.clone(),
            objective,
            replicas,
            unreplicated,
        };
        let sights = sights(&readiness);
        let Stored { state, kms_key, .. } = stored;
        Ok(Tried { readiness, seen: Seen { session, state, kms_key, sights, sightings: sightings? } })
    }

    /// The replicas of the state itself.
    async fn state_replicas(&self, stored: &Stored, rpo: Duration) -> Vec<Replica> {
        let replicas = self.environment.state_replicas();
        if replicas.is_empty() {
            return vec![state::unreplicated(&self.environment)];
        }
        let own = state::Own { session: self, stored, rpo };
        join_all(replicas.iter().map(|replica| own.look(replica))).await
    }
}

/// What is to be remembered: each finding, by the replica and what was looked at.
fn sights(readiness: &Readiness) -> Sights {
    let mut sights = Sights { seen: Vec::new(), hidden: BTreeSet::new() };
    for replica in &readiness.replicas {
        for aspect in &replica.aspects {
            let title = title(replica, aspect);
            match &aspect.verdict {
                Verdict::Finding(finding) => sights.seen.push(Sight {
                    key: title.clone(),
                    title,
                    severity: SEVERITY.to_owned(),
                    detail: finding.message.clone(),
                    // How long something took and how many there are is another thing every time.
                    essence: finding.code.to_owned(),
                }),
                Verdict::Untested(_) => {
                    sights.hidden.insert(title);
                }
                Verdict::Good | Verdict::Note(_) => {}
            }
        }
    }
    sights
}

/// `s3_bucket.data -> s3_bucket.data_replica: versioning`.
fn title(replica: &Replica, aspect: &Aspect) -> String {
    format!("{} -> {}: {}", replica.primary.label(), replica.replica.label(), aspect.name)
}

#[cfg(test)]
mod tests {
    use provision_reconciler::recovery::Party;

    use super::*;

    #[test]
    fn what_is_wrong_is_remembered_and_what_could_not_be_tested_is_not_taken_for_mended() {
        let aspects = vec![
            Aspect::good("versioning", "on", "on"),
            Aspect::good("a new object arrives", "within 15 min", "after 16 min").finding(
                "lag",
                "late by 1 min",
                "wait",
            ),
            Aspect::untested("it can be read there", "as it was put", "there is none"),
            Aspect::good("replication time", "15 min", "none").note("slower"),
        ];
        let replica = Replica { primary: Party::new("a", "eu-west-1"), replica: Party::new("b", "eu-west-3"), aspects };
        let readiness = Readiness {
            environment: "dev".to_owned(),
            account: "1".to_owned(),
            region: "eu-west-1".to_owned(),
            objective: Objective { rpo: Duration::from_secs(900), patience: Duration::from_secs(900) },
            replicas: vec![replica],
            unreplicated: Vec::new(),
        };
        let sights = sights(&readiness);
        let seen: Vec<_> = sights.seen.iter().map(|one| (one.key.as_str(), one.essence.as_str())).collect();
        assert_eq!(seen, [("a -> b: a new object arrives", "lag")]);
        assert_eq!(sights.hidden, BTreeSet::from(["a -> b: it can be read there".to_owned()]));
    }
}
