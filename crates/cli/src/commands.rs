//! The commands, one file each.

mod apply;
mod completions;
mod destroy;
mod dr;
mod drift;
mod graph;
mod lock;
pub mod new;
mod output;
mod plan;
mod policy;
mod sandbox;
mod schedule;
mod schema;
mod state;
mod validate;
mod verify;

use crate::arguments::Command;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Runs a command.
///
/// # Errors
/// If it could not do what was asked. What it could do is kept, and printed by then.
pub async fn run(command: &Command, context: &Context) -> Result<Exit, Failure> {
    match command {
        Command::New(arguments) => new::run(arguments, context),
        Command::Validate(arguments) => validate::run(arguments, context),
        Command::Policy(arguments) => policy::run(arguments, context),
        Command::Graph(arguments) => graph::run(arguments, context),
        Command::Plan(arguments) => plan::run(arguments, context).await,
        Command::Apply(arguments) => apply::run(arguments, context).await,
        Command::Destroy(arguments) => destroy::run(arguments, context).await,
        Command::Drift(arguments) => drift::run(arguments, context).await,
        Command::Dr(arguments) => dr::run(arguments, context).await,
        Command::Schedule(arguments) => schedule::run(arguments, context),
        Command::Verify(arguments) => verify::run(arguments, context).await,
        Command::Output(arguments) => output::run(arguments, context).await,
        Command::State(arguments) => state::run(arguments, context).await,
        Command::Lock(arguments) => lock::run(arguments, context).await,
        Command::Sandbox(arguments) => sandbox::run(arguments, context),
        Command::Schema(arguments) => schema::run(arguments, context),
        Command::Completions(arguments) => completions::run(arguments, context),
    }
}
