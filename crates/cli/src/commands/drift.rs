//! `provision drift`.

use futures::future::join_all;
use provision_config::Environment;
use provision_reconciler::drift::Finding;
use provision_reconciler::plan::Intent;
use provision_report::{Checked, DriftLook, DriftReport};
use provision_state::ENGINE;

use crate::arguments::{Allowances, DriftArguments};
use crate::check::Check;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::load::{self, Several};
use crate::mutation::{Request, carry_out};
use crate::report::Report;
use crate::session::{Look, Looked, MENDING, Session};
use crate::ui;

/// Runs the command. Without `--fix` it reads only, and takes no lock.
pub async fn run(arguments: &DriftArguments, context: &Context) -> Result<Exit, Failure> {
    let check = Check::new(&arguments.report, &arguments.notify, context)?;
    let several = load::environments(&arguments.environments)?;
    let environments = &several.environments;
    let look = Look { orphans: !arguments.no_orphans, memory: check.memory };
    let looks = look_at(environments.clone(), look, context).await;
    if !arguments.fix {
        return conclude(several, looks, &check, context).await;
    }
    let (mut failures, mut exits) = (Vec::new(), Vec::new());
    for (environment, looked) in environments.iter().zip(looks) {
        // What cannot be looked at is told by the report.
        let Ok(Looked { drift, seen }) = looked else { continue };
        // That it was there is told, even if it is gone in a moment.
        failures.extend(check.remember(vec![seen]).await);
        if !drift.findings.iter().any(Finding::is_mendable) {
            continue;
        }
        match fix(environment, arguments, context).await {
            Ok(exit) if [Exit::INTERRUPTED, Exit::TERMINATED].contains(&exit) => return Ok(exit),
            Ok(exit) => exits.push(exit),
            Err(failure) => failures.push(failure.of_environment(&environment.name)),
        }
    }
    // What is told in the end is what there is then, whatever became of it.
    let looks = look_at(environments.clone(), look, context).await;
    let found = conclude(several, looks, &check, context).await;
    exits.retain(|exit| *exit != Exit::DONE);
    match (Failure::all(failures.into_iter().chain(found.as_ref().err().cloned()).collect()), exits.first()) {
        (Some(failure), _) => Err(failure),
        (None, Some(exit)) => Ok(*exit),
        (None, None) => found,
    }
}

/// Looks at every environment, all at once. That one cannot be looked at does not keep the others from it.
async fn look_at(environments: Vec<Environment>, look: Look, context: &Context) -> Vec<Result<Looked, Failure>> {
    let looks = environments
        .into_iter()
        .map(|environment| async move { Session::connect(context, environment).await?.drift(look).await });
    join_all(looks).await
}

/// Gives the report, and tells whoever is to be told.
async fn conclude(
    several: Several,
    looks: Vec<Result<Looked, Failure>>,
    check: &Check,
    context: &Context,
) -> Result<Exit, Failure> {
    let looks = several.environments.iter().zip(looks).map(|(environment, look)| {
        let Looked { drift, seen } = look?;
        let graph = Some(ui::graph::of_records(environment, &seen.state.resources)?);
        // What is different now was changed after it was last written.
        let applied_at = Some(seen.state.written_at);
        Ok((DriftLook { drift, graph, applied_at }, seen))
    });
    let looks = looks.collect();
    let report = |environments, checked_at| DriftReport { checked_at, engine: ENGINE.to_owned(), environments };
    check.conclude(several, looks, report, context).await
}

/// Sets back what was changed in one environment.
async fn fix(environment: &Environment, arguments: &DriftArguments, context: &Context) -> Result<Exit, Failure> {
    let quiet = context.without_result();
    // The plan and its outcome are told as text; a document is the report's alone.
    let telling = if context.global.json || arguments.report.format.is_some() { &quiet } else { context };
    let request = Request {
        command: MENDING,
        intent: Intent::Apply,
        only_drift: true,
        allowances: Allowances::default(),
        yes: arguments.yes,
        wait: arguments.lock_timeout,
        saved: None,
    };
    carry_out(&request, environment.clone(), telling).await
}

impl Report for DriftReport {
    type Document = ui::json::Drift;

    fn is_good(&self) -> bool {
        self.environments.iter().filter_map(Checked::look).all(|look| look.drift.is_none())
    }

    fn text(&self, context: &Context) -> String {
        ui::drift::render(self, context.printer.style())
    }

    fn document(&self) -> ui::json::Drift {
        ui::json::Drift::new(self)
    }
}
