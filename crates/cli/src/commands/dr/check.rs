//! `provision dr check`.

use futures::future::join_all;
use provision_reconciler::execute::Permit;
use provision_report::{Checked, RecoveryReport};
use provision_state::ENGINE;

use crate::arguments::DrCheckArguments;
use crate::check::Check;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::load;
use crate::report::Report;
use crate::session::{Interrupts, Session, Trial, Tried};
use crate::ui;

/// Runs the command. It takes no lock, and leaves nothing behind.
pub async fn run(arguments: &DrCheckArguments, context: &Context) -> Result<Exit, Failure> {
    let mut check = Check::new(&arguments.report, &arguments.notify, context)?;
    let several = load::environments(&arguments.environments)?;
    let (standing, permit) = Permit::new();
    let interrupts = Interrupts::listen(standing, context.printer);
    let trial = Trial { wait: arguments.wait, permit, memory: check.memory };
    let trials = several.environments.iter().map(|environment| {
        let (environment, trial) = (environment.clone(), &trial);
        async move {
            let tried = Session::connect(context, environment).await?.readiness(trial).await?;
            let Tried { readiness, seen } = tried;
            Ok((readiness, seen))
        }
    });
    let trials = join_all(trials).await;
    let interrupted = interrupts.exit();
    if interrupted.is_some() {
        // What was not waited for is not known to be well.
        check.memory.remember = false;
    }
    let report = |environments, checked_at| RecoveryReport { checked_at, engine: ENGINE.to_owned(), environments };
    let exit = check.conclude(several, trials, report, context).await?;
    Ok(interrupted.unwrap_or(exit))
}

impl Report for RecoveryReport {
    type Document = ui::json::Recovery;

    fn is_good(&self) -> bool {
        self.environments.iter().filter_map(Checked::look).all(provision_reconciler::recovery::Readiness::is_ready)
    }

    fn text(&self, context: &Context) -> String {
        ui::recovery::render(self, context.printer.style())
    }

    fn document(&self) -> ui::json::Recovery {
        ui::json::Recovery::new(self)
    }
}
