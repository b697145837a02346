//! The state made anew from what AWS has, by the ownership tags and the names of resources.

use std::sync::Arc;

use provision_reconciler::Record;
use provision_reconciler::execute::{Execution, execute};
use provision_reconciler::plan::{Action, Options, ResourceChange};
use provision_state::State;

use super::{Facts, Leased, Session};
use crate::failure::{Failure, Problem};

/// A state made anew.
pub struct Rebuilt {
    /// The state. No operation is under way in it.
    pub state: State,
    /// The ARN of the key that encrypts the state, if what AWS has tells it.
    pub key: Option<String>,
}

/// Brings a state up to date with what AWS has: what the file names is looked for by the ids of the state, by name and by tags;
/// what is gone is forgotten. What is as the file says is remembered as applied; what is not, as made but not finished, so that the
/// next plan compares it with the file. Nothing in AWS changes.
///
/// What the state has and the file has not stays, as long as it is there: the file's next apply deletes it.
///
/// # Errors
/// If something cannot be read.
pub async fn rebuild(session: &Session, leased: &Leased, from: State) -> Result<Rebuilt, Failure> {
    let facts = Facts::recover(session, from).await?;
    let plan = facts.plan(Options { delete_data: true, empty_buckets: true, ..Options::default() })?;
    let quiet = plan.retain(|address| plan.changes.get(address).is_some_and(|change| !change.action.is_in_aws()));
    let execution = Execution {
        registry: &session.registry,
        account: &session.account,
        operation: &leased.operation,
        outputs: facts.outputs(),
        only_cores: false,
        permit: leased.permit.clone(),
        listener: Arc::new(|_| {}),
    };
    let outcome = execute(&quiet, execution).await?;
    if !outcome.failed.is_empty() {
        let problems = outcome.failed.iter().map(|(address, failure)| Problem::change(address, failure));
        return Err(Failure::Failed { exit: crate::exit::Exit::FAILED, problems: problems.collect() });
    }
    let key = session.state_key(&facts.outputs());
    let mut state = facts.state;
    state.operation = None;
    for (address, record) in outcome.records {
        state.enter(address, record);
    }
    for (address, change) in &plan.changes {
        match change.action {
            // The state knew of one that is gone.
            Action::Create => state.enter(address.clone(), None),
            Action::Update | Action::Replace => {
                let old = state.resources.get(address);
                if let Some(record) = unfinished(&address.kind, change, old) {
                    state.enter(address.clone(), Some(record));
                }
            }
            // Still there, and the file no longer has it; or done above.
            Action::Delete | Action::Adopt | Action::Record | Action::Forget => {}
        }
    }
    Ok(Rebuilt { state, key })
}

/// The record of what is there, but not as the file says. `None`: what is remembered is right.
fn unfinished(kind: &str, change: &ResourceChange, old: Option<&Record>) -> Option<Record> {
    let found = change.found(kind)?;
    if old.is_some_and(|old| old.id == found.id && old.region == found.region) {
        return None;
    }
    Some(Record { superseded: old.map(|old| old.superseded.clone()).unwrap_or_default(), ..found })
}
