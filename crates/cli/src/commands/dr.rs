//! `provision dr …`.

mod check;
mod restore_state;
mod return_state;

use crate::arguments::{DrArguments, DrCommand};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Runs the command.
pub async fn run(arguments: &DrArguments, context: &Context) -> Result<Exit, Failure> {
    if context.global.dr {
        return Err(Failure::new("`provision dr` looks at both regions, so --dr says nothing to it")
            .code("arguments")
            .exit_with(Exit::INVALID)
            .hint("leave out --dr"));
    }
    match &arguments.command {
        DrCommand::Check(arguments) => check::run(arguments, context).await,
        DrCommand::RestoreState(arguments) => restore_state::run(arguments, context).await,
        DrCommand::ReturnState(arguments) => return_state::run(arguments, context).await,
    }
}
