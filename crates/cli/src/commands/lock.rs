//! `provision lock status` and `lock release`.

use provision_state::lease;

use crate::arguments::{LockArguments, LockCommand};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::load;
use crate::session::Session;
use crate::ui;

/// Runs the command.
pub async fn run(arguments: &LockArguments, context: &Context) -> Result<Exit, Failure> {
    match &arguments.command {
        LockCommand::Status { environment } => status(environment, context).await,
        LockCommand::Release { environment, yes } => release(environment, *yes, context).await,
    }
}

async fn status(environment: &str, context: &Context) -> Result<Exit, Failure> {
    let session = Session::identify(context, load::environment(environment)?).await?;
    let item = lease::status(&session.lock_table().await, &session.environment.name).await?;
    context.printer.text(&ui::lock::render(&session.environment, item.as_ref()));
    context.printer.json(&ui::json::LockStatus::new(&session.environment, item.as_ref()));
    Ok(Exit::DONE)
}

async fn release(environment: &str, yes: bool, context: &Context) -> Result<Exit, Failure> {
    let session = Session::identify(context, load::environment(environment)?).await?;
    let table = session.lock_table().await;
    let Some(item) = lease::status(&table, &session.environment.name).await?.filter(|item| item.held) else {
        context.printer.text("The lock is free; there is nothing to release.");
        context.printer.json(&ui::json::LockStatus::new(&session.environment, None));
        return Ok(Exit::DONE);
    };
    context.printer.text(&ui::lock::render(&session.environment, Some(&item)));
    let question = "Take the lock away from it? A run that is still alive stops where it is.";
    if !ui::confirm::confirm(&context.printer, question, yes)? {
        context.printer.note("Nothing was done.");
        return Ok(Exit::FAILED);
    }
    // Only the lock that was shown: a run that got it in the meantime keeps it.
    lease::force_release(&table, &session.environment.name, item.fencing).await?;
    context.printer.text("The lock is free.");
    let now = lease::status(&table, &session.environment.name).await?;
    context.printer.json(&ui::json::LockStatus::new(&session.environment, now.as_ref()));
    Ok(Exit::DONE)
}
