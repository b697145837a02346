//! `provision plan`.

use provision_reconciler::plan::{Intent, Options};

use crate::arguments::PlanArguments;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::load;
use crate::saved_plan::SavedPlan;
use crate::session::{Facts, Opened, Session};
use crate::ui;

/// Runs the command. It reads only, and takes no lock.
pub async fn run(arguments: &PlanArguments, context: &Context) -> Result<Exit, Failure> {
    let environment = load::environment(&arguments.environment)?;
    let Opened { session, loaded } = Session::open(context, environment).await?;
    let intent = if arguments.destroy { Intent::Destroy } else { Intent::Apply };
    let facts = Facts::gather(&session, loaded, intent, None).await?;
    session.announce(facts.interrupted()).await.ok();
    let plan = facts.plan(Options {
        intent,
        delete_data: arguments.allowances.delete_data,
        empty_buckets: arguments.allowances.empty_buckets,
        // On an empty account the lock table is made first, and bare.
        bootstrap: session.environment.state.lock_resource.as_ref().filter(|_| intent == Intent::Apply),
        ..Options::default()
    })?;
    let view = ui::plan::View { style: context.printer.style(), verbose: context.verbose() };
    context.printer.text(&ui::plan::render(&plan, &view));
    context.printer.json(&ui::json::Plan::new(&plan));
    if !plan.refusals.is_empty() {
        return Err(Failure::refused(&plan.refusals));
    }
    let exit = if plan.has_changes() { Exit::DIFFERENCES } else { Exit::DONE };
    if let Some(path) = &arguments.out {
        SavedPlan::new(plan, &facts.state, intent, arguments.allowances).write(path)?;
        context.printer.note(&format!(
            "Saved; `provision apply {} --plan {}` does exactly this.",
            arguments.environment,
            path.display()
        ));
    }
    Ok(exit)
}
