//! What is said of replicas.

use provision_config::shown::{duration, safe};
use provision_reconciler::recovery::{Objective, Party, Replica};

use crate::tally::RecoveryTally;
use crate::text::{count, list};

/// What came of it, in a few words: a heading.
pub fn recovery_headline(tally: &RecoveryTally) -> String {
    let environments = |few: usize| format!("{few} of {}", count(tally.environments, "environment", "environments"));
    match tally {
        RecoveryTally { environments: 0, .. } => "Nothing was looked at".to_owned(),
        RecoveryTally { environments: 1, failed: 1, .. } => "It could not be looked at".to_owned(),
        RecoveryTally { environments: 1, unready: 1, .. } => "Not ready".to_owned(),
        RecoveryTally { unready: unready @ 1.., .. } => format!("{} not ready", environments(*unready)),
        RecoveryTally { failed: failed @ 1.., .. } => format!("{} could not be looked at", environments(*failed)),
        RecoveryTally { replicas: 0, .. } => "No replicas".to_owned(),
        RecoveryTally { untested: 1.., .. } => "Ready, as far as it could be tested".to_owned(),
        _ => "Ready".to_owned(),
    }
}

/// The same in a sentence or two.
pub fn recovery_lede(tally: &RecoveryTally) -> String {
    let mut said = Vec::new();
    if tally.environments > tally.failed {
        said.push(match (tally.broken, tally.replicas) {
            (_, 0) => "There is no replica of anything.".to_owned(),
            (0, 1) => "The one replica would serve.".to_owned(),
            (0, all) => format!("All {} would serve.", count(all, "replica", "replicas")),
            (broken, all) => format!("{broken} of {} would not serve.", count(all, "replica", "replicas")),
        });
        let mut rest = Vec::new();
        if tally.untested > 0 {
            rest.push(format!("{} could not be tested", count(tally.untested, "thing", "things")));
        }
        if tally.unreplicated > 0 {
            let has = count(tally.unreplicated, "resource that holds data has", "resources that hold data have");
            rest.push(format!("{has} no replica"));
        }
        if !rest.is_empty() {
            said.push(format!("{}.", list(&rest)));
        }
    }
    if tally.failed > 0 && tally.environments > 1 {
        said.push(format!("{} could not be looked at.", count(tally.failed, "environment", "environments")));
    }
    said.join(" ")
}

/// What was asked of replicas: `RPO 15 min, waited for up to 20 min`.
pub fn asked(objective: Objective) -> String {
    format!("RPO {}, waited for up to {}", duration(objective.rpo), duration(objective.patience))
}

/// From where to where, by the names in the file. AWS's own ids are not in it: what the file does not have is
/// called by its region, if that is known.
pub fn route(replica: &Replica) -> String {
    let party = |party: &Party| match (party.name.as_str(), party.region.as_str()) {
        ("", "") => safe(&party.id),
        ("", region) => safe(region),
        (name, _) => safe(name),
    };
    format!("{} -> {}", party(&replica.primary), party(&replica.replica))
}
