//! One command's dealings with one environment: who we are, what is remembered, what there is, what to do about it.

mod amend;
mod drift;
mod elsewhere;
mod facts;
mod first_run;
mod history;
mod interrupt;
mod leased;
mod operation;
mod reach;
mod readiness;
mod rebuild;
mod recorder;
mod sightings;

pub use amend::{Amendment, agreed, conclude, under_lock};
pub use drift::{Look, Looked};
pub use facts::{Facts, MENDING};
pub use first_run::create_lock_table;
pub use history::{Content, Past};
pub use interrupt::Interrupts;
pub use leased::{Acquired, Leased};
pub use operation::{Beginning, Performed, perform};
pub use reach::{Reach, no_replica};
pub use readiness::{Trial, Tried};
pub use rebuild::{Rebuilt, rebuild};
pub use sightings::{Memory, Seen, Sightings};

use std::sync::Arc;

use provision_config::{Environment, StateReplica};
use provision_reconciler::{Account, CloudError, Registry};
use provision_resources::aws::Identity;
use provision_resources::{Aws, Connection, registry};
use provision_sandbox::{Options, Running, Sandbox};
use provision_state::{
    DynamoDbTable, Loaded, LockError, LockItem, Operation, S3Store, State, StateError, Store, TakeOverError, lease,
};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::ui::{self, Printer};

/// One environment in the account that it lives in.
pub struct Session {
    /// What the file says.
    pub environment: Environment,
    /// The kinds, bound to AWS.
    pub registry: Registry,
    /// The account, as the credentials have it.
    pub account: Account,
    /// The way to the person.
    pub printer: Printer,
    /// What can be worked on.
    pub reach: Reach,
    /// Whether the state is being brought back from the other region.
    returning: bool,
    aws: Arc<Aws>,
}

/// Who the caller is and what the environment's bucket holds: the first round trip of every command.
pub struct Opened {
    /// The session.
    pub session: Session,
    /// The state.
    pub loaded: Loaded,
}

impl Session {
    /// Finds out who we are and reads the state, at once.
    ///
    /// # Errors
    /// If there are no credentials, if they are another account's, or if the state cannot be used.
    pub async fn open(context: &Context, environment: Environment) -> Result<Opened, Failure> {
        Self::connect(context, environment).await?.opened().await
    }

    /// Finds out who we are and reads the state, at once.
    ///
    /// # Errors
    /// As [`Session::open`].
    pub async fn opened(self) -> Result<Opened, Failure> {
        let (identity, loaded) = self.first_look().await;
        let session = self.identified(identity?)?;
        Ok(Opened { session, loaded: loaded? })
    }

    /// Who we are, and the state: the first round trip.
    async fn first_look(&self) -> (Result<Identity, CloudError>, Result<Loaded, Failure>) {
        tokio::join!(self.aws.identity(&self.environment.state.bucket_region), self.load())
    }

    /// Finds out who we are. The state is not read: it is to be read under the lock.
    ///
    /// # Errors
    /// If there are no credentials, or if they are another account's.
    pub async fn identify(context: &Context, environment: Environment) -> Result<Self, Failure> {
        Self::connect(context, environment).await?.known().await
    }

    /// The same session, once it is known who we are.
    ///
    /// # Errors
    /// As [`Session::identify`].
    pub async fn known(self) -> Result<Self, Failure> {
        let identity = self.aws.identity(&self.environment.state.bucket_region).await?;
        self.identified(identity)
    }

    /// What is remembered of an environment, for commands that look at nothing else.
    ///
    /// # Errors
    /// As [`Session::open`]; also if nothing is remembered.
    pub async fn state(context: &Context, environment: Environment) -> Result<State, Failure> {
        let Opened { session, loaded } = Self::open(context, environment).await?;
        let stored = loaded.stored().ok_or_else(|| never_applied(&session.environment.name))?;
        session.announce(stored.state.operation.as_ref()).await.ok();
        Ok(stored.state)
    }

    /// Warns that what is read may not be all: an operation is under way, or was interrupted. Returns the lock, if it is held for that
    /// operation. For commands that take no lock.
    ///
    /// # Errors
    /// If the lock cannot be read: the warning says then that it was interrupted. To most commands it is not what was asked for.
    pub async fn announce(&self, operation: Option<&Operation>) -> Result<Option<LockItem>, LockError> {
        let Some(operation) = operation else { return Ok(None) };
        // Whose it is tells the two apart.
        let lock = lease::status(&self.lock_table().await, &self.environment.name).await;
        let held = lock.map(|lock| lock.filter(|item| item.held && item.operation == operation.id));
        let standing = match held {
            Ok(Some(_)) => ui::errors::Unfinished::UnderWay,
            Ok(None) | Err(_) => ui::errors::Unfinished::Interrupted,
        };
        self.printer.warning(&ui::errors::unfinished(operation, standing));
        held
    }

    /// A session that knows nothing yet. Those of one account share their connections, and the limits of what is under way at once.
    /// With `--dr` it works from the other region.
    ///
    /// # Errors
    /// If the sandbox is asked for and does not start.
    pub async fn connect(context: &Context, environment: Environment) -> Result<Self, Failure> {
        match context.global.dr {
            true => Self::from_the_other_region(context, &environment).await,
            false => Self::in_its_region(context, environment).await,
        }
    }

    /// The same, whatever `--dr` says: from its own region.
    ///
    /// # Errors
    /// As [`Session::connect`].
    pub async fn in_its_region(context: &Context, environment: Environment) -> Result<Self, Failure> {
        Self::over(context, environment, Reach::default()).await
    }

    /// The same, whatever `--dr` says: from the region that the state is copied to.
    ///
    /// # Errors
    /// As [`Session::connect`]; also if it is copied nowhere.
    pub async fn from_the_other_region(context: &Context, environment: &Environment) -> Result<Self, Failure> {
        let (environment, reach) = Reach::from_the_other_region(environment)?;
        Self::over(context, environment, reach).await
    }

    async fn over(context: &Context, environment: Environment, reach: Reach) -> Result<Self, Failure> {
        let printer = context.printer;
        let aws = match context.global.sandbox {
            true => {
                context.cloud(Some(&environment.account), async || sandbox(&environment.account, printer).await).await?
            }
            // Whose account it is depends on the credentials.
            false => context.cloud(None, async || Ok(Connection::default())).await?,
        };
        let account = Account { partition: "aws".to_owned(), id: environment.account.clone() };
        Ok(Self { registry: registry(&aws), environment, account, printer, reach, returning: false, aws })
    }

    /// Refuses any account but the one that the file names.
    fn identified(mut self, identity: Identity) -> Result<Self, Failure> {
        if identity.account != self.environment.account {
            return Err(Failure::wrong_account(&self.environment, &identity.account, &identity.arn));
        }
        self.account.partition = identity.partition().to_owned();
        Ok(self)
    }

    /// Reads the state.
    ///
    /// # Errors
    /// If it cannot be used; also if it was not restored yet in the other region, where there is nothing to begin with.
    pub async fn load(&self) -> Result<Loaded, Failure> {
        self.restored(self.store(None).await.load().await?)
    }

    /// Reads the state in order to write it: what an earlier run was doing when it was interrupted is closed, so that it
    /// cannot go on, should it only have been stopped for a while; and the lock's number is raised above the state's, should the lock
    /// table have been lost.
    ///
    /// # Errors
    /// If it cannot be used, or cannot be closed; also if the environment is being worked on from its other region. It is asked for
    /// that with the lock held: where it was restored while the lock was waited for, that is seen.
    pub async fn load_to_write(&self, leased: &Leased) -> Result<Loaded, Failure> {
        self.restored(self.load_to_write_or_mend(leased).await??)
    }

    /// The same; that the state is damaged is not an error, but what is to be mended.
    ///
    /// # Errors
    /// If it cannot be read at all, or if it is not damaged but another environment's, or of a newer format.
    pub async fn load_to_write_or_mend(&self, leased: &Leased) -> Result<Result<Loaded, StateError>, Failure> {
        let store = self.store(None).await;
        let taken = tokio::select! {
            biased;
            (taken, at_home) = async { tokio::join!(leased.take_over(&store, self.printer), self.is_at_home()) } => {
                at_home?;
                taken
            }
            // It may have to wait for a whole lease.
            () = leased.permit.withdrawn() => {
                let exit = leased.interrupted().unwrap_or(Exit::FAILED);
                let failure = Failure::new("stopped before anything was done").exit_with(exit);
                return Err(failure.hint("run the same command again"));
            }
        };
        match taken {
            Ok(loaded) => Ok(Ok(loaded)),
            Err(TakeOverError::State(error)) if error.is_damage() => Ok(Err(error)),
            Err(TakeOverError::State(error)) => Err(error.into()),
            Err(TakeOverError::Lock(error)) => Err(error.into()),
        }
    }

    /// The key to encrypt this state with: the one that the file names, if the state itself knows it, or else the one that it is
    /// encrypted with now.
    pub fn key_of(&self, state: &State, now: Option<String>) -> Option<String> {
        let outputs = state.resources.iter().map(|(address, record)| (address.clone(), record.outputs.clone()));
        self.state_key(&outputs.collect()).or(now)
    }

    /// Where the state is kept; with the key to encrypt it with, once that is known.
    pub async fn store(&self, kms_key: Option<&str>) -> S3Store {
        self.store_of(&self.environment, kms_key).await
    }

    /// Where another environment's state is kept, or this one's in another place.
    pub async fn store_of(&self, environment: &Environment, kms_key: Option<&str>) -> S3Store {
        let state = &environment.state;
        let client = self.aws.region(&state.bucket_region).await.s3().clone();
        let store = S3Store::new(client, &environment.name, &state.bucket, &state.key).account(&environment.account);
        match kms_key {
            Some(arn) => store.kms_key(arn),
            None => store,
        }
    }

    /// Where S3 copies the state to.
    pub async fn replica_store(&self, replica: &StateReplica) -> S3Store {
        let client = self.aws.region(&replica.region).await.s3().clone();
        let environment = &self.environment;
        S3Store::new(client, &environment.name, &replica.bucket, &environment.state.key)
            .account(&environment.account)
            .copied()
    }

    /// The table that the lock is in.
    pub async fn lock_table(&self) -> DynamoDbTable {
        let state = &self.environment.state;
        self.lock_table_in(&state.lock_region, &state.lock_table).await
    }

    /// A table that locks may be in.
    pub async fn lock_table_in(&self, region: &str, name: &str) -> DynamoDbTable {
        let client = self.aws.region(region).await.dynamodb().clone();
        DynamoDbTable::new(client, name)
    }
}

/// Nothing is remembered of an environment.
pub fn never_applied(environment: &str) -> Failure {
    Failure::new(format!("environment {environment} has never been applied"))
        .code("no_state")
        .hint(format!("`provision apply {environment}` makes it"))
}

/// The local AWS, started if it is not running.
async fn sandbox(account: &str, printer: Printer) -> Result<Connection, Failure> {
    let start = move || -> Result<Running, Failure> {
        Ok(Sandbox::open(Options::from_env()?).ensure_started(&|line| printer.note(&format!("sandbox: {line}")))?)
    };
    let started = tokio::task::spawn_blocking(start).await;
    let running = started.map_err(|error| Failure::new(format!("failed to start the sandbox: {error}")))??;
    let access = running.access(account);
    Ok(Connection {
        endpoints: access.endpoints,
        credentials: Some((access.access_key, access.secret_key, access.session_token)),
    })
}
