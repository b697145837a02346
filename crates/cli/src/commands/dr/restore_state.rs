//! `provision dr restore-state`.

use std::sync::Arc;

use provision_config::{Environment, StateReplica};
use provision_reconciler::plan::{Intent, Options, Plan};
use provision_state::{Loaded, LockError, Store, Stored};

use crate::arguments::DrRestoreArguments;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::load;
use crate::session::{Acquired, Amendment, Facts, Leased, Session, agreed, conclude, create_lock_table, no_replica};
use crate::ui;

/// The command, for the lock.
const COMMAND: &str = "dr restore-state";

/// Runs the command. It writes in the other region only.
pub async fn run(arguments: &DrRestoreArguments, context: &Context) -> Result<Exit, Failure> {
    let environment = load::environment(&arguments.environment)?;
    let replica = environment.state_replicas().into_iter().next().ok_or_else(|| no_replica(&environment))?;
    let away = Session::from_the_other_region(context, &environment).await?;
    let home = Session::in_its_region(context, environment).await?;
    let (away, answers) = tokio::join!(away.known(), home.answers());
    let away = away?;
    match (answers, arguments.force) {
        (true, false) => return Err(still_there(&home.environment)),
        (true, true) => context.printer.warning(&format!(
            "{} still answers: whatever works on {} there without --dr is refused from now on, but what is under way goes on",
            home.environment.region, home.environment.name
        )),
        (false, _) => context.printer.note(&format!("{} does not answer", home.environment.region)),
    }
    let restoring = Restoring { home: &home, away: &away, replica: &replica, context };
    let leased = restoring.lock(arguments).await?;
    let result = restoring.restore(&leased, arguments.change.yes).await;
    conclude(leased, result).await
}

struct Restoring<'a> {
    home: &'a Session,
    away: &'a Session,
    replica: &'a StateReplica,
    context: &'a Context,
}

impl Restoring<'_> {
    /// Takes the lock of the other region, whose table is made if there is none and it is one of ours.
    async fn lock(&self, arguments: &DrRestoreArguments) -> Result<Box<Leased>, Failure> {
        let wait = arguments.change.lock_timeout;
        let no_table = match Leased::acquire(self.away, COMMAND, wait).await? {
            Acquired::Held(leased) => return Ok(leased),
            Acquired::NoTable(error) => error,
        };
        let environment = &self.away.environment;
        let Some(address) = environment.state.lock_resource.as_ref() else { return Err(self.no_lock_table(no_table)) };
        let facts =
            Facts::gather(self.away, Loaded::Present(Box::new(self.copy().await?)), Intent::Apply, None).await?;
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

    async fn restore(&self, leased: &Leased, yes: bool) -> Result<Exit, Failure> {
        let (away, printer) = (self.away, &self.context.printer);
        let store = away.store(None).await;
        let loaded = match store.load().await? {
            Loaded::Present(stored) => {
                printer.note(&format!("The state was restored before: it is at serial {}.", stored.state.serial));
                Loaded::Present(stored)
            }
            Loaded::Absent { .. } | Loaded::NoBucket => {
                if !self.write(leased, yes).await? {
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
    async fn write(&self, leased: &Leased, yes: bool) -> Result<bool, Failure> {
        let away = self.away;
        let Stored { state, kms_key, .. } = self.copy().await?;
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
        // Whoever held the lock of the lost region has noticed by then.
        leased.raise_above(state.number()).await?;
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
    Failure::new(format!("{} still answers, so {} is to be worked on from there", environment.region, environment.name))
        .code("region_answers")
        .hint("if it is lost all the same, make sure that nobody works there, and give --force")
}
