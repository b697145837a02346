//! `provision`: creates AWS environments from one TOML file each, by calling AWS directly.
//!
//! This file only parses the command line, runs the command and turns what came of it into an exit code.

mod arguments;
mod check;
mod commands;
mod context;
mod exit;
mod failure;
mod load;
mod log;
mod mutation;
mod notify;
mod report;
mod saved_plan;
mod session;
mod ui;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::Arguments;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

fn main() -> ExitCode {
    match Arguments::try_parse() {
        Ok(arguments) => run(arguments).into(),
        Err(error) => {
            // Nothing can be done if even this cannot be printed. clap's own exit code for usage errors means
            // `differences` here.
            let _ = error.print();
            if error.use_stderr() { Exit::INVALID.into() } else { Exit::DONE.into() }
        }
    }
}

fn run(arguments: Arguments) -> Exit {
    let Arguments { global, command } = arguments;
    log::start(&global);
    let context = Context::new(global);
    let outcome = enter(&context).and_then(|()| {
        // One thread is enough: the work is waiting for AWS.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Failure::new(format!("failed to start: {error}")))?;
        let outcome = runtime.block_on(commands::run(&command, &context));
        // A thread may still wait for an answer to a question that Ctrl-C has settled.
        runtime.shutdown_background();
        outcome
    });
    match outcome {
        // What was done is done; but whoever reads the result must not take a torn one for the whole.
        Ok(_) if context.printer.lost_result() => {
            context.printer.failure(
                &Failure::new("failed to write the result to stdout")
                    .code("io")
                    .hint("check that the disk is not full"),
            );
            Exit::FAILED
        }
        Ok(exit) => exit,
        Err(failure) => {
            context.printer.failure(&failure);
            failure.exit()
        }
    }
}

/// Goes to the directory that `-C` names.
fn enter(context: &Context) -> Result<(), Failure> {
    match &context.global.directory {
        Some(directory) => {
            std::env::set_current_dir(directory).map_err(|error| Failure::io("enter", directory, &error))
        }
        None => Ok(()),
    }
}
