//! One command's dealings with one environment: who we are, what is remembered, what there is, what to do about it.

mod amend;
mod facts;
mod first_run;
mod history;
mod interrupt;
mod leased;
mod operation;
mod rebuild;
mod recorder;

pub use amend::{Amendment, agreed, under_lock};
pub use facts::Facts;
pub use first_run::create_lock_table;
pub use history::{Content, Past};
pub use interrupt::Interrupts;
pub use leased::{Acquired, Leased};
pub use operation::{Beginning, Performed, perform};
pub use rebuild::{Rebuilt, rebuild};

use std::sync::Arc;

use provision_config::{Address, Environment};
use provision_reconciler::{Account, Registry};
use provision_resources::aws::Identity;
use provision_resources::{Aws, Connection, registry};
use provision_sandbox::{Options, Running, Sandbox};
use provision_state::{DynamoDbTable, Loaded, Operation, S3Store, State, StateError, Store, TakeOverError, lease};

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
        let session = Self::connect(context, environment).await?;
        let (identity, loaded) = tokio::join!(session.aws.identity(&session.environment.region), session.load());
        let session = session.identified(identity?)?;
        Ok(Opened { session, loaded: loaded? })
    }

    /// Finds out who we are. The state is not read: it is to be read under the lock.
    ///
    /// # Errors
    /// If there are no credentials, or if they are another account's.
    pub async fn identify(context: &Context, environment: Environment) -> Result<Self, Failure> {
        let session = Self::connect(context, environment).await?;
        let identity = session.aws.identity(&session.environment.region).await?;
        session.identified(identity)
    }

    /// What is remembered of an environment, for commands that look at nothing else.
    ///
    /// # Errors
    /// As [`Session::open`]; also if nothing is remembered.
    pub async fn state(context: &Context, environment: Environment) -> Result<State, Failure> {
        let Opened { session, loaded } = Self::open(context, environment).await?;
        let stored = loaded.stored().ok_or_else(|| never_applied(&session.environment.name))?;
        session.announce(stored.state.operation.as_ref()).await;
        Ok(stored.state)
    }

    /// Warns that what is read may not be all: an operation is under way, or was interrupted. For commands that take no lock.
    pub async fn announce(&self, operation: Option<&Operation>) {
        let Some(operation) = operation else { return };
        // Whose it is tells the two apart. If that cannot be read, it is not what was asked for.
        let lock = lease::status(&self.lock_table().await, &self.environment.name).await.ok().flatten();
        let standing = match lock {
            Some(item) if item.held && item.operation == operation.id => ui::errors::Unfinished::UnderWay,
            _ => ui::errors::Unfinished::Interrupted,
        };
        self.printer.warning(&ui::errors::unfinished(operation, standing));
    }

    async fn connect(context: &Context, environment: Environment) -> Result<Self, Failure> {
        let printer = context.printer;
        let connection = match context.global.sandbox {
            true => sandbox(&environment.account, printer).await?,
            false => Connection::default(),
        };
        let aws = Arc::new(Aws::new(connection));
        let account = Account { partition: "aws".to_owned(), id: environment.account.clone() };
        Ok(Self { registry: registry(&aws), environment, account, printer, aws })
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
    /// If it cannot be used.
    pub async fn load(&self) -> Result<Loaded, Failure> {
        Ok(self.store(None).await.load().await?)
    }

    /// Reads the state in order to write it: what an earlier run was doing when it was interrupted is closed, so that it
    /// cannot go on, should it only have been stopped for a while; and the lock's number is raised above the state's, should the lock
    /// table have been lost.
    ///
    /// # Errors
    /// If it cannot be used, or cannot be closed.
    pub async fn load_to_write(&self, leased: &Leased) -> Result<Loaded, Failure> {
        Ok(self.load_to_write_or_mend(leased).await??)
    }

    /// The same; that the state is damaged is not an error, but what is to be mended.
    ///
    /// # Errors
    /// If it cannot be read at all, or if it is not damaged but another environment's, or of a newer format.
    pub async fn load_to_write_or_mend(&self, leased: &Leased) -> Result<Result<Loaded, StateError>, Failure> {
        let store = self.store(None).await;
        let taken = tokio::select! {
            biased;
            taken = leased.take_over(&store, self.printer) => taken,
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
        let state = &self.environment.state;
        let client = self.aws.region(self.region_of(state.bucket_resource.as_ref())).await.s3().clone();
        let store =
            S3Store::new(client, &self.environment.name, &state.bucket, &state.key).account(&self.environment.account);
        match kms_key {
            Some(arn) => store.kms_key(arn),
            None => store,
        }
    }

    /// The table that the lock is in.
    pub async fn lock_table(&self) -> DynamoDbTable {
        let state = &self.environment.state;
        let client = self.aws.region(self.region_of(state.lock_resource.as_ref())).await.dynamodb().clone();
        DynamoDbTable::new(client, &state.lock_table)
    }

    fn region_of(&self, resource: Option<&Address>) -> &str {
        let resource = resource.and_then(|address| self.environment.resources.get(address));
        resource.map_or(&self.environment.region, |resource| &resource.region)
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
