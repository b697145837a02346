//! `provision state`: looking at what is remembered, and changing it.

mod forget;
mod history;
mod rebuild;
mod rename;
mod rollback;

use provision_config::Address;

pub use rebuild::COMMAND as REBUILD;

use crate::arguments::{StateArguments, StateCommand};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::load;
use crate::session::Session;
use crate::ui;

/// Runs the command. What changes the state takes the lock; the rest only reads it.
pub async fn run(arguments: &StateArguments, context: &Context) -> Result<Exit, Failure> {
    match &arguments.command {
        StateCommand::List { environment } => list(environment, context).await,
        StateCommand::Show { environment, address } => show(environment, address, context).await,
        StateCommand::History { environment, limit } => history::run(environment, *limit, context).await,
        StateCommand::Rollback { environment, version, change } => {
            rollback::run(environment, version, change, context).await
        }
        StateCommand::Rebuild { environment, from_tags, change } => {
            rebuild::run(environment, *from_tags, change, context).await
        }
        StateCommand::Mv { environment, from, to, lock_timeout } => {
            rename::run(environment, (from, to), *lock_timeout, context).await
        }
        StateCommand::Rm { environment, addresses, change } => {
            forget::run(environment, addresses, change, context).await
        }
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
