//! `provision apply`.

use provision_reconciler::plan::Intent;

use crate::arguments::ApplyArguments;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::load;
use crate::mutation::{Request, carry_out};
use crate::saved_plan::SavedPlan;

/// Runs the command.
pub async fn run(arguments: &ApplyArguments, context: &Context) -> Result<Exit, Failure> {
    let environment = load::environment(&arguments.environment)?;
    let saved = arguments.plan.as_deref().map(SavedPlan::read).transpose()?;
    let request = Request {
        command: "apply",
        intent: saved.as_ref().map_or(Intent::Apply, SavedPlan::intent),
        only_drift: false,
        allowances: arguments.allowances,
        yes: arguments.yes,
        wait: arguments.lock_timeout,
        saved,
    };
    carry_out(&request, environment, context).await
}
