//! `provision state history`.

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::load;
use crate::session::{Session, never_applied};
use crate::ui;

/// Runs the command. It reads the versions of the state only, damaged ones too.
pub async fn run(environment: &str, limit: usize, context: &Context) -> Result<Exit, Failure> {
    let session = Session::identify(context, load::environment(environment)?).await?;
    let past = session.history(limit).await?;
    if past.is_empty() {
        return Err(never_applied(&session.environment.name));
    }
    context.printer.text(&ui::state::history(&past, context.printer.style()));
    context.printer.json(&ui::json::StateHistory::new(&session.environment.name, &past));
    Ok(Exit::DONE)
}
