//! `provision destroy`.

use provision_reconciler::plan::Intent;

use crate::arguments::DestroyArguments;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::load;
use crate::mutation::{Request, carry_out};

/// Runs the command.
pub async fn run(arguments: &DestroyArguments, context: &Context) -> Result<Exit, Failure> {
    let environment = load::environment(&arguments.environment)?;
    let request = Request {
        command: "destroy",
        intent: Intent::Destroy,
        only_drift: false,
        allowances: arguments.allowances,
        yes: arguments.yes,
        wait: arguments.lock_timeout,
        saved: None,
    };
    carry_out(&request, environment, context).await
}
