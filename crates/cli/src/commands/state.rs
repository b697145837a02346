//! `provision state list` and `state show`.

use provision_config::Address;

use crate::arguments::{StateArguments, StateCommand};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::load;
use crate::session::Session;
use crate::ui;

/// Runs the command. It reads the state only.
pub async fn run(arguments: &StateArguments, context: &Context) -> Result<Exit, Failure> {
    match &arguments.command {
        StateCommand::List { environment } => list(environment, context).await,
        StateCommand::Show { environment, address } => show(environment, address, context).await,
    }
}

async fn list(environment: &str, context: &Context) -> Result<Exit, Failure> {
    let state = Session::state(context, load::environment(environment)?).await?;
    context.printer.text(&ui::state::list(&state));
    context.printer.json(&ui::json::StateList::new(&state));
    Ok(Exit::DONE)
}

async fn show(environment: &str, address: &str, context: &Context) -> Result<Exit, Failure> {
    let address: Address = address.parse()?;
    let state = Session::state(context, load::environment(environment)?).await?;
    let record =
        state.resources.get(&address).ok_or_else(|| load::no_such_resource(&address, state.resources.keys()))?;
    context.printer.text(&ui::state::show(&address, record));
    context.printer.json(&ui::json::StateShow::new(&state.environment, &address, record));
    Ok(Exit::DONE)
}
