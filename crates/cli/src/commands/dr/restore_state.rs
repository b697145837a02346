//! `provision dr restore-state`.

use std::sync::Arc;

use provision_config::{Environment, StateReplica};
use provision_reconciler::plan::{Intent, Options, Plan};
use provision_state::{Loaded, LockError, Operation, Store, Stored};

use crate::arguments::DrRestoreArguments;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::load;
use crate::session::{Acquired, Amendment, Facts, Leased, Session, agreed, conclude, create_lock_table, no_replica};
use crate::ui;

/// The command, for the locks.
const COMMAND: &str = Operation::RESTORATION;

/// Runs the command. It writes in the other region only.
pub async fn run(arguments: &DrRestoreArguments, context: &Context) -> Result<Exit, Failure> {
    let environment = load::environment(&arguments.environment)?;
    let replica = environment.state_replica_elsewhere().ok_or_else(|| no_replica(&environment))?;
    let away = Session::from_the_other_region(context, &environment).await?;
    // Its state is only looked at: restored before or not.
    let home = Session::in_its_region(context, environment).await?.returning();
    let (away, answers) = tokio::join!(away.known(), home.answers());
    let (away, lost) = (away?, &home.environment.state.bucket_region);
    let restoring = Restoring { home: &home, away: &away, replica: &replica, context };
    match (answers, arguments.force) {
        (true, false) => Err(still_there(&home.environment)),
        (true, true) => {
            context.printer.warning(&format!(
                "{lost} still answers: whatever works on {} there without --dr is refused from now on",
                home.environment.name
            ));
            restoring.with_both_locks(arguments).await
        }
        (false, _) => {
            context.printer.note(&format!("{lost} does not answer"));
            restoring.with_the_other_lock(arguments, Elsewhere::Unknown).await
        }
    }
}

struct Restoring<'a> {
    home: &'a Session,
    away: &'a Session,
    replica: &'a StateReplica,
    context: &'a Context,
}

/// What is known of whoever may hold the lock of the lost region.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Elsewhere {
    /// Nobody holds it but this command.
    Nobody,
    /// Nothing: it is given the time to notice that it is lost.
    Unknown,
}

impl Restoring<'_> {
    /// Also holds the lock of the region that still answers, so that nobody works there while this is done; whoever comes later sees that
    /// it was done. Where that lock cannot be used, it is done without.
    async fn with_both_locks(&self, arguments: &DrRestoreArguments) -> Result<Exit, Failure> {
        let lost = &self.home.environment.state.lock_region;
        match Leased::acquire(self.home, COMMAND, arguments.change.lock_timeout).await {
            Ok(Acquired::Held(leased)) => {
                let result = self.with_the_other_lock(arguments, Elsewhere::Nobody).await;
                conclude(leased, result).await
            }
            Err(failure) if failure.exit() == Exit::LOCKED => {
                Err(failure
                    .hint("wait for its end, or end it: it works on what is to be worked on from the other region"))
            }
            Ok(Acquired::NoTable(_)) => self.with_the_other_lock(arguments, Elsewhere::Unknown).await,
            Err(failure) => {
                self.context
                    .printer
                    .warning(&format!("the lock in {lost} cannot be used, so it is done without it: {failure}"));
                self.with_the_other_lock(arguments, Elsewhere::Unknown).await
            }
        }
    }

    async fn with_the_other_lock(&self, arguments: &DrRestoreArguments, elsewhere: Elsewhere) -> Result<Exit, Failure> {
        let leased = self.lock(arguments).await?;
        let result = self.restore(&leased, elsewhere, arguments.change.yes).await;
        conclude(leased, result).await
    }

    /// Takes the lock of the other region, whose table is made if there is none and it is one of ours.
    async fn lock(&self, arguments: &DrRestoreArguments) -> Result<Box<Leased>, Failure> {
        let wait = arguments.change.lock_timeout;
        let no_table = match Leased::acquire(self.away, COMMAND, wait).await? {
            Acquired::Held(leased) => return Ok(leased),
            Acquired::NoTable(error) => error,
        };
        let environment = &self.away.environment;
        let Some(address) = environment.state.lock_resource.as_ref() else { return Err(self.no_lock_table(no_table)) };
        // Without a copy there is nothing to restore, but the table is needed all the same to make the state anew.
        let copy = self.copy().await.map_or(Loaded::Absent { deleted: false }, |copy| Loaded::Present(Box::new(copy)));
        let facts = Facts::gather(self.away, copy, Intent::Apply, None).await?;
        let plan = facts.plan(options(Some(address)))?;
        self.context.printer.note(&format!("making the lock table {}", environment.state.lock_table));
        let quiet: Arc<dyn Fn(_) + Send + Sync> = Arc::new(|_| {});
        create_lock_table(self.away, &plan, address, &quiet).await?;
        Leased::acquire_created(self.away, COMMAND, wait).await
    }

    fn no_lock_table(&self, error: LockError) -> Failure {
        let state = &self.away.environment.state;
        Failure::from(error).hint(format!(
            "make it: `aws dynamodb create-table --region {} --table-name {} --billing-mode PAY_PER_REQUEST \
             --attribute-definitions AttributeName=LockID,AttributeType=S --key-schema AttributeName=LockID,KeyType=HASH`; \
             or name another one as `lock_table` of `[dr]`",
            state.lock_region, state.lock_table
        ))
    }

    /// What S3 has copied.
    async fn copy(&self) -> Result<Stored, Failure> {
        let name = &self.home.environment.name;
        let rebuild =
            || format!("`provision state rebuild {name} --dr` makes one anew from what there is in that region");
        match self.home.replica_store(self.replica).await.load().await {
            Ok(Loaded::Present(stored)) => Ok(*stored),
            Ok(Loaded::Absent { .. } | Loaded::NoBucket) => {
                let message = format!("there is no copy of the state of {name} in the bucket {}", self.replica.bucket);
                Err(Failure::new(message).code("no_state").hint(rebuild()))
            }
            Err(error) if error.is_damage() => Err(Failure::from(error).hint(rebuild())),
            Err(error) => Err(error.into()),
        }
    }

    async fn restore(&self, leased: &Leased, elsewhere: Elsewhere, yes: bool) -> Result<Exit, Failure> {
        let (away, printer) = (self.away, &self.context.printer);
        let store = away.store(None).await;
        let loaded = match store.load().await? {
            Loaded::Present(stored) => {
                printer.note(&format!("The state was restored before: it is at serial {}.", stored.state.serial));
                Loaded::Present(stored)
            }
            Loaded::Absent { .. } | Loaded::NoBucket => {
                if !self.write(leased, elsewhere, yes).await? {
                    return Ok(Exit::FAILED);
                }
                store.load().await?
            }
        };
        let left_alone = match &loaded {
            Loaded::Present(stored) => away.reach.left_alone(&stored.state.resources),
            Loaded::Absent { .. } | Loaded::NoBucket => Vec::new(),
        };
        let facts = Facts::gather(away, loaded, Intent::Apply, None).await?;
        let plan = facts.plan(options(None))?;
        self.tell(&facts, &plan, &left_alone);
        Ok(Exit::DONE)
    }

    /// Writes what S3 has copied to where work goes on. False: the person said no.
    async fn write(&self, leased: &Leased, elsewhere: Elsewhere, yes: bool) -> Result<bool, Failure> {
        let away = self.away;
        let Stored { mut state, kms_key, .. } = self.copy().await?;
        if let Some(operation) = &state.operation {
            self.context.printer.warning(&ui::errors::unfinished(operation, ui::errors::Unfinished::Interrupted));
        }
        let question = format!(
            "Work on {} from {}, with the state as of serial {} ({})?",
            state.environment, away.environment.state.bucket_region, state.serial, state.written_at
        );
        if !agreed(away, leased, &question, yes).await? {
            return Ok(false);
        }
        if elsewhere == Elsewhere::Unknown {
            self.context
                .printer
                .note("waiting until whoever may hold the lock of the lost region has noticed that it is lost");
            leased.outwait(state.number()).await?;
        }
        // An operation of its own is looked after already.
        let restoration = || Operation::restoration(&leased.operation, &leased.owner, leased.fencing());
        state.operation.get_or_insert_with(restoration);
        let key = away.key_of(&state, kms_key);
        Amendment { state, token: None, key }.write(away, leased).await?;
        Ok(true)
    }

    fn tell(&self, facts: &Facts<'_>, plan: &Plan, left_alone: &[String]) {
        let (context, state) = (self.context, &self.away.environment.state);
        let view = ui::plan::View { style: context.printer.style(), verbose: context.verbose() };
        context.printer.text(&ui::plan::render(plan, &view));
        let place = format!("s3://{}/{}", state.bucket, state.key);
        context.printer.text(&ui::recovery::restored(&facts.state, &place, left_alone.len()));
        let from = format!("s3://{}/{}", self.replica.bucket, self.home.environment.state.key);
        context.printer.json(&ui::json::Restored::new(&facts.state, (&from, &place), left_alone, plan));
    }
}

fn options(bootstrap: Option<&provision_config::Address>) -> Options<'_> {
    Options { bootstrap, ..Options::default() }
}

fn still_there(environment: &Environment) -> Failure {
    let region = &environment.state.bucket_region;
    Failure::new(format!("{region} still answers, so {} is to be worked on from there", environment.name))
        .code("region_answers")
        .hint("if it is lost all the same, make sure that nobody works there, and give --force")
}
