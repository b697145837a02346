//! `provision verify`.

use provision_reconciler::execute::Permit;
use provision_reconciler::verify::verify;

use crate::arguments::VerifyArguments;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::load;
use crate::session::{Interrupts, Opened, Session, never_applied};
use crate::ui;

/// Runs the command. It takes no lock: it changes no resource, and leaves nothing in them.
pub async fn run(arguments: &VerifyArguments, context: &Context) -> Result<Exit, Failure> {
    let environment = load::environment(&arguments.environment)?;
    let Opened { session, loaded } = Session::open(context, environment).await?;
    let name = &session.environment.name;
    let Some(stored) = loaded.stored() else {
        return Err(never_applied(name));
    };
    session.announce(stored.state.operation.as_ref()).await.ok();
    // The tests take seconds; one that is cut off would leave behind what it made.
    let (standing, _permit) = Permit::new();
    let interrupts = Interrupts::listen(standing, context.printer);
    let verified = verify(&session.registry, name, &session.account, &stored.state.resources).await;
    context.printer.text(&ui::verify::render(name, &verified, context.printer.style()));
    context.printer.json(&ui::json::Verification::new(name, &verified));
    let failed = verified.values().flat_map(|resource| &resource.checks).any(|check| check.is_failure());
    Ok(match interrupts.exit() {
        Some(exit) => exit,
        None if failed => Exit::FAILED,
        None => Exit::DONE,
    })
}
