//! `provision drift`.

use provision_reconciler::drift::drift;
use provision_reconciler::remarks;

use crate::arguments::DriftArguments;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::load;
use crate::session::{Opened, Session, never_applied};
use crate::ui;

/// Runs the command. It reads only, and takes no lock.
pub async fn run(arguments: &DriftArguments, context: &Context) -> Result<Exit, Failure> {
    let environment = load::environment(&arguments.environment)?;
    let Opened { session, loaded } = Session::open(context, environment).await?;
    let Some(stored) = loaded.stored() else {
        return Err(never_applied(&session.environment.name));
    };
    session.announce(stored.state.operation.as_ref()).await;
    let records = &stored.state.resources;
    let observation = session.observe_recorded(records).await;
    let drifted = drift(&session.registry, records, &observation)?;
    let remarks = remarks(&observation);
    let (name, style) = (&session.environment.name, context.printer.style());
    context.printer.text(&ui::drift::render(name, &drifted, &remarks, records.len(), style));
    context.printer.json(&ui::json::Drift::new(name, &drifted, &remarks, records.len()));
    Ok(if drifted.is_empty() { Exit::DONE } else { Exit::DIFFERENCES })
}
