//! Why a command could not do what was asked: every error of every crate, as the person and `--json` are told of it.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::Path;

use provision_config::{Address, AddressError, Diagnostics, Environment};
use provision_reconciler::plan::Refusal;
use provision_reconciler::{CloudError, Cycle, Unready, execute};
use provision_sandbox as sandbox;
use provision_state::{LockError, StateError};

use crate::exit::Exit;

/// Why a command could not do what was asked.
#[derive(Clone, Debug)]
pub enum Failure {
    /// The environment file is wrong.
    Invalid(Diagnostics),
    /// Something else went wrong.
    Failed {
        /// The exit code.
        exit: Exit,
        /// What went wrong. Never empty.
        problems: Vec<Problem>,
    },
    /// Several of these, as of several files. Never empty.
    Several(Vec<Failure>),
}

/// One thing that went wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problem {
    /// A stable name for this kind of problem, as in `cloud`, `locked`, `refused`.
    pub code: &'static str,
    /// What went wrong, in lower case, without a full stop.
    pub message: String,
    /// The resource, if it is about one.
    pub address: Option<Address>,
    /// The IAM action of the AWS call, if one failed.
    pub action: Option<String>,
    /// AWS's own code for the error.
    pub aws_code: Option<String>,
    /// AWS's id for the request.
    pub request_id: Option<String>,
    /// What to do next.
    pub hint: Option<String>,
}

impl Failure {
    /// Something that went wrong: what, in lower case, without a full stop. Exit code 1; the builder methods say more.
    pub fn new(message: impl Into<String>) -> Self {
        Problem { code: "failed", message: message.into(), ..Problem::default() }.into()
    }

    /// A file or directory that could not be read or written: `doing` is `read`, `write`, …
    pub fn io(doing: &str, path: &Path, error: &io::Error) -> Self {
        let hint = match error.kind() {
            io::ErrorKind::NotFound => "check the path, and the directory that the command is run in (`-C DIR`)",
            io::ErrorKind::PermissionDenied => "check who owns it and what its permissions are",
            io::ErrorKind::AlreadyExists => "move it out of the way, or choose another name",
            _ => "check that the disk is neither full nor read-only",
        };
        Self::new(format!("failed to {doing} {}: {error}", path.display())).code("io").hint(hint)
    }

    /// The credentials are another account's than the file names.
    pub fn wrong_account(environment: &Environment, account: &str, caller: &str) -> Self {
        let message = format!(
            "environment `{}` lives in account {}, but the credentials are of account {account} ({caller})",
            environment.name, environment.account
        );
        Self::new(message)
            .code("wrong_account")
            .exit_with(Exit::INVALID)
            .hint("choose other credentials (AWS_PROFILE), or mend `account` in the [environment] table of the file")
    }

    /// Everything for which a plan cannot be carried out.
    pub fn refused(refusals: &[Refusal]) -> Self {
        let problems = refusals.iter().map(|refusal| Problem {
            code: "refused",
            message: refusal.message.clone(),
            address: Some(refusal.address.clone()),
            hint: Some(refusal.hint.clone()),
            ..Problem::default()
        });
        Self::Failed { exit: Exit::FAILED, problems: problems.collect() }
    }

    /// All of them as one; `None` if there are none. The first decides on the exit code.
    pub fn all(mut failures: Vec<Self>) -> Option<Self> {
        match failures.len() {
            0 | 1 => failures.pop(),
            _ => Some(Self::Several(failures)),
        }
    }

    /// With another exit code.
    #[must_use]
    pub fn exit_with(mut self, code: Exit) -> Self {
        if let Self::Failed { exit, .. } = &mut self {
            *exit = code;
        }
        self
    }

    /// With a stable name for this kind of problem.
    #[must_use]
    pub fn code(self, code: &'static str) -> Self {
        self.each(|problem| problem.code = code)
    }

    /// With what to do next.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        let hint = hint.into();
        self.each(|problem| problem.hint = Some(hint.clone()))
    }

    /// With the resource that it is about, unless it has said so itself.
    #[must_use]
    pub fn at(self, address: &Address) -> Self {
        self.each(|problem| problem.address = problem.address.take().or_else(|| Some(address.clone())))
    }

    /// With what was being done, as in `take the lock of staging`: `failed to take the lock of staging: …`.
    #[must_use]
    pub fn doing(self, what: &str) -> Self {
        self.each(|problem| problem.message = format!("failed to {what}: {}", problem.message))
    }

    /// With the environment that it is about: `staging: failed to …`.
    #[must_use]
    pub fn of_environment(self, name: &str) -> Self {
        self.each(|problem| problem.message = format!("{name}: {}", problem.message))
    }

    /// What to do about the first of its problems.
    pub fn first_hint(&self) -> Option<&str> {
        match self {
            Self::Invalid(_) => None,
            Self::Failed { problems, .. } => problems.first()?.hint.as_deref(),
            Self::Several(failures) => failures.first()?.first_hint(),
        }
    }

    /// The exit code.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Invalid(_) => Exit::INVALID,
            Self::Failed { exit, .. } => *exit,
            Self::Several(failures) => failures.first().map_or(Exit::FAILED, Self::exit),
        }
    }

    fn each(mut self, mut change: impl FnMut(&mut Problem)) -> Self {
        self.each_of(&mut change);
        self
    }

    fn each_of(&mut self, change: &mut dyn FnMut(&mut Problem)) {
        match self {
            Self::Invalid(_) => {}
            Self::Failed { problems, .. } => problems.iter_mut().for_each(change),
            Self::Several(failures) => failures.iter_mut().for_each(|failure| failure.each_of(change)),
        }
    }
}

impl Problem {
    /// A failed AWS call.
    pub fn cloud(error: &CloudError) -> Self {
        Self {
            code: "cloud",
            message: error.to_string(),
            address: None,
            action: Some(error.action.clone()),
            aws_code: error.code.clone(),
            request_id: error.request_id.clone(),
            hint: error.hint.clone(),
        }
    }

    /// A resource's change that failed.
    pub fn change(address: &Address, failure: &execute::Failure) -> Self {
        Self { message: failure.to_string(), address: Some(address.clone()), ..Self::cloud(&failure.error) }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(diagnostics) => diagnostics.fmt(f),
            Self::Failed { problems, .. } => {
                for (index, problem) in problems.iter().enumerate() {
                    let separator = if index > 0 { "\n" } else { "" };
                    write!(f, "{separator}{problem}")?;
                }
                Ok(())
            }
            Self::Several(failures) => {
                for (index, failure) in failures.iter().enumerate() {
                    let separator = if index > 0 { "\n" } else { "" };
                    write!(f, "{separator}{failure}")?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.address {
            Some(address) => write!(f, "{address}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl Error for Failure {}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Failed { exit: Exit::FAILED, problems: vec![problem] }
    }
}

impl From<Diagnostics> for Failure {
    fn from(diagnostics: Diagnostics) -> Self {
        Self::Invalid(diagnostics)
    }
}

impl From<CloudError> for Failure {
    fn from(error: CloudError) -> Self {
        Problem::cloud(&error).into()
    }
}

impl From<Unready> for Failure {
    fn from(unready: Unready) -> Self {
        let problems = unready.0.into_iter().map(|(address, problem)| Problem {
            code: "unready",
            message: problem.message,
            address: Some(address),
            hint: problem.help,
            ..Problem::default()
        });
        Self::Failed { exit: Exit::INVALID, problems: problems.collect() }
    }
}

impl From<Cycle> for Failure {
    fn from(cycle: Cycle) -> Self {
        Self::new(cycle.to_string()).code("cycle").hint("this is a bug in the engine; please report it")
    }
}

impl From<AddressError> for Failure {
    fn from(error: AddressError) -> Self {
        Self::new(error.to_string())
            .code("address")
            .exit_with(Exit::INVALID)
            .hint("`provision state list ENV` lists the addresses")
    }
}

impl From<StateError> for Failure {
    fn from(error: StateError) -> Self {
        let source = match &error {
            StateError::Call { source, .. } | StateError::Unsettled { source, .. } => Some(Problem::cloud(source)),
            _ => None,
        };
        let problem = source.unwrap_or_default();
        Problem { code: "state", message: error.to_string(), hint: error.hint(), ..problem }.into()
    }
}

impl From<LockError> for Failure {
    fn from(error: LockError) -> Self {
        let exit = if matches!(error, LockError::Held { .. }) { Exit::LOCKED } else { Exit::FAILED };
        let code = match error {
            LockError::Held { .. } => "locked",
            LockError::Lost { .. } => "lock_lost",
            _ => "lock",
        };
        let source = match &error {
            LockError::Call { source, .. } => Some(Problem::cloud(source)),
            _ => None,
        };
        let problem = source.unwrap_or_default();
        Self::from(Problem { code, message: error.to_string(), hint: error.hint(), ..problem }).exit_with(exit)
    }
}

impl From<sandbox::Error> for Failure {
    fn from(error: sandbox::Error) -> Self {
        // The error's own text leaves out what its source says.
        let message = match error.source() {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        };
        Self::new(message).code("sandbox").hint(error.hint())
    }
}
