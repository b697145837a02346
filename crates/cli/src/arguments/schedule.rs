//! The arguments of `provision schedule`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::EnvironmentsArguments;
use crate::notify;

/// `provision schedule`.
#[derive(Clone, Debug, Args)]
pub struct ScheduleArguments {
    /// What runs it
    #[arg(value_enum, value_name = "SCHEDULER")]
    pub target: ScheduleTarget,
    /// Which environments.
    #[command(flatten)]
    pub environments: EnvironmentsArguments,
    /// What runs
    #[arg(long, value_enum, value_name = "CHECK", default_value = "drift")]
    pub check: ScheduleJob,
    /// How often: 5m, 10m, 15m, 20m, 30m, 1h, 2h, 3h, 4h, 6h, 8h, 12h or 1d
    #[arg(long, value_name = "PERIOD", default_value = "6h")]
    pub every: String,
    /// With `--every 1d`: at which time of day, in UTC; unless said otherwise, at one that follows from what is watched
    #[arg(long, value_name = "HH:MM")]
    pub at: Option<String>,
    /// Write the files under DIR instead of to stdout
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// With --out: write over files that say something else
    #[arg(long, requires = "out")]
    pub force: bool,
    /// What the files, units and jobs are called; unless said otherwise, `provision-drift` or `provision-dr-check`
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Whom to tell of changes, as for `drift --notify`; unless said, whom PROVISION_NOTIFY names where it runs
    ///
    /// It is written into the files as it is, and only their owner may then read them. The address of a webhook is as good as a
    /// password: better keep it where the scheduler keeps secrets, and leave this out.
    #[arg(long, value_name = "TARGET")]
    pub notify: Vec<notify::Target>,
    /// The region in which it signs in to AWS; unless said otherwise, that of the first environment
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// The program's path; unless said otherwise, that of this one [systemd, crontab], or /usr/local/bin/provision [kubernetes]
    #[arg(long, value_name = "PATH")]
    pub program: Option<String>,
    /// The folder that has `environments/`; unless said otherwise, this one [systemd, crontab], or /srv/provision [kubernetes]
    #[arg(long, value_name = "DIR")]
    pub project: Option<String>,
    /// The folder that has `environments/`, within its repository [github, jenkins]
    #[arg(long, value_name = "DIR")]
    pub folder: Option<String>,
    /// The user that it runs as [systemd], or whose crontab it is [crontab]
    #[arg(long, value_name = "USER")]
    pub user: Option<String>,
    /// The ARN of the IAM role to take [github, kubernetes]
    #[arg(long, value_name = "ARN")]
    pub role_arn: Option<String>,
    /// The shell command that installs this program; empty if it is there [github, jenkins]
    #[arg(long, value_name = "COMMAND")]
    pub install: Option<String>,
    /// The runner's label; `ubuntu-latest` unless said otherwise [github]
    #[arg(long, value_name = "LABEL")]
    pub runs_on: Option<String>,
    /// The agent's label; any agent unless said otherwise [jenkins]
    #[arg(long, value_name = "LABEL")]
    pub agent: Option<String>,
    /// The id of the AWS credentials to use [jenkins]
    #[arg(long, value_name = "ID")]
    pub aws_credentials: Option<String>,
    /// The id of the secret text that says whom to tell, one target to a line [jenkins]
    #[arg(long, value_name = "ID")]
    pub notify_credentials: Option<String>,
    /// The image that has the program and the project [kubernetes]
    #[arg(long, value_name = "IMAGE")]
    pub image: Option<String>,
}

/// What runs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ScheduleTarget {
    /// A service and a timer
    Systemd,
    /// A line of a crontab
    Crontab,
    /// A workflow of GitHub Actions
    Github,
    /// A pipeline, with a stage that can stand in one of your own
    Jenkins,
    /// A CronJob
    Kubernetes,
}

/// What runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ScheduleJob {
    /// `provision drift`
    Drift,
    /// `provision dr check`
    Dr,
}
