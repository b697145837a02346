//! The arguments of what looks at several environments and tells of it: `drift`, `dr`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, Subcommand, ValueEnum};

use super::{StateChange, help};
use crate::notify::Given;

/// Which environments a command looks at.
#[derive(Clone, Debug, Args)]
pub struct EnvironmentsArguments {
    /// The environments: names (`staging` stands for `environments/staging.toml`) or paths of files
    #[arg(value_name = "ENV", required_unless_present = "all", conflicts_with = "all")]
    pub environments: Vec<String>,
    /// Every environment that has a file in `environments/`
    #[arg(long)]
    pub all: bool,
}

/// How a report is given.
#[derive(Clone, Debug, Args)]
pub struct ReportArguments {
    /// What is printed; with one --out, what FILE is, if its name does not end in .html, .md, .xml or .json
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub format: Option<ReportFormat>,
    /// Also write the report to FILE: .html, .md, .xml (JUnit) or .json; may be given several times
    #[arg(long, value_name = "FILE")]
    pub out: Vec<PathBuf>,
}

/// What a report is given as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For people, on a terminal
    Text,
    /// One document for machines, as with --json
    Json,
    /// For step summaries and pull requests
    Markdown,
    /// One file for a browser, which loads nothing
    Html,
    /// JUnit XML, for CI systems
    Junit,
}

/// Whom a check that is run again and again tells.
#[derive(Clone, Debug, Args)]
pub struct NotifyArguments {
    /// Tell TARGET what has changed since the last run: what is first seen, still there after a while, or cleared
    ///
    /// TARGET is the https:// address of a webhook, the ARN of an SNS topic, or `command:` and a shell command. May be given
    /// several times. Without a TARGET, those that the environment variable PROVISION_NOTIFY names, one to a line. What was
    /// seen is remembered beside the state, in one small object. What could not be told is told by a later run; that an environment could not be looked at is told by every run.
    #[arg(long, value_name = "TARGET", num_args = 0..=1, default_missing_value = "", action = ArgAction::Append)]
    pub notify: Vec<Given>,
    /// Remember what is seen, and tell nobody: later reports say since when it has been there, and the next run with --notify tells it
    #[arg(long, conflicts_with = "notify")]
    pub remember: bool,
    /// After how long to tell again of what is still there (0s: never)
    #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = humantime::parse_duration)]
    pub remind_after: Duration,
}

/// `provision drift`.
#[derive(Clone, Debug, Args)]
pub struct DriftArguments {
    /// Which environments.
    #[command(flatten)]
    pub environments: EnvironmentsArguments,
    /// How the report is given.
    #[command(flatten)]
    pub report: ReportArguments,
    /// Set back what was changed in AWS, and nothing else: what the file has changed since the last apply is left alone
    #[arg(long)]
    pub fix: bool,
    /// With --fix: do not ask
    #[arg(short, long, requires = "fix")]
    pub yes: bool,
    /// With --fix: how long to wait for the lock, if another run holds it (0s: not at all)
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = humantime::parse_duration)]
    pub lock_timeout: Duration,
    /// Do not search AWS for what carries the environment's tags and is in no state
    #[arg(long)]
    pub no_orphans: bool,
    /// Whom it tells.
    #[command(flatten)]
    pub notify: NotifyArguments,
}

/// `provision dr`.
#[derive(Clone, Debug, Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub struct DrArguments {
    /// What to do.
    #[command(subcommand)]
    pub command: DrCommand,
}

/// What `provision dr` can do.
#[derive(Clone, Debug, Subcommand)]
pub enum DrCommand {
    /// Check that every replica has what its primary declares, and would serve: by using it
    #[command(after_help = help::DR_CHECK)]
    Check(Box<DrCheckArguments>),
    /// The region is lost: take the state from its replica, lock it in the other region, and plan from there
    #[command(after_help = help::DR_RESTORE)]
    RestoreState(DrRestoreArguments),
    /// The region is back: bring the state back from the other region
    #[command(after_help = help::DR_RETURN)]
    ReturnState(DrReturnArguments),
}

/// `provision dr check`.
#[derive(Clone, Debug, Args)]
pub struct DrCheckArguments {
    /// Which environments.
    #[command(flatten)]
    pub environments: EnvironmentsArguments,
    /// How the report is given.
    #[command(flatten)]
    pub report: ReportArguments,
    /// How long to wait for a new object to arrive; unless said otherwise, as long as `[dr] rpo` of the file
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    pub wait: Option<Duration>,
    /// Whom it tells.
    #[command(flatten)]
    pub notify: NotifyArguments,
}

/// `provision dr restore-state`.
#[derive(Clone, Debug, Args)]
pub struct DrRestoreArguments {
    /// The environment: a name (`staging` stands for `environments/staging.toml`) or the path of a file
    #[arg(value_name = "ENV")]
    pub environment: String,
    /// Go on even if the region still answers: whoever works there must have stopped
    #[arg(long)]
    pub force: bool,
    /// How it is changed.
    #[command(flatten)]
    pub change: StateChange,
}

/// `provision dr return-state`.
#[derive(Clone, Debug, Args)]
pub struct DrReturnArguments {
    /// The environment: a name (`staging` stands for `environments/staging.toml`) or the path of a file
    #[arg(value_name = "ENV")]
    pub environment: String,
    /// How it is changed.
    #[command(flatten)]
    pub change: StateChange,
}
