//! What `apply` and `destroy` share: the lock, the plan, the person's word, the work, and the end of it.

use std::sync::Arc;
use std::time::Duration;

use provision_config::{Address, DriftIgnore, Environment};
use provision_reconciler::execute::{Event, Outcome, Standing};
use provision_reconciler::plan::{Action, Intent, Options, Plan, Refusal, ResourceChange};
use provision_state::{Loaded, Token};

use crate::arguments::Allowances;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Problem};
use crate::saved_plan::SavedPlan;
use crate::session::{Acquired, Beginning, Facts, Leased, Performed, Session, create_lock_table, perform};
use crate::ui;

/// What a person asked to be done to an environment.
pub struct Request {
    /// The command, for the lock.
    pub command: &'static str,
    /// What it is for.
    pub intent: Intent,
    /// Whether only what was changed behind our back is set back, to what was last applied.
    pub only_drift: bool,
    /// What may be lost.
    pub allowances: Allowances,
    /// Whether the person need not be asked.
    pub yes: bool,
    /// How long to wait for the lock.
    pub wait: Duration,
    /// The plan that is to be carried out, and no other.
    pub saved: Option<SavedPlan>,
}

/// What was done before there was a lock: the plan was agreed to, and its first step has created the lock table.
struct Begun<'a> {
    /// What the plan was made of.
    facts: Facts<'a>,
    plan: Plan,
    lock: Address,
    /// What is left of the lock table's change, if it was us who created it; another run may have been faster.
    created: Option<ResourceChange>,
    /// Whether there was not even a bucket for the state.
    no_bucket: bool,
}

/// What is to be done under the lock, and whether that was agreed to already.
struct Prepared<'a> {
    facts: Facts<'a>,
    plan: Plan,
    /// What the state's next write must show.
    token: Option<Token>,
    has_bucket: bool,
    agreed: bool,
    /// How many of the plan's calls have been made.
    made: usize,
}

/// Does it.
///
/// # Errors
/// If nothing could be done, or not all of it.
pub async fn carry_out(request: &Request, environment: Environment, context: &Context) -> Result<Exit, Failure> {
    let session = Session::identify(context, environment).await?;
    let (leased, begun) = match Leased::acquire(&session, request.command, request.wait).await? {
        Acquired::Held(leased) => (leased, None),
        Acquired::NoTable(error) => match first_run(&session, request, context, error.into()).await? {
            FirstRun::Begun(leased, begun) => (leased, Some(begun)),
            FirstRun::Ended(exit) => return Ok(exit),
        },
    };
    let result = under_lock(&session, &leased, request, begun, context).await;
    let interrupted = leased.interrupted();
    let released = match &result {
        // With the environment its lock table has gone.
        Ok(Ended::Destroyed) => {
            leased.abandon();
            Ok(())
        }
        _ => leased.release().await,
    };
    let exit = match result? {
        Ended::Destroyed => Exit::DONE,
        Ended::As(exit) => exit,
    };
    released?;
    Ok(interrupted.unwrap_or(exit))
}

/// How the work under the lock ended.
enum Ended {
    /// With this exit code.
    As(Exit),
    /// Everything is gone, the lock table included.
    Destroyed,
}

enum FirstRun<'a> {
    Begun(Box<Leased>, Box<Begun<'a>>),
    Ended(Exit),
}

/// There is no lock table. If it is one of ours it is created, after the plan was shown and agreed to.
async fn first_run<'a>(
    session: &'a Session,
    request: &Request,
    context: &Context,
    no_table: Failure,
) -> Result<FirstRun<'a>, Failure> {
    let Some(lock) = session.environment.state.lock_resource.as_ref() else {
        return Err(no_table.hint(
            "create it with the partition key `LockID` (a string), or let the file make it: \
             `lock_table = \"${dynamodb_table.NAME.table_name}\"`",
        ));
    };
    let loaded = session.load().await?;
    let no_bucket = matches!(loaded, Loaded::NoBucket);
    let facts = gather(session, loaded, request).await?;
    let plan = facts.plan(options(session, request, Some(lock)))?;
    if request.intent == Intent::Destroy {
        if plan.has_changes() {
            return Err(no_table.hint("run `provision apply` first: it makes the lock table anew, then destroy again"));
        }
        context.printer.text(&ui::plan::render(&plan, &view(context)));
        context.printer.json(&ui::json::Applied::nothing(&plan));
        return Ok(FirstRun::Ended(Exit::DONE));
    }
    if !agree(request, &plan, false, context).await? {
        return Ok(FirstRun::Ended(Exit::FAILED));
    }
    let progress = ui::progress::Progress::start(&context.printer, &plan);
    let created = create_lock_table(session, &plan, lock, &progress.listener()).await;
    progress.finish();
    let created = created?;
    let leased = Leased::acquire_created(session, request.command, request.wait).await?;
    Ok(FirstRun::Begun(leased, Box::new(Begun { facts, plan, lock: lock.clone(), created, no_bucket })))
}

/// Plans, asks, and carries out.
async fn under_lock<'a>(
    session: &'a Session,
    leased: &Leased,
    request: &Request,
    begun: Option<Box<Begun<'a>>>,
    context: &Context,
) -> Result<Ended, Failure> {
    let prepared = match begun.map(|begun| begun.go_on(leased)) {
        Some(Ok(prepared)) => prepared,
        Some(Err(begun)) => prepare(session, leased, request, Some(&begun)).await?,
        None => prepare(session, leased, request, None).await?,
    };
    let Prepared { facts, plan, token, has_bucket, agreed, made } = prepared;
    if let Some(operation) = facts.interrupted() {
        context.printer.warning(&ui::errors::unfinished(operation, ui::errors::Unfinished::TakenOver));
    }
    if let Some(saved) = &request.saved {
        saved.check(&plan, &facts.state, session.environment.state.lock_resource.as_ref())?;
    }
    if plan.changes.is_empty() && facts.interrupted().is_none() {
        context.printer.text(&ui::plan::render(&plan, &view(context)));
        context.printer.json(&ui::json::Applied::nothing(&plan));
        return Ok(Ended::As(Exit::DONE));
    }
    if let Some(exit) = leased.interrupted() {
        return Ok(Ended::As(exit));
    }
    let asked = tokio::select! {
        asked = agree(request, &plan, agreed, context) => asked?,
        // Ctrl-C at the question means no.
        () = leased.permit.withdrawn() => return leased.interrupted().map(Ended::As).ok_or_else(lock_lost),
    };
    if !asked {
        return Ok(Ended::As(Exit::FAILED));
    }
    let progress = ui::progress::Progress::start(&context.printer, &plan);
    let listener: Arc<dyn Fn(Event) + Send + Sync> = progress.listener();
    let outputs = facts.outputs();
    let beginning = Beginning { state: facts.state, token, outputs, has_bucket };
    let performed = perform(session, leased, &plan, request.intent, beginning, &listener).await;
    progress.finish();
    let mut performed = performed?;
    performed.outcome.calls += made;
    report(&plan, performed, leased, session, context)
}

/// Reads everything under the lock, and plans.
async fn prepare<'a>(
    session: &'a Session,
    leased: &Leased,
    request: &Request,
    begun: Option<&Begun<'_>>,
) -> Result<Prepared<'a>, Failure> {
    let loaded = session.load_to_write(leased).await?;
    let has_bucket = !matches!(loaded, Loaded::NoBucket);
    let token = match &loaded {
        Loaded::Present(stored) => Some(stored.token.clone()),
        Loaded::Absent { .. } | Loaded::NoBucket => None,
    };
    let facts = gather(session, loaded, request).await?;
    let mut plan = facts.plan(options(session, request, None))?;
    if request.only_drift {
        plan = without_refused(plan, session);
    }
    let agreed = begun.is_some_and(|begun| begun.leads_to(&plan));
    let created = begun.filter(|begun| begun.created.is_some());
    if let Some(change) = created.and_then(|begun| plan.changes.get_mut(&begun.lock)) {
        // What is left of creating it.
        change.action = Action::Create;
    }
    Ok(Prepared { facts, plan, token, has_bucket, agreed, made: usize::from(created.is_some()) })
}

/// The plan without what cannot be done: that one thing cannot be set back does not keep the others from it.
fn without_refused(mut plan: Plan, session: &Session) -> Plan {
    for Refusal { address, message, hint } in std::mem::take(&mut plan.refusals) {
        session.printer.warning(&format!("{address} stays as it is: {message} ({hint})"));
        plan.changes.remove(&address);
    }
    plan
}

/// Says what came of it.
fn report(
    plan: &Plan,
    performed: Performed,
    leased: &Leased,
    session: &Session,
    context: &Context,
) -> Result<Ended, Failure> {
    let Performed { outcome, state, unsaved } = performed;
    context.printer.text(&ui::applied::render(plan, &outcome, context.printer.style()));
    // Whatever went wrong, what was done is told.
    context.printer.json(&ui::json::Applied::new(plan, &outcome, state.serial));
    let problems = problems(&outcome);
    let failed = (!problems.is_empty()).then_some(Failure::Failed { exit: Exit::FAILED, problems });
    if let Some(failure) = Failure::all(failed.into_iter().chain(unsaved).collect()) {
        return Err(failure);
    }
    if leased.permit.standing() == Standing::LeaseLost {
        return Err(lock_lost());
    }
    if let Some(exit) = leased.interrupted() {
        return Ok(Ended::As(exit));
    }
    if !outcome.is_complete() {
        return Ok(Ended::As(Exit::FAILED));
    }
    let gone = |address: &Address| matches!(outcome.records.get(address), Some(None));
    match session.environment.state.lock_resource.as_ref() {
        Some(lock) if gone(lock) => Ok(Ended::Destroyed),
        _ => Ok(Ended::As(Exit::DONE)),
    }
}

/// The run had to stop, and nothing that it did went wrong.
fn lock_lost() -> Failure {
    Failure::new("the lock was lost before everything was done")
        .code("lock_lost")
        .hint("see who has it, `provision lock status ENV`, and run the same command again: it continues")
}

fn problems(outcome: &Outcome) -> Vec<Problem> {
    outcome.failed.iter().map(|(address, failure)| Problem::change(address, failure)).collect()
}

/// Shows the plan and asks, unless this very plan was agreed to before.
async fn agree(request: &Request, plan: &Plan, agreed: bool, context: &Context) -> Result<bool, Failure> {
    if agreed {
        return Ok(true);
    }
    context.printer.text(&ui::plan::render(plan, &view(context)));
    if !plan.refusals.is_empty() {
        return Err(Failure::refused(&plan.refusals));
    }
    if !plan.has_changes() {
        return Ok(true);
    }
    let question = match request.intent {
        Intent::Apply if request.only_drift => format!("Set {} back to what was last applied?", plan.environment),
        Intent::Apply => format!("Apply these changes to {}?", plan.environment),
        Intent::Destroy => format!("Destroy {} for good?", plan.environment),
    };
    let (printer, yes) = (context.printer, request.yes || request.saved.is_some());
    // On a thread of its own: while the person thinks, the lock must be kept.
    let answer = tokio::task::spawn_blocking(move || ui::confirm::confirm(&printer, &question, yes)).await;
    let said = answer.map_err(|error| Failure::new(format!("failed to ask: {error}")))??;
    if !said {
        context.printer.note("Nothing was done.");
    }
    Ok(said)
}

async fn gather<'a>(session: &'a Session, loaded: Loaded, request: &Request) -> Result<Facts<'a>, Failure> {
    if request.only_drift {
        return Facts::of_drift(session, loaded).await;
    }
    let lineage = request.saved.as_ref().map(|saved| saved.lineage);
    Facts::gather(session, loaded, request.intent, lineage).await
}

fn options<'a>(session: &'a Session, request: &Request, bootstrap: Option<&'a Address>) -> Options<'a> {
    let ignored: &[DriftIgnore] = &session.environment.drift_ignores;
    let allowances = request.saved.as_ref().map_or(request.allowances, |saved| saved.allowances());
    Options {
        intent: request.intent,
        delete_data: allowances.delete_data,
        empty_buckets: allowances.empty_buckets,
        bootstrap,
        leave: if request.only_drift { ignored } else { &[] },
    }
}

fn view(context: &Context) -> ui::plan::View {
    ui::plan::View { style: context.printer.style(), verbose: context.verbose() }
}

impl<'a> Begun<'a> {
    /// What is left to do, if nobody can have come between: it was us who created the table, and our lease is its first, so what
    /// was read before there was a lock need not be read again.
    fn go_on(mut self: Box<Self>, leased: &Leased) -> Result<Prepared<'a>, Box<Self>> {
        match self.created.take() {
            Some(rest) if self.no_bucket && leased.fencing() == 1 => {
                let Self { facts, mut plan, lock, .. } = *self;
                plan.changes.insert(lock, rest);
                Ok(Prepared { facts, plan, token: None, has_bucket: false, agreed: true, made: 1 })
            }
            created => {
                self.created = created;
                Err(self)
            }
        }
    }

    /// Whether a plan is what is left of the one that was agreed to.
    fn leads_to(&self, plan: &Plan) -> bool {
        without(&self.plan, &self.lock).changes == without(plan, &self.lock).changes
    }
}

/// The plan but for the lock table, which is there by the time of the second look.
fn without(plan: &Plan, lock: &Address) -> Plan {
    let mut rest = plan.retain(|address| address != lock);
    for change in rest.changes.values_mut() {
        change.after.remove(lock);
    }
    rest
}
