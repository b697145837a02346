//! `provision sandbox`.

use provision_sandbox::{DEFAULT_ACCOUNT, Options, Sandbox, Status};

use crate::arguments::{SandboxArguments, SandboxCommand};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::ui::{self, confirm, json};

/// The region that is shown where none was asked for.
const DEFAULT_REGION: &str = "us-east-1";

/// Runs the command. It blocks; there is nothing else to be done meanwhile.
pub fn run(arguments: &SandboxArguments, context: &Context) -> Result<Exit, Failure> {
    let sandbox = Sandbox::open(Options::from_env()?);
    match &arguments.command {
        SandboxCommand::Start => start(&sandbox, context),
        SandboxCommand::Stop => stop(&sandbox, context),
        SandboxCommand::Status { gaps } => status(&sandbox, *gaps, context),
        SandboxCommand::Reset { yes } => reset(&sandbox, *yes, context),
        SandboxCommand::Env { account, region } => env(&sandbox, account, region, context),
    }
}

fn start(sandbox: &Sandbox, context: &Context) -> Result<Exit, Failure> {
    let printer = context.printer;
    sandbox.ensure_started(&move |line| printer.note(line))?;
    status(sandbox, false, context)
}

fn stop(sandbox: &Sandbox, context: &Context) -> Result<Exit, Failure> {
    let was_running = sandbox.stop()?;
    context.printer.text(if was_running { "The sandbox has stopped." } else { "The sandbox was not running." });
    report(&sandbox.status()?, &[], context);
    Ok(Exit::DONE)
}

fn status(sandbox: &Sandbox, gaps: bool, context: &Context) -> Result<Exit, Failure> {
    let status = sandbox.status()?;
    let environment = sandbox.running()?.map(|running| running.environment(DEFAULT_ACCOUNT, DEFAULT_REGION));
    context.printer.text(&ui::sandbox::status(&status, gaps, context.printer.style()));
    report(&status, &environment.unwrap_or_default(), context);
    Ok(Exit::DONE)
}

fn reset(sandbox: &Sandbox, yes: bool, context: &Context) -> Result<Exit, Failure> {
    let question = "Delete everything that the sandbox holds, in every account?";
    if !confirm::confirm(&context.printer, question, yes)? {
        context.printer.note("Nothing was done.");
        return Ok(Exit::FAILED);
    }
    sandbox.reset()?;
    context.printer.text("The sandbox is empty.");
    report(&sandbox.status()?, &[], context);
    Ok(Exit::DONE)
}

/// Starts it if need be: the variables are of no use otherwise.
fn env(sandbox: &Sandbox, account: &str, region: &str, context: &Context) -> Result<Exit, Failure> {
    if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Failure::new(format!("`{account}` is no account"))
            .code("arguments")
            .exit_with(Exit::INVALID)
            .hint("an account is 12 digits, as in 123456789012"));
    }
    let printer = context.printer;
    let running = sandbox.ensure_started(&move |line| printer.note(line))?;
    let variables = running.environment(account, region);
    context.printer.text(&ui::sandbox::exports(&variables));
    report(&sandbox.status()?, &variables, context);
    Ok(Exit::DONE)
}

fn report(status: &Status, environment: &[(String, String)], context: &Context) {
    context.printer.json(&json::SandboxStatus::new(status, environment));
}
