//! The first run on an empty account: the lock table comes before everything else.
//!
//! Creating the table is itself the mutual exclusion, since AWS lets only one of two creations succeed. The step that
//! creates it is the first of the plan that was shown; the rest of the plan brings it to its full settings.

use std::sync::Arc;
use std::time::Duration;

use provision_config::{Address, unknown};
use provision_reconciler::execute::Event;
use provision_reconciler::plan::{Plan, ResourceChange};
use provision_reconciler::{ErrorClass, Notes, Progress, Scope};
use uuid::Uuid;

use super::{Acquired, Leased, Session};
use crate::failure::Failure;

/// Creates the lock table by the first step of its change in `plan`, and returns what is left of that change.
///
/// `None` if another run was faster.
///
/// # Errors
/// If it cannot be created.
pub async fn create_lock_table(
    session: &Session,
    plan: &Plan,
    address: &Address,
    listener: &Arc<dyn Fn(Event) + Send + Sync>,
) -> Result<Option<ResourceChange>, Failure> {
    let Some((change, step)) = plan.changes.get(address).and_then(|change| Some((change, change.steps.first()?)))
    else {
        return Ok(None);
    };
    if unknown::contains_unknown(&step.call) {
        let message = "the lock table cannot be made before what it refers to";
        return Err(Failure::new(message)
            .at(address)
            .hint("let its name and its tags refer to no other resource's outputs"));
    }
    let kind = session.registry.kind(address)?;
    let scope = Scope {
        operation: Uuid::new_v4().to_string(),
        ..session.account.scope(&session.environment.name, address, &change.region)
    };
    let (speaker, to) = (Arc::clone(listener), address.clone());
    let notes = Notes::to(move |text| speaker(Event::Note { address: to.clone(), text: text.to_owned() }));
    let mut progress = Progress { notes, ..Progress::default() };
    listener(Event::Step {
        address: address.clone(),
        index: 0,
        action: step.action.clone(),
        summary: step.summary.clone(),
    });
    match kind.run(&scope, step, &mut progress).await {
        Ok(()) => {
            kind.settle(&scope, step, &mut progress).await?;
            let id = progress.id(&step.action)?.to_owned();
            Ok(Some(change.resumed(1, id, progress.outputs)))
        }
        Err(error) if matches!(error.class, ErrorClass::AlreadyExists | ErrorClass::Busy) => Ok(None),
        Err(error) => Err(Failure::from(error).at(address).doing(&step.summary)),
    }
}

impl Leased {
    /// Takes the lock of a table that has just been created, by us or by another run.
    ///
    /// # Errors
    /// As [`Leased::acquire`]; also if there is still no table.
    pub async fn acquire_created(
        session: &Session,
        command: &'static str,
        wait: Duration,
    ) -> Result<Box<Self>, Failure> {
        match Self::acquire(session, command, wait).await? {
            Acquired::Held(leased) => Ok(leased),
            Acquired::NoTable(error) => Err(error.into()),
        }
    }
}
