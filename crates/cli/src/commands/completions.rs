//! `provision completions`.

use clap::CommandFactory;

use crate::arguments::{Arguments, CompletionsArguments};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Runs the command.
pub fn run(arguments: &CompletionsArguments, context: &Context) -> Result<Exit, Failure> {
    // Through a buffer: clap_complete panics if it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "provision", &mut script);
    context.printer.raw(&String::from_utf8_lossy(&script));
    Ok(Exit::DONE)
}
